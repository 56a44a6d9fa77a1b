use jiff::civil::Date;

use crate::Notice;
use crate::code::{Code, CodeKind};
use crate::schema::Tag;
use crate::text::Word;

mod chunks;
mod fields;
mod parser;
mod period;

/// What somebody looks for, as they typed it. Any text is a query; what could not be understood is in its notices.
///
/// | typed | finds |
/// |---|---|
/// | `giấy phép xây dựng` | records with all the words, marks or none; the last word may be unfinished |
/// | `"đúc đồng Đại Bái"` | the words as a phrase |
/// | `12/2020/QĐ-UBND`, `H05-200325`, `027 080 001 003` | codes, whole or in part, with any punctuation |
/// | `số:` `hồ sơ:` `tên:` `ký:` `thủ tục:` `cơ quan:` | what stands in that field (`symbol:` `dossier:` `name:` `signer:` `procedure:` `agency:`) |
/// | `ngày:01/03/2026..31/03/2026`, `ngày:2026` | issued in that time (`date:`) |
/// | `trạng thái:thu hồi` | of that standing (`status:`) |
/// | `-từ`, `-"cụm từ"`, `-ký:Lan` | not these |
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    typed: String,
    clauses: Vec<Clause>,
    last_word_is_open: bool,
    notices: Vec<Notice>,
}

/// One demand of a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clause {
    pub(crate) excluded: bool,
    pub(crate) wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// All of the words, in any order.
    Words(Place, Vec<Word>),
    /// The words one behind the other.
    Phrase(Place, Vec<Word>),
    /// A code of this kind, or of any; if there is no such code, its parts as words.
    Code(Option<CodeKind>, Code, Vec<Word>),
    /// Issued from the first day to the last.
    Period(Date, Date),
    /// A fact.
    Fact(Tag),
}

/// Where words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Holder,
    Signer,
    Procedure,
    Agency,
}

impl Query {
    /// Reads a query. Never fails: see [`Query::notices`].
    pub fn parse(typed: &str) -> Self {
        parser::parse(typed)
    }

    /// The query as it was typed.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// What in it could not be understood.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether it asks for nothing, and so finds everything in scope, the newest first.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    pub(crate) fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Whether the last word may be the beginning of a longer one.
    pub(crate) fn last_word_is_open(&self) -> bool {
        self.last_word_is_open
    }

    /// Whether it is a single word.
    pub(crate) fn is_one_word(&self) -> bool {
        matches!(&self.clauses[..], [Clause { excluded: false, wanted: Wanted::Words(_, words) }] if words.len() == 1)
    }

    /// Whether it asks for words or codes, by which hits can be ranked, and not for facts alone.
    pub(crate) fn ranks(&self) -> bool {
        let ranks = |clause: &Clause| {
            !clause.excluded && !matches!(clause.wanted, Wanted::Period(..) | Wanted::Fact(_))
        };
        self.clauses.iter().any(ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clauses(typed: &str) -> Vec<String> {
        let query = Query::parse(typed);
        let describe = |clause: &Clause| {
            let join =
                |words: &[Word]| words.iter().map(|word| word.folded.clone()).collect::<Vec<_>>().join(" ");
            let wanted = match &clause.wanted {
                Wanted::Words(place, words) => format!("{place:?}({})", join(words)),
                Wanted::Phrase(place, words) => format!("{place:?}\"{}\"", join(words)),
                Wanted::Code(kind, code, _) => format!("{kind:?}<{}>", code.parts.join(" ")),
                Wanted::Period(first, last) => format!("{first}..{last}"),
                Wanted::Fact(tag) => tag.term(),
            };
            format!("{}{wanted}", if clause.excluded { "-" } else { "" })
        };
        query.clauses.iter().map(describe).collect()
    }

    #[test]
    fn words_and_codes_are_told_apart() {
        for (typed, expected) in [
            ("giấy phép xây dựng", vec!["Anywhere(giai phep xay dung)"]),
            ("12/2020/QĐ-UBND", vec!["None<12 2020 qd ubnd>"]),
            ("CN 987654", vec!["None<cn 987654>"]),
            ("027 080 001 003", vec!["None<027 080 001 003>"]),
            ("000.00.12.h05 – 260224 – 0017", vec!["None<000 00 12 h05 260224 0017>"]),
            ("000 00 12 H05 260224 0017", vec!["None<000 00 12 h05 260224 0017>"]),
            ("H05 260224 0017", vec!["None<h05 260224 0017>"]),
            ("2602240017", vec!["None<260224 0017>"]),
            ("0300588569", vec!["None<0300588569>"]),
            (
                "giấy phép 45/GPXD xã Đại Lâm",
                vec!["Anywhere(giai phep)", "None<45 gpxd>", "Anywhere(xa dai lam)"],
            ),
            ("bão số 3", vec!["Anywhere(bao so 3)"]),
            ("M12345678", vec!["None<m12345678>"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|text| text.replace("giai", "giay")).collect();
            assert_eq!(clauses(typed), expected, "{typed}");
        }
    }

    #[test]
    fn fields_have_vietnamese_and_english_names() {
        for (typed, expected) in [
            ("tên:Nguyễn Thị Lan ký:Vũ Quỳnh", vec!["Holder(nguyen thi lan)", "Signer(vu quynh)"]),
            ("name:lan -signer:\"Vũ Quỳnh\"", vec!["Holder(lan)", "-Signer\"vu quynh\""]),
            ("đất thủ tục: tách thửa", vec!["Anywhere(dat)", "Procedure(tach thua)"]),
            ("số: 12 / 2020 / QĐ - UBND", vec!["Some(Symbol)<12 2020 qd ubnd>"]),
            ("hồ sơ:H05-200325-0001", vec!["Some(Dossier)<h05 200325 0001>"]),
            ("cơ quan:H05.12", vec!["aH05.12"]),
            ("thủ tục:1.004238", vec!["p1.004238"]),
            ("ngày:01/03/2026..31/03/2026", vec!["2026-03-01..2026-03-31"]),
            ("năm:2026", vec!["2026-01-01..2026-12-31"]),
            ("date:2026-02", vec!["2026-02-01..2026-02-28"]),
            ("trạng thái:thu hồi", vec!["s1"]),
            ("TÊN:lan", vec!["Holder(lan)"]),
        ] {
            assert_eq!(clauses(typed), expected, "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_noticed_and_the_rest_is_searched() {
        let query = Query::parse("đất ngày:31/02/2026");
        assert_eq!(query.notices(), [Notice::NotADate { typed: "31/02/2026".to_owned() }]);
        assert_eq!(clauses("đất ngày:31/02/2026"), ["Anywhere(dat)"]);
        assert_eq!(Query::parse("\"đúc đồng").notices(), [Notice::OpenQuotes]);
        assert_eq!(Query::parse("tên:").notices(), [Notice::NoValue { typed: "tên".to_owned() }]);
        assert_eq!(Query::parse("-đất").notices(), [Notice::OnlyExclusions]);
        assert!(Query::parse("  ").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(typed: String) {
            let query = Query::parse(&typed);
            prop_assert_eq!(query.is_empty(), query.clauses().is_empty());
        }

        #[test]
        fn any_mixture_of_signs_is_a_query(typed in r#"([a-zđăâ0-9:"./\- ]|tên:|ngày:|số:|trạng thái:|\.\.|-"){0,30}"#) {
            let _ = Query::parse(&typed);
        }
    }
}
