//! The audit a part at a time: over days or weeks every object is read again, within what a day can spare.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use muniment_record::RecordId;
use muniment_seal::Trust;
use serde::Serialize;

use super::Verify;
use super::work::{Audit, blobs_of};
use crate::{Archive, AuditFinding, Error};

/// Objects that are read before what was found of them is noted: a stop costs as much work again.
const AT_ONCE: usize = 32;

/// How much a part of an audit may read.
pub trait Budget: Send + Sync {
    /// Whether there is more to be had after so many bytes.
    fn allows(&self, bytes: u64) -> bool;
}

/// What a part of an audit found.
#[derive(Clone, Debug, Serialize)]
pub struct RoundReport {
    /// When it was made.
    pub audited_at: Timestamp,
    /// Objects that were read.
    pub objects: u64,
    /// Bytes that were read, with those of blobs.
    pub bytes: u64,
    /// How far the whole archive is covered now.
    pub coverage: Coverage,
    /// Every difference that there is in what was read.
    pub findings: Vec<AuditFinding>,
    /// Differences that there were, and that were put right from the other store.
    pub repaired: Vec<AuditFinding>,
}

/// How far audits have covered the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Records in the archive.
    pub records: u64,
    /// Those of them that no audit has found intact yet.
    pub never: u64,
    /// Since when every other one was found intact at least once.
    pub since: Option<Timestamp>,
}

impl fmt::Display for RoundReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let Coverage { records, never, .. } = self.coverage;
        let (objects, bytes, findings) = (self.objects, self.bytes, self.findings.len());
        write!(
            f,
            "{objects} objects, {bytes} bytes read, {findings} findings; of {records} records {never} not yet read"
        )
    }
}

impl Archive {
    /// Re-reads objects and the blobs that they name, those first that were not read for longest, until the budget is
    /// used up or all were read since `now`. A later call goes on where this one, or a stop, ended. What is damaged comes
    /// first in every call, until it is mended. The log, and what does not belong into storage, are [`Archive::audit`]'s.
    ///
    /// # Errors
    ///
    /// Only where storage or catalogue as a whole cannot be read.
    pub async fn audit_part(
        &self,
        trust: &Trust,
        budget: &dyn Budget,
        now: Timestamp,
    ) -> Result<RoundReport, Error> {
        let verify = |pdf: &[u8], at: Timestamp| muniment_seal::verify(pdf, trust, at).verdict;
        self.audit_part_with(&verify, false, budget, now).await
    }

    /// The same, and puts right what is found as [`Archive::repair`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Archive::audit_part`], and where a store cannot be written to.
    pub async fn repair_part(
        &self,
        trust: &Trust,
        budget: &dyn Budget,
        now: Timestamp,
    ) -> Result<RoundReport, Error> {
        let verify = |pdf: &[u8], at: Timestamp| muniment_seal::verify(pdf, trust, at).verdict;
        self.audit_part_with(&verify, true, budget, now).await
    }

    /// How far audits have covered the archive.
    pub async fn coverage(&self) -> Result<Coverage, Error> {
        let (records, never, since) = self.catalogue.coverage().await?;
        Ok(Coverage { records, never, since })
    }

    pub(crate) async fn audit_part_with(
        &self,
        verify: &Verify<'_>,
        repairs: bool,
        budget: &dyn Budget,
        now: Timestamp,
    ) -> Result<RoundReport, Error> {
        let mut audit = Audit::new(self, verify, repairs, now);
        let mut damaged = HashSet::new();
        let mut goes_on = budget.allows(0);
        while goes_on {
            let limit = u32::try_from(AT_ONCE + damaged.len()).unwrap_or(u32::MAX);
            let mut ids = self.catalogue.not_intact_since(now, limit).await?;
            ids.retain(|id| !damaged.contains(id));
            if ids.is_empty() {
                break;
            }
            let mut intact = Vec::new();
            for id in ids {
                if audit.one(id).await? {
                    intact.push(id);
                } else {
                    damaged.insert(id);
                }
                goes_on = budget.allows(audit.report.bytes);
                if !goes_on {
                    break;
                }
            }
            self.catalogue.note_intact(&intact, now).await?;
        }
        let report = audit.report;
        Ok(RoundReport {
            audited_at: now,
            objects: report.objects,
            bytes: report.bytes,
            coverage: self.coverage().await?,
            findings: report.findings,
            repaired: report.repaired,
        })
    }
}

impl Audit<'_> {
    /// Reads one object and its blobs; says whether all is as it should be.
    async fn one(&mut self, id: RecordId) -> Result<bool, Error> {
        let known = self.report.findings.len();
        if let Some(record) = self.object(id).await? {
            let blobs: HashSet<_> = blobs_of(&record).collect();
            let first = self.report.findings.len();
            self.blobs(blobs.into_iter().collect()).await?;
            // A blob is a finding of the record that names it.
            self.report.findings[first..].iter_mut().for_each(|finding| finding.record = Some(id));
        }
        self.report.objects += 1;
        Ok(self.report.findings.len() == known)
    }
}
