//! The way of a batch through the house: inspect -> register -> prepare -> seal -> deposit -> index.
//!
//! Documents go their way side by side and independently: what stops one is written in the ledger and stops nobody else.
//! Every step can be repeated after a stop at any moment: a document is known by the digest of its files, its record id is
//! fixed when it is registered, and a deposit that was finished in storage is rolled forward before anything else.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use muniment_archive::{Arrival, ArrivalState, BatchId, Ledger, Outcome, Registration};
use muniment_ingest::{Inspection, Options};
use muniment_record::{Description, Digest, LookupToken, Record, RecordId, ResultCode, Scan, Source};
use muniment_seal::Sealed;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use crate::clock;
use crate::intake::{Document, Intake};
use crate::wire::Engines;

/// Documents indexed in one go while a batch runs.
const INDEX_EVERY: usize = 64;

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Archived as this record.
    Archived(RecordId),
    /// Archived before, as this record.
    Duplicate(RecordId),
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
            Self::Rejected(_) => ArrivalState::Rejected,
            Self::Quarantined(_) => ArrivalState::Quarantined,
        }
    }

    /// The record that holds the document, where one does.
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Self::Archived(id) | Self::Duplicate(id) => Some(*id),
            Self::Rejected(_) | Self::Quarantined(_) => None,
        }
    }

    /// Why no record holds it.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Archived(_) | Self::Duplicate(_) => None,
            Self::Rejected(reason) | Self::Quarantined(reason) => Some(reason),
        }
    }
}

/// Why a document was not archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable word, for [`crate::messages::explain`] and for machines.
    pub code: String,
    /// What exactly was found, in English.
    pub detail: String,
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
        totals.balances()
            && totals.pending.documents == 0
            && totals.scanned.documents == self.outcomes.len() as u64
            && totals.archived.documents == count(ArrivalState::Archived)
            && totals.duplicate.documents == count(ArrivalState::Duplicate)
            && totals.rejected.documents == count(ArrivalState::Rejected)
            && totals.quarantined.documents == count(ArrivalState::Quarantined)
    }
}

/// Takes in all documents of an intake as one batch.
pub async fn take(engines: Arc<Engines>, intake: Intake, reporter: Arc<dyn Reporter>) -> Result<Summary> {
    let recovered = engines.archive.recover(clock::now()).await;
    for finding in recovered.context("failed to finish what an earlier run left undone")?.damaged {
        tracing::warn!("left by an earlier run: {finding}; run: muniment audit");
    }
    engines.feed_index().await?;
    let batch = engines.archive.open_batch(clock::now()).await.context("failed to open a batch")?;
    reporter.begin(intake.documents.len());

    let threads = engines.config.threads();
    let abreast = threads.min(intake.documents.len()).max(1);
    let shared = Arc::new(Shared {
        engines: Arc::clone(&engines),
        batch: batch.clone(),
        reporter,
        page_threads: (threads / abreast).max(1),
        turns: Mutex::default(),
    });
    let places = Arc::new(Semaphore::new(abreast));
    let mut running = JoinSet::new();
    let mut outcomes = Vec::new();
    for (number, document) in intake.documents.into_iter().enumerate() {
        let place = Arc::clone(&places).acquire_owned().await.context("the batch was stopped")?;
        let shared = Arc::clone(&shared);
        running.spawn(async move {
            let outcome = shared.process(document).await;
            shared.reporter.document_done(&outcome);
            drop(place);
            (number, outcome)
        });
        while let Some(done) = running.try_join_next() {
            outcomes.push(done.context("a document's task was lost")?);
            if outcomes.len().is_multiple_of(INDEX_EVERY) {
                engines.feed_index().await?;
            }
        }
    }
    while let Some(done) = running.join_next().await {
        outcomes.push(done.context("a document's task was lost")?);
    }
    engines.feed_index().await?;
    // The catalogue has every entry already; where publishing fails, the next run publishes it.
    if let Err(error) = engines.publish_log().await {
        tracing::error!("{error:#}");
    }
    outcomes.sort_by_key(|(number, _)| *number);
    let ledger = engines.archive.ledger(&batch).await.context("failed to read the ledger")?;
    Ok(Summary { batch, ledger, outcomes: outcomes.into_iter().map(|(_, outcome)| outcome).collect() })
}

