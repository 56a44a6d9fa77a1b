//! The intake ledger: batches and arrivals.

use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::{Digest, LookupToken, RecordId};

use super::cells::{Cells, number, parsed, parsed_or_none, text};
use crate::events::ArrivalFact;
use crate::{Arrival, ArrivalState, BatchId, Error, Ledger, LedgerRow, Outcome, Registration, Totals};

/// A pending row of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct PendingArrival {
    pub record: RecordId,
    pub token: LookupToken,
    pub fact: ArrivalFact,
}

/// What the ledger says, now that a document is not to be archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Its row was pending, and is settled: this record will not be.
    Given(RecordId),
    /// It had no row, and has one now.
    New,
    /// It is archived, or the queue holds it, though whoever handed it in was not told: the ledger stays as it is.
    Kept,
}

/// The intake ledger.
#[async_trait]
pub(crate) trait Intake {
    /// Opens a batch.
    async fn open_batch(&self, now: Timestamp) -> Result<BatchId, Error>;

    /// All batches, oldest first.
    async fn batches(&self) -> Result<Vec<BatchId>, Error>;

    /// Enters a document: as pending under the offered id, as taken up again under the id that it had, or as a duplicate.
    ///
    /// # Errors
    ///
    /// [`Error::NoDigest`] for a document that could not be read.
    async fn register(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        offered: (RecordId, LookupToken),
        now: Timestamp,
    ) -> Result<Registration, Error>;

    /// The record that holds a document's bytes, or is to hold them.
    async fn holder_of_source(&self, source: &Digest) -> Result<Option<RecordId>, Error>;

    /// Enters that a document was not archived: settles its pending row, or makes a new one. One that is archived, or queued, by the
    /// time that this is written stays so.
    async fn settle(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<Settled, Error>;

    /// The ledger of a batch.
    async fn ledger(&self, batch: &BatchId) -> Result<Ledger, Error>;

    /// Documents and pages of all batches together, by what became of them.
    async fn totals(&self) -> Result<Totals, Error>;

    /// Pending arrivals, of one record or of all, in the order in which they came.
    async fn pending(&self, record: Option<RecordId>) -> Result<Vec<PendingArrival>, Error>;

    /// Whether a record may still come of a document: it is pending, or was set aside in the queue.
    async fn is_on_its_way(&self, record: RecordId) -> Result<bool, Error>;

    /// Pending arrivals that the queue does not know: those that recovery has to look after.
    async fn pending_outside_queue(&self) -> Result<Vec<PendingArrival>, Error>;
}

/// What the catalogue knows of a source's bytes.
pub(super) enum Known {
    Archived(RecordId),
    Pending { number: i64, id: RecordId, token: LookupToken },
}

pub(super) fn known(row: &impl Cells) -> Result<Known, Error> {
    let id = parsed(row, "record")?;
    let state: ArrivalState = parsed(row, "state")?;
    Ok(match state {
        ArrivalState::Pending => {
            Known::Pending { number: number(row, "number")?, id, token: parsed(row, "lookup_token")? }
        }
        _ => Known::Archived(id),
    })
}

/// The part of a ledger row that depends on its state.
pub(super) struct NewRow<'a> {
    pub state: ArrivalState,
    pub why: Option<(&'a str, &'a str)>,
    pub record: Option<RecordId>,
    pub token: Option<&'a LookupToken>,
}

impl<'a> NewRow<'a> {
    /// The row that a registration makes, where it makes one.
    pub(super) fn of(registration: &'a Registration) -> Option<Self> {
        match registration {
            Registration::New { id, token } => {
                Some(Self { state: ArrivalState::Pending, why: None, record: Some(*id), token: Some(token) })
            }
            Registration::Duplicate { of } => Some(Self {
                state: ArrivalState::Duplicate,
                why: Some(("duplicate", "the same bytes are archived already")),
                record: Some(*of),
                token: None,
            }),
            Registration::Resumed { .. } => None,
        }
    }
}

/// The state that an outcome ends in, its stable word and its detail.
pub(super) fn end_of(outcome: &Outcome) -> (ArrivalState, &str, &str) {
    match outcome {
        Outcome::Rejected { code, detail } => (ArrivalState::Rejected, code, detail),
        Outcome::Quarantined { code, detail } => (ArrivalState::Quarantined, code, detail),
    }
}

/// A ledger of its rows; `scanned` is counted apart, so that it shows where rows are in no state.
pub(super) fn ledger_of(batch: &BatchId, scanned: &impl Cells, rows: &[impl Cells]) -> Result<Ledger, Error> {
    let rows: Vec<LedgerRow> = rows.iter().map(ledger_row).collect::<Result<_, _>>()?;
    let mut totals = Totals::default();
    totals.scanned.documents = number(scanned, "documents")?;
    totals.scanned.pages = number(scanned, "pages")?;
    for row in &rows {
        let count = totals.of_state(row.state);
        count.documents += 1;
        count.pages += u64::from(row.pages);
    }
    Ok(Ledger { batch: batch.clone(), totals, rows })
}

/// Totals of rows that count documents and pages by state.
pub(super) fn totals_of(rows: &[impl Cells]) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    for row in rows {
        let (documents, pages) = (number::<u64>(row, "documents")?, number::<u64>(row, "pages")?);
        let state: ArrivalState = parsed(row, "state")?;
        totals.scanned.documents += documents;
        totals.scanned.pages += pages;
        let count = totals.of_state(state);
        count.documents += documents;
        count.pages += pages;
    }
    Ok(totals)
}

fn ledger_row(row: &impl Cells) -> Result<LedgerRow, Error> {
    Ok(LedgerRow {
        name: text(row, "name")?,
        pages: number(row, "pages")?,
        state: parsed(row, "state")?,
        code: row.text("code")?.map(str::to_owned),
        detail: row.text("detail")?.map(str::to_owned),
        record: parsed_or_none(row, "record")?,
    })
}

pub(super) fn pending_arrival(row: &impl Cells) -> Result<PendingArrival, Error> {
    Ok(PendingArrival {
        record: parsed(row, "record")?,
        token: parsed(row, "lookup_token")?,
        fact: ArrivalFact {
            batch: parsed(row, "batch")?,
            batch_opened_at: parsed(row, "opened_at")?,
            name: text(row, "name")?,
            sha256: parsed(row, "source_sha256")?,
            pages: number(row, "pages")?,
            arrived_at: parsed(row, "arrived_at")?,
        },
    })
}
