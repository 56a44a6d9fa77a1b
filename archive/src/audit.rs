//! The audit: everything is read again, and every difference is named.

use std::collections::{HashMap, HashSet};
use std::fmt;

use jiff::Timestamp;
use muniment_record::{Digest, Record, RecordId};
use muniment_seal::note::NoteVerifier;
use muniment_seal::{Trust, Verdict};
use serde::Serialize;

use crate::finding::Findings;
use crate::layout::root_files;
use crate::log::{Logged, audit_log, leaf_hash};
use crate::object::name_of;
use crate::store::Store;
use crate::walk::Walk;
use crate::{Archive, AuditFinding, AuditProblem, Error, ErrorKind};

mod object;
mod round;

use object::AuditedObject;
pub use round::{Budget, Coverage, RoundReport};

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
    /// Files that were read, blobs with them.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Entries of the published log.
    pub log_entries: u64,
    /// Blobs that belong to no record: harmless, a document that was not archived leaves them.
    pub unreferenced_blobs: u64,
    /// Every difference.
    pub findings: Vec<AuditFinding>,
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
    /// where one is given. It does not stop at a finding, and a record on its way in is none.
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

    pub(crate) async fn audit_with(
        &self,
        verify: &Verify<'_>,
        log_key: Option<&NoteVerifier>,
        now: Timestamp,
        monitor: &dyn AuditMonitor,
    ) -> Result<AuditReport, Error> {
        let mut report = AuditReport::new(now);
        // Storage is listed before the catalogue is read, so what comes in meanwhile is not missed but ignored.
        let (walk, mut general) = self.blocking(|store| Ok((Walk::over(store)?, audit_root(store)))).await?;
        for fault in self.catalogue.faults().await? {
            general.add(crate::archive::CATALOGUE, AuditProblem::Changed, fault);
        }
        for stray in &walk.strays {
            general.add(stray, AuditProblem::Extra, "does not belong in the storage root");
        }
        report.findings.append(&mut general.list);
        let mut blobs = HashSet::new();
        let objects = u64::try_from(walk.objects.len()).unwrap_or(u64::MAX);
        for &id in &walk.objects {
            let audited = self.read_object(id).await?;
            self.compare(id, audited, verify, &mut blobs, &mut report).await?;
            report.objects += 1;
            monitor.object_done(report.objects, objects);
        }
        self.audit_catalogue(&walk.objects, &mut report).await?;
        self.audit_blobs(blobs, &mut report).await?;
        self.audit_log(log_key, &mut report).await?;
        Ok(report)
    }

    /// Holds what was read of an object against its signature and the catalogue.
    async fn compare(
        &self,
        id: RecordId,
        audited: AuditedObject,
        verify: &Verify<'_>,
        blobs: &mut HashSet<Digest>,
        report: &mut AuditReport,
    ) -> Result<(), Error> {
        let mut findings = audited.findings;
        report.files += audited.files;
        report.bytes += audited.bytes;
        let row = self.catalogue.record(id).await;
        // On S3 a version appears file by file. What is amiss when it is done is named by the next audit.
        if !findings.list.is_empty() && matches!(row, Ok(Some(_))) && self.is_being_revised(id).await? {
            return Ok(());
        }
        match (&row, &audited.found) {
            (Err(error), _) => findings.add(row_name(id), AuditProblem::Catalogue, error.to_string()),
            (Ok(None), _) if !self.catalogue.pending(Some(id)).await?.is_empty() => return Ok(()),
            (Ok(None), _) => {
                findings.add(row_name(id), AuditProblem::Catalogue, "the object is not in the catalogue");
            }
            // A version that is on its way in, or that a stop left so: recovery ends it.
            (Ok(Some(row)), Some(found))
                if found.record.version == row.version + 1 && self.is_being_revised(id).await? =>
            {
                return Ok(());
            }
            (Ok(Some(row)), Some(found)) if *row != found.record => {
                findings.add(row_name(id), AuditProblem::Catalogue, "the row is not what record.json says");
            }
            (Ok(Some(_)), _) => {}
        }
        if let Some(found) = &audited.found {
            blobs.extend(blobs_of(&found.record));
            match self.catalogue.receipt(id, found.record.version).await {
                Ok(Some(receipt)) if receipt == found.receipt => {}
                _ if !matches!(row, Ok(Some(_))) => {}
                _ => findings.add(
                    row_name(id),
                    AuditProblem::Catalogue,
                    "the receipt is not the one that follows",
                ),
            }
            if let Some(pdf) = &audited.pdf
                && let Some(detail) = weaker(&found.record, verify(&pdf.bytes, found.receipt.archived_at))
            {
                findings.add(&pdf.name, AuditProblem::Signature, detail);
            }
        } else if let Ok(Some(row)) = &row {
            blobs.extend(blobs_of(row));
        }
        report.findings.append(&mut findings.list);
        Ok(())
    }

    /// Names the records of the catalogue that have no object.
    async fn audit_catalogue(&self, objects: &[RecordId], report: &mut AuditReport) -> Result<(), Error> {
        const AT_ONCE: u32 = 1000;
        let mut after = None;
        loop {
            let ids = self.catalogue.ids(after, AT_ONCE).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            for id in ids {
                report.records += 1;
                if objects.binary_search(&id).is_err() && !self.has_object(id).await? {
                    let mut findings = Findings::on(Some(id));
                    findings.add(name_of(id), AuditProblem::Missing, "the catalogue knows this object");
                    report.findings.append(&mut findings.list);
                }
            }
        }
    }

    /// Re-reads the published log and holds it against the catalogue's order and records.
    async fn audit_log(&self, log_key: Option<&NoteVerifier>, report: &mut AuditReport) -> Result<(), Error> {
        const AT_ONCE: u32 = 1000;
        // Read first: what is published meanwhile is more, never less.
        let published = self.catalogue.published_size().await?;
        let key = log_key.cloned();
        let (mut findings, logged) =
            self.blocking(move |store| Ok(audit_log(store, published, key.as_ref()))).await?;
        report.log_entries = u64::try_from(logged.records.len()).unwrap_or(u64::MAX);
        self.compare_order(&logged, &mut findings).await?;
        let mut after = None;
        loop {
            let ids = self.catalogue.not_logged(after, AT_ONCE).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for id in ids {
                let mut on_record = Findings::on(Some(id));
                on_record.add(row_name(id), AuditProblem::Catalogue, "the log has no entry for it");
                findings.list.append(&mut on_record.list);
            }
        }
        let mut records: HashMap<(RecordId, u32), Digest> = HashMap::new();
        let mut after = None;
        loop {
            let page = self.catalogue.versions(after, AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.record);
            records.extend(page.iter().map(|known| ((known.record, known.version), known.sha256)));
        }
        for ((id, version), sha256) in logged.records {
            let what = match records.get(&(id, version)) {
                Some(kept) if *kept == sha256 => continue,
                Some(_) => (AuditProblem::Changed, "the log names another PDF"),
                None => (AuditProblem::Missing, "the log names this record"),
            };
            let mut on_record = Findings::on(Some(id));
            on_record.add(name_of(id), what.0, what.1);
            findings.list.append(&mut on_record.list);
        }
        report.findings.append(&mut findings.list);
        Ok(())
    }

    /// Holds the published entries against the order in the catalogue. What only the catalogue has is yet to be published.
    async fn compare_order(&self, logged: &Logged, findings: &mut Findings) -> Result<(), Error> {
        const AT_ONCE: u32 = 1000;
        let mut position = 0;
        while position < logged.size {
            let leaves = self.catalogue.leaves(position, AT_ONCE).await?;
            if leaves.is_empty() {
                let detail = "it holds less than the log has published";
                findings.add(crate::archive::CATALOGUE, AuditProblem::Catalogue, detail);
                break;
            }
            for leaf in leaves {
                let published = logged.hashes.get(&position);
                if published.is_some_and(|hash| *hash != leaf_hash(leaf.as_bytes())) {
                    let name = format!("{} log entry {position}", crate::archive::CATALOGUE);
                    findings.add(name, AuditProblem::Catalogue, "it is not the entry that was published");
                }
                position += 1;
            }
        }
        Ok(())
    }

    async fn is_being_revised(&self, id: RecordId) -> Result<bool, Error> {
        Ok(self.catalogue.revisions().await?.iter().any(|(record, _)| *record == id))
    }

    async fn has_object(&self, id: RecordId) -> Result<bool, Error> {
        self.blocking(move |store| store.has_below(&name_of(id))).await
    }

    /// Re-reads the blobs that records name and counts the others.
    async fn audit_blobs(&self, named: HashSet<Digest>, report: &mut AuditReport) -> Result<(), Error> {
        let (findings, files, bytes, unreferenced) =
            self.blocking(move |store| audit_blobs(store, &named)).await?;
        report.findings.extend(findings.list);
        report.files += files;
        report.bytes += bytes;
        report.unreferenced_blobs = unreferenced;
        Ok(())
    }
}

