//! What the log says was archived, held against what is restored.

use std::ops::Range;

use muniment_record::{Digest, RecordId};

use crate::catalogue::Restored;
use crate::finding::Findings;
use crate::object::name_of;
use crate::{AuditFinding, AuditProblem, Leaf};

/// The versions that the log names, in the order of their records; small enough to be in memory for millions of records.
#[derive(Default)]
pub(super) struct Logged {
    versions: Vec<(RecordId, u32, Digest)>,
    /// Which of them were found in storage.
    found: Vec<bool>,
}

impl Logged {
    pub(super) fn add(&mut self, leaf: &Leaf) {
        self.versions.push((leaf.record, leaf.version, leaf.sha256));
    }

    /// Brings what was added in order.
    pub(super) fn in_order(mut self) -> Self {
        self.versions.sort_unstable();
        // What a hold names was named when it was archived.
        self.versions.dedup();
        self.found = vec![false; self.versions.len()];
        self
    }

    /// Whether the log names a record.
    pub(super) fn names(&self, id: RecordId) -> bool {
        !self.of_record(id).is_empty()
    }

    /// Notes that a record is in the new catalogue, with the versions that its object has.
    pub(super) fn note(&mut self, restored: &Restored) {
        let record = &restored.record;
        for place in self.of_record(record.id) {
            let (_, version, sha256) = self.versions[place];
            self.found[place] = (version, sha256) == (record.version, record.sha256)
                || restored.earlier.contains(&(version, sha256));
        }
    }

    /// Names each version that is in the log and that nothing restored has; records of which something is said already are passed over.
    pub(super) fn name_missing(&self, findings: &mut Vec<AuditFinding>) {
        let mut named: Vec<RecordId> = findings.iter().filter_map(|finding| finding.record).collect();
        named.sort_unstable();
        for ((id, version, sha256), is_found) in self.versions.iter().zip(&self.found) {
            if !is_found && named.binary_search(id).is_err() {
                findings.push(missing(*id, *version, sha256));
            }
        }
    }

    fn of_record(&self, id: RecordId) -> Range<usize> {
        let from = self.versions.partition_point(|(known, ..)| *known < id);
        let count = self.versions[from..].partition_point(|(known, ..)| *known == id);
        from..from + count
    }
}

/// A version that was archived and is not in storage.
pub(super) fn missing(id: RecordId, version: u32, sha256: &Digest) -> AuditFinding {
    let mut findings = Findings::on(Some(id));
    let detail = format!("the log names version {version} of it, with a PDF of SHA-256 {sha256}");
    findings.add(name_of(id), AuditProblem::Missing, detail);
    findings.list.remove(0)
}
