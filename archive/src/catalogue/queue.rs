//! The queue: documents that wait for a worker, in the order in which they came.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use muniment_record::{Description, LookupToken, Record, RecordId, Source};
use serde::{Deserialize, Serialize};

use super::cells::{Cells, json, json_or_none, number, parsed, text};
use crate::events::{ArrivalFact, this_program};
use crate::{Arrival, BatchId, Error, Outcome, Registration};

/// What a worker needs to know of a document. The bytes of its sources are blobs of the archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its files, in page order.
    pub sources: Vec<Source>,
    /// Its descriptive metadata.
    pub description: Description,
}

/// Counts the claims of a job (fencing token). Only the newest claim may end it, however late an older one wakes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub(crate) u64);

/// A job that a worker has on lease.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The id of the record that it is to become.
    pub record: RecordId,
    /// That record's look-up token.
    pub token: LookupToken,
    /// What the ledger knows of the document.
    pub(crate) arrival: ArrivalFact,
    /// The work.
    pub task: Task,
    /// How often it has been claimed, this time included.
    pub tries: u32,
    pub(crate) fence: Fence,
    /// What an earlier claim had sealed.
    pub(crate) staged: Option<Staged>,
}

impl Claim {
    /// The batch that the document came in with.
    pub fn batch(&self) -> &BatchId {
        &self.arrival.batch
    }

    /// What the ledger calls the document.
    pub fn name(&self) -> &str {
        &self.arrival.name
    }

    /// The document's pages.
    pub fn pages(&self) -> u32 {
        self.arrival.pages
    }

    /// Whether it is sealed already, so that only keeping it is left.
    pub fn is_staged(&self) -> bool {
        self.staged.is_some()
    }
}

/// A record whose PDF is sealed and kept as a blob. Sealing twice gives two files; from this on all claims make the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Staged {
    pub record: Record,
    pub archived_at: Timestamp,
    /// The program that keeps it, for its events: another version of it may end what this one began.
    #[serde(default = "this_program")]
    pub agent: String,
}

/// A job that was rejected or quarantined: the archive still holds its files.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAside {
    /// The id under which it came in.
    pub record: RecordId,
    /// The batch that it came in with.
    pub batch: BatchId,
    /// What the ledger calls it.
    pub name: String,
    /// Why, as a stable word.
    pub code: String,
    /// Why, in words.
    pub detail: String,
    /// The work.
    pub task: Task,
}

/// How many jobs are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueCount {
    /// May be claimed now; those whose worker was not heard of for longer than its lease are among them.
    pub ready: u64,
    /// Claimed.
    pub claimed: u64,
    /// Put off after a try that failed.
    pub put_off: u64,
    /// Set aside for a person to look at.
    pub set_aside: u64,
}

/// The queue. Times are the caller's: the clocks of machines that share a queue must agree to within a small part of a lease,
/// or work is done twice; its end is entered once in any case.
#[async_trait]
pub(crate) trait Queue {
    /// Enters a document in the ledger and in the queue, in one transaction. One whose bytes are in the queue is a duplicate. What is
    /// pending outside of the queue may be taken up again by whoever has the right to take in alone ([`Right::TakeIn`](super::Right)).
    ///
    /// # Errors
    ///
    /// [`Error::NoDigest`] for a document that could not be read, [`Error::InUse`] for one that may not be taken up again.
    async fn enqueue(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        offered: (RecordId, LookupToken),
        task: &Task,
        may_resume: bool,
        now: Timestamp,
    ) -> Result<Registration, Error>;

    /// Gives the job that has been due for longest to a worker; nothing where none is due.
    async fn claim(
        &self,
        worker: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Claim>, Error>;

    /// Prolongs a lease, from now on; says whether the claim is still the newest.
    async fn renew(
        &self,
        record: RecordId,
        fence: Fence,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, Error>;

    /// Writes down what the claim has sealed.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`] where there is a newer claim, or the job has ended.
    async fn stage(&self, record: RecordId, fence: Fence, staged: &Staged) -> Result<(), Error>;

    /// Ends a claim: the job is due again at a time. It has had its try where that failed, for a reason that is noted, and not where
    /// there is none, as when a worker stops. Says whether the claim was the newest.
    async fn let_go(
        &self,
        record: RecordId,
        fence: Fence,
        due_at: Timestamp,
        failure: Option<&str>,
    ) -> Result<bool, Error>;

    /// Ends a claim and the job's time in the queue: the ledger says why, the job is kept for a person to look at.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`] where there is a newer claim, or the job has ended.
    async fn set_aside(
        &self,
        record: RecordId,
        fence: Fence,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), Error>;

    /// The jobs that were set aside, oldest first.
    async fn aside(&self) -> Result<Vec<SetAside>, Error>;

    /// Puts a job that was set aside back into the queue, and its row of the ledger back to pending.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none; [`Error::Taken`] where the same bytes were handed in again since.
    async fn retry(&self, record: RecordId, now: Timestamp) -> Result<(), Error>;

    /// How many jobs are in which state.
    async fn queue_count(&self, now: Timestamp) -> Result<QueueCount, Error>;
}

pub(super) fn claim(row: &impl Cells) -> Result<Claim, Error> {
    let super::PendingArrival { record, token, fact } = super::intake::pending_arrival(row)?;
    Ok(Claim {
        record,
        token,
        arrival: fact,
        task: json(row, "task")?,
        tries: number(row, "tries")?,
        fence: Fence(number(row, "fence")?),
        staged: json_or_none(row, "staged")?,
    })
}

pub(super) fn set_aside(row: &impl Cells) -> Result<SetAside, Error> {
    Ok(SetAside {
        record: parsed(row, "record")?,
        batch: parsed(row, "batch")?,
        name: text(row, "name")?,
        code: text(row, "code")?,
        detail: text(row, "detail")?,
        task: json(row, "task")?,
    })
}

pub(super) fn queue_count(row: &impl Cells) -> Result<QueueCount, Error> {
    Ok(QueueCount {
        ready: number(row, "ready")?,
        claimed: number(row, "claimed")?,
        put_off: number(row, "put_off")?,
        set_aside: number(row, "set_aside")?,
    })
}

/// When a lease that begins now ends.
pub(super) fn end_of_lease(now: Timestamp, lease: SignedDuration) -> Timestamp {
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}
