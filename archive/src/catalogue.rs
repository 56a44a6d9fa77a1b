//! The catalogue: exact look-ups, the intake ledger, the queue, the order of the log, the outbox and the receipts.
//!
//! Two engines keep it, SQLite in a file of the archive's directory and PostgreSQL, each with statements of its own. What
//! they promise alike is in the traits of this module, one for each thing that a catalogue is asked about; one suite of
//! tests runs on both. A call that writes is one transaction: when it has returned, what it wrote is durable.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use crate::Error;

mod belonging;
mod cells;
mod fixity;
mod holds;
mod intake;
pub(crate) mod migrations;
mod order;
mod postgres;
mod queue;
mod records;
mod right;
mod sqlite;
mod tables;

pub(crate) use belonging::Belonging;
pub(crate) use fixity::Fixity;
pub(crate) use holds::Holds;
pub use holds::{Hold, HoldState};
pub(crate) use intake::{Intake, PendingArrival, Settled};
pub(crate) use order::Order;
pub use postgres::PostgresSettings;
pub use queue::{Claim, Fence, QueueCount, SetAside, Task};
pub(crate) use queue::{Queue, Staged};
pub use records::OutboxRow;
pub(crate) use records::{Entering, KnownVersion, Records, Restored};
pub use right::Alone;
pub(crate) use right::{Held, Right};
pub(crate) use sqlite::CATALOGUE;
#[cfg(test)]
pub(crate) use sqlite::SqliteCatalogue;
pub(crate) use tables::{Cell, TABLES, Table, Tables};

/// What an archive asks of its catalogue.
#[async_trait]
pub(crate) trait Catalogue:
    Records + Intake + Queue + Order + Holds + Fixity + Tables + Belonging + fmt::Debug + Send + Sync
{
    /// Where it lies, to be named in messages.
    fn place(&self) -> String;

    /// The engine's own check of what it keeps: what it finds wrong.
    async fn faults(&self) -> Result<Vec<String>, Error>;

    /// Takes the right to do what one process does at a time; nothing where another process has it.
    async fn take(&self, right: Right) -> Result<Option<Held>, Error>;

    /// Closes all connections.
    async fn close(&self);

    /// The catalogue as SQLite's, where it is.
    #[cfg(test)]
    fn sqlite(&self) -> Option<&SqliteCatalogue> {
        None
    }
}

/// Where an archive's catalogue lies.
#[derive(Clone, Debug)]
pub enum CatalogueAt {
    /// In a file of this directory, kept by SQLite: for the programs of one machine.
    Directory(PathBuf),
    /// In a PostgreSQL database: for any number of machines.
    Postgres(PostgresSettings),
}

impl From<&Path> for CatalogueAt {
    fn from(directory: &Path) -> Self {
        Self::Directory(directory.to_owned())
    }
}

impl From<&PathBuf> for CatalogueAt {
    fn from(directory: &PathBuf) -> Self {
        Self::Directory(directory.clone())
    }
}

impl fmt::Display for CatalogueAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "{}", directory.display()),
            Self::Postgres(settings) => write!(f, "{settings}"),
        }
    }
}

impl CatalogueAt {
    /// Whether there is a catalogue.
    pub(crate) async fn is_taken(&self) -> Result<bool, Error> {
        match self {
            Self::Directory(directory) => Ok(directory.join(CATALOGUE).exists()),
            Self::Postgres(settings) => postgres::is_taken(settings).await,
        }
    }

    /// Makes an empty catalogue.
    pub(crate) async fn create(&self) -> Result<(), Error> {
        match self {
            Self::Directory(directory) => sqlite::create(directory).await,
            Self::Postgres(settings) => postgres::create(settings).await,
        }
    }

    /// Opens the catalogue and brings it to this version's schema. While it is open, nobody rebuilds it.
    ///
    /// # Errors
    ///
    /// [`Error::CatalogueMissing`], [`Error::InUse`] while it is rebuilt.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Catalogue>, Error> {
        Ok(match self {
            Self::Directory(directory) => Arc::new(sqlite::open(directory).await?),
            Self::Postgres(settings) => Arc::new(postgres::open(settings).await?),
        })
    }

    /// Takes the right to make the catalogue anew.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while anybody has it open.
    pub(crate) async fn lock_for_rebuild(&self) -> Result<Held, Error> {
        let held = match self {
            Self::Directory(directory) => sqlite::lock_for_rebuild(directory)?,
            Self::Postgres(settings) => postgres::lock_for_rebuild(settings).await?,
        };
        held.ok_or_else(|| Error::InUse { path: self.to_string() })
    }

    /// Opens the catalogue for whoever has the right to rebuild it.
    pub(crate) async fn open_alone(&self) -> Result<Arc<dyn Catalogue>, Error> {
        Ok(match self {
            Self::Directory(directory) => Arc::new(sqlite::open_alone(directory).await?),
            Self::Postgres(settings) => Arc::new(postgres::open_alone(settings).await?),
        })
    }

    /// Makes an empty catalogue beside the present one.
    pub(crate) async fn create_beside(&self) -> Result<Arc<dyn Catalogue>, Error> {
        Ok(match self {
            Self::Directory(directory) => Arc::new(sqlite::create_beside(directory).await?),
            Self::Postgres(settings) => Arc::new(postgres::create_beside(settings).await?),
        })
    }

    /// Puts the catalogue that was made beside the present one in its place; the present one is kept under another name. Where there
    /// is a present one, [`CatalogueAt::swap_under`] does it.
    pub(crate) async fn swap(&self) -> Result<(), Error> {
        match self {
            Self::Directory(directory) => sqlite::swap(directory).await,
            Self::Postgres(settings) => postgres::swap(settings).await,
        }
    }

    /// Puts the catalogue that was made beside the present one in its place, where the right to do so has been held all the time.
    ///
    /// # Errors
    ///
    /// Where it has not: others may have written to the present one since. Nothing has changed then.
    pub(crate) async fn swap_under(&self, right: &Held) -> Result<(), Error> {
        match self {
            // A lock on a file ends with its process.
            Self::Directory(directory) => sqlite::swap(directory).await,
            Self::Postgres(settings) => postgres::swap_under(settings, right).await,
        }
    }
}