/// A document that was looked at and may be registered.
struct Inspected {
    scan: Scan,
    inspection: Inspection,
    description: Description,
}

struct Shared {
    engines: Arc<Engines>,
    batch: BatchId,
    reporter: Arc<dyn Reporter>,
    page_threads: usize,
    /// One turn for each content: the same file twice in a batch is worked on once, the second is a duplicate.
    turns: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
}

impl Shared {
    async fn process(&self, document: Document) -> DocumentOutcome {
        let name = document.scan.name.clone();
        let mut pages = 0;
        let fate = match self.inspect(document, &mut pages).await {
            Ok(inspected) => {
                // Held until the fate is in the ledger: the same bytes again must find it settled.
                let turn = self.turn(Arrival::digest_of(&inspected.inspection.sources));
                let _turn = turn.lock().await;
                match self.carry(inspected).await {
                    Ok(fate) => fate,
                    Err(stop) => self.settle(&name, pages, stop).await,
                }
            }
            Err(stop) => self.settle(&name, pages, stop).await,
        };
        DocumentOutcome { name, pages, fate }
    }

    /// Looks at the files and the metadata, without changing anything.
    async fn inspect(&self, document: Document, pages: &mut u32) -> Result<Inspected, Stop> {
        let Document { scan, description } = document;
        let (engines, named) = (Arc::clone(&self.engines), scan.clone());
        let inspection = blocking(move || Ok(engines.workshop.inspect(&named)?)).await?;
        *pages = inspection.pages;
        let description = description.map_err(|broken| Stop::rejected("metadata", broken.join("; ")))?;
        check_page_count(&description, &inspection)?;
        Ok(Inspected { scan, inspection, description })
    }

    /// Registers, makes and deposits.
    async fn carry(&self, inspected: Inspected) -> Result<Fate, Stop> {
        let Inspected { scan, inspection, description } = inspected;
        let arrival = Arrival::new(scan.name.clone(), &inspection.sources, inspection.pages);
        let (id, token) = match self.register(&arrival).await? {
            Registration::New { id, token } | Registration::Resumed { id, token } => (id, token),
            Registration::Duplicate { of } => return Ok(Fate::Duplicate(of)),
        };
        let deposited = self.make_and_deposit(scan, inspection, description, id, token).await;
        deposited.map_err(|stop| stop.of(arrival))?;
        Ok(Fate::Archived(id))
    }

    fn turn(&self, digest: Digest) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(turns.entry(digest).or_default())
    }
}

impl Shared {
    async fn register(&self, arrival: &Arrival) -> Result<Registration, Stop> {
        let (id, token) = (clock::new_record_id()?, clock::new_lookup_token()?);
        let registered = self.engines.archive.register(&self.batch, arrival, id, token, clock::now()).await;
        Ok(registered?)
    }

    /// Refuses early what the catalogue would refuse at the end.
    async fn check_code_is_free(&self, code: &ResultCode, id: RecordId) -> Result<(), Stop> {
        match self.engines.archive.code_holder(code).await? {
            Some(holder) if holder != id => {
                Err(Stop::rejected("result-code-taken", format!("held by record {holder}")))
            }
            _ => Ok(()),
        }
    }

    async fn make_and_deposit(
        &self,
        scan: Scan,
        inspection: Inspection,
        description: Description,
        id: RecordId,
        token: LookupToken,
    ) -> Result<(), Stop> {
        if let Some(code) = &description.result_code {
            self.check_code_is_free(code, id).await?;
        }
        let sources = inspection.sources.clone();
        let files = scan.files.clone();
        let staging = tempfile::Builder::new()
            .prefix("document-")
            .tempdir_in(self.engines.home.staging())
            .map_err(staging_failed)?;
        let folder = staging.path().to_path_buf();
        let engines = Arc::clone(&self.engines);
        let options = Options {
            threads: self.page_threads,
            profile: engines.config.profile_of(&description.procedure_code),
            ..engines.workshop.options().clone()
        };
        let title = description.title.clone();
        let (sealed, text) =
            blocking(move || make(&engines, &scan, inspection, &title, &folder, &options)).await?;
        let record = self.record(id, token, description, &sealed, &text);
        let scans: Vec<(Source, PathBuf)> = sources.into_iter().zip(files).collect();
        self.engines.archive.deposit(record, &sealed, &scans, &text, clock::now()).await?;
        Ok(())
    }

