//! Locks: what the store itself says of each file of an object, and what it ought to say.

use jiff::Timestamp;
use muniment_record::Record;

use super::object::Found;
use crate::AuditProblem::Unlocked;
use crate::Error;
use crate::finding::Findings;
use crate::object::{name_of, retained_from};
use crate::store::{Locks, Store, side_by_side};

/// Reads what locks the files with these names.
pub(super) fn read_locks(store: &Store, root: &str, names: &[String]) -> Result<Vec<(String, Locks)>, Error> {
    let read = |name: String| Ok((name.clone(), store.objects().locks_of(&format!("{root}/{name}"))?));
    side_by_side(store.objects().width(), names.to_vec(), read).into_iter().collect()
}

/// Names files that are retained for less time than their rule says, and those of a held record that are not held.
pub(super) fn compare_locks(
    locks: &[(String, Locks)],
    found: &Found,
    is_held: bool,
    now: Timestamp,
    findings: &mut Findings,
) {
    let root = name_of(found.record.id);
    let due = retained_from(&found.record, found.arrived_at).filter(|until| *until > now);
    for (name, locks) in locks {
        if let Some(due) = due.filter(|due| locks.retained_until.is_none_or(|until| until < *due)) {
            findings.add(format!("{root}/{name}"), Unlocked, format!("it is not retained until {due}"));
        }
        if is_held && !locks.held {
            findings.add(
                format!("{root}/{name}"),
                Unlocked,
                "the record is under a legal hold, and it is not",
            );
        }
    }
}

/// Retains the files of a record, in each store that has locks, where they are retained for less time than its rule says.
pub(super) fn retain_again(copies: &[Store], row: &Record, until: Timestamp) -> Result<(), Error> {
    let root = name_of(row.id);
    for copy in copies.iter().filter(|copy| copy.objects().has_locks()) {
        for (name, locks) in read_locks(copy, &root, &copy.files_below(&root)?)? {
            if locks.retained_until.is_none_or(|there| there < until) {
                copy.objects().retain(&format!("{root}/{name}"), until)?;
            }
        }
    }
    Ok(())
}
