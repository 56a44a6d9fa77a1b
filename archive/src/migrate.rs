//! The move of an archive to another store, another catalogue, or both.

use std::sync::Arc;

use tracing::info;

use crate::catalogue::{Catalogue, CatalogueAt, TABLES};
use crate::{Archive, Error, ErrorKind, ObjectStore};

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
    /// Copies all that a store holds of an archive into another. What is there already with the same bytes is left alone, so a copy
    /// that was stopped goes on. Each object is read back and compared. Nothing is removed, and nobody may write to either store
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// Of kind `AlreadyExists` where the other store has something else under a name; [`Error::Damaged`] where it gives back other
    /// bytes than it was given.
    pub fn copy_store(from: &dyn ObjectStore, to: &dyn ObjectStore) -> Result<MigrationReport, Error> {
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
            to.put_new(&name, &bytes)?;
            if to.get(&name)? != bytes {
                return Err(Error::damaged(name, "the other store gives back other bytes than it was given"));
            }
            report.objects += 1;
            report.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        }
        info!(objects = report.objects, bytes = report.bytes, "copied the store");
        Ok(report)
    }

    /// Copies a catalogue, all of it, to another place, where there must be none. It appears there when it is whole.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while anybody has the catalogue open, [`Error::ArchiveExists`] where there is one at the other place.
    pub async fn copy_catalogue(from: &CatalogueAt, to: &CatalogueAt) -> Result<u64, Error> {
        if to.is_taken().await? {
            return Err(Error::ArchiveExists { path: to.to_string() });
        }
        let held = from.lock_for_rebuild().await?;
        let copied = copy_catalogue(from, to).await;
        held.give_up().await;
        copied
    }
}

async fn copy_catalogue(from: &CatalogueAt, to: &CatalogueAt) -> Result<u64, Error> {
    let source = from.open_alone().await?;
    let target = to.create_beside().await?;
    let copied = copy_tables(&source, &target).await;
    source.close().await;
    target.close().await;
    let rows = copied?;
    to.swap().await?;
    info!(rows, "copied the catalogue");
    Ok(rows)
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
