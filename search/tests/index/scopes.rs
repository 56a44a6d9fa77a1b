//! Nothing outside a scope shows.

use muniment_record::{AgencyCode, HolderId, HolderKind};
use muniment_search::{Paging, Query, Results, Scope, Total};
use proptest::prelude::*;
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::support::{Draft, draft, index, keying, numbers, search};

fn office(code: &str, restricted: bool) -> Scope {
    Scope::Office { agency: code.parse::<AgencyCode>().expect("a code"), restricted }
}

#[test]
fn an_office_sees_its_own_records_and_those_of_offices_below() {
    let dir = TempDir::new().expect("a folder");
    let reader = index(
        dir.path(),
        &[
            draft(1).agency("H05.12", "Sở A"),
            draft(2).agency("H05.12.3", "Phòng B"),
            draft(3).agency("000.00.13.H05", "Sở C"),
            draft(4).agency("H05.12", "Sở A").restricted(),
        ],
    );
    for (scope, expected) in [
        (office("H05", false), vec![3, 2, 1]),
        (office("H05.12", false), vec![2, 1]),
        (office("H05.12", true), vec![4, 2, 1]),
        (office("H05.1", true), vec![]),
        (office("H05.13", false), vec![3]),
        (Scope::Everything, vec![4, 3, 2, 1]),
    ] {
        for query in ["", "xay dung", "giay phep xay dun", "tên:lan"] {
            let results = search(&reader, &scope, query);
            assert_eq!(numbers(&results), expected, "{scope:?} {query}");
            assert_eq!(results.total, Total::Exactly(expected.len() as u64));
            let counted: u64 = results.facets.agencies.iter().map(|value| value.count).sum();
            assert_eq!(Total::Exactly(counted), results.total);
        }
    }
}

#[test]
fn a_holder_sees_their_own_records_restricted_or_not() {
    let dir = TempDir::new().expect("a folder");
    let reader = index(
        dir.path(),
        &[
            draft(1).with("holder.id", "099188000017"),
            draft(2).with("holder.id", "099188000017").restricted(),
            draft(3).with("holder.id", "099188000018"),
        ],
    );
    let id = HolderId::parse(HolderKind::Person, "099 188 000 017").expect("a number");
    let results = search(&reader, &Scope::Holder(keying().key(&id)), "");
    assert_eq!(numbers(&results), [2, 1]);
}

#[test]
fn suggestions_are_names_of_procedures_and_places_in_scope_and_never_of_persons() {
    let dir = TempDir::new().expect("a folder");
    let secret = "Xác nhận tình trạng hôn nhân";
    let reader = index(
        dir.path(),
        &[
            draft(1).agency("H05.12", "Sở Xây dựng").holder("Khổng Thúy Quỳnh"),
            draft(2)
                .agency("H05.13", "Sở Tư pháp")
                .with("procedure_name", secret)
                .with("procedure_code", "1.990010"),
            draft(3)
                .agency("H05.12", "Sở Xây dựng")
                .with("procedure_name", secret)
                .with("procedure_code", "1.990010")
                .restricted(),
        ],
    );
    let suggested = |scope: &Scope, typed: &str| search(&reader, scope, typed).suggestions;
    let typed = "xac nhn tinh trang hon nhan qqq";
    assert_eq!(suggested(&Scope::Everything, typed), [secret]);
    assert_eq!(suggested(&office("H05.12", true), typed), [secret]);
    assert_eq!(suggested(&office("H05.12", false), typed), Vec::<String>::new());
    assert_eq!(suggested(&Scope::Everything, "khonng thuy quynh qqq"), Vec::<String>::new());
}