    fn record(
        &self,
        id: RecordId,
        token: LookupToken,
        description: Description,
        sealed: &Sealed,
        text: &str,
    ) -> Record {
        let package = sealed.package();
        Record {
            format: Record::FORMAT.to_owned(),
            id,
            version: 1,
            lookup_token: token,
            created_at: clock::now(),
            batch: self.batch.to_string(),
            description,
            sources: package.sources.clone(),
            form: package.form,
            sha256: sealed.sha256(),
            bytes: sealed.bytes(),
            pages: package.pages.clone(),
            text_sha256: Digest::of(text.as_bytes()),
            provenance: package.provenance.clone(),
            signatures: sealed.signatures().to_vec(),
        }
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
        if let Err(error) = self.engines.archive.settle(&self.batch, &arrival, outcome, clock::now()).await {
            tracing::error!(error = error.code(), "failed to write the ledger: {error}");
        }
        fate
    }
}

/// The part of the way that computes: scan to package to sealed.
fn make(
    engines: &Engines,
    scan: &Scan,
    inspection: Inspection,
    title: &str,
    staging: &std::path::Path,
    options: &Options,
) -> Result<(Sealed, String), Stop> {
    let package = engines.workshop.prepare(scan, inspection, title, staging, options)?;
    let text = package.text();
    let sealed = engines.sealer.seal(package, staging, clock::now())?;
    Ok((sealed, text))
}

/// The number of images must be the number of sides of paper that was declared (TT 01/2023/TT-VPCP, article 8.2).
fn check_page_count(description: &Description, inspection: &Inspection) -> Result<(), Stop> {
    match description.physical_pages {
        Some(declared) if declared != inspection.pages => {
            Err(Stop::rejected("page-count", format!("{declared} declared, {} found", inspection.pages)))
        }
        _ => Ok(()),
    }
}

/// Runs computing work off the async threads; a panic in it is the house's fault with this one document.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Stop::quarantined("internal", "processing broke off".to_owned())),
    }
}

/// Why a document's way ended early, and whose fault that is.
#[derive(Debug)]
struct Stop {
    fault: Fault,
    reason: Reason,
    arrival: Option<Arrival>,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The document's: it will fail again until it is put right.
    Document,
    /// Ours or the machine's: it is worth trying again.
    House,
}

impl Stop {
    fn new(fault: Fault, code: &str, detail: String) -> Self {
        Self { fault, reason: Reason { code: code.to_owned(), detail }, arrival: None }
    }

    fn rejected(code: &str, detail: String) -> Self {
        Self::new(Fault::Document, code, detail)
    }

    fn quarantined(code: &str, detail: String) -> Self {
        Self::new(Fault::House, code, detail)
    }

    /// Says which registered arrival it is about.
    fn of(self, arrival: Arrival) -> Self {
        Self { arrival: Some(arrival), ..self }
    }
}

impl From<muniment_ingest::Error> for Stop {
    fn from(error: muniment_ingest::Error) -> Self {
        let fault = match error.code() {
            "unreadable" | "no-space" | "unwritable" | "changed" | "ocr-failed" | "ocr-missing"
            | "not-contained" | "internal" => Fault::House,
            _ => Fault::Document,
        };
        Self::new(fault, error.code(), chain(&error))
    }
}

impl From<muniment_seal::Error> for Stop {
    fn from(error: muniment_seal::Error) -> Self {
        let fault = match error.code() {
            "forged" | "not-signed-after-all" | "not-flat" | "damaged-pdf" | "password" => Fault::Document,
            _ => Fault::House,
        };
        Self::new(fault, error.code(), chain(&error))
    }
}

impl From<muniment_archive::Error> for Stop {
    fn from(error: muniment_archive::Error) -> Self {
        let fault = if error.code() == "result-code-taken" { Fault::Document } else { Fault::House };
        Self::new(fault, error.code(), chain(&error))
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::quarantined("internal", format!("{error:#}"))
    }
}

fn staging_failed(error: std::io::Error) -> Stop {
    let code = if error.kind() == std::io::ErrorKind::StorageFull { "no-space" } else { "unwritable" };
    Stop::quarantined(code, format!("failed to make a staging folder: {error}"))
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
