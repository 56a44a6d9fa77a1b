//! The transparency log: an append-only Merkle tree (RFC 6962) over what happened to records, published as files that
//! anybody can check: C2SP tlog-tiles, with a checkpoint that is a C2SP signed note.
//!
//! The catalogue gives each event its position in the same transaction as the record. Publishing writes companions,
//! entries and tiles, each once and never again with other bytes, and the checkpoint last. So a checkpoint never
//! promises what is not there, and there are never two roots for one size. The log shows what the archive's owner
//! changed or removed; it does not show what was never entered.

mod audit;
mod checkpoint;
mod extension;
mod files;
mod leaf;
mod proof;
mod proven;
mod publish;
mod tiles;
mod tree;

pub(crate) use audit::{Logged, audit_log};
pub use checkpoint::Checkpoint;
pub use extension::ConsistencyProof;
#[cfg(test)]
pub(crate) use leaf::Companion;
pub(crate) use leaf::{Entry, HoldCompanion, Salt};
pub use leaf::{Leaf, LogEvent};
pub use proof::LogProof;
pub(crate) use proof::signed_checkpoint;
pub(crate) use proven::{Fault, ProvenLog};
pub(crate) use publish::PublishedLog;
pub(crate) use tiles::{Tiles, WIDTH};
pub(crate) use tree::{consistency, inclusion};
pub use tree::{leaf_hash, verify_consistency, verify_inclusion};
