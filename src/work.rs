//! The worker: claims documents from the queue, makes records of them, gives back what it cannot end.
//!
//! Any number of workers, on any number of machines, empty one queue. Each keeps its lease alive while it works; one that is not heard
//! of for longer loses its documents to others, and what it says of them afterwards is not listened to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use muniment_archive::{Claim, Outcome};
use muniment_record::{RecordId, Scan};
use muniment_seal::note::NoteKey;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};

use crate::clock;
use crate::flow::{DocumentOutcome, Fate, Reporter};
use crate::home::WorkPlace;
use crate::stop::{Fault, Stop};
use crate::wire;
use crate::workbench::{Workbench, staging};

/// How often an idle worker asks for work, and a busy one publishes what has happened.
const POLL: Duration = Duration::from_secs(1);
/// The longest wait between two tries of a document.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(30);

/// A worker of one process.
pub struct Worker {
    workbench: Arc<Workbench>,
    place: WorkPlace,
    log_key: NoteKey,
    /// What people know it by: the machine and the process.
    name: String,
    reporter: Arc<dyn Reporter>,
    /// The documents that it works on.
    claims: Mutex<HashMap<RecordId, Claim>>,
}

/// How a worker's work on one document ended.
enum End {
    Done(DocumentOutcome),
    /// The document is due again later, with it or another.
    PutOff,
    /// Another has the document now.
    Lost,
}

impl Worker {
    /// A worker with a place of its own in the workbench's home.
    pub fn new(
        workbench: Arc<Workbench>,
        log_key: NoteKey,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Arc<Self>> {
        let place = workbench.home.work_place()?;
        let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = format!("{}/{}", machine.trim(), std::process::id());
        Ok(Arc::new(Self { workbench, place, log_key, name, reporter, claims: Mutex::default() }))
    }

    /// Works until it is told to stop or, where that is asked for, until the queue is empty. Gives how many documents came to their
    /// end. What it has begun when it is told to stop, it ends or, after a while, gives back.
    pub async fn work(self: &Arc<Self>, until_empty: bool, stop: impl Future<Output = ()>) -> u64 {
        let abreast = self.workbench.config.threads();
        let mut running = JoinSet::new();
        let mut ended = 0;
        let mut ticks = interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            while running.len() < abreast
                && let Some(claim) = self.claim().await
            {
                let worker = Arc::clone(self);
                running.spawn(async move { worker.see_to(claim).await });
            }
            if until_empty && running.is_empty() && self.is_empty().await {
                break;
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(done) = running.join_next() => ended += u64::from(is_end(done)),
                _ = ticks.tick() => self.publish().await,
            }
        }
        ended += self.end(running).await;
        self.publish().await;
        ended
    }

    /// The next document; none where none is due, or the catalogue does not answer.
    async fn claim(&self) -> Option<Claim> {
        match self.workbench.archive.claim(&self.name, self.lease(), clock::now()).await {
            Ok(claim) => claim,
            Err(error) => {
                tracing::warn!(error = error.code(), "failed to ask for work: {error}");
                None
            }
        }
    }

    async fn is_empty(&self) -> bool {
        let count = self.workbench.archive.queue(clock::now()).await;
        count.is_ok_and(|count| count.ready + count.claimed + count.put_off == 0)
    }

    /// Waits for what is begun, for as long as the configuration says, and gives back the rest.
    async fn end(&self, mut running: JoinSet<Option<DocumentOutcome>>) -> u64 {
        let mut ended = 0;
        let all = async {
            while let Some(done) = running.join_next().await {
                ended += u64::from(is_end(done));
            }
        };
        let grace = Duration::from_secs(self.workbench.config.work.stop_seconds);
        if timeout(grace, all).await.is_err() {
            running.shutdown().await;
            let left: Vec<Claim> = self.claims().drain().map(|(_, claim)| claim).collect();
            for claim in left {
                if let Err(error) = self.workbench.archive.give_back(&claim, clock::now()).await {
                    tracing::warn!(error = error.code(), "failed to give a document back: {error}");
                }
            }
        }
        ended
    }

    /// Brings one document to an end, and says so.
    async fn see_to(&self, claim: Claim) -> Option<DocumentOutcome> {
        let id = claim.record;
        self.claims().insert(id, claim.clone());
        let end = tokio::select! {
            end = self.carry(claim.clone()) => end,
            () = self.keep_lease(&claim) => End::Lost,
        };
        self.claims().remove(&id);
        match end {
            End::Done(outcome) => {
                self.reporter.document_done(&outcome);
                Some(outcome)
            }
            End::PutOff => None,
            End::Lost => {
                tracing::warn!(record.id = %id, "another worker has the document of record {id} now");
                None
            }
        }
    }

