//! Group commit: deposits that come in together are made durable together.
//!
//! Whoever finds nobody at it leads: it takes all that wait, stages their files, syncs once, moves them into place, syncs
//! again, and ends with one transaction of the catalogue. Where a store gains nothing by that, each deposit's files are written
//! when it comes, and the transaction alone is shared. A deposit is acknowledged after that transaction and never
//! before; one that fails alone does not fail the others.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use muniment_record::{Digest, Receipt, Record, RecordId};
use tokio::sync::{Notify, oneshot};
use tracing::{info, warn};

use super::Archive;
use crate::catalogue::{Entering, Fence};
use crate::events::{ArrivalFact, Events};
use crate::inventory::INVENTORY;
use crate::layout::{object_id, object_path};
use crate::object::{Composed, StoredObject, is_pdf, name_of};
use crate::store::{self, Parcel, Store};
use crate::{Error, ErrorKind, point};

/// The most deposits that are made durable together.
const LARGEST_GROUP: usize = 64;

/// The deposits of this process that wait, and who leads.
#[derive(Debug, Default)]
pub(crate) struct Group {
    waiting: Mutex<Vec<Waiting>>,
    leader: tokio::sync::Mutex<()>,
    /// Records whose files are being written at this moment.
    written: Mutex<HashSet<RecordId>>,
    one_is_written: Notify,
}

/// The right to write a record's files, which one task has at a time.
struct Turn {
    group: Arc<Group>,
    id: RecordId,
}

impl Group {
    async fn turn(self: &Arc<Self>, id: RecordId) -> Turn {
        loop {
            let one_is_written = self.one_is_written.notified();
            if self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
                return Turn { group: Arc::clone(self), id };
            }
            one_is_written.await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.group.written.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.group.one_is_written.notify_waiters();
    }
}

/// One record with all that comes with it, found to agree.
#[derive(Debug)]
pub(crate) struct Deposit {
    pub record: Record,
    pub pdf: PathBuf,
    /// What comes with it and is not kept yet, under the names that it is to have.
    pub blobs: Vec<(String, store::Content)>,
    pub arrival: ArrivalFact,
    pub now: Timestamp,
    /// The program that keeps it, for its events.
    pub agent: String,
    /// Of a worker that has it from the queue.
    pub fence: Option<Fence>,
}

#[derive(Debug)]
struct Waiting {
    id: RecordId,
    stage: Stage,
    answer: Answer,
}

/// How far a deposit has come.
#[derive(Debug)]
enum Stage {
    Begun(Box<Deposit>),
    Written(Box<Written>),
}

/// An object that is whole and durable in storage, and the fence of a worker that has it from the queue.
type Written = (StoredObject, Option<Fence>);

type Answer = oneshot::Sender<Result<Receipt, Error>>;

