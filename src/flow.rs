//! The way of a batch through the house: inspect -> register -> prepare -> seal -> deposit -> index; or to the queue only, inspect ->
//! keep -> queue, where workers take it up ([`crate::work`]).
//!
//! Documents go their way side by side and independently: what stops one is written in the ledger and stops nobody else.
//! Every step can be repeated after a stop at any moment: a document is known by the digest of its files, its record id is
//! fixed when it is registered, and a deposit that was finished in storage is rolled forward before anything else.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use muniment_archive::{Arrival, ArrivalState, BatchId, Ledger, Outcome, Registration, Task};
use muniment_ingest::Inspection;
use muniment_record::{Description, Digest, LookupToken, RecordId, Scan, Source};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock;
use crate::intake::{Document, Intake};
use crate::stop::{Fault, Reason, Stop};
use crate::wire::Engines;
use crate::workbench::{Workbench, check_page_count, staging};

/// Documents indexed in one go while a batch runs.
const INDEX_EVERY: usize = 64;

/// How long an intake waits before it looks again whether the queue has room.
const ROOM_EVERY: Duration = Duration::from_secs(1);
/// Documents that are queued before the queue is counted again: other intakes fill it, too.
const MOST_ROOM: u64 = 100;

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Archived as this record.
    Archived(RecordId),
    /// Archived before, as this record.
    Duplicate(RecordId),
    /// Kept, and queued for a worker, who will archive it as this record.
    Queued(RecordId),
    /// Not taken, for a reason in the document.
    Rejected(Reason),
    /// Set aside, for a reason that is not the document's; it will be tried again when it is handed in again.
    Quarantined(Reason),
}

impl Fate {
    /// The ledger's word for it.
    pub fn state(&self) -> ArrivalState {
        match self {
            Self::Archived(_) => ArrivalState::Archived,
            Self::Duplicate(_) => ArrivalState::Duplicate,
            Self::Queued(_) => ArrivalState::Pending,
            Self::Rejected(_) => ArrivalState::Rejected,
            Self::Quarantined(_) => ArrivalState::Quarantined,
        }
    }

    /// The record that holds the document, or is to hold it.
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Self::Archived(id) | Self::Duplicate(id) | Self::Queued(id) => Some(*id),
            Self::Rejected(_) | Self::Quarantined(_) => None,
        }
    }

    /// Why no record holds it.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Archived(_) | Self::Duplicate(_) | Self::Queued(_) => None,
            Self::Rejected(reason) | Self::Quarantined(reason) => Some(reason),
        }
    }
}

/// A document's end, as told to the reporter and kept for the summary.
#[derive(Clone, Debug)]
pub struct DocumentOutcome {
    /// What the ledger calls the document.
    pub name: String,
    /// Its pages, 0 where they could not be counted.
    pub pages: u32,
    /// What became of it.
    pub fate: Fate,
}

/// Is told how a batch gets on.
pub trait Reporter: Send + Sync {
    /// A batch of so many documents begins.
    fn begin(&self, documents: usize);
    /// A document has come to its end.
    fn document_done(&self, outcome: &DocumentOutcome);
}

/// What a batch came to.
#[derive(Debug)]
pub struct Summary {
    /// The batch.
    pub batch: BatchId,
    /// The catalogue's ledger of it.
    pub ledger: Ledger,
    /// Every document in the order it was found.
    pub outcomes: Vec<DocumentOutcome>,
}

impl Summary {
    /// Whether the catalogue's ledger balances and says of the batch what became of the documents one by one.
    pub fn balances(&self) -> bool {
        let count =
            |state| self.outcomes.iter().filter(|outcome| outcome.fate.state() == state).count() as u64;
        let totals = &self.ledger.totals;
        // What was queued may have come to its end since: the sums say that it is nowhere else.
        totals.balances()
            && totals.scanned.documents == self.outcomes.len() as u64
            && totals.pending.documents <= count(ArrivalState::Pending)
            && totals.duplicate.documents == count(ArrivalState::Duplicate)
            && totals.archived.documents >= count(ArrivalState::Archived)
            && totals.rejected.documents >= count(ArrivalState::Rejected)
            && totals.quarantined.documents >= count(ArrivalState::Quarantined)
    }
}

/// Takes in all documents of an intake as one batch.
pub async fn take(engines: Arc<Engines>, intake: Intake, reporter: Arc<dyn Reporter>) -> Result<Summary> {
    let recovered = engines.workbench.archive.recover(clock::now()).await;
    for finding in recovered.context("failed to finish what an earlier run left undone")?.damaged {
        tracing::warn!("left by an earlier run: {finding}; run: muniment audit");
    }
    told(engines.feed_index().await);
    let mut batch = Batch::open(Arc::clone(&engines.workbench), intake, reporter, End::Archived).await?;
    let mut done = 0_usize;
    while batch.step().await? {
        done += 1;
        if done.is_multiple_of(INDEX_EVERY) {
            told(engines.feed_index().await);
        }
    }
    told(engines.feed_index().await);
    told(engines.publish_log().await);
    batch.summary().await
}

