//! The rebuild: a catalogue made again from the objects alone.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_record::RecordId;
use serde::Serialize;
use tracing::info;

use crate::archive::{CATALOGUE, lock_file};
use crate::catalogue::{
    Catalogue, append_entry, insert_batch, insert_record, insert_settled, insert_version,
};
use crate::finding::Findings;
use crate::lock::Lock;
use crate::log::{Entry, PublishedLog};
use crate::object::{StoredObject, is_pdf, name_of};
use crate::store::{DiskStore, ObjectStore, Store, side_by_side, sync_directory};
use crate::walk::Walk;
use crate::{Archive, AuditFinding, AuditProblem, Error, ErrorKind, Leaf, point};

/// How many objects are read, and written in one transaction, at a time.
const AT_ONCE: usize = 256;
const BUILT_BESIDE: &str = "catalog.sqlite.new";
const KEPT: &str = "catalog.sqlite.old";

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
            "{statement}: {} objects, {} records, {} pages, {} log entries, {} findings",
            self.objects,
            self.records,
            self.pages,
            self.log_entries,
            self.findings.len()
        )
    }
}

impl Archive {
    /// Makes the catalogue again from `ocfl/` and the published log, beside the old one, and puts it in the old one's
    /// place; the old one is kept as `catalog.sqlite.old`. Batches, ledger rows and receipts of archived documents come back; rows of
    /// documents that were not archived do not. The outbox starts anew, so an index has to be built anew too.
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

    /// Makes the catalogue in a directory again from what a store holds, as [`Archive::rebuild`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Archive::rebuild`].
    pub async fn rebuild_on(
        dir: &Path,
        objects: Arc<dyn ObjectStore>,
        now: Timestamp,
        new_log: bool,
    ) -> Result<RebuildReport, Error> {
        let store = Store::open(dir, objects)?;
        fs::create_dir_all(dir).map_err(Error::storage("make the archive's directory"))?;
        let lock = Lock::exclusive(lock_file(dir)?).map_err(Error::storage("lock the archive"))?;
        let _lock = lock.ok_or_else(|| Error::InUse { path: dir.display().to_string() })?;
        // A stop may have come between the two writes of an entry: its place is taken all the same.
        store.objects().take_from_second("log/public/tile")?;
        if !new_log && PublishedLog::new(&store).is_lost() && !Walk::over(&store)?.objects.is_empty() {
            return Err(Error::LogMissing { path: dir.display().to_string() });
        }
        remove_catalogue(dir, BUILT_BESIDE)?;
        let catalogue = Catalogue::open(&dir.join(BUILT_BESIDE)).await?;
        let built = build(&store, &catalogue, now).await;
        catalogue.close().await;
        let report = built?;
        swap(dir)?;
        info!(objects = report.objects, records = report.records, "rebuilt the catalogue");
        Ok(report)
    }
}

async fn build(store: &Store, catalogue: &Catalogue, now: Timestamp) -> Result<RebuildReport, Error> {
    let walk = Walk::over(store)?;
    let mut report = RebuildReport {
        rebuilt_at: now,
        objects: u64::try_from(walk.objects.len()).unwrap_or(u64::MAX),
        records: 0,
        pages: 0,
        log_entries: 0,
        findings: Vec::new(),
    };
    let mut general = Findings::on(None);
    for stray in walk.strays {
        general.add(stray, AuditProblem::Extra, "does not belong in the storage root");
    }
    report.findings.append(&mut general.list);
    report.log_entries = restore_log(store, catalogue, &mut report.findings).await?;
    for ids in walk.objects.chunks(AT_ONCE) {
        let mut transaction = catalogue.begin().await?;
        let read = |id| (id, load(store, id).and_then(|object| Ok((object.earlier(store)?, object))));
        for (id, found) in side_by_side(store.objects().width(), ids.to_vec(), read) {
            let (earlier, object) = match found {
                Ok(found) => found,
                Err(error) => {
                    report.findings.push(finding(id, &error, AuditProblem::Unreadable));
                    continue;
                }
            };
            insert_batch(&mut transaction, &object.events.arrival).await?;
            match insert_record(&mut transaction, &object.record, &object.receipt()).await {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    report.findings.push(finding(id, &error, AuditProblem::Catalogue));
                    continue;
                }
                Err(error) => return Err(error),
            }
            for (version, sha256) in earlier {
                insert_version(&mut transaction, id, version, &sha256).await?;
            }
            insert_settled(&mut transaction, &object.record, &object.events.arrival, object.archived_at)
                .await?;
            report.records += 1;
            report.pages += u64::try_from(object.record.pages.len()).unwrap_or(u64::MAX);
        }
        transaction.commit().await.map_err(Error::catalogue("commit rebuilt records"))?;
        point::reached("rebuilt-records-committed");
    }
    Ok(report)
}

/// Takes over what the log has published: its order cannot be made again from the objects.
async fn restore_log(
    store: &Store,
    catalogue: &Catalogue,
    findings: &mut Vec<AuditFinding>,
) -> Result<u64, Error> {
    let bundles = match PublishedLog::new(store).bundles() {
        Ok(bundles) => bundles,
        Err(error) => {
            // Without them nothing more can be published, which is right: the log must be restored from a copy first.
            let mut general = Findings::on(None);
            general.add("log", AuditProblem::Unreadable, error.to_string());
            findings.append(&mut general.list);
            return Ok(0);
        }
    };
    let mut transaction = catalogue.begin().await?;
    let mut entries = 0;
    for (leaf, companion) in bundles {
        let read: Leaf =
            serde_json::from_str(&leaf).map_err(|_| Error::damaged("log", "an entry is not a leaf"))?;
        let entry = Entry { record: read.record, version: read.version, leaf, companion };
        append_entry(&mut transaction, &entry).await?;
        entries += 1;
    }
    transaction.commit().await.map_err(Error::catalogue("commit entries of the log"))?;
    point::reached("rebuilt-log-committed");
    Ok(entries)
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
        Error::Catalogue { .. } => "another object has the same result code or source".to_owned(),
        other => other.to_string(),
    };
    AuditFinding { record: Some(id), in_second: false, object: name_of(id), what, detail }
}

/// Puts the new catalogue in the old one's place. A stop in between leaves no catalogue, which opening says, never a
/// wrong one.
fn swap(dir: &Path) -> Result<(), Error> {
    let attempt = "put the new catalogue in place";
    remove_catalogue(dir, KEPT)?;
    for suffix in ["", "-wal", "-shm"] {
        let old = dir.join(format!("{CATALOGUE}{suffix}"));
        if old.exists() {
            fs::rename(&old, dir.join(format!("{KEPT}{suffix}"))).map_err(Error::storage(attempt))?;
            point::reached("old-catalogue-moved");
        }
    }
    sync_directory(dir)?;
    fs::rename(dir.join(BUILT_BESIDE), dir.join(CATALOGUE)).map_err(Error::storage(attempt))?;
    point::reached("new-catalogue-moved");
    sync_directory(dir)
}

fn remove_catalogue(dir: &Path, name: &str) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm"] {
        match fs::remove_file(dir.join(format!("{name}{suffix}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::storage(format!("remove {name}"))(error));
            }
            _ => {}
        }
    }
    Ok(())
}
