//! Legal holds, as the log tells of them.

use std::collections::BTreeMap;

use muniment_record::RecordId;

use crate::catalogue::{Catalogue, Hold, HoldState};
use crate::finding::Findings;
use crate::log::HoldCompanion;
use crate::{AuditFinding, AuditProblem, Error, Leaf, LogEvent};

/// How many leaves are read at a time.
const AT_ONCE: u32 = 5000;

/// Writes the last word on each record. Whether the files know of it is not known: recovery tells them.
pub(super) async fn restore_holds(
    catalogue: &dyn Catalogue,
    findings: &mut Vec<AuditFinding>,
) -> Result<(), Error> {
    let mut last: BTreeMap<RecordId, Hold> = BTreeMap::new();
    let mut position = 0;
    loop {
        let leaves = catalogue.leaves(position, AT_ONCE).await?;
        if leaves.is_empty() {
            break;
        }
        for leaf in leaves {
            let leaf = Leaf::from_entry(&leaf).ok();
            if let Some(leaf) = leaf.filter(|leaf| leaf.event.is_of_holds()) {
                let hold = hold_of(catalogue, position, &leaf, findings).await?;
                last.insert(leaf.record, hold);
            }
            position += 1;
        }
    }
    for hold in last.into_values() {
        // One whose object cannot be read is a finding already.
        if catalogue.record(hold.record).await?.is_some() {
            catalogue.decide(&hold, None).await?;
        }
    }
    Ok(())
}

async fn hold_of(
    catalogue: &dyn Catalogue,
    position: u64,
    leaf: &Leaf,
    findings: &mut Vec<AuditFinding>,
) -> Result<Hold, Error> {
    let state = if leaf.event == LogEvent::Hold { HoldState::Setting } else { HoldState::Lifting };
    let entry = catalogue.log_entries(position, 1).await?.pop();
    let companion = entry.and_then(|entry| serde_json::from_str::<HoldCompanion>(&entry.companion).ok());
    if companion.is_none() {
        let mut unreadable = Findings::on(Some(leaf.record));
        unreadable.add(
            "log",
            AuditProblem::Unreadable,
            format!("the reason of the hold in entry {position}"),
        );
        findings.append(&mut unreadable.list);
    }
    let reason = companion.and_then(|companion| companion.reason).unwrap_or_default();
    Ok(Hold { record: leaf.record, since: leaf.at, reason, state })
}