#[test]
fn what_is_hidden_does_not_change_how_words_and_codes_are_taken() {
    let dir = TempDir::new().expect("a folder");
    let mut drafts: Vec<Draft> = (1..=12).map(|number| draft(number).text("thửa đất")).collect();
    drafts.push(draft(13).text("như quyết định 77/2026/GPXD-SXD"));
    // Keys of Telex that nothing converted, and a symbol, that only restricted records have.
    drafts.extend((14..=15).map(|number| draft(number).text("ddaats").restricted()));
    drafts.push(draft(77).restricted());
    // A hidden symbol has a part with which a visible one only begins.
    drafts.push(draft(20).with("symbol", "12/2020/QĐ-UBND"));
    drafts.push(draft(21).with("symbol", "9/2020/QĐ-UB").restricted());
    let reader = index(dir.path(), &drafts);
    let total = |scope: &Scope, typed: &str| search(&reader, scope, typed).total;
    let (outsider, insider) = (office("H05", false), office("H05", true));
    assert_eq!(total(&outsider, "ddaats"), Total::Exactly(12));
    assert_eq!(total(&insider, "ddaats"), Total::Exactly(2));
    assert_eq!(numbers(&search(&reader, &outsider, "77/2026/GPXD-SXD")), [13]);
    assert_eq!(numbers(&search(&reader, &insider, "77/2026/GPXD-SXD")), [77]);
    assert_eq!(numbers(&search(&reader, &outsider, "2020/QĐ-UB")), [20]);
}

/// What a record is to the naive filter.
#[derive(Clone, Debug)]
struct Facts {
    office: &'static str,
    is_restricted: bool,
    holder: u64,
    name: &'static str,
    words: &'static str,
    text: &'static str,
}

const OFFICES: [&str; 5] = ["H05", "H05.12", "H05.12.3", "H05.13", "H05.1"];
const WORDS: [&str; 5] = ["đất đai", "đúc đồng", "khai sinh", "đất đồng", "đúc khai đất"];
const NAMES: [&str; 3] = ["Khổng Thúy Quỳnh", "Đặng Bắc", "Trịnh Thúy Đất"];
const TEXTS: [&str; 4] = ["", "nghệ nhân đúc đồng", "sinh khai đồng đúc", "trinhf ddaats"];

/// Pieces of queries: words, unfinished, mistyped, run together and in Telex, phrases, codes, fields and exclusions.
const PIECES: [&str; 26] = [
    "đất",
    "dat",
    "đồng",
    "đ",
    "kh",
    "khaj",
    "sin",
    "ducdong",
    "ddoongf",
    "quynh",
    "Thúy",
    "thuy khong",
    "\"đúc đồng\"",
    "-\"đất đai\"",
    "-đất",
    "-tên:quỳnh",
    "tên:thúy",
    "tên:\"Đặng Bắc\"",
    "cơ quan:H05.12",
    "ngày:2026",
    "trạng thái:hiệu lực",
    "260224-0001",
    "3/2026/GPXD",
    "099188000001",
    "nhaan",
    "xyz",
];

fn facts() -> impl Strategy<Value = Facts> {
    let parts = (0..OFFICES.len(), any::<bool>(), 0_u64..3, 0..NAMES.len(), 0..WORDS.len(), 0..TEXTS.len());
    parts.prop_map(|(office, is_restricted, holder, name, words, text)| Facts {
        office: OFFICES[office],
        is_restricted,
        holder,
        name: NAMES[name],
        words: WORDS[words],
        text: TEXTS[text],
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::Everything),
        (0..OFFICES.len(), any::<bool>()).prop_map(|(code, restricted)| office(OFFICES[code], restricted)),
        (0_u64..3).prop_map(|holder| Scope::Holder(keying().key(&id_of_holder(holder)))),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(0..PIECES.len(), 0..4);
    prop_oneof![
        9 => pieces.prop_map(|pieces| pieces.iter().map(|at| PIECES[*at]).collect::<Vec<_>>().join(" ")),
        1 => any::<String>(),
    ]
}

fn id_of_holder(holder: u64) -> HolderId {
    HolderId::parse(HolderKind::Person, &format!("{:012}", 99_188_000_000 + holder)).expect("a number")
}

fn may_see(scope: &Scope, facts: &Facts) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Office { agency, restricted } => {
            let office: AgencyCode = facts.office.parse().expect("a code");
            office.is_within(agency) && (*restricted || !facts.is_restricted)
        }
        Scope::Holder(key) => keying().key(&id_of_holder(facts.holder)) == *key,
    }
}

