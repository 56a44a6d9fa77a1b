//! Nothing outside a scope shows.

use muniment_record::{AgencyCode, HolderId, HolderKind};
use muniment_search::{Paging, Query, Scope, Total};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::{draft, index, keying, numbers, search};

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

/// What a record is to the naive filter.
#[derive(Clone, Debug)]
struct Facts {
    office: &'static str,
    is_restricted: bool,
    holder: u64,
    words: &'static str,
}

const OFFICES: [&str; 5] = ["H05", "H05.12", "H05.12.3", "H05.13", "H05.1"];
const WORDS: [&str; 4] = ["đất đai", "đúc đồng", "khai sinh", "đất đồng"];

fn facts() -> impl Strategy<Value = Facts> {
    let parts = (0..OFFICES.len(), any::<bool>(), 0_u64..3, 0..WORDS.len());
    parts.prop_map(|(office, is_restricted, holder, words)| Facts {
        office: OFFICES[office],
        is_restricted,
        holder,
        words: WORDS[words],
    })
}

fn number_of_holder(holder: u64) -> String {
    format!("{:012}", 99_188_000_000 + holder)
}

fn may_see(scope: &Scope, facts: &Facts) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Office { agency, restricted } => {
            let office: AgencyCode = facts.office.parse().expect("a code");
            office.is_within(agency) && (*restricted || !facts.is_restricted)
        }
        Scope::Holder(key) => {
            let id = HolderId::parse(HolderKind::Person, &number_of_holder(facts.holder)).expect("a number");
            keying().key(&id) == *key
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn no_query_finds_or_counts_what_a_naive_filter_hides(records in prop::collection::vec(facts(), 1..12)) {
        let dir = TempDir::new().expect("a folder");
        let drafts = (1_u64..).zip(&records).map(|(number, facts)| {
            let draft = draft(number)
                .agency(facts.office, "Cơ quan")
                .with("holder.id", number_of_holder(facts.holder))
                .with("title", facts.words)
                .with("abstract", facts.words);
            if facts.is_restricted { draft.restricted() } else { draft }
        });
        let reader = index(dir.path(), &drafts.collect::<Vec<_>>());
        let mut scopes = vec![Scope::Everything];
        scopes.extend(OFFICES.iter().flat_map(|code| [office(code, false), office(code, true)]));
        scopes.extend((0..3).map(|holder| {
            let id = HolderId::parse(HolderKind::Person, &number_of_holder(holder)).expect("a number");
            Scope::Holder(keying().key(&id))
        }));
        let queries = ["", "đất", "đât đai", "\"đúc đồng\"", "d", "-đất", "260224-0001", "099188000001", "khaj sinh", "ngày:2026"];
        for scope in &scopes {
            for typed in queries {
                let paging = Paging { limit: 100, ..Paging::default() };
                let results = reader.search(scope, &Query::parse(typed), &paging).expect("a search");
                let found = numbers(&results);
                for number in &found {
                    let facts = usize::try_from(*number - 1).ok().and_then(|place| records.get(place));
                    prop_assert!(facts.is_some_and(|facts| may_see(scope, facts)), "{scope:?} {typed} {number}");
                }
                prop_assert_eq!(results.total, Total::Exactly(found.len() as u64));
                for facet in [&results.facets.agencies, &results.facets.procedures, &results.facets.years, &results.facets.statuses] {
                    prop_assert_eq!(facet.iter().map(|value| value.count).sum::<u64>(), results.total.count());
                }
                if typed.is_empty() {
                    let visible = records.iter().filter(|facts| may_see(scope, facts)).count();
                    prop_assert_eq!(found.len(), visible);
                }
            }
        }
    }
}
