//! The kinds of results that can be drawn: what each says and which metadata describes it.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use crate::Fields;
use crate::fonts::Fonts;
use crate::page::Page;
use crate::random::Random;
use crate::subjects::Person;

mod birth;
mod business;
mod land;
mod permit;

/// A kind of result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Registration of a household business (giấy chứng nhận đăng ký hộ kinh doanh), on a security background.
    Business,
    /// Extract of a registration of birth (trích lục khai sinh).
    Birth,
    /// Decision on land (quyết định về đất đai), with a table.
    Land,
    /// Building permit (giấy phép xây dựng).
    Permit,
}

impl Kind {
    /// All kinds, in the order in which they take turns.
    pub const ALL: [Self; 4] = [Self::Business, Self::Birth, Self::Land, Self::Permit];

    /// The word in file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Birth => "birth",
            Self::Land => "land",
            Self::Permit => "permit",
        }
    }

    pub(crate) fn draw(self, fonts: &Fonts<'_>, mut case: Case) -> Drawn {
        match self {
            Self::Business => business::draw(fonts, &mut case),
            Self::Birth => birth::draw(fonts, &mut case),
            Self::Land => land::draw(fonts, &mut case),
            Self::Permit => permit::draw(fonts, &mut case),
        }
    }
}

/// A result on paper, and what is known about it.
pub(crate) struct Drawn {
    pub pages: Vec<Page>,
    pub fields: Fields,
}

/// What distinguishes one result from the next.
pub(crate) struct Case {
    pub random: Random,
    /// The dossier's number on its day, unique within a run.
    pub ordinal: u64,
    /// The number in the symbol.
    pub number: u32,
    /// The day of issue.
    pub issued_on: Date,
}

impl Case {
    /// A case whose day of issue lies in the two-level time: from July 2025 to September 2026.
    pub(crate) fn new(mut random: Random, ordinal: u64) -> Self {
        const FIRST: Date = date(2025, 7, 7);
        let days = i64::from(random.whole(0, 440));
        let issued_on = FIRST.saturating_add(Span::new().days(days));
        Self { number: random.whole(3, 980), random, ordinal, issued_on }
    }

    /// The fields that every kind has in the same way.
    fn fields(&mut self, agency: (&str, &str), procedure: &str, title: &str, symbol: &str) -> Fields {
        let received_on = self.issued_on.saturating_sub(i64::from(self.random.whole(1, 9)).days());
        let (agency_code, agency_name) = agency;
        let mut fields = Fields::default();
        fields.set(
            "result_code",
            format!("{agency_code}-{}-{:04}-KQ1", received_on.strftime("%y%m%d"), self.ordinal),
        );
        fields.set("procedure_code", procedure);
        fields.set("agency_issuing.code", agency_code);
        fields.set("agency_issuing.name", agency_name);
        fields.set("title", title);
        fields.set("symbol", symbol);
        fields.set("issued_on", self.issued_on);
        fields
    }
}

/// Fields about the person to whom a result was issued.
fn set_holder(fields: &mut Fields, prefix: &str, person: &Person) {
    fields.set(&format!("{prefix}.kind"), "person");
    fields.set(&format!("{prefix}.id"), person.number);
    fields.set(&format!("{prefix}.name"), person.name);
    fields.set(&format!("{prefix}.birth_year"), person.birth_year);
}

/// Fields about who signed the paper.
fn set_signer(fields: &mut Fields, person: &Person, title: &str) {
    fields.set("signer_on_paper.name", person.name);
    fields.set("signer_on_paper.title", title);
}