/// Says what failed and goes on: the catalogue has every change and every entry already, and the next run feeds the index and publishes
/// the log from it.
fn told(done: Result<()>) {
    if let Err(error) = done {
        tracing::error!("{error:#}; the next run does it again");
    }
}

/// Keeps all documents of an intake as one batch and queues them for workers. While the queue is full, it waits.
pub async fn enqueue(
    workbench: Arc<Workbench>,
    intake: Intake,
    reporter: Arc<dyn Reporter>,
) -> Result<Summary> {
    let mut batch = Batch::open(workbench, intake, reporter, End::Queued).await?;
    while batch.step().await? {}
    batch.summary().await
}

/// How far the documents of a batch go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// They are archived here and now.
    Archived,
    /// They are queued for workers.
    Queued,
}

/// A batch on its way.
struct Batch {
    shared: Arc<Shared>,
    ahead: std::iter::Enumerate<std::vec::IntoIter<Document>>,
    places: Arc<Semaphore>,
    running: JoinSet<(usize, DocumentOutcome)>,
    outcomes: Vec<(usize, DocumentOutcome)>,
}

impl Batch {
    async fn open(
        workbench: Arc<Workbench>,
        intake: Intake,
        reporter: Arc<dyn Reporter>,
        end: End,
    ) -> Result<Self> {
        let id = workbench.archive.open_batch(clock::now()).await.context("failed to open a batch")?;
        reporter.begin(intake.documents.len());
        let threads = workbench.config.threads();
        let abreast = threads.min(intake.documents.len()).max(1);
        let page_threads = (threads / abreast).max(1);
        let shared = Shared {
            workbench,
            batch: id,
            reporter,
            end,
            page_threads,
            room: Default::default(),
            turns: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            ahead: intake.documents.into_iter().enumerate(),
            places: Arc::new(Semaphore::new(abreast)),
            running: JoinSet::new(),
            outcomes: Vec::new(),
        })
    }

    /// Goes on until one more document has come to its end; says whether one has.
    async fn step(&mut self) -> Result<bool> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
                && let Some((number, document)) = self.ahead.next()
            {
                let shared = Arc::clone(&self.shared);
                self.running.spawn(async move {
                    let outcome = shared.process(document).await;
                    shared.reporter.document_done(&outcome);
                    drop(place);
                    (number, outcome)
                });
                continue;
            }
            let Some(done) = self.running.join_next().await else { return Ok(false) };
            self.outcomes.push(done.context("a document's task was lost")?);
            return Ok(true);
        }
    }

    async fn summary(mut self) -> Result<Summary> {
        self.outcomes.sort_by_key(|(number, _)| *number);
        let batch = self.shared.batch.clone();
        let ledger =
            self.shared.workbench.archive.ledger(&batch).await.context("failed to read the ledger")?;
        let outcomes = self.outcomes.into_iter().map(|(_, outcome)| outcome).collect();
        Ok(Summary { batch, ledger, outcomes })
    }
}

/// A document that was looked at and may be registered.
struct Inspected {
    scan: Scan,
    inspection: Inspection,
    description: Description,
}

struct Shared {
    workbench: Arc<Workbench>,
    batch: BatchId,
    reporter: Arc<dyn Reporter>,
    end: End,
    page_threads: usize,
    /// Places in the queue that were seen to be free and are not taken yet.
    room: tokio::sync::Mutex<u64>,
    /// One turn for each content: the same file twice in a batch is worked on once, the second is a duplicate.
    turns: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
}

impl Shared {
    async fn process(&self, document: Document) -> DocumentOutcome {
        let name = document.scan.name.clone();
        let mut pages = 0;
        let fate = match self.inspect(document, &mut pages).await {
            Ok(inspected) => {
                let sources = &inspected.inspection.sources;
                let arrival = Arrival::new(inspected.scan.name.clone(), sources, pages);
                // Held until the fate is in the ledger: the same bytes again must find it settled.
                let turn = self.turn(Arrival::digest_of(sources));
                let _turn = turn.lock().await;
                let carried = match self.end {
                    End::Archived => self.carry(inspected).await,
                    End::Queued => self.queue(inspected).await,
                };
                match carried {
                    Ok(fate) => fate,
                    // It may have been entered though nobody was told.
                    Err(stop) => self.settle(&name, pages, stop.of(arrival)).await,
                }
            }
            Err(stop) => self.settle(&name, pages, stop).await,
        };
        DocumentOutcome { name, pages, fate }
    }

