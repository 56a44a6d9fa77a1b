//! The audit a part at a time: over days or weeks every object is read again, within what a day can spare.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use muniment_record::RecordId;
use muniment_seal::Trust;
use serde::Serialize;

use super::object::AuditedObject;
use super::{AuditReport, Verify, audit_blob, blobs_of};
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
    /// Every difference in what was read.
    pub findings: Vec<AuditFinding>,
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
        self.audit_part_with(&verify, budget, now).await
    }

    pub(crate) async fn audit_part_with(
        &self,
        verify: &Verify<'_>,
        budget: &dyn Budget,
        now: Timestamp,
    ) -> Result<RoundReport, Error> {
        let mut report = AuditReport::new(now);
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
                if self.audit_one(id, verify, &mut report).await? {
                    intact.push(id);
                } else {
                    damaged.insert(id);
                }
                goes_on = budget.allows(report.bytes);
                if !goes_on {
                    break;
                }
            }
            self.catalogue.note_intact(&intact, now).await?;
        }
        let (records, never, since) = self.catalogue.coverage().await?;
        Ok(RoundReport {
            audited_at: now,
            objects: report.objects,
            bytes: report.bytes,
            coverage: Coverage { records, never, since },
            findings: report.findings,
        })
    }

    /// Reads one object and its blobs; says whether all is as it should be.
    async fn audit_one(
        &self,
        id: RecordId,
        verify: &Verify<'_>,
        report: &mut AuditReport,
    ) -> Result<bool, Error> {
        let known = report.findings.len();
        let audited = self.read_object(id).await?;
        let record = audited.found.as_ref().map(|found| found.record.clone());
        self.compare(id, audited, verify, &mut HashSet::new(), report).await?;
        if let Some(record) = record {
            let (bytes, mut findings) = self
                .blocking(move |store| {
                    let mut findings = crate::finding::Findings::on(Some(record.id));
                    let digests: HashSet<_> = blobs_of(&record).collect();
                    let bytes = digests
                        .iter()
                        .filter_map(|digest| audit_blob(store, digest, &mut findings))
                        .sum::<u64>();
                    Ok((bytes, findings))
                })
                .await?;
            report.bytes += bytes;
            report.findings.append(&mut findings.list);
        }
        report.objects += 1;
        Ok(report.findings.len() == known)
    }

    /// Reads an object, once more where it got a version since.
    pub(super) async fn read_object(&self, id: RecordId) -> Result<AuditedObject, Error> {
        let read = || self.blocking(move |store| Ok(AuditedObject::read_at_rest(store, id)));
        let audited = read().await?;
        match self.catalogue.record(id).await {
            Ok(Some(row))
                if audited.found.as_ref().is_some_and(|found| found.record.version < row.version) =>
            {
                read().await
            }
            _ => Ok(audited),
        }
    }
}
