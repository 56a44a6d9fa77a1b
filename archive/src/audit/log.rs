//! The audit of the published log in each store, and of the catalogue's order against it.

use std::collections::{BTreeSet, HashMap};

use muniment_record::{Digest, RecordId};
use muniment_seal::note::NoteVerifier;

use super::repair::audit_logs;
use super::work::{Audit, row_name};
use crate::catalogue::{CATALOGUE, HoldState, Right};
use crate::finding::Findings;
use crate::log::{Logged, leaf_hash};
use crate::object::name_of;
use crate::{AuditFinding, AuditProblem, Error, Leaf, LogEvent};

/// How many rows are read at a time.
const AT_ONCE: u32 = 1000;

impl Audit<'_> {
    /// Re-reads the published log and holds it against the catalogue's order and records.
    pub(super) async fn log(&mut self, key: Option<&NoteVerifier>) -> Result<(), Error> {
        // Read first: what is published meanwhile is more, never less.
        let published = self.archive.catalogue.published_size().await?;
        let (key, repairs) = (key.cloned(), self.repairs);
        let catalogue = &self.archive.catalogue;
        // While something is put right, nobody is to publish.
        let right = match repairs {
            true => {
                let right = catalogue.take(Right::Publish).await?;
                Some(right.ok_or_else(|| Error::InUse { path: catalogue.place() })?)
            }
            false => None,
        };
        let read =
            self.archive.blocking(move |store| audit_logs(store, published, key.as_ref(), repairs)).await;
        if let Some(right) = right {
            right.give_up().await;
        }
        let (logs, mut repaired) = read?;
        self.report.repaired.append(&mut repaired);
        for (number, (mut findings, logged)) in logs.into_iter().enumerate() {
            self.compare_order(&logged, &mut findings).await?;
            self.report.findings.append(&mut findings.in_store(number).list);
            if number == 0 {
                self.report.log_entries = u64::try_from(logged.hashes.len()).unwrap_or(u64::MAX);
                let mut on_records = self.compare_records(logged).await?;
                self.report.findings.append(&mut on_records);
                let mut on_holds = self.compare_holds().await?;
                self.report.findings.append(&mut on_holds);
            }
        }
        Ok(())
    }

    /// Holds the published entries against the order in the catalogue. What only the catalogue has is yet to be published.
    async fn compare_order(&self, logged: &Logged, findings: &mut Findings) -> Result<(), Error> {
        let mut position = 0;
        while position < logged.size {
            let leaves = self.archive.catalogue.leaves(position, AT_ONCE).await?;
            if leaves.is_empty() {
                let detail = "it holds less than the log has published";
                findings.add(CATALOGUE, AuditProblem::Catalogue, detail);
                break;
            }
            for leaf in leaves {
                let published = logged.hashes.get(&position);
                if published.is_some_and(|hash| *hash != leaf_hash(leaf.as_bytes())) {
                    let name = format!("{CATALOGUE} log entry {position}");
                    findings.add(name, AuditProblem::Catalogue, "it is not the entry that was published");
                }
                position += 1;
            }
        }
        Ok(())
    }

    /// Names records whose legal hold in the catalogue is not what the log said last of them.
    async fn compare_holds(&self) -> Result<Vec<AuditFinding>, Error> {
        // A hold may be decided between the two readings.
        const TIMES: usize = 3;
        let mut differing = BTreeSet::new();
        for _ in 0..TIMES {
            let holds = self.archive.catalogue.holds().await?;
            let held = holds.iter().filter(|hold| hold.state != HoldState::Lifting).map(|hold| hold.record);
            differing = &held.collect::<BTreeSet<RecordId>>() ^ &self.logged_holds().await?;
            if differing.is_empty() {
                break;
            }
        }
        let named = differing.into_iter().flat_map(|id| {
            let mut findings = Findings::on(Some(id));
            let detail = "its legal hold is not what the log says";
            findings.add(row_name(id), AuditProblem::Catalogue, detail);
            findings.list
        });
        Ok(named.collect())
    }

    /// The records of which the log said last that they are held.
    async fn logged_holds(&self) -> Result<BTreeSet<RecordId>, Error> {
        let (mut held, mut position) = (BTreeSet::new(), 0);
        loop {
            let leaves = self.archive.catalogue.leaves(position, AT_ONCE).await?;
            if leaves.is_empty() {
                return Ok(held);
            }
            position += u64::try_from(leaves.len()).unwrap_or(u64::MAX);
            for leaf in leaves.iter().filter_map(|leaf| Leaf::from_entry(leaf).ok()) {
                match leaf.event {
                    LogEvent::Hold => held.insert(leaf.record),
                    LogEvent::Release => held.remove(&leaf.record),
                    LogEvent::Issue | LogEvent::Uplift => false,
                };
            }
        }
    }

    /// Names records without an entry, and entries without their record.
    async fn compare_records(&self, logged: Logged) -> Result<Vec<AuditFinding>, Error> {
        let catalogue = &self.archive.catalogue;
        let mut all = Vec::new();
        let mut name = |id, object: String, what, detail: &str| {
            let mut findings = Findings::on(Some(id));
            findings.add(object, what, detail);
            all.append(&mut findings.list);
        };
        let mut after = None;
        loop {
            let ids = catalogue.not_logged(after, AT_ONCE).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for id in ids {
                name(id, row_name(id), AuditProblem::Catalogue, "the log has no entry for it");
            }
        }
        let mut records: HashMap<(RecordId, u32), Digest> = HashMap::new();
        let mut after = None;
        loop {
            let page = catalogue.versions(after, AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.record);
            records.extend(page.iter().map(|known| ((known.record, known.version), known.sha256)));
        }
        for ((id, version), sha256) in logged.records {
            match records.get(&(id, version)) {
                Some(kept) if *kept == sha256 => {}
                Some(_) => name(id, name_of(id), AuditProblem::Changed, "the log names another PDF"),
                None => name(id, name_of(id), AuditProblem::Missing, "the log names this record"),
            }
        }
        Ok(all)
    }
}
