//! The rebuild: a catalogue made again from the objects alone.

mod damage;
mod holds;
mod keep;
mod log;
mod logged;
mod object;

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_record::RecordId;
use serde::Serialize;
use tracing::{info, warn};

use crate::catalogue::{Catalogue, CatalogueAt, Held};
use crate::finding::Findings;
use crate::log::PublishedLog;
use crate::object::name_of;
use crate::store::{DiskStore, ObjectStore, Store, side_by_side};
use crate::walk::Walk;
use crate::{Archive, AuditFinding, AuditProblem, Error, identity, point};

use damage::{is_damage, none_to_be_had};
use holds::restore_holds;
use keep::Known;
use log::{RestoredLog, restore_log};
use logged::Logged;
use object::{Loaded, load};

/// How many objects are read, and written in one transaction, at a time.
const AT_ONCE: usize = 256;

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
    /// The objects that are not in the new catalogue, and why; versions that the log names and no object has; files of the log that are
    /// damaged; and what does not belong in storage.
    pub findings: Vec<AuditFinding>,
}

impl RebuildReport {
    /// Whether every object is in the new catalogue, and every version that the log names, and nothing else was found.
    pub fn is_complete(&self) -> bool {
        self.objects == self.records && self.findings.is_empty()
    }

    /// Whether files of the published log are damaged: nothing was taken over from it then. What is not in the old catalogue either cannot
    /// be published on before the files are brought back and the catalogue is made again.
    pub fn log_is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.object.starts_with("log/"))
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
    /// [`Error::InUse`] while any process has the archive open, [`Error::LogMissing`], [`Error::Moved`]. What is damaged or gone is a finding, not an error.
    /// What does not answer, store or old catalogue, is an error: nothing has changed then, and the rebuild is to be made again.
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
        let rebuilt = rebuild(&at, &held, &store, now, new_log).await;
        held.give_up().await;
        rebuilt
    }
}

async fn rebuild(
    at: &CatalogueAt,
    right: &Held,
    store: &Store,
    now: Timestamp,
    new_log: bool,
) -> Result<RebuildReport, Error> {
    // A stop may have come between the two writes of an entry: its place is taken all the same.
    store.objects().take_from_second("log/public/tile")?;
    let is_lost = store.copies().iter().all(|copy| PublishedLog::new(copy).is_lost());
    if !new_log && is_lost && !Walk::over(store)?.objects.is_empty() {
        return Err(Error::LogMissing { path: at.to_string() });
    }
    let old = match at.open_alone().await {
        Ok(old) => Some(old),
        Err(error) => {
            let why = none_to_be_had(error)?;
            info!("the old catalogue is not read: {why}");
            None
        }
    };
    let built = match is_moved(old.as_deref(), store).await {
        Ok(false) => build(at, store, old.as_deref(), now).await,
        Ok(true) => Err(Error::Moved { path: at.to_string() }),
        Err(error) => Err(error),
    };
    if let Some(old) = old {
        old.close().await;
    }
    let report = built?;
    at.swap_under(right).await?;
    info!(objects = report.objects, records = report.records, "rebuilt the catalogue");
    Ok(report)
}

/// Whether the old catalogue belongs to another store. Where it cannot be read, it does not say.
async fn is_moved(old: Option<&dyn Catalogue>, store: &Store) -> Result<bool, Error> {
    let Some(old) = old else { return Ok(false) };
    let is_moved = unless_lost(identity::is_of_another(old, store.objects()).await)?;
    Ok(is_moved.unwrap_or(false))
}

async fn build(
    at: &CatalogueAt,
    store: &Store,
    old: Option<&dyn Catalogue>,
    now: Timestamp,
) -> Result<RebuildReport, Error> {
    let mut catalogue = at.create_beside().await?;
    let mut restored = restore_log(store, catalogue.as_ref()).await;
    if let Ok(log) = &mut restored
        && !log.damage.is_empty()
    {
        // All of it or nothing.
        catalogue.close().await;
        catalogue = at.create_beside().await?;
        log.entries = 0;
    }
    let built = match restored {
        Ok(log) => restore(store, catalogue.as_ref(), old, log, now).await,
        Err(error) => Err(error),
    };
    catalogue.close().await;
    built
}