fn audit_root(store: &Store) -> Findings {
    let mut findings = Findings::on(None);
    for (name, expected) in root_files() {
        let name = format!("ocfl/{name}");
        match store.read(&name) {
            Ok(bytes) if bytes == expected.as_bytes() => {}
            Ok(_) => findings.add(name, AuditProblem::Changed, "not as this program writes it"),
            Err(_) => findings.add(name, AuditProblem::Missing, "part of the storage root"),
        }
    }
    findings
}

fn audit_blobs(store: &Store, named: &HashSet<Digest>) -> Result<(Findings, u64, u64, u64), Error> {
    let mut findings = Findings::on(None);
    let (mut files, mut bytes, mut unreferenced) = (0, 0, 0);
    for digest in named {
        let length = audit_blob(store, digest, &mut findings);
        files += u64::from(length.is_some());
        bytes += length.unwrap_or(0);
    }
    for file in store.files_below("blobs/sha256")? {
        let digest = file.split_once('/').and_then(|(_, name)| name.parse::<Digest>().ok());
        let full = format!("blobs/sha256/{file}");
        match digest {
            Some(digest) if Store::blob_path(&digest) == full => {
                if !named.contains(&digest) {
                    unreferenced += 1;
                }
            }
            _ => findings.add(full, AuditProblem::Extra, "not a blob"),
        }
    }
    Ok((findings, files, bytes, unreferenced))
}

