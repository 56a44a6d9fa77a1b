//! The order of the transparency log.

use async_trait::async_trait;
use muniment_record::RecordId;

use super::cells::{Cells, number, parsed, text};
use crate::Error;
use crate::log::Entry;

/// The order of the transparency log: each entry has a position, and there are no gaps.
#[async_trait]
pub(crate) trait Order {
    /// Gives entries the next positions, in one transaction.
    async fn append(&self, entries: &[Entry]) -> Result<(), Error>;

    /// Gives the next positions to those of these entries, of which each says how a version came to be, whose version has no such entry
    /// yet, in one transaction. Whoever does the same at the same time adds nothing.
    async fn append_missing(&self, entries: &[Entry]) -> Result<(), Error>;

    /// How many entries there are, published or not.
    async fn log_size(&self) -> Result<u64, Error>;

    /// How many entries are known to have been published.
    async fn published_size(&self) -> Result<u64, Error>;

    /// Remembers how many entries have been published.
    async fn note_published(&self, size: u64) -> Result<(), Error>;

    /// The leaves from a position on, in order.
    async fn leaves(&self, first: u64, limit: u32) -> Result<Vec<String>, Error>;

    /// Entries from a position on, in order.
    async fn log_entries(&self, first: u64, limit: u64) -> Result<Vec<Entry>, Error>;

    /// The position and the leaf of a record's version: of the first entry that names it, which says how it came to be.
    async fn log_entry(&self, id: RecordId, version: u32) -> Result<Option<(u64, String)>, Error>;

    /// Records behind `after`, at most `limit`, whose present version has no entry: they are older than the log.
    async fn not_logged(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>, Error>;
}

pub(super) fn entry(row: &impl Cells) -> Result<Entry, Error> {
    Ok(Entry {
        record: parsed(row, "record")?,
        version: number(row, "version")?,
        leaf: text(row, "leaf")?,
        companion: text(row, "companion")?,
    })
}
