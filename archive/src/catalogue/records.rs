//! Records and their versions: those that there are, and those that are being made.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use muniment_record::{Digest, Form, Receipt, Record, RecordId, ResultCode, nfc};
use muniment_seal::Level;

use super::Fence;
use super::cells::{Cells, number, parsed};
use crate::Error;
use crate::events::ArrivalFact;
use crate::log::Entry;

/// A change of a record that the index has to take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its place in the order of all changes, from 1.
    pub sequence: u64,
    /// The record.
    pub id: RecordId,
    /// The record's version after the change.
    pub version: u32,
}

/// A version of a record, by what its PDF digests to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownVersion {
    pub record: RecordId,
    pub version: u32,
    pub sha256: Digest,
}

/// A version of a record that is whole and durable in storage, and what is to be written of it.
#[derive(Clone, Debug)]
pub(crate) struct Entering {
    pub record: Record,
    pub receipt: Receipt,
    pub entry: Entry,
    /// Of whoever worked on it for the queue.
    pub fence: Option<Fence>,
}

/// A record that was found in storage.
#[derive(Clone, Debug)]
pub(crate) struct Restored {
    pub record: Record,
    pub receipt: Receipt,
    pub arrival: ArrivalFact,
    /// The versions before its present one.
    pub earlier: Vec<(u32, Digest)>,
}

/// Records, their versions, receipts and changes.
#[async_trait]
pub(crate) trait Records {
    /// Writes first versions of records in one transaction: record, version, receipt, outbox, entry of the log, settled
    /// ledger row, and the end of the queue's job. What an inner error concerns is left out whole, and the others are written.
    /// A record that is there with the same PDF is left as it is. No record is in one call twice.
    ///
    /// # Errors
    ///
    /// Inner: [`Error::NotPending`], [`Error::Taken`] where another record has the result code, [`Error::LeaseLost`].
    /// Outer: what concerns all; nothing is written then.
    async fn enter(&self, entering: &[Entering]) -> Result<Vec<Result<(), Error>>, Error>;

    /// Writes records that were found in storage, in one transaction, without log entries.
    ///
    /// # Errors
    ///
    /// Inner: [`Error::Taken`]; the record is left out whole.
    async fn restore(&self, found: &[Restored]) -> Result<Vec<Result<(), Error>>, Error>;

    /// Puts a record's next version in place of the one before it, for whoever began it and has had the right to since: it is known by
    /// its mark. One that another has brought in meanwhile, with the same PDF, is left as it is.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] where another has begun it anew, or given it up; [`Error::Mismatch`] where the one before it is not the present
    /// one. Nothing is written then.
    async fn replace(&self, next: &Entering, mark: Timestamp) -> Result<(), Error>;

    /// The record that holds this result code.
    async fn code_holder(&self, code: &ResultCode) -> Result<Option<RecordId>, Error>;

    async fn record(&self, id: RecordId) -> Result<Option<Record>, Error>;

    /// Records in the order of their ids, which is the order of intake, behind `after`.
    async fn records(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<Record>, Error>;

    /// The ids of records in their order, behind `after`.
    async fn ids(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>, Error>;

    /// Records that a code names exactly: a record id, a result code, a dossier code, or a number and symbol.
    async fn find(&self, code: &str) -> Result<Vec<RecordId>, Error>;

    async fn receipt(&self, id: RecordId, version: u32) -> Result<Option<Receipt>, Error>;

    /// Changes behind `after` in their order. None is missing between two that are given, now or later.
    async fn outbox(&self, after: u64, limit: u32) -> Result<Vec<OutboxRow>, Error>;

    /// How many records there are.
    async fn count(&self) -> Result<u64, Error>;

    /// The record of which a version's PDF has this digest.
    async fn holder_of(&self, pdf: &Digest) -> Result<Option<RecordId>, Error>;

    /// All versions of the records behind `after`, of at least `records` records where there are so many.
    async fn versions(&self, after: Option<RecordId>, records: u32) -> Result<Vec<KnownVersion>, Error>;

    /// Digitised copies of level B-T behind `after` that were archived by a time.
    async fn to_uplift(
        &self,
        after: Option<RecordId>,
        archived_by: Timestamp,
        limit: u32,
    ) -> Result<Vec<Record>, Error>;

    /// Notes that the next version of a record is about to be made, or brought to its end. Gives the mark by which it is known: the time,
    /// which is later than that of anybody who began it before and has not ended it. What they say of it is no longer listened to.
    async fn begin_revision(&self, id: RecordId, version: u32, now: Timestamp) -> Result<Timestamp, Error>;

    /// The records whose next version was begun and is not in the catalogue, with that version's number.
    async fn revisions(&self) -> Result<Vec<(RecordId, u32)>, Error>;

    /// Forgets a version that was begun under this mark and did not come to be.
    async fn give_up_revision(&self, id: RecordId, mark: Timestamp) -> Result<(), Error>;
}

pub(super) fn outbox_row(row: &impl Cells) -> Result<OutboxRow, Error> {
    Ok(OutboxRow {
        sequence: number(row, "sequence")?,
        id: parsed(row, "record")?,
        version: number(row, "version")?,
    })
}

pub(super) fn known_version(row: &impl Cells) -> Result<KnownVersion, Error> {
    Ok(KnownVersion {
        record: parsed(row, "record")?,
        version: number(row, "version")?,
        sha256: parsed(row, "sha256")?,
    })
}

/// The mark of a version that is begun now, where one was begun before.
pub(super) fn mark_behind(before: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let behind = before.map(|before| before.checked_add(SignedDuration::from_nanos(1)).unwrap_or(before));
    behind.map_or(now, |behind| behind.max(now))
}

/// Whether an error says something of one record alone, and not of the catalogue.
pub(super) fn concerns_one(error: &Error) -> bool {
    matches!(error, Error::NotPending { .. } | Error::Taken { .. } | Error::LeaseLost { .. })
}

/// The text behind which ids come; every id is behind the empty one.
pub(super) fn behind(id: Option<RecordId>) -> String {
    id.map_or_else(String::new, |id| id.to_string())
}

pub(super) fn as_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::json(what))
}

/// The form in which numbers and symbols compare: NFC, upper case, one space where there are several.
pub(super) fn symbol_key(symbol: &str) -> String {
    let words: Vec<String> = nfc(symbol).split_whitespace().map(str::to_uppercase).collect();
    words.join(" ")
}

/// The PAdES level that all signatures of a digitised copy reach.
pub(super) fn level_of(record: &Record) -> Option<&'static str> {
    const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];
    if record.form != Form::Digitised {
        return None;
    }
    let rank = |name: &str| LEVELS.iter().position(|level| level.as_str() == name);
    let least = record.signatures.iter().map(|signature| rank(&signature.level)).min()?;
    least.map(|rank| LEVELS[rank].as_str())
}