    /// Keeps the lease alive; ends when it is lost.
    async fn keep_lease(&self, claim: &Claim) {
        let period = self.lease().unsigned_abs() / 3;
        // The claim itself was the first.
        let mut ticks = interval_at(Instant::now() + period, period);
        loop {
            ticks.tick().await;
            match self.workbench.archive.renew(claim, self.lease(), clock::now()).await {
                Ok(true) => {}
                Ok(false) => return,
                // The next try may come in time; where not, another worker is given the document.
                Err(error) => tracing::warn!(error = error.code(), "failed to keep a lease: {error}"),
            }
        }
    }

    async fn carry(&self, claim: Claim) -> End {
        let made = if claim.tries > self.workbench.config.work.tries && !claim.is_staged() {
            // Not once did a worker live to say what is the matter.
            Err(Stop::quarantined("worker-died", format!("claimed {} times", claim.tries)))
        } else {
            self.make_and_deposit(claim.clone()).await
        };
        let outcome = |fate| DocumentOutcome { name: claim.name().to_owned(), pages: claim.pages(), fate };
        let stop = match made {
            Ok(()) => return End::Done(outcome(Fate::Archived(claim.record))),
            Err(stop) if stop.reason.code == "lease-lost" => return End::Lost,
            Err(stop) => stop,
        };
        let is_last = claim.tries >= self.workbench.config.work.tries;
        let (code, detail) = (stop.reason.code.clone(), stop.reason.detail.clone());
        let (set_aside, fate) = match stop.fault {
            Fault::Document => (Outcome::Rejected { code, detail }, Fate::Rejected(stop.reason)),
            Fault::House if is_last => {
                (Outcome::Quarantined { code, detail }, Fate::Quarantined(stop.reason))
            }
            Fault::House => return self.put_off(&claim, &stop).await,
        };
        match self.workbench.archive.set_aside(&claim, set_aside, clock::now()).await {
            Ok(()) => End::Done(outcome(fate)),
            Err(error) if error.code() == "lease-lost" => End::Lost,
            Err(error) => {
                // The lease runs out, and the document is claimed again.
                tracing::error!(error = error.code(), "failed to set a document aside: {error}");
                End::PutOff
            }
        }
    }

    async fn put_off(&self, claim: &Claim, stop: &Stop) -> End {
        let id = claim.record;
        tracing::warn!(
            record.id = %id, code = stop.reason.code, tries = claim.tries,
            "the document of record {id} is tried again later: {}", stop.reason.detail
        );
        let until = self.due_again(claim.tries);
        if let Err(error) = self.workbench.archive.put_off(claim, &stop.reason.code, until).await {
            tracing::warn!(error = error.code(), "failed to put a document off: {error}");
        }
        End::PutOff
    }

    /// Makes the record, unless an earlier claim has, and archives it.
    async fn make_and_deposit(&self, mut claim: Claim) -> Result<(), Stop> {
        let staging = staging(self.place.folder())?;
        let folder = staging.path();
        let mut sealed = None;
        if !claim.is_staged() {
            let description = claim.task.description.clone();
            self.workbench.check_code_is_free(description.result_code.as_ref(), claim.record).await?;
            let files = self.workbench.archive.fetch_scans(&claim.task, folder).await?;
            let scan = Scan { name: claim.name().to_owned(), files };
            let inspection = self.workbench.inspect(&scan).await?;
            let made = self.workbench.make(scan, inspection, &description, folder, 1).await?;
            let record = made.record((claim.record, claim.token.clone()), claim.batch(), description);
            self.workbench.archive.stage(&mut claim, record, &made.sealed, &made.text, clock::now()).await?;
            sealed = Some(made.sealed.pdf_path().to_owned());
        }
        self.workbench.archive.deposit_staged(&claim, sealed, folder).await?;
        Ok(())
    }

    /// Publishes what has happened, unless another worker is at it.
    async fn publish(&self) {
        if let Err(error) = wire::publish_log(&self.workbench.archive, &self.log_key).await {
            tracing::error!("{error:#}");
        }
    }

    /// When a document is due again whose tries have failed: after twice as long each time.
    fn due_again(&self, tries: u32) -> Timestamp {
        let first = SignedDuration::from_secs(seconds(self.workbench.config.work.wait_seconds));
        let factor = 1_i32 << tries.saturating_sub(1).min(10);
        let wait = first.saturating_mul(factor).min(LONGEST_WAIT);
        clock::now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(seconds(self.workbench.config.work.lease_seconds.max(3)))
    }

    fn claims(&self) -> std::sync::MutexGuard<'_, HashMap<RecordId, Claim>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_end(done: Result<Option<DocumentOutcome>, tokio::task::JoinError>) -> bool {
    match done {
        Ok(outcome) => outcome.is_some(),
        Err(error) => {
            // Its lease runs out, and the document is claimed again.
            tracing::error!("the work on a document broke off: {error}");
            false
        }
    }
}

fn seconds(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
