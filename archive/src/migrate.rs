//! The move of an archive to another store, another catalogue, or both.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use muniment_record::RecordId;
use tracing::info;

use crate::catalogue::{Alone, Catalogue, CatalogueAt, HoldState, TABLES};
use crate::object::{StoredObject, name_of, retained_until};
use crate::store::{Store, side_by_side};
use crate::walk::Walk;
use crate::{Archive, Error, ErrorKind, ObjectStore, identity};

/// How many rows are copied in one transaction.
const AT_ONCE: u32 = 500;
/// What is copied, in this order: nothing comes before what it names.
const DIRECTORIES: [&str; 3] = ["blobs", "ocfl", "log"];
/// What says that there is an archive, and a log: copied last.
const LAST: [&str; 2] = ["log/public/checkpoint", "ocfl/0=ocfl_1.1"];

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MigrationReport {
    /// Objects of the store.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows of the catalogue.
    pub rows: u64,
}

impl Archive {
    /// Takes the right to move an archive: nobody has it open while this is held.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while anybody has.
    pub async fn alone(catalogue: &CatalogueAt) -> Result<Alone, Error> {
        catalogue.lock_for_rebuild().await.map(Alone::new)
    }

    /// Copies all that a store holds of an archive into another. What is there already with the same bytes is left alone, so a copy
    /// that was stopped, or one that has been overtaken since, goes on. Each object is read back and compared. Nothing is removed.
    ///
    /// # Errors
    ///
    /// [`Error::ArchiveExists`] where the other store holds anything but an earlier copy of this one, and of the same kind where it has
    /// something else under a name that never changes; [`Error::Damaged`] where it gives back other bytes than it was given.
    pub fn copy_store(
        _alone: &Alone,
        from: &dyn ObjectStore,
        to: &dyn ObjectStore,
    ) -> Result<MigrationReport, Error> {
        identity::begin_copy(from, to)?;
        let mut report = MigrationReport::default();
        let mut names = Vec::new();
        for directory in DIRECTORIES {
            from.list(directory, &mut |name| {
                // An older version's lock of those who publish.
                if name != "log/lock" && !LAST.contains(&name) {
                    names.push(name.to_owned());
                }
                true
            })?;
        }
        names.extend(LAST.map(str::to_owned));
        for name in names {
            let bytes = match from.get(&name) {
                Err(error) if error.kind() == ErrorKind::NotFound && LAST.contains(&name.as_str()) => {
                    continue;
                }
                read => read?,
            };
            copy_object(to, &name, &bytes)?;
            report.objects += 1;
            report.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        }
        identity::given_to_store(to)?;
        info!(objects = report.objects, bytes = report.bytes, "copied the store");
        Ok(report)
    }

    /// Ends a move: the catalogue at its new place belongs to the store that was copied to, and one that was left behind to none, so that
    /// nobody goes on with it. May be done again.
    ///
    /// # Errors
    ///
    /// Those of catalogues and store.
    pub async fn hand_over(
        _alone: &Alone,
        left: Option<&CatalogueAt>,
        to: &CatalogueAt,
        store: &dyn ObjectStore,
    ) -> Result<(), Error> {
        let id = identity::given_to_store(store)?;
        let target = to.open_alone().await?;
        let given = target.give_to_store(&id).await;
        target.close().await;
        given?;
        if let Some(left) = left {
            let left = left.open_alone().await?;
            let given = identity::give_away(left.as_ref()).await;
            left.close().await;
            given?;
        }
        Ok(())
    }

    /// Locks what was copied into a store as if it had been archived there: all files of a record are retained by its rule, and held where
    /// it is under a legal hold. May be done again. Gives the records whose objects cannot be read, which are not locked; where the store
    /// has no locks, nothing is to be done.
    ///
    /// # Errors
    ///
    /// Those of catalogue and store.
    pub async fn lock_copy(
        _alone: &Alone,
        catalogue: &CatalogueAt,
        to: Arc<dyn ObjectStore>,
    ) -> Result<Vec<RecordId>, Error> {
        if !to.has_locks() {
            return Ok(Vec::new());
        }
        let source = catalogue.open_alone().await?;
        let holds = source.holds().await;
        source.close().await;
        let held: HashSet<RecordId> = holds?
            .into_iter()
            .filter(|hold| hold.state != HoldState::Lifting)
            .map(|hold| hold.record)
            .collect();
        let store = Store::open(&catalogue.to_string(), to)?;
        let locked = tokio::task::spawn_blocking(move || {
            let lock = |id| lock_object(&store, id, held.contains(&id)).map(|is_locked| (id, is_locked));
            side_by_side(store.objects().width(), Walk::over(&store)?.objects, lock)
                .into_iter()
                .collect::<Result<Vec<_>, Error>>()
        });
        let locked = locked.await.unwrap_or(Err(Error::Stopped))?;
        Ok(locked.into_iter().filter(|(_, is_locked)| !is_locked).map(|(id, _)| id).collect())
    }