async fn restore(
    store: &Store,
    catalogue: &dyn Catalogue,
    old: Option<&dyn Catalogue>,
    log: RestoredLog,
    now: Timestamp,
) -> Result<RebuildReport, Error> {
    if !log.damage.is_empty() {
        // Without its entries nothing more can be published, which is right: the log is to be mended first. The catalogue is to know
        // that it lacks them.
        let published = match PublishedLog::new(store).size() {
            Err(error) if is_damage(store, &error) => 0,
            size => size?,
        };
        catalogue.note_published(published).await?;
    }
    let walk = Walk::over(store)?;
    let report = RebuildReport {
        rebuilt_at: now,
        objects: u64::try_from(walk.objects.len()).unwrap_or(u64::MAX),
        records: 0,
        pages: 0,
        log_entries: log.entries,
        not_archived: None,
        findings: log.damage,
    };
    // No earlier catalogue has had as many changes as microseconds have passed.
    catalogue.number_changes_behind(u64::try_from(now.as_microsecond()).unwrap_or(0)).await?;
    let mut work = Work { store, catalogue, logged: log.logged, report };
    let mut general = Findings::on(None);
    for stray in walk.strays {
        general.add(stray, AuditProblem::Extra, "does not belong in the storage root");
    }
    work.report.findings.append(&mut general.list);
    // Those first that were acknowledged: what a stop left of one that was not may have the same source or result code.
    let unpublished = match old {
        Some(old) => unless_lost(keep::unpublished_ids(old, catalogue).await)?.unwrap_or_default(),
        None => HashSet::new(),
    };
    let is_acknowledged = |id: &RecordId| work.logged.names(*id) || unpublished.contains(id);
    let (acknowledged, others): (Vec<_>, Vec<_>) = walk.objects.into_iter().partition(is_acknowledged);
    for ids in acknowledged.chunks(AT_ONCE).chain(others.chunks(AT_ONCE)) {
        work.restore_some(ids, now).await?;
        point::reached("rebuilt-records-committed");
    }
    if let Some(old) = old {
        work.take_over(old).await?;
        point::reached("rebuilt-rest-committed");
    }
    let Work { logged, mut report, .. } = work;
    logged.name_missing(&mut report.findings);
    restore_holds(catalogue, &mut report.findings).await?;
    Ok(report)
}

/// A new catalogue on its way.
struct Work<'a> {
    store: &'a Store,
    catalogue: &'a dyn Catalogue,
    logged: Logged,
    report: RebuildReport,
}

impl Work<'_> {
    /// Brings the records of some objects into the catalogue.
    async fn restore_some(&mut self, ids: &[RecordId], now: Timestamp) -> Result<(), Error> {
        let (mut found, mut begun) = (Vec::with_capacity(ids.len()), Vec::new());
        let (store, width) = (self.store, self.store.objects().width());
        for (id, read) in side_by_side(width, ids.to_vec(), |id| (id, load(store, id))) {
            match read {
                Ok(Loaded { restored, begins }) => {
                    found.push(restored);
                    begun.push(begins);
                }
                Err(error) if is_damage(store, &error) => {
                    self.report.findings.push(finding(id, &error, AuditProblem::Unreadable));
                }
                Err(error) => return Err(error),
            }
        }
        let restored = self.catalogue.restore(&found).await?;
        for ((one, begun), restored) in found.iter().zip(begun).zip(restored) {
            if let Err(error) = restored {
                self.report.findings.push(finding(one.record.id, &error, AuditProblem::Catalogue));
                continue;
            }
            self.report.records += 1;
            self.report.pages += u64::try_from(one.record.pages.len()).unwrap_or(u64::MAX);
            self.logged.note(one);
            if let Some(version) = begun {
                // Recovery ends it, or removes what there is of it.
                self.catalogue.begin_revision(one.record.id, version, now).await?;
            }
        }
        Ok(())
    }

    /// Takes over what only the old catalogue knows, where it can be read.
    async fn take_over(&mut self, old: &dyn Catalogue) -> Result<(), Error> {
        let Some(known) = unless_lost(Known::read(old, self.catalogue).await)? else { return Ok(()) };
        let named: HashSet<RecordId> =
            self.report.findings.iter().filter_map(|finding| finding.record).collect();
        let is_new = |finding: &&AuditFinding| finding.record.is_none_or(|id| !named.contains(&id));
        self.report.findings.extend(known.missing().iter().filter(is_new).cloned());
        self.report.not_archived = Some(known.write(self.catalogue, self.report.records).await?);
        Ok(())
    }
}

/// What was read of the old catalogue; nothing where it is damaged, or of another schema.
fn unless_lost<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) => {
            let why = none_to_be_had(error)?;
            warn!("nothing is taken over from the old catalogue, which cannot be read: {why}");
            Ok(None)
        }
    }
}

fn finding(id: RecordId, error: &Error, what: AuditProblem) -> AuditFinding {
    let detail = match error {
        Error::Taken { .. } => "another object has the same result code or source".to_owned(),
        other => other.to_string(),
    };
    AuditFinding { record: Some(id), in_second: false, object: name_of(id), what, detail }
}
