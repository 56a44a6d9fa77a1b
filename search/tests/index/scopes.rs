//! Nothing outside a scope shows.

use muniment_record::{AgencyCode, HolderId, HolderKind};
use muniment_search::Scope;
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
            assert_eq!(results.total, expected.len() as u64);
            let counted: u64 = results.facets.agencies.iter().map(|value| value.count).sum();
            assert_eq!(counted, results.total);
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
