//! The audit: everything is read again, and every difference is named.

//!
//! Where there are two stores each of them is read, and a repair puts a file of one right with the bytes of the other, if those are
//! what inventory, log or name say. Nothing else is ever written, and nothing removed.

use std::fmt;

use jiff::Timestamp;
use muniment_seal::note::NoteVerifier;
use muniment_seal::{Trust, Verdict};
use serde::Serialize;

use crate::{Archive, AuditFinding, Error};

mod blobs;
mod locks;
mod log;
mod object;
mod repair;
mod round;
mod work;

pub use round::{Budget, Coverage, RoundReport};
use work::Audit;

/// Is told how far an audit has come.
pub trait AuditMonitor: Send + Sync {
    /// So many objects are done, of so many.
    fn object_done(&self, done: u64, of: u64);
}

impl AuditMonitor for () {
    fn object_done(&self, _done: u64, _of: u64) {}
}

/// What an audit found.
#[derive(Clone, Debug, Serialize)]
pub struct AuditReport {
    /// When it was made.
    pub audited_at: Timestamp,
    /// Objects found in storage.
    pub objects: u64,
    /// Records found in the catalogue.
    pub records: u64,
    /// Files that were read, blobs with them, in both stores where there are two.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Entries of the published log.
    pub log_entries: u64,
    /// Blobs that belong to no record: harmless, a document that was not archived leaves them.
    pub unreferenced_blobs: u64,
    /// Every difference that there is.
    pub findings: Vec<AuditFinding>,
    /// Differences that there were, and that were put right from the other store.
    pub repaired: Vec<AuditFinding>,
}

impl AuditReport {
    fn new(audited_at: Timestamp) -> Self {
        Self {
            audited_at,
            objects: 0,
            records: 0,
            files: 0,
            bytes: 0,
            log_entries: 0,
            unreferenced_blobs: 0,
            findings: Vec::new(),
            repaired: Vec::new(),
        }
    }

    /// Whether there is no finding.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        write!(
            f,
            "{} objects, {} records, {} files, {} bytes read, {} log entries, {} findings",
            self.objects,
            self.records,
            self.files,
            self.bytes,
            self.log_entries,
            self.findings.len()
        )
    }
}

/// Gives the verdict on a PDF at a time.
pub(crate) type Verify<'a> = dyn Fn(&[u8], Timestamp) -> Verdict + Send + Sync + 'a;

impl Archive {
    /// Re-reads everything: each object's inventories and sidecars, every file's SHA-512, each PDF's SHA-256 and
    /// signatures, the blobs, the catalogue's row, and the published log, whose checkpoint must be signed by `log_key`
    /// where one is given; all of that in both stores where there are two. It does not stop at a finding, and a record on
    /// its way in is none.
    ///
    /// Signatures are judged as of the time at which the record was archived: that they held then, and that not a byte
    /// has changed since, is what the archive vouches for.
    ///
    /// # Errors
    ///
    /// Only where storage or catalogue as a whole cannot be read.
    pub async fn audit(
        &self,
        trust: &Trust,
        log_key: Option<&NoteVerifier>,
        now: Timestamp,
        monitor: &dyn AuditMonitor,
    ) -> Result<AuditReport, Error> {
        let verify = |pdf: &[u8], at: Timestamp| muniment_seal::verify(pdf, trust, at).verdict;
        self.audit_with(&verify, log_key, now, monitor).await
    }

    /// Audits, and puts each file that is missing or damaged in one store right from the other one, byte for byte: so too
    /// everything in a second store that was added later. What neither has whole is a finding still, as is whatever does not
    /// belong into a store, and a catalogue that says something else ([`Archive::rebuild`]).
    ///
    /// # Errors
    ///
    /// Those of [`Archive::audit`], and where a store cannot be written to.
    pub async fn repair(
        &self,
        trust: &Trust,
        log_key: Option<&NoteVerifier>,
        now: Timestamp,
        monitor: &dyn AuditMonitor,
    ) -> Result<AuditReport, Error> {
        let verify = |pdf: &[u8], at: Timestamp| muniment_seal::verify(pdf, trust, at).verdict;
        self.repair_with(&verify, log_key, now, monitor).await
    }

    pub(crate) async fn audit_with(
        &self,
        verify: &Verify<'_>,
        log_key: Option<&NoteVerifier>,
        now: Timestamp,
        monitor: &dyn AuditMonitor,
    ) -> Result<AuditReport, Error> {
        Audit::new(self, verify, false, now).whole(log_key, monitor).await
    }

    pub(crate) async fn repair_with(
        &self,
        verify: &Verify<'_>,
        log_key: Option<&NoteVerifier>,
        now: Timestamp,
        monitor: &dyn AuditMonitor,
    ) -> Result<AuditReport, Error> {
        Audit::new(self, verify, true, now).whole(log_key, monitor).await
    }
}