impl Archive {
    /// Makes a deposit durable, together with those that come in at the same time.
    pub(super) async fn deposit_in_group(&self, deposit: Deposit) -> Result<Receipt, Error> {
        let id = deposit.record.id;
        let stage = if self.store.objects().writes_together() {
            Stage::Begun(Box::new(deposit))
        } else {
            Stage::Written(Box::new(self.write_alone(deposit).await?))
        };
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { id, stage, answer });
        let _leader = self.group.leader.lock().await;
        // The leader before this one may have taken it along; else this one leads, until its own is done.
        loop {
            match answered.try_recv() {
                Ok(result) => return result,
                Err(oneshot::error::TryRecvError::Closed) => return Err(Error::Stopped),
                Err(oneshot::error::TryRecvError::Empty) => {
                    // In a task of its own: a depositor that is given up takes nobody else along.
                    let (archive, group) = (self.clone(), self.take_group());
                    let committed = tokio::spawn(async move { archive.commit_group(group).await });
                    committed.await.map_err(|_| Error::Stopped)?;
                }
            }
        }
    }

    /// Brings the files of one deposit into storage. Another for the same record waits until they are there, even where this one
    /// is given up.
    async fn write_alone(&self, deposit: Deposit) -> Result<Written, Error> {
        let archive = self.clone();
        let written = tokio::spawn(async move {
            let _turn = archive.group.turn(deposit.record.id).await;
            let mut written = archive.blocking(move |store| write_group(store, vec![deposit])).await?;
            written.pop().unwrap_or(Err(Error::Stopped))
        });
        written.await.map_err(|_| Error::Stopped)?
    }

    async fn commit_group(&self, taken: Vec<Waiting>) {
        let (mut deposits, mut answers, mut objects) = (Vec::new(), Vec::new(), Vec::new());
        for Waiting { stage, answer, .. } in taken {
            match stage {
                Stage::Written(written) => objects.push((answer, *written)),
                Stage::Begun(deposit) => {
                    deposits.push(*deposit);
                    answers.push(answer);
                }
            }
        }
        if !deposits.is_empty() {
            match self.blocking(move |store| write_group(store, deposits)).await {
                Err(error) => fail_together(error, answers),
                Ok(written) => {
                    for (answer, written) in answers.into_iter().zip(written) {
                        match written {
                            Ok(written) => objects.push((answer, written)),
                            // The receiver is gone when its task was given up; the record is then found by recovery.
                            Err(error) => drop(answer.send(Err(error))),
                        }
                    }
                }
            }
        }
        self.finish_group(objects).await;
    }

    /// Brings objects that are whole and durable in storage into the catalogue, in one transaction.
    async fn finish_group(&self, objects: Vec<(Answer, Written)>) {
        if objects.is_empty() {
            return;
        }
        let (answers, objects): (Vec<Answer>, Vec<_>) = objects.into_iter().unzip();
        let finished = match self.finish_all(&objects).await {
            Ok(finished) => finished,
            Err(error) => return fail_together(error, answers),
        };
        for ((answer, (object, _)), result) in answers.into_iter().zip(&objects).zip(finished) {
            let result = match result {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    Err(self.withdraw(&object.record, error).await)
                }
                other => other,
            };
            drop(answer.send(result));
        }
    }

    /// Brings one object that is whole and durable in storage into the catalogue.
    pub(super) async fn finish(&self, object: StoredObject) -> Result<Receipt, Error> {
        let (answer, answered) = oneshot::channel();
        self.finish_group(vec![(answer, (object, None))]).await;
        answered.await.unwrap_or(Err(Error::Stopped))
    }

    async fn finish_all(&self, objects: &[Written]) -> Result<Vec<Result<Receipt, Error>>, Error> {
        let entering: Vec<Entering> =
            objects.iter().map(|(object, fence)| object.entering(*fence)).collect::<Result<_, _>>()?;
        let entered = self.catalogue.enter(&entering).await?;
        point::reached("records-committed");
        let receipt = |(one, result): (Entering, Result<(), Error>)| {
            result?;
            let record = &one.record;
            info!(record.id = %record.id, bytes = record.bytes, "archived record {}", record.id);
            Ok(one.receipt)
        };
        Ok(entering.into_iter().zip(entered).map(receipt).collect())
    }

    /// Takes an object out of storage whose result code went to another record in the meantime.
    async fn withdraw(&self, record: &Record, cause: Error) -> Error {
        let holder = match &record.description.result_code {
            Some(code) => self.catalogue.code_holder(code).await,
            None => Ok(None),
        };
        let holder = match holder {
            Ok(Some(holder)) if holder != record.id => holder,
            Ok(_) => return cause,
            Err(error) => return error,
        };
        let id = record.id;
        warn!(record.id = %id, "withdrew record {id}: its result code is held by {holder}");
        let withdrawn = self.blocking(move |store| store.withdraw_object(&place_of(id))).await;
        withdrawn.err().unwrap_or(Error::ResultCodeTaken { holder })
    }

    /// The deposits that come next, of each record one: a worker that lost its lease and has the same document again may have left
    /// an earlier one behind.
    fn take_group(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        let (mut ids, mut taken, mut left) = (HashSet::new(), Vec::new(), Vec::new());
        for one in waiting.drain(..) {
            if taken.len() < LARGEST_GROUP && ids.insert(one.id) {
                taken.push(one);
            } else {
                left.push(one);
            }
        }
        *waiting = left;
        taken
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.group.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives all the same error.
fn fail_together(error: Error, mut answers: Vec<Answer>) {
    if answers.len() > 1 {
        let cause = Arc::new(error);
        for answer in answers {
            drop(answer.send(Err(Error::Together(Arc::clone(&cause)))));
        }
    } else if let Some(only) = answers.pop() {
        drop(only.send(Err(error)));
    }
}

/// Brings the files of a group into storage. The outer error is one that concerns all.
fn write_group(store: &Store, deposits: Vec<Deposit>) -> Result<Vec<Result<Written, Error>>, Error> {
    let (mut composed, mut parcels) =
        (Vec::with_capacity(deposits.len()), Vec::with_capacity(deposits.len()));
    for deposit in deposits {
        let fence = deposit.fence;
        composed.push(compose(store, deposit).map(|(object, parcel)| {
            parcels.push(parcel);
            (object, fence)
        }));
    }
    let mut written = store.objects().write(parcels)?.into_iter();
    let mut whole = |object| written.next().unwrap_or(Err(Error::Stopped)).map(|()| object);
    Ok(composed.into_iter().map(|object| object.and_then(&mut whole)).collect())
}

/// What a deposit will be in storage, and what has to be written for that: nothing where a stopped run had put the object in place.
fn compose(store: &Store, deposit: Deposit) -> Result<(StoredObject, Parcel), Error> {
    let Deposit { record, pdf: path, blobs, arrival, now, agent, fence } = deposit;
    let there = store.files_below(&name_of(record.id))?;
    if there.iter().any(|name| name == INVENTORY) {
        let object = StoredObject::load(store, record.id)?;
        if !object.inventory.head_file(is_pdf).is_some_and(|(path, _)| there.iter().any(|name| name == path))
        {
            return Err(Error::damaged(name_of(record.id), "its PDF is missing"));
        }
        return Ok((object, Parcel::default()));
    }
    let pdf = fs::read(&path).map_err(Error::storage("read the sealed PDF"))?;
    if Digest::of(&pdf) != record.sha256 || u64::try_from(pdf.len()) != Ok(record.bytes) {
        return Err(Error::Mismatch { record: record.id, what: "the PDF" });
    }
    let composed = Composed::new(&record, &pdf, Events::of_deposit(&record, arrival, now, &agent))?;
    // Of a group's PDFs not all are in memory at a time.
    let (mut tree, object) = composed.into_tree(store::Content::File(path, record.sha256));
    // Another worker may be at the same job, thinking this one dead, or the other way round.
    tree.agreed = fence.is_some();
    tree.vacant = there.is_empty();
    Ok((object, Parcel { blobs, tree: Some(tree) }))
}

pub(super) fn place_of(id: RecordId) -> String {
    object_path(&object_id(id))
}
