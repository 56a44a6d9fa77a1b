//! The catalogue in SQLite.
//!
//! WAL with `synchronous=FULL`: a transaction that has returned is durable. One connection writes, so that writers
//! queue here and not at SQLite's lock; others read.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};

use super::cells::{number, text};
use super::{Catalogue, Held, Right, migrations};
use crate::lock::Lock;
use crate::store::sync_directory;
use crate::{Error, point};

mod belonging;
mod enter;
mod fixity;
mod holds;
mod intake;
mod order;
mod queue;
mod records;
mod tables;

/// The catalogue's file in an archive's directory.
pub(crate) const CATALOGUE: &str = "catalog.sqlite";
const BUILT_BESIDE: &str = "catalog.sqlite.new";
const KEPT: &str = "catalog.sqlite.old";
/// The file whose lock says who has an archive open.
const LOCK: &str = "lock";

/// How long a transaction waits for one of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const READERS: u32 = 4;
/// What the writer remembers of the file, in KiB: the inner pages of the indexes of some millions of records.
const REMEMBERED: &str = "-32768";

/// A catalogue in a file.
#[derive(Debug)]
pub(crate) struct SqliteCatalogue {
    writer: SqlitePool,
    readers: SqlitePool,
    directory: std::path::PathBuf,
    /// Shared among the processes that have the catalogue open; a rebuild takes it alone.
    _lock: Option<Lock>,
}

/// Makes an empty catalogue in a directory.
pub(super) async fn create(directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(Error::storage("make the archive's directory"))?;
    SqliteCatalogue::connect(directory, CATALOGUE, None).await?.close().await;
    sync_directory(directory)
}

/// Opens the catalogue of a directory without its lock.
pub(super) async fn open_alone(directory: &Path) -> Result<SqliteCatalogue, Error> {
    if !directory.join(CATALOGUE).is_file() {
        return Err(Error::CatalogueMissing { path: directory.display().to_string() });
    }
    SqliteCatalogue::connect(directory, CATALOGUE, None).await
}

/// Opens the catalogue of a directory.
pub(super) async fn open(directory: &Path) -> Result<SqliteCatalogue, Error> {
    let path = || directory.display().to_string();
    if !directory.is_dir() {
        return Err(Error::CatalogueMissing { path: path() });
    }
    let lock = Lock::shared(lock_file(directory, LOCK)?).map_err(Error::storage("lock the archive"))?;
    let lock = lock.ok_or_else(|| Error::InUse { path: path() })?;
    if !directory.join(CATALOGUE).is_file() {
        return Err(Error::CatalogueMissing { path: path() });
    }
    SqliteCatalogue::connect(directory, CATALOGUE, Some(lock)).await
}

pub(super) fn lock_for_rebuild(directory: &Path) -> Result<Option<Held>, Error> {
    fs::create_dir_all(directory).map_err(Error::storage("make the archive's directory"))?;
    let lock = Lock::exclusive(lock_file(directory, LOCK)?).map_err(Error::storage("lock the archive"))?;
    if lock.is_some() {
        undo_stopped_swap(directory)?;
    }
    Ok(lock.map(Held::File))
}

/// Puts the old catalogue back that a stopped swap has moved and not replaced: nobody else knows the queue.
fn undo_stopped_swap(directory: &Path) -> Result<(), Error> {
    let attempt = "put the old catalogue back";
    if directory.join(CATALOGUE).exists() {
        return Ok(());
    }
    // The file itself comes last: when it is there, all of it is.
    for suffix in ["-shm", "-wal", ""] {
        let kept = directory.join(format!("{KEPT}{suffix}"));
        if kept.exists() {
            fs::rename(&kept, directory.join(format!("{CATALOGUE}{suffix}")))
                .map_err(Error::storage(attempt))?;
        }
    }
    sync_directory(directory)
}

pub(super) async fn create_beside(directory: &Path) -> Result<SqliteCatalogue, Error> {
    fs::create_dir_all(directory).map_err(Error::storage("make the archive's directory"))?;
    remove(directory, BUILT_BESIDE)?;
    SqliteCatalogue::connect(directory, BUILT_BESIDE, None).await
}

