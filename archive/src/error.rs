use std::io;
use std::sync::Arc;

use muniment_record::RecordId;
use sqlx::migrate::MigrateError;

use crate::store::passes;

/// Why the archive could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing in the archive.
    #[error("there is no {what} in the archive")]
    NotFound {
        /// What was looked for: `record 0198…`.
        what: String,
    },
    /// The directory already holds an archive.
    #[error("{path} already holds an archive")]
    ArchiveExists {
        /// The directory.
        path: String,
    },
    /// Another process holds the archive in a way that does not allow this.
    #[error("the archive in {path} is open in another process")]
    InUse {
        /// The directory.
        path: String,
    },
    /// Another record holds the result code.
    #[error("the result code is already held by record {holder}")]
    ResultCodeTaken {
        /// The record that holds it.
        holder: RecordId,
    },
    /// Another record has what may be there once only: the result code, or the bytes of the source.
    #[error("record {record} cannot be entered: its result code or its source is another record's already")]
    Taken {
        /// The record that cannot be entered.
        record: RecordId,
    },
    /// Somebody else works on the job now, or has ended it: what this worker made of it is not needed.
    #[error("the lease on the job of record {record} has been lost")]
    LeaseLost {
        /// The record that the job is to become.
        record: RecordId,
    },
    /// A setting that cannot be used.
    #[error("{0}")]
    Setting(&'static str),
    /// The record was not registered in the intake ledger, or is settled already.
    #[error("record {record} is not pending in the intake ledger")]
    NotPending {
        /// The record.
        record: RecordId,
    },
    /// What was handed over does not agree with itself.
    #[error("record {record} does not agree with what was handed over with it: {what}")]
    Mismatch {
        /// The record.
        record: RecordId,
        /// What differs.
        what: &'static str,
    },
    /// A document whose bytes were not read cannot be registered, only settled.
    #[error("a document without a digest cannot be registered")]
    NoDigest,
    /// The catalogue's file is not there, though there is an archive.
    #[error("the archive in {path} has no catalogue: rebuild it")]
    CatalogueMissing {
        /// The directory.
        path: String,
    },
    /// The catalogue knows less than has been published: an older one was put in its place.
    #[error(
        "the catalogue of the archive in {path} is older than its log, which has {published} entries published of which it knows {known}: rebuild it"
    )]
    CatalogueBehind {
        /// Where it lies.
        path: String,
        /// How many entries of the log it knows.
        known: u64,
        /// How many are published.
        published: u64,
    },
    /// The catalogue belongs to another store.
    #[error(
        "the catalogue in {path} belongs to another store than the one that is configured, as after a move: use the configuration that \
         `migrate` put in place, or run `migrate` again where it was stopped"
    )]
    Moved {
        /// Where it lies.
        path: String,
    },
    /// There is no published log, though there should be one.
    #[error(
        "the archive in {path} has lost its transparency log: bring log/ back from a copy, or begin a new log"
    )]
    LogMissing {
        /// The directory.
        path: String,
    },
    /// A checkpoint could not be signed, or is not signed by the log's key.
    #[error("failed to sign or verify a checkpoint")]
    Note(#[source] muniment_seal::Error),
    /// A proof of the log does not hold.
    #[error("the proof does not hold: {0}")]
    Proof(&'static str),
    /// A text that is no batch id.
    #[error("not a batch id: the form 20261124T101500-0001")]
    BatchId,
    /// Something stored is missing, changed or unreadable.
    #[error("{object} is damaged: {what}")]
    Damaged {
        /// The object or file, relative to the archive.
        object: String,
        /// What is wrong with it.
        what: String,
    },
    /// The store of files refused: the file system, or the S3 server.
    #[error("failed to {attempt}")]
    Storage {
        /// What was attempted: `write blobs/sha256/…`.
        attempt: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The catalogue refused.
    #[error("failed to {attempt}")]
    Catalogue {
        /// What was attempted.
        attempt: &'static str,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The catalogue could not be brought to this version's schema.
    #[error("failed to upgrade the catalogue")]
    Migrate(#[source] MigrateError),
    /// A value could not be written as JSON.
    #[error("failed to write {what} as JSON")]
    Json {
        /// What was written.
        what: &'static str,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A group of deposits was not made durable: none of them is acknowledged.
    #[error("failed together with the deposits that came in at the same time")]
    Together(#[source] Arc<Error>),
    /// The store keeps no locks, so nothing can be retained or held in it.
    #[error("the store has no locks")]
    NoLocks,
    /// A task of the archive's own ended before it was done.
    #[error("a task of the archive was stopped before it was done")]
    Stopped,
}

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It is not there.
    NotFound,
    /// It is there already.
    AlreadyExists,
    /// The request itself is wrong; repeating it does not help.
    Precondition,
    /// It may work later.
    Unavailable,
    /// Stored data are damaged: audit, then rebuild or repair.
    Corrupt,
    /// The disk is full.
    NoSpace,
}

impl Error {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::ArchiveExists { .. } | Self::ResultCodeTaken { .. } | Self::Taken { .. } => {
                ErrorKind::AlreadyExists
            }
            Self::NotPending { .. }
            | Self::Moved { .. }
            | Self::Mismatch { .. }
            | Self::NoDigest
            | Self::LeaseLost { .. }
            | Self::Setting(_)
            | Self::NoLocks
            | Self::BatchId
            | Self::Proof(_)
            | Self::Json { .. } => ErrorKind::Precondition,
            Self::Together(cause) => cause.kind(),
            Self::InUse { .. } | Self::Stopped => ErrorKind::Unavailable,
            Self::Damaged { .. }
            | Self::Note(_)
            | Self::CatalogueMissing { .. }
            | Self::CatalogueBehind { .. }
            | Self::LogMissing { .. } => ErrorKind::Corrupt,
            Self::Storage { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => ErrorKind::NotFound,
                io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::NoSpace,
                _ => ErrorKind::Unavailable,
            },
            Self::Catalogue { source, .. }
            | Self::Migrate(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
                catalogue_kind(source)
            }
            Self::Migrate(_) => ErrorKind::Corrupt,
        }
    }

    /// Whether the catalogue or the store did not answer, or not yet: it may later, without anybody's doing.
    pub fn is_unanswered(&self) -> bool {
        match self {
            Self::Storage { .. } => passes(self),
            Self::Catalogue { source, .. }
            | Self::Migrate(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
                is_unanswered(source)
            }
            Self::Together(cause) => cause.is_unanswered(),
            _ => false,
        }
    }

    /// A stable word for machines: `result-code-taken`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::ArchiveExists { .. } => "archive-exists",
            Self::Moved { .. } => "moved",
            Self::InUse { .. } => "in-use",
            Self::ResultCodeTaken { .. } => "result-code-taken",
            Self::NotPending { .. } => "not-pending",
            Self::Mismatch { .. } => "mismatch",
            Self::NoDigest => "no-digest",
            Self::CatalogueMissing { .. } => "catalogue-missing",
            Self::CatalogueBehind { .. } => "catalogue-behind",
            Self::LogMissing { .. } => "log-missing",
            Self::Taken { .. } => "taken",
            Self::LeaseLost { .. } => "lease-lost",
            Self::Setting(_) => "setting",
            Self::Note(_) => "checkpoint",
            Self::Proof(_) => "proof",
            Self::BatchId => "batch-id",
            Self::Damaged { .. } => "damaged",
            Self::Json { .. } => "json",
            Self::Together(cause) => cause.code(),
            Self::NoLocks => "no-locks",
            Self::Stopped => "stopped",
            Self::Storage { .. } | Self::Catalogue { .. } | Self::Migrate(_) => match self.kind() {
                ErrorKind::NoSpace => "no-space",
                ErrorKind::Corrupt => "catalogue-damaged",
                _ => "storage",
            },
        }
    }

    pub(crate) fn storage(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let attempt = attempt.into();
        move |source| Self::Storage { attempt, source }
    }

    pub(crate) fn catalogue(attempt: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Catalogue { attempt, source }
    }

    pub(crate) fn json(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self::Json { what, source }
    }

    pub(crate) fn damaged(object: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { object: object.into(), what: what.into() }
    }
}

/// Whether the database did not answer, or not in time.
fn is_unanswered(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        // SQLSTATE: connection exceptions, too many connections, shutting down and starting up; a lock that was waited for too long, a
        // transaction that was ended for having stood still.
        sqlx::Error::Database(cause) => cause.code().is_some_and(|code| {
            code.starts_with("08")
                || matches!(code.as_ref(), "53300" | "57P01" | "57P02" | "57P03" | "55P03" | "25P03")
        }),
        _ => false,
    }
}

/// What the engine's own code says.
fn catalogue_kind(error: &sqlx::Error) -> ErrorKind {
    let sqlx::Error::Database(cause) = error else {
        return match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => ErrorKind::Corrupt,
            _ => ErrorKind::Unavailable,
        };
    };
    let code = cause.code();
    if cause.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        // SQLSTATE (postgresql.org/docs, appendix A).
        return match code.as_deref() {
            Some("53100") => ErrorKind::NoSpace,
            Some("XX001" | "XX002") => ErrorKind::Corrupt,
            Some("23505") => ErrorKind::AlreadyExists,
            _ => ErrorKind::Unavailable,
        };
    }
    // SQLite's result codes (sqlite.org/rescode.html), the low byte.
    let code = code.and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(13) => ErrorKind::NoSpace,
        Some(11 | 26) => ErrorKind::Corrupt,
        Some(19) => ErrorKind::AlreadyExists,
        _ => ErrorKind::Unavailable,
    }
}
