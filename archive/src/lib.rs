//! Keeps records: everything that must never be lost.
//!
//! An [`Archive`] has a directory of this machine, and an [`ObjectStore`] for its files: that directory too ([`DiskStore`])
//! or a bucket ([`S3Store`]). `ocfl/` holds one OCFL 1.1 object a record, readable by any OCFL tool without
//! this crate; `blobs/` holds scans and page text under their SHA-256; `catalog.sqlite` answers exact look-ups and holds
//! the intake ledger, and is made again from the objects by [`Archive::rebuild`]. `docs/format.md` describes every file.
//!
//! The way of a document through the types:
//!
//! - [`Arrival`]: a document at the door; [`Archive::register`] enters it in the ledger of a batch ([`BatchId`]) and
//!   answers with a [`Registration`]: new, resumed after a stop, or a duplicate;
//! - [`Archive::deposit`] takes the record and its seal and gives a receipt: what it has acknowledged is durable;
//! - or [`Archive::settle`] enters the [`Outcome`] of a document that was not archived;
//! - [`Ledger`]: what became of each document of a batch; it balances;
//! - [`OutboxRow`]: a change that the search index has yet to take up;
//! - [`Archive::publish_log`] publishes what happened as a transparency log; a [`LogProof`] proves to its bearer that a
//!   record is in it, a [`ConsistencyProof`] that nothing in it has changed since;
//! - [`Archive::audit`] re-reads everything and names every difference ([`AuditReport`]); [`Archive::audit_part`] re-reads
//!   as much as a [`Budget`] allows, and goes on there the next time; [`Archive::repair`] puts right what it names from the
//!   second store of a [`Pair`];
//! - [`Archive::hold`] puts a record under a legal [`Hold`], [`Archive::release`] lifts it;
//! - [`Archive::recover`] rolls forward what a stop left half-done.
//!
//! The crate accepts nothing unsealed and reads no clock; the only randomness that it draws is salts for the log.

mod archive;
mod arrival;
mod audit;
mod batch;
mod catalogue;
mod error;
mod events;
mod finding;
mod identity;
mod inventory;
mod layout;
mod ledger;
mod lock;
mod log;
mod migrate;
mod object;
mod point;
mod rebuild;
mod store;
mod version_file;
mod walk;

pub use archive::{Archive, HoldReport, RecoverReport};
pub use arrival::{Arrival, Outcome, Registration};
pub use audit::{AuditMonitor, AuditReport, Budget, Coverage, RoundReport};
pub use batch::BatchId;
pub use catalogue::{
    Alone, CatalogueAt, Claim, Fence, Hold, HoldState, OutboxRow, PostgresSettings, QueueCount, SetAside,
    Task,
};
pub use error::{Error, ErrorKind};
pub use events::{ArrivalFact, Event, Events};
pub use finding::{AuditFinding, AuditProblem};
pub use ledger::{ArrivalState, Count, Ledger, LedgerRow, Totals};
pub use log::{
    Checkpoint, ConsistencyProof, Leaf, LogEvent, LogProof, leaf_hash, verify_consistency, verify_inclusion,
};
pub use migrate::MigrationReport;
pub use rebuild::RebuildReport;
pub use store::{
    BrokenPromise, Content, DiskStore, Gate, LockTrial, Locks, ObjectStore, Pair, Parcel, Patience, Patient,
    S3Credentials, S3Settings, S3Store, StoreMetrics, Tree, keeps_its_locks, keeps_its_promises,
};

#[cfg(test)]
mod tests;
