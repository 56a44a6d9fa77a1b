//! What the log has published, brought back: its order cannot be made again from the objects.

use super::damage::is_damage;
use super::logged::Logged;
use crate::catalogue::Catalogue;
use crate::finding::Findings;
use crate::log::{Fault, ProvenLog, WIDTH};
use crate::store::Store;
use crate::{AuditFinding, AuditProblem, Error, point};

/// How many entries of the log are written in one transaction, at least.
const AT_ONCE: usize = 16 * WIDTH as usize;

/// What came back of the log.
pub(super) struct RestoredLog {
    /// How many entries the catalogue has got.
    pub entries: u64,
    /// The versions that they name, where they can be read.
    pub logged: Logged,
    /// Files that no store has sound. Where there are any, what the catalogue has got is not the whole log, and not to be kept.
    pub damage: Vec<AuditFinding>,
}

/// Takes over what the log has published.
pub(super) async fn restore_log(store: &Store, catalogue: &dyn Catalogue) -> Result<RestoredLog, Error> {
    let copies = store.copies();
    let is_of_one_file = |error: &Error| is_damage(store, error);
    let mut log = match ProvenLog::open(&copies, &is_of_one_file)? {
        Ok(log) => log,
        Err(fault) => {
            return Ok(RestoredLog { entries: 0, logged: Logged::default(), damage: vec![named(fault)] });
        }
    };
    let (mut logged, mut damage) = (Logged::default(), Vec::new());
    let (mut waiting, mut entries) = (Vec::new(), 0);
    for index in 0.. {
        let goes_on = match log.bundle(index)? {
            None => false,
            Some(Ok(bundle)) => {
                let is_full = u64::try_from(bundle.len()) == Ok(WIDTH);
                for (leaf, entry) in bundle {
                    logged.add(&leaf);
                    waiting.push(entry);
                }
                is_full
            }
            // The rest is read all the same: all that is damaged is named at once.
            Some(Err(fault)) => {
                damage.push(named(fault));
                log.promises(index + 1)
            }
        };
        if waiting.len() >= AT_ONCE || !goes_on {
            if damage.is_empty() {
                catalogue.append(&waiting).await?;
                entries += u64::try_from(waiting.len()).unwrap_or(u64::MAX);
            }
            waiting.clear();
        }
        if !goes_on {
            break;
        }
    }
    point::reached("rebuilt-log-committed");
    Ok(RestoredLog { entries, logged: logged.in_order(), damage })
}

fn named(fault: Fault) -> AuditFinding {
    let mut findings = Findings::on(None);
    findings.add(fault.object, AuditProblem::Changed, fault.what);
    findings.list.remove(0)
}