/// Puts the new catalogue in the old one's place. A stop in between leaves no catalogue, which opening says, never a
/// wrong one.
pub(super) async fn swap(directory: &Path) -> Result<(), Error> {
    let attempt = "put the new catalogue in place";
    fold(directory, BUILT_BESIDE).await?;
    remove(directory, KEPT)?;
    for suffix in ["", "-wal", "-shm"] {
        let old = directory.join(format!("{CATALOGUE}{suffix}"));
        if old.exists() {
            fs::rename(&old, directory.join(format!("{KEPT}{suffix}"))).map_err(Error::storage(attempt))?;
            point::reached("old-catalogue-moved");
        }
    }
    sync_directory(directory)?;
    fs::rename(directory.join(BUILT_BESIDE), directory.join(CATALOGUE)).map_err(Error::storage(attempt))?;
    point::reached("new-catalogue-moved");
    sync_directory(directory)
}

/// Brings all that a catalogue holds into its one file. Closing it does so too, and does not say where it could not, as on a full disk.
async fn fold(directory: &Path, name: &str) -> Result<(), Error> {
    let attempt = "fold the new catalogue's write-ahead log into it";
    let options = SqliteConnectOptions::new()
        .filename(directory.join(name))
        .synchronous(SqliteSynchronous::Full)
        // Nobody else has it.
        .busy_timeout(Duration::ZERO);
    let mut connection = options.connect().await.map_err(Error::catalogue(attempt))?;
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut connection)
        .await
        .map_err(Error::catalogue(attempt))?;
    // sqlite.org/pragma.html: 1 where it was kept from doing all of it.
    let is_kept_from_it = number::<u32>(&row, "busy")? != 0;
    connection.close().await.map_err(Error::catalogue(attempt))?;
    if is_kept_from_it {
        return Err(Error::storage(attempt)(io::ErrorKind::ResourceBusy.into()));
    }
    Ok(())
}

fn remove(directory: &Path, name: &str) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm"] {
        match fs::remove_file(directory.join(format!("{name}{suffix}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::storage(format!("remove {name}"))(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn lock_file(directory: &Path, name: &str) -> Result<File, Error> {
    let file = File::options().create(true).append(true).open(directory.join(name));
    file.map_err(Error::storage(format!("open the lock {name} of the archive")))
}

impl SqliteCatalogue {
    async fn connect(directory: &Path, name: &str, lock: Option<Lock>) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(directory.join(name))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let open = Error::catalogue("open the catalogue");
        let writer = options.clone().pragma("cache_size", REMEMBERED);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(writer).await.map_err(open)?;
        migrations::sqlite().run(&writer).await.map_err(Error::Migrate)?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options);
        Ok(Self { writer, readers, directory: directory.to_owned(), _lock: lock })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        const BEGIN: &str = "BEGIN IMMEDIATE";
        let attempt = "begin a transaction of the catalogue";
        match self.writer.begin_with(BEGIN).await {
            // On a full disk SQLite rolls a transaction back by itself (sqlite.org/lang_transaction.html, 2.3), which the
            // driver does not learn: it holds the connection to be in a transaction for ever. A new one takes its place.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                let stuck = self.writer.acquire().await.map_err(Error::catalogue(attempt))?;
                stuck.close().await.map_err(Error::catalogue(attempt))?;
                self.writer.begin_with(BEGIN).await.map_err(Error::catalogue(attempt))
            }
            begun => begun.map_err(Error::catalogue(attempt)),
        }
    }
}

#[async_trait]
impl Catalogue for SqliteCatalogue {
    fn place(&self) -> String {
        self.directory.display().to_string()
    }

    async fn faults(&self) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("PRAGMA integrity_check")
            .fetch_all(&self.readers)
            .await
            .map_err(Error::catalogue("check the catalogue"))?;
        let lines: Vec<String> =
            rows.iter().map(|row| text(row, "integrity_check")).collect::<Result<_, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    async fn take(&self, right: Right) -> Result<Option<Held>, Error> {
        let file = lock_file(&self.directory, &format!("{}.lock", right.as_str()))?;
        let lock =
            Lock::exclusive(file).map_err(Error::storage(format!("take the lock for {}", right.as_str())))?;
        Ok(lock.map(Held::File))
    }

    /// The write-ahead log is folded into the file.
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    #[cfg(test)]
    fn sqlite(&self) -> Option<&SqliteCatalogue> {
        Some(self)
    }
}

fn look_up() -> impl FnOnce(sqlx::Error) -> Error {
    Error::catalogue("look something up in the catalogue")
}

fn write() -> impl FnOnce(sqlx::Error) -> Error {
    Error::catalogue("write to the catalogue")
}
