//! The rebuild: a catalogue made again from the objects alone.

mod holds;
mod keep;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_record::RecordId;
use serde::Serialize;
use tracing::{info, warn};

use crate::catalogue::{Catalogue, CatalogueAt, Restored};
use crate::finding::Findings;
use crate::log::{Entry, PublishedLog};
use crate::object::{StoredObject, is_pdf, name_of};
use crate::store::{DiskStore, ObjectStore, Store, side_by_side};
use crate::walk::Walk;
use crate::{Archive, AuditFinding, AuditProblem, Error, Leaf, point};

use holds::restore_holds;
use keep::Known;

/// How many objects are read, and written in one transaction, at a time.
const AT_ONCE: usize = 256;
/// How many bundles of the log are written in one transaction.
const BUNDLES_AT_ONCE: usize = 16;

/// The completeness statement of a rebuild: what was found in storage and what of it is in the new catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct RebuildReport {
    /// When it was made.
    pub rebuilt_at: Timestamp,
    /// Objects found in storage.
    pub objects: u64,
    /// Records in the new catalogue.
    pub records: u64,
    /// Their pages.
    pub pages: u64,
    /// Entries taken over from the published log. Records that it lacks are entered when the archive recovers.
    pub log_entries: u64,
    /// Documents that were not archived, and are known of the old catalogue; nothing where that could not be read.
    pub not_archived: Option<u64>,
    /// The objects that are not in the new catalogue, and why, and what does not belong in storage.
    pub findings: Vec<AuditFinding>,
}

impl RebuildReport {
    /// Whether every object is in the new catalogue and nothing else was found.
    pub fn is_complete(&self) -> bool {
        self.objects == self.records && self.findings.is_empty()
    }
}

impl fmt::Display for RebuildReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let statement = if self.is_complete() { "complete" } else { "NOT complete" };
        write!(
            f,
            "{statement}: {} objects, {} records, {} pages, {} log entries, {} findings; ",
            self.objects,
            self.records,
            self.pages,
            self.log_entries,
            self.findings.len()
        )?;
        match self.not_archived {
            Some(count) => write!(f, "{count} documents not archived are known of the old catalogue"),
            None => write!(f, "no old catalogue that could be read, so no documents that were not archived"),
        }
    }
}

impl Archive {
    /// Makes the catalogue again from `ocfl/` and the published log, beside the old one, and puts it in the old one's
    /// place; the old one is kept as `catalog.sqlite.old`. Batches, ledger rows and receipts of archived documents come back. What only
    /// the old one knows and storage does not contradict is taken over from it, where it can be read: rows of documents that were not
    /// archived, the queue, versions that are being made, and the entries of the log that are not published. The outbox starts anew, so
    /// an index has to be built anew too.
    ///
    /// The order of the log cannot be made again from the objects. So where there are objects and no published log, this
    /// refuses, unless `new_log` says that a new log is to begin; proofs from the old one lead nowhere then. `new_log`
    /// changes nothing where the log is there.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while any process has the archive open, [`Error::LogMissing`]. Objects that cannot be read are findings, not errors.
    pub async fn rebuild(dir: &Path, now: Timestamp, new_log: bool) -> Result<RebuildReport, Error> {
        Self::rebuild_on(dir, Arc::new(DiskStore::open(dir)?), now, new_log).await
    }

    /// Makes a catalogue, in a directory or in PostgreSQL, again from what a store holds, as [`Archive::rebuild`] does. One in
    /// PostgreSQL is kept as the schema `…_old`.
    ///
    /// # Errors
    ///
    /// Those of [`Archive::rebuild`].
    pub async fn rebuild_on(
        catalogue: impl Into<CatalogueAt>,
        objects: Arc<dyn ObjectStore>,
        now: Timestamp,
        new_log: bool,
    ) -> Result<RebuildReport, Error> {
        let at = catalogue.into();
        let store = Store::open(&at.to_string(), objects)?;
        let held = at.lock_for_rebuild().await?;
        let rebuilt = rebuild(&at, &store, now, new_log).await;
        held.give_up().await;
        rebuilt
    }
}

async fn rebuild(
    at: &CatalogueAt,
    store: &Store,
    now: Timestamp,
    new_log: bool,
) -> Result<RebuildReport, Error> {
    // A stop may have come between the two writes of an entry: its place is taken all the same.
    store.objects().take_from_second("log/public/tile")?;
    if !new_log && PublishedLog::new(store).is_lost() && !Walk::over(store)?.objects.is_empty() {
        return Err(Error::LogMissing { path: at.to_string() });
    }
    let catalogue = at.create_beside().await?;
    let old = match at.open_alone().await {
        Ok(old) => Some(old),
        Err(error) if error.is_unanswered() => {
            catalogue.close().await;
            return Err(error);
        }
        Err(error) => {
            info!("the old catalogue is not read: {error}");
            None
        }
    };
    let built = build(store, catalogue.as_ref(), old.as_deref(), now).await;
    if let Some(old) = old {
        old.close().await;
    }
    catalogue.close().await;
    let report = built?;
    at.swap().await?;
    info!(objects = report.objects, records = report.records, "rebuilt the catalogue");
    Ok(report)
}