    /// Copies a catalogue, all of it, to another place. It appears there when it is whole. One that is there already with the same rows
    /// is a copy whose maker was stopped before it could say so.
    ///
    /// # Errors
    ///
    /// [`Error::ArchiveExists`] where there is another one at the other place.
    pub async fn copy_catalogue(_alone: &Alone, from: &CatalogueAt, to: &CatalogueAt) -> Result<u64, Error> {
        let source = from.open_alone().await?;
        let copied = if to.is_taken().await? { compare(&source, to).await } else { copy(&source, to).await };
        source.close().await;
        copied
    }
}

/// Writes an object to another store, unless it is there, and reads it back. Looks first: not every store refuses to overwrite by itself.
fn copy_object(to: &dyn ObjectStore, name: &str, bytes: &[u8]) -> Result<(), Error> {
    match to.get(name) {
        Ok(there) if there == bytes => return Ok(()),
        Ok(_) if changes(name) => to.put(name, bytes)?,
        Ok(_) => return Err(Error::storage(format!("copy {name}"))(io::ErrorKind::AlreadyExists.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => to.put(name, bytes)?,
        Err(error) => return Err(error),
    }
    if to.get(name)? == bytes {
        Ok(())
    } else {
        Err(Error::damaged(name, "the other store gives back other bytes than it was given"))
    }
}

/// Locks the files of a record's object; says whether that could be read.
fn lock_object(store: &Store, id: RecordId, is_held: bool) -> Result<bool, Error> {
    let root = name_of(id);
    if is_held {
        store.hold(&root, true)?;
    }
    let until = match StoredObject::load(store, id) {
        Ok(object) => retained_until(&object.record),
        Err(error) if error.kind() == ErrorKind::Corrupt => return Ok(false),
        Err(error) => return Err(error),
    };
    if let Some(until) = until {
        for name in store.files_below(&root)? {
            store.objects().retain(&format!("{root}/{name}"), until)?;
        }
    }
    Ok(true)
}

/// Whether an object is replaced in the life of an archive: the checkpoint, and the root inventories of objects with their sidecars.
fn changes(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let is_root_inventory = matches!(parts[..], ["ocfl", .., above, file]
        if file.starts_with("inventory.json") && !is_version(above));
    name == LAST[0] || is_root_inventory
}

/// A version's directory: `v1`.
fn is_version(name: &str) -> bool {
    name.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok())
}

async fn copy(source: &Arc<dyn Catalogue>, to: &CatalogueAt) -> Result<u64, Error> {
    let target = to.create_beside().await?;
    let copied = copy_tables(source, &target).await;
    target.close().await;
    let rows = copied?;
    to.swap().await?;
    info!(rows, "copied the catalogue");
    Ok(rows)
}

/// How many rows two catalogues have, where all are the same.
async fn compare(source: &Arc<dyn Catalogue>, to: &CatalogueAt) -> Result<u64, Error> {
    let target = to.open_alone().await?;
    let same = same_rows(source, &target).await;
    target.close().await;
    same?.ok_or_else(|| Error::ArchiveExists { path: to.to_string() })
}

async fn same_rows(source: &Arc<dyn Catalogue>, target: &Arc<dyn Catalogue>) -> Result<Option<u64>, Error> {
    let mut compared = 0;
    for table in &TABLES {
        let mut passed_over = 0;
        loop {
            let rows = source.read_table(table, passed_over, AT_ONCE).await?;
            if rows != target.read_table(table, passed_over, AT_ONCE).await? {
                return Ok(None);
            }
            if rows.is_empty() {
                break;
            }
            passed_over += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        }
        compared += passed_over;
    }
    Ok(Some(compared))
}

async fn copy_tables(source: &Arc<dyn Catalogue>, target: &Arc<dyn Catalogue>) -> Result<u64, Error> {
    let mut copied = 0;
    for table in &TABLES {
        let mut passed_over = 0;
        loop {
            let rows = source.read_table(table, passed_over, AT_ONCE).await?;
            if rows.is_empty() {
                break;
            }
            target.write_table(table, &rows).await?;
            passed_over += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        }
        copied += passed_over;
    }
    target.go_on_behind().await?;
    Ok(copied)
}