/// The records, each under its place from 1 on, as drafts.
fn drafts(records: &[Facts]) -> Vec<Draft> {
    let drafts = (1_u64..).zip(records).map(|(number, facts)| {
        let draft = draft(number)
            .agency(facts.office, "Cơ quan")
            .holder(facts.name)
            .with("holder.id", id_of_holder(facts.holder).as_str())
            .with("title", facts.words)
            .with("abstract", facts.words)
            .text(facts.text);
        if facts.is_restricted { draft.restricted() } else { draft }
    });
    drafts.collect()
}

/// Whether a record has all words in plain form, for queries of such words only.
fn has_words(facts: &Facts, number: u64, typed: &str) -> bool {
    let description = draft(number).record().description;
    let own = format!(
        "{} {} {} {} Cơ quan {}",
        facts.words, facts.name, facts.text, description.procedure_name, description.symbol
    );
    let fold = |text: &str| -> Vec<String> {
        let text: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
        text.replace('đ', "d").split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
    };
    let own = fold(&own);
    fold(typed).iter().all(|word| own.contains(word))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_a_naive_filter_hides_shows_nowhere(
        records in prop::collection::vec(facts(), 1..14),
        scope in scope(),
        asked in prop::collection::vec(query(), 1..40),
    ) {
        let dir = TempDir::new().expect("a folder");
        let drafts = drafts(&records);
        let reader = index(dir.path(), &drafts);
        let paging = Paging { limit: 100, ..Paging::default() };
        // An index that never had what is hidden must answer the same.
        let visible = drafts.iter().zip(&records).filter(|(_, facts)| may_see(&scope, facts));
        let visible: Vec<Draft> = visible.map(|(draft, _)| draft.clone()).collect();
        let folder = TempDir::new().expect("a folder");
        let alone = index(folder.path(), &visible);
        for typed in &asked {
            let results = reader.search(&scope, &Query::parse(typed), &paging).expect("a search");
            let found = numbers(&results);
            for number in &found {
                let facts = usize::try_from(*number - 1).ok().and_then(|place| records.get(place));
                prop_assert!(facts.is_some_and(|facts| may_see(&scope, facts)), "{scope:?} {typed} {number}");
            }
            prop_assert_eq!(results.total, Total::Exactly(found.len() as u64));
            let facets = &results.facets;
            for facet in [&facets.agencies, &facets.procedures, &facets.years, &facets.statuses] {
                prop_assert_eq!(facet.iter().map(|value| value.count).sum::<u64>(), results.total.count());
            }
            let expected = alone.search(&scope, &Query::parse(typed), &paging).expect("a search");
            let sorted = |results: &Results| {
                let mut numbers = numbers(results);
                numbers.sort_unstable();
                numbers
            };
            prop_assert_eq!(sorted(&results), sorted(&expected), "{:?} {}", scope, typed);
            prop_assert_eq!(&results.facets, &expected.facets);
            prop_assert_eq!(results.approximate, expected.approximate);
            prop_assert_eq!(&results.suggestions, &expected.suggestions);
        }
    }

    #[test]
    fn all_records_in_scope_that_have_the_words_are_found(
        records in prop::collection::vec(facts(), 1..14),
        asked in prop::collection::vec((scope(), prop::collection::vec(0..11_usize, 0..3)), 1..40),
    ) {
        const PLAIN: [&str; 11] =
            ["đất", "dat", "đồng", "duc", "khai", "sinh", "nhân", "quỳnh", "thuy", "Bắc", "xây"];
        let dir = TempDir::new().expect("a folder");
        let reader = index(dir.path(), &drafts(&records));
        for (scope, words) in &asked {
            let typed: String = words.iter().map(|at| format!("{} ", PLAIN[*at])).collect();
            let paging = Paging { limit: 100, ..Paging::default() };
            let results = reader.search(scope, &Query::parse(&typed), &paging).expect("a search");
            let found = numbers(&results);
            for (number, facts) in (1_u64..).zip(&records) {
                if may_see(scope, facts) && has_words(facts, number, typed.trim()) {
                    prop_assert!(found.contains(&number), "{scope:?} “{typed}” lacks {number}: {facts:?}");
                }
            }
        }
    }
}