/// Re-reads a blob that a record names; gives its length, where it can be read.
fn audit_blob(store: &Store, digest: &Digest, findings: &mut Findings) -> Option<u64> {
    let name = Store::blob_path(digest);
    match store.read(&name) {
        Ok(content) => {
            if Digest::of(&content) != *digest {
                findings.add(name, AuditProblem::Changed, "its SHA-256 is not its name");
            }
            return u64::try_from(content.len()).ok();
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            findings.add(name, AuditProblem::Missing, "a record names it");
        }
        Err(error) => findings.add(name, AuditProblem::Unreadable, error.to_string()),
    }
    None
}

fn blobs_of(record: &Record) -> impl Iterator<Item = Digest> {
    record.sources.iter().map(|source| source.sha256).chain([record.text_sha256])
}

fn row_name(id: RecordId) -> String {
    format!("{} record {id}", crate::archive::CATALOGUE)
}

/// In what the verdict is weaker than what was recorded when the PDF was archived.
fn weaker(record: &Record, verdict: Verdict) -> Option<String> {
    let recorded = |word: &str| record.signatures.iter().all(|signature| signature.indication == word);
    let fits = match verdict {
        Verdict::Passed => true,
        Verdict::Indeterminate => !recorded(Verdict::Passed.as_str()),
        Verdict::Failed | Verdict::NotSigned => false,
    };
    (!fits).then(|| format!("the verdict is {}", verdict.as_str()))
}