    /// Looks at the files and the metadata, without changing anything.
    async fn inspect(&self, document: Document, pages: &mut u32) -> Result<Inspected, Stop> {
        let Document { scan, description } = document;
        let inspection = self.workbench.inspect(&scan).await?;
        *pages = inspection.pages;
        let description = description.map_err(|broken| Stop::rejected("metadata", broken.join("; ")))?;
        check_page_count(&description, &inspection)?;
        Ok(Inspected { scan, inspection, description })
    }

    /// Registers, makes and deposits.
    async fn carry(&self, inspected: Inspected) -> Result<Fate, Stop> {
        let Inspected { scan, inspection, description } = inspected;
        let arrival = Arrival::new(scan.name.clone(), &inspection.sources, inspection.pages);
        let (offered, archive) = (offer()?, &self.workbench.archive);
        let registered = archive.register(&self.batch, &arrival, offered.0, offered.1, clock::now()).await?;
        let named = match registered {
            Registration::New { id, token } | Registration::Resumed { id, token } => (id, token),
            Registration::Duplicate { of } => return Ok(Fate::Duplicate(of)),
        };
        let id = named.0;
        self.make_and_deposit(scan, inspection, description, named).await?;
        Ok(Fate::Archived(id))
    }

    async fn make_and_deposit(
        &self,
        scan: Scan,
        inspection: Inspection,
        description: Description,
        named: (RecordId, LookupToken),
    ) -> Result<(), Stop> {
        let workbench = &self.workbench;
        workbench.check_code_is_free(description.result_code.as_ref(), named.0).await?;
        let (sources, files) = (inspection.sources.clone(), scan.files.clone());
        let staging = staging(&workbench.home.staging())?;
        let made = workbench.make(scan, inspection, &description, staging.path(), self.page_threads).await?;
        let record = made.record(named, &self.batch, description);
        let scans: Vec<(Source, PathBuf)> = sources.into_iter().zip(files).collect();
        workbench.archive.deposit(record, &made.sealed, &scans, &made.text, clock::now()).await?;
        Ok(())
    }

    /// Keeps the files and queues the document.
    async fn queue(&self, inspected: Inspected) -> Result<Fate, Stop> {
        let Inspected { scan, inspection, description } = inspected;
        let offered = offer()?;
        let digest = Arrival::digest_of(&inspection.sources);
        // One that came in before is a duplicate, whatever holds its code.
        if self.workbench.archive.holder_of_source(&digest).await?.is_none() {
            self.workbench.check_code_is_free(description.result_code.as_ref(), offered.0).await?;
        }
        self.wait_for_room().await?;
        let task = Task { sources: inspection.sources, description };
        let arrival = (scan.name.as_str(), inspection.pages);
        let queued =
            self.workbench.archive.enqueue(&self.batch, arrival, &task, &scan.files, offered, clock::now());
        Ok(match queued.await? {
            Registration::New { id, .. } | Registration::Resumed { id, .. } => Fate::Queued(id),
            Registration::Duplicate { of } => Fate::Duplicate(of),
        })
    }

    /// Takes one of the places that the queue has left, and waits while there is none.
    async fn wait_for_room(&self) -> Result<(), Stop> {
        let most = self.workbench.config.work.queue_documents;
        let mut room = self.room.lock().await;
        // Counted again only when all that were left are taken: workers make room meanwhile, nobody takes it away but other intakes.
        while *room == 0 {
            let count = self.workbench.archive.queue(clock::now()).await?;
            *room = most.saturating_sub(count.ready + count.claimed + count.put_off).min(MOST_ROOM);
            if *room == 0 {
                tokio::time::sleep(ROOM_EVERY).await;
            }
        }
        *room -= 1;
        Ok(())
    }

    fn turn(&self, digest: Digest) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(turns.entry(digest).or_default())
    }

    /// Writes in the ledger what was not archived. Where even that fails, as on a full disk, the document still ends as
    /// quarantined: it has no acknowledgement, and is tried again when it is handed in again.
    async fn settle(&self, name: &str, pages: u32, stop: Stop) -> Fate {
        let Stop { fault, reason, arrival } = stop;
        let arrival = arrival.unwrap_or_else(|| Arrival { name: name.to_owned(), sha256: None, pages });
        let Reason { code, detail } = reason.clone();
        let (outcome, fate) = match fault {
            Fault::Document => (Outcome::Rejected { code, detail }, Fate::Rejected(reason)),
            Fault::House => (Outcome::Quarantined { code, detail }, Fate::Quarantined(reason)),
        };
        let settled = self.workbench.archive.settle(&self.batch, &arrival, outcome, clock::now()).await;
        if let Err(error) = settled {
            tracing::error!(error = error.code(), "failed to write the ledger: {error}");
        }
        fate
    }
}

/// An id and a token for a document that may be new.
fn offer() -> Result<(RecordId, LookupToken)> {
    Ok((clock::new_record_id()?, clock::new_lookup_token()?))
}
