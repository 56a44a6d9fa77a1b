use std::ops::Range;

use jiff::civil::Date;
use muniment_record::{Language, LegalStatus, RecordId, ResultCode, Symbol};
use serde::Serialize;

use crate::Notice;

/// Which part of the results is wanted, and in what order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How many hits come before the first one wanted.
    pub offset: usize,
    /// How many hits are wanted at most.
    pub limit: usize,
    /// The order.
    pub sort: Sort,
    /// Whether facets and the histogram are counted too.
    pub facets: bool,
    /// Whether hits show the passage for which they were found.
    pub passages: bool,
}

impl Default for Paging {
    /// The ten best hits, with facets and passages.
    fn default() -> Self {
        Self { offset: 0, limit: 10, sort: Sort::Relevance, facets: true, passages: true }
    }
}

/// The order of hits. Ties go to the record taken in last, so pages do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The best first; the newest first where the query asks for nothing but filters.
    #[default]
    Relevance,
    /// Issued last first.
    Newest,
    /// Issued first first.
    Oldest,
}

/// How many records match. Whether a phrase of common words stands in a record is seen only in its text, so a search ends
/// before it has looked at all of them in a large archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "total_is", content = "total", rename_all = "kebab-case")]
pub enum Total {
    /// So many.
    Exactly(u64),
    /// So many were found, and there may be more.
    AtLeast(u64),
}

impl Default for Total {
    fn default() -> Self {
        Self::Exactly(0)
    }
}

impl Total {
    /// The number, whatever it is.
    pub fn count(self) -> u64 {
        let (Self::Exactly(count) | Self::AtLeast(count)) = self;
        count
    }

    /// Whether there are no more than these.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Exactly(_))
    }

    /// The total for people: `12 kết quả`.
    pub fn message(self, language: Language) -> String {
        match self {
            Self::Exactly(0) => language.choose("Không có kết quả".to_owned(), "No results".to_owned()),
            Self::Exactly(1) => language.choose("1 kết quả".to_owned(), "1 result".to_owned()),
            Self::Exactly(count) => language.choose(format!("{count} kết quả"), format!("{count} results")),
            Self::AtLeast(0) => language.choose(
                "Chưa tìm thấy trong phần đã xem; hãy thêm từ hoặc bộ lọc".to_owned(),
                "None found in what was looked through; add words or filters".to_owned(),
            ),
            Self::AtLeast(count) => {
                language.choose(format!("Ít nhất {count} kết quả"), format!("At least {count} results"))
            }
        }
    }
}

/// What a search found, all of it within the searcher's scope.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Results {
    /// How many records match.
    #[serde(flatten)]
    pub total: Total,
    /// The page of hits that was asked for.
    pub hits: Vec<Hit>,
    /// How the matching records are spread, as far as `total` counts them; empty where not asked for.
    pub facets: Facets,
    /// Whether nothing matched as typed and similar words were searched instead.
    pub approximate: bool,
    /// Queries that the searcher may have meant, made only of names of procedures and places.
    pub suggestions: Vec<String>,
    /// What in the query could not be understood.
    pub notices: Vec<Notice>,
}

/// A record that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// The record.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// Its number and symbol.
    pub symbol: Symbol,
    /// The day it was issued.
    pub issued_on: Date,
    /// The name of the agency that issued it.
    pub agency: String,
    /// Its result code.
    pub result_code: Option<ResultCode>,
    /// The name of its holder.
    pub holder: String,
    /// The name of its procedure.
    pub procedure: String,
    /// Its standing in law.
    pub status: Status,
    /// A passage that shows why it was found; empty where not asked for.
    pub snippet: Snippet,
    /// How well it fits; comparable only within one search.
    pub score: f32,
}

/// A passage of a record's text as it was written: no markup, nothing normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The passage.
    pub text: String,
    /// The parts of `text` that match, as byte ranges on character boundaries, in order and apart.
    pub highlights: Vec<Range<usize>>,
}

impl Snippet {
    /// The passage cut at its highlights: each piece with whether it is highlighted. Together the pieces are the whole text.
    pub fn pieces(&self) -> Vec<(&str, bool)> {
        let mut pieces = Vec::new();
        let mut end = 0;
        for range in &self.highlights {
            pieces.push((self.text.get(end..range.start).unwrap_or_default(), false));
            pieces.push((self.text.get(range.clone()).unwrap_or_default(), true));
            end = range.end;
        }
        pieces.push((self.text.get(end..).unwrap_or_default(), false));
        pieces.retain(|(text, _)| !text.is_empty());
        pieces
    }
}

/// How the matching records are spread, each list with the largest count first (years and months: the latest first).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// By issuing agency.
    pub agencies: Vec<FacetValue>,
    /// By procedure.
    pub procedures: Vec<FacetValue>,
    /// By year of issue.
    pub years: Vec<FacetValue>,
    /// By standing in law.
    pub statuses: Vec<FacetValue>,
    /// By month of issue.
    pub months: Vec<MonthCount>,
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    /// What people read.
    pub label: String,
    /// What narrows the search to this value when it is added to the query: `cơ quan:H05.12`.
    pub filter: String,
    /// How many matching records have it.
    pub count: u64,
}

/// A bar of the histogram of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MonthCount {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: i8,
    /// How many matching records were issued in it.
    pub count: u64,
}

/// A result's standing in law, as far as the index knows it; whether validity has run out depends on the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In force (còn hiệu lực).
    InForce,
    /// Revoked (đã thu hồi).
    Revoked,
    /// Annulled (bị hủy bỏ).
    Annulled,
    /// Superseded (được thay thế).
    Superseded,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::InForce, Self::Revoked, Self::Annulled, Self::Superseded];

    pub(crate) fn of(status: &LegalStatus) -> Self {
        match status {
            LegalStatus::InForce => Self::InForce,
            LegalStatus::Revoked { .. } => Self::Revoked,
            LegalStatus::Annulled { .. } => Self::Annulled,
            LegalStatus::Superseded { .. } => Self::Superseded,
        }
    }

    /// The status in words.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::InForce => language.choose("Còn hiệu lực", "In force"),
            Self::Revoked => language.choose("Đã thu hồi", "Revoked"),
            Self::Annulled => language.choose("Bị hủy bỏ", "Annulled"),
            Self::Superseded => language.choose("Được thay thế", "Superseded"),
        }
    }
}