async fn build(
    store: &Store,
    catalogue: &dyn Catalogue,
    old: Option<&dyn Catalogue>,
    now: Timestamp,
) -> Result<RebuildReport, Error> {
    let walk = Walk::over(store)?;
    let mut report = RebuildReport {
        rebuilt_at: now,
        objects: u64::try_from(walk.objects.len()).unwrap_or(u64::MAX),
        records: 0,
        pages: 0,
        log_entries: 0,
        not_archived: None,
        findings: Vec::new(),
    };
    let mut general = Findings::on(None);
    for stray in walk.strays {
        general.add(stray, AuditProblem::Extra, "does not belong in the storage root");
    }
    report.findings.append(&mut general.list);
    report.log_entries = restore_log(store, catalogue, &mut report.findings).await?;
    for ids in walk.objects.chunks(AT_ONCE) {
        let mut found = Vec::with_capacity(ids.len());
        let read = |id| (id, load(store, id).and_then(|object| Ok((object.earlier(store)?, object))));
        for (id, read) in side_by_side(store.objects().width(), ids.to_vec(), read) {
            match read {
                Ok((earlier, object)) => {
                    let receipt = object.receipt();
                    let arrival = object.events.arrival;
                    found.push(Restored { record: object.record, receipt, arrival, earlier });
                }
                Err(error) => report.findings.push(finding(id, &error, AuditProblem::Unreadable)),
            }
        }
        for (one, restored) in found.iter().zip(catalogue.restore(&found).await?) {
            match restored {
                Ok(()) => {
                    report.records += 1;
                    report.pages += u64::try_from(one.record.pages.len()).unwrap_or(u64::MAX);
                }
                Err(error) => report.findings.push(finding(one.record.id, &error, AuditProblem::Catalogue)),
            }
        }
        point::reached("rebuilt-records-committed");
    }
    if let Some(old) = old {
        report.not_archived = take_over(old, catalogue, report.records).await?;
        point::reached("rebuilt-rest-committed");
    }
    restore_holds(catalogue, &mut report.findings).await?;
    Ok(report)
}

/// Takes over what only the old catalogue knows; says of how many documents that were not archived, or nothing where it cannot be read.
async fn take_over(
    old: &dyn Catalogue,
    catalogue: &dyn Catalogue,
    records: u64,
) -> Result<Option<u64>, Error> {
    match Known::read(old, catalogue).await {
        Ok(known) => known.write(catalogue, records).await.map(Some),
        Err(error) if error.is_unanswered() => Err(error),
        Err(error) => {
            warn!("nothing is taken over from the old catalogue, which cannot be read: {error}");
            Ok(None)
        }
    }
}

/// Takes over what the log has published: its order cannot be made again from the objects.
async fn restore_log(
    store: &Store,
    catalogue: &dyn Catalogue,
    findings: &mut Vec<AuditFinding>,
) -> Result<u64, Error> {
    let log = PublishedLog::new(store);
    // All or nothing: they are read twice, so that not all of them are in memory at a time.
    let whole = log.bundles().and_then(|mut bundles| bundles.try_for_each(|bundle| bundle.map(drop)));
    match whole {
        Ok(()) => {}
        Err(error) if error.is_unanswered() => return Err(error),
        Err(error) => {
            // Without them nothing more can be published, which is right: the log must be restored from a copy first. The catalogue
            // is to know that it lacks them.
            catalogue.note_published(log.size()?).await?;
            let mut general = Findings::on(None);
            general.add("log", AuditProblem::Unreadable, error.to_string());
            findings.append(&mut general.list);
            return Ok(0);
        }
    }
    let entry = |(leaf, companion): (String, String)| {
        let read: Leaf =
            serde_json::from_str(&leaf).map_err(|_| Error::damaged("log", "an entry is not a leaf"))?;
        Ok(Entry { record: read.record, version: read.version, leaf, companion })
    };
    let mut bundles = log.bundles()?;
    let mut restored = 0;
    loop {
        let some: Vec<_> = bundles.by_ref().take(BUNDLES_AT_ONCE).collect::<Result<_, Error>>()?;
        let entries: Vec<Entry> = some.into_iter().flatten().map(entry).collect::<Result<_, Error>>()?;
        if entries.is_empty() {
            break;
        }
        catalogue.append(&entries).await?;
        restored += u64::try_from(entries.len()).unwrap_or(u64::MAX);
    }
    point::reached("rebuilt-log-committed");
    Ok(restored)
}

/// Reads an object; its PDF must be there with the right length. Hashing it is the audit's work.
fn load(store: &Store, id: RecordId) -> Result<StoredObject, Error> {
    let object = StoredObject::load(store, id)?;
    let root = name_of(id);
    let path = object.inventory.head_file(is_pdf).map(|(path, _)| format!("{root}/{path}"));
    let path = path.ok_or_else(|| Error::damaged(&root, "the inventory names no PDF"))?;
    match store.objects().head(&path)? {
        Some(bytes) if bytes == object.record.bytes => Ok(object),
        Some(_) => Err(Error::damaged(path, "its length is not the one in record.json")),
        None => Err(Error::damaged(path, "missing")),
    }
}

fn finding(id: RecordId, error: &Error, what: AuditProblem) -> AuditFinding {
    let detail = match error {
        Error::Taken { .. } => "another object has the same result code or source".to_owned(),
        other => other.to_string(),
    };
    AuditFinding { record: Some(id), in_second: false, object: name_of(id), what, detail }
}
