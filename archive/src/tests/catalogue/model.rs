//! Random sequences of operations of ledger and queue, on each engine, against a model that keeps everything in plain lists.

use std::collections::BTreeMap;

use muniment_record::Record;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::catalogue::{QueueCount, Staged, Task};
use crate::events::this_program;
use crate::{Claim, Totals};

/// Documents that the sequences are about; the last has the result code of the first.
const DOCUMENTS: u32 = 6;
const LEASE: i64 = 30;

#[derive(Clone, Debug)]
enum Step {
    Register(u32),
    Enqueue(u32),
    Enter(u32),
    Reject(u32),
    Wait(i64),
    Claim,
    /// What a claim does next: the number chooses among all claims ever made, so that old ones speak up too.
    Renew(usize),
    Stage(usize),
    GiveBack(usize),
    PutOff(usize),
    SetAside(usize),
    EnterClaimed(usize),
    Retry(u32),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let document = 0..DOCUMENTS;
    let claim = 0..8_usize;
    prop_oneof![
        2 => document.clone().prop_map(Step::Register),
        4 => document.clone().prop_map(Step::Enqueue),
        2 => document.clone().prop_map(Step::Enter),
        1 => document.clone().prop_map(Step::Reject),
        3 => (1..2 * LEASE).prop_map(Step::Wait),
        6 => Just(Step::Claim),
        1 => claim.clone().prop_map(Step::Renew),
        2 => claim.clone().prop_map(Step::Stage),
        1 => claim.clone().prop_map(Step::GiveBack),
        1 => claim.clone().prop_map(Step::PutOff),
        1 => claim.clone().prop_map(Step::SetAside),
        3 => claim.prop_map(Step::EnterClaimed),
        1 => document.prop_map(Step::Retry),
        1 => Just(Step::Reopen),
    ]
}

/// One row of the ledger in the model.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    document: u32,
    state: ArrivalState,
    /// The id of the record that it is to become, or is a duplicate of.
    id: Option<RecordId>,
}

#[derive(Clone, Debug, PartialEq)]
struct Job {
    document: u32,
    due: i64,
    claimed: bool,
    aside: bool,
    tries: u32,
    fence: u64,
    staged: bool,
}

/// All that a catalogue should know.
#[derive(Debug, Default)]
struct Model {
    time: i64,
    rows: Vec<Row>,
    jobs: BTreeMap<RecordId, Job>,
    records: Vec<(RecordId, u32)>,
}

impl Model {
    fn active(&self, document: u32) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.document == document
                && row.id.is_some()
                && matches!(row.state, ArrivalState::Pending | ArrivalState::Archived)
        })
    }

    fn pending(&mut self, id: RecordId) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == Some(id) && row.state == ArrivalState::Pending)
    }

    /// What registering says, as a word and an id.
    fn register(&mut self, document: u32, offered: RecordId) -> (&'static str, RecordId) {
        let (state, answer) = match self.active(document).map(|row| (row.state, row.id.unwrap())) {
            Some((ArrivalState::Archived, id)) => (Some(ArrivalState::Duplicate), ("duplicate", id)),
            Some((_, id)) if self.jobs.contains_key(&id) => {
                (Some(ArrivalState::Duplicate), ("duplicate", id))
            }
            Some((_, id)) => (None, ("resumed", id)),
            None => (Some(ArrivalState::Pending), ("new", offered)),
        };
        if let Some(state) = state {
            self.rows.push(Row { document, state, id: Some(answer.1) });
        }
        answer
    }

    fn enqueue(&mut self, document: u32, offered: RecordId) -> (&'static str, RecordId) {
        let answer = self.register(document, offered);
        if answer.0 != "duplicate" {
            let job = Job {
                document,
                due: self.time,
                claimed: false,
                aside: false,
                tries: 0,
                fence: 0,
                staged: false,
            };
            self.jobs.insert(answer.1, job);
        }
        answer
    }

    fn claim(&mut self) -> Option<(RecordId, Job)> {
        let time = self.time;
        let due = self.jobs.iter_mut().filter(|(_, job)| !job.aside && job.due <= time);
        let (id, job) = due.min_by_key(|(id, job)| (job.due, **id))?;
        job.due = time + LEASE;
        job.claimed = true;
        job.tries += 1;
        job.fence += 1;
        Some((*id, job.clone()))
    }

    /// The job, where this is its newest claim.
    fn held(&mut self, id: RecordId, fence: u64) -> Option<&mut Job> {
        self.jobs.get_mut(&id).filter(|job| job.fence == fence && job.claimed)
    }

    fn enter(&mut self, id: RecordId, code: u32, fence: Option<u64>, same: bool) -> &'static str {
        if self.pending(id).is_none() {
            let is_there = self.records.iter().any(|(record, _)| *record == id) && same;
            return if is_there { "ok" } else { "not-pending" };
        }
        let newest = self.jobs.get(&id).filter(|job| !job.aside).map(|job| job.fence);
        if newest != fence {
            return "lease-lost";
        }
        if self.records.iter().any(|(_, other)| *other == code) {
            return "taken";
        }
        self.records.push((id, code));
        self.jobs.remove(&id);
        if let Some(row) = self.pending(id) {
            row.state = ArrivalState::Archived;
        }
        "ok"
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for row in &self.rows {
            let pages = u64::from(row.document % 3 + 1);
            totals.scanned.documents += 1;
            totals.scanned.pages += pages;
            let count = totals.of_state(row.state);
            count.documents += 1;
            count.pages += pages;
        }
        totals
    }

    fn count(&self) -> QueueCount {
        let mut count = QueueCount::default();
        for job in self.jobs.values() {
            if job.aside {
                count.set_aside += 1;
            } else if job.due <= self.time {
                count.ready += 1;
            } else if job.claimed {
                count.claimed += 1;
            } else {
                count.put_off += 1;
            }
        }
        count
    }
}

/// An engine, the model, and all claims that were ever made.
struct Play {
    engine: Engine,
    house: House,
    batch: BatchId,
    model: Model,
    claims: Vec<Claim>,
    offered: u32,
}

impl Play {
    async fn new(engine: Engine) -> Self {
        let batch = engine.catalogue.open_batch(now()).await.unwrap();
        Self {
            engine,
            house: House::empty(),
            batch,
            model: Model::default(),
            claims: Vec::new(),
            offered: 1000,
        }
    }

    fn document(&self, number: u32) -> Document {
        let document = Document::new(&self.house, number, 0);
        if number == DOCUMENTS - 1 { document.with_code_of(0) } else { document }
    }

    fn code(number: u32) -> u32 {
        if number == DOCUMENTS - 1 { 0 } else { number }
    }

    fn record(&self, number: u32, id: RecordId) -> Record {
        Record { id, ..self.document(number).record(&self.batch) }
    }

    fn entering(&self, number: u32, id: RecordId, fence: Option<Fence>) -> Entering {
        let mut entering = entering(&self.document(number), &self.batch, fence);
        entering.record.id = id;
        entering.receipt.record = id;
        entering.entry.record = id;
        entering
    }

    fn task(&self, number: u32) -> Task {
        let record = self.document(number).record(&self.batch);
        Task { sources: record.sources, description: record.description }
    }

    async fn go(&mut self, step: &Step) {
        let time = at(self.model.time);
        let catalogue = Arc::clone(&self.engine.catalogue);
        let claim = |number: &usize| self.claims.get(number % self.claims.len().max(1)).cloned();
        match step {
            Step::Register(number) | Step::Enqueue(number) => {
                self.offered += 1;
                let (arrival, offered) = (self.document(*number).arrival(), id_of(self.offered));
                let (said, expected) = if matches!(step, Step::Register(_)) {
                    let said = catalogue.register(&self.batch, &arrival, (offered, token()), time).await;
                    (said, self.model.register(*number, offered))
                } else {
                    let task = self.task(*number);
                    let said =
                        catalogue.enqueue(&self.batch, &arrival, (offered, token()), &task, true, time).await;
                    (said, self.model.enqueue(*number, offered))
                };
                let said = match said.unwrap() {
                    Registration::New { id, .. } => ("new", id),
                    Registration::Resumed { id, .. } => ("resumed", id),
                    Registration::Duplicate { of } => ("duplicate", of),
                };
                assert_eq!(said, expected, "{step:?}");
            }
            Step::Enter(number) => {
                let active = self.model.active(*number).and_then(|row| row.id).unwrap_or(id_of(*number));
                let entering = self.entering(*number, active, None);
                let results = catalogue.enter(&[entering]).await.unwrap();
                let expected = self.model.enter(active, Self::code(*number), None, true);
                assert_eq!(codes(&results), [expected], "{step:?}");
            }
            Step::Reject(number) => {
                let outcome = Outcome::Rejected { code: "password".to_owned(), detail: "locked".to_owned() };
                // It could not be read, so it has no digest; its pages are those of the document with this number.
                let arrival =
                    Arrival { name: format!("unread-{number}"), sha256: None, pages: number % 3 + 1 };
                catalogue.settle(&self.batch, &arrival, &outcome, time).await.unwrap();
                self.model.rows.push(Row { document: *number, state: ArrivalState::Rejected, id: None });
            }
            Step::Wait(seconds) => self.model.time += seconds,
            Step::Claim => {
                let claimed =
                    catalogue.claim("worker", SignedDuration::from_secs(LEASE), time).await.unwrap();
                let expected = self.model.claim();
                let said = claimed.as_ref().map(|claim| {
                    (claim.record, claim.tries, claim.fence.0, claim.is_staged(), claim.task.clone())
                });
                let expected =
                    expected.map(|(id, job)| (id, job.tries, job.fence, job.staged, self.task(job.document)));
                assert_eq!(said, expected);
                self.claims.extend(claimed);
            }
            Step::Renew(number) => {
                let Some(claim) = claim(number) else { return };
                let until = self.model.time + LEASE;
                let lease = SignedDuration::from_secs(LEASE);
                let said = catalogue.renew(claim.record, claim.fence, lease, time).await.unwrap();
                let held = self.model.held(claim.record, claim.fence.0);
                assert_eq!(said, held.is_some());
                if let Some(job) = held {
                    job.due = until;
                }
            }
            Step::Stage(number) => {
                let Some(claim) = claim(number) else { return };
                let record = self.record(claim.arrival_number(), claim.record);
                let staged = Staged { record, archived_at: now(), agent: this_program() };
                let said = catalogue.stage(claim.record, claim.fence, &staged).await;
                let held = self.model.held(claim.record, claim.fence.0).filter(|job| !job.staged);
                assert_eq!(said.is_ok(), held.is_some());
                if let Some(job) = held {
                    job.staged = true;
                }
            }
            Step::GiveBack(number) | Step::PutOff(number) => {
                let Some(claim) = claim(number) else { return };
                let (id, fence) = (claim.record, claim.fence);
                let held = self.model.held(id, fence.0).is_some();
                let due = if matches!(step, Step::GiveBack(_)) {
                    assert_eq!(catalogue.let_go(id, fence, time, None).await.unwrap(), held);
                    self.model.time
                } else {
                    let later = self.model.time + 10;
                    assert_eq!(catalogue.let_go(id, fence, at(later), Some("no-space")).await.unwrap(), held);
                    later
                };
                if let Some(job) = self.model.held(id, fence.0) {
                    job.claimed = false;
                    job.due = due;
                    job.tries -= u32::from(matches!(step, Step::GiveBack(_)));
                }
            }
            Step::SetAside(number) => {
                let Some(claim) = claim(number) else { return };
                let (code, detail) = ("ocr-failed".to_owned(), "three times".to_owned());
                let outcome = Outcome::Quarantined { code, detail };
                let said = catalogue.set_aside(claim.record, claim.fence, &outcome, time).await;
                let held = self.model.held(claim.record, claim.fence.0);
                assert_eq!(said.is_ok(), held.is_some());
                if let Some(job) = held {
                    (job.aside, job.claimed) = (true, false);
                    self.model.pending(claim.record).unwrap().state = ArrivalState::Quarantined;
                }
            }
            Step::EnterClaimed(number) => {
                let Some(claim) = claim(number) else { return };
                let document = claim.arrival_number();
                let entering = self.entering(document, claim.record, Some(claim.fence));
                let results = catalogue.enter(&[entering]).await.unwrap();
                let expected =
                    self.model.enter(claim.record, Self::code(document), Some(claim.fence.0), true);
                assert_eq!(codes(&results), [expected], "{step:?}");
            }
            Step::Retry(number) => {
                let aside = catalogue.aside().await.unwrap();
                let expected: Vec<RecordId> =
                    self.model.jobs.iter().filter(|(_, job)| job.aside).map(|(id, _)| *id).collect();
                let mut ids: Vec<RecordId> = aside.iter().map(|one| one.record).collect();
                ids.sort();
                assert_eq!(ids, expected);
                let Some(id) = expected.get(*number as usize % expected.len().max(1)) else { return };
                let document = self.model.jobs[id].document;
                let said = catalogue.retry(*id, time).await;
                if self.model.active(document).is_some() {
                    assert_eq!(said.unwrap_err().code(), "taken");
                } else {
                    said.unwrap();
                    let due = self.model.time;
                    let job = self.model.jobs.get_mut(id).unwrap();
                    (job.aside, job.due, job.tries) = (false, due, 0);
                    let row =
                        self.model.rows.iter_mut().find(|row| {
                            row.id == Some(*id) && matches!(row.state, ArrivalState::Quarantined)
                        });
                    row.unwrap().state = ArrivalState::Pending;
                }
            }
            Step::Reopen => self.engine.catalogue = self.engine.at.open().await.unwrap(),
        }
    }

    /// Holds everything that the catalogue tells against the model.
    async fn compare(&self) {
        let catalogue = self.engine.catalogue.as_ref();
        let ledger = catalogue.ledger(&self.batch).await.unwrap();
        let rows: Vec<(ArrivalState, Option<RecordId>)> =
            ledger.rows.iter().map(|row| (row.state, row.record)).collect();
        let expected: Vec<(ArrivalState, Option<RecordId>)> =
            self.model.rows.iter().map(|row| (row.state, row.id)).collect();
        assert_eq!(rows, expected);
        assert!(ledger.totals.balances());
        assert_eq!(ledger.totals, self.model.totals());
        assert_eq!(catalogue.totals().await.unwrap(), ledger.totals);
        assert_eq!(catalogue.queue_count(at(self.model.time)).await.unwrap(), self.model.count());
        let mut records: Vec<RecordId> = self.model.records.iter().map(|(id, _)| *id).collect();
        let logged = catalogue.log_entries(0, 100).await.unwrap();
        assert_eq!(logged.iter().map(|entry| entry.record).collect::<Vec<_>>(), records);
        let outbox = catalogue.outbox(0, 100).await.unwrap();
        assert_eq!(outbox.iter().map(|row| row.id).collect::<Vec<_>>(), records);
        records.sort();
        assert_eq!(catalogue.ids(None, 100).await.unwrap(), records);
        let outside = catalogue.pending_outside_queue().await.unwrap();
        let expected: Vec<RecordId> = self
            .model
            .rows
            .iter()
            .filter(|row| row.state == ArrivalState::Pending)
            .filter_map(|row| row.id)
            .filter(|id| !self.model.jobs.contains_key(id))
            .collect();
        assert_eq!(outside.iter().map(|pending| pending.record).collect::<Vec<_>>(), expected);
    }
}

impl Claim {
    /// Which of the documents it is about.
    fn arrival_number(&self) -> u32 {
        self.name().trim_start_matches("scan-").trim_end_matches(".jpg").parse().unwrap()
    }
}

/// Plays random sequences on an engine. The test runner's own loop cannot wait for the database, so it is asked for values.
fn play(cases: u32, engine: impl AsyncFn() -> Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    runner
        .run(&prop::collection::vec(step(), 1..40), |steps| {
            runtime.block_on(async {
                let mut play = Play::new(engine().await).await;
                for step in &steps {
                    play.go(step).await;
                }
                play.compare().await;
                play.engine.catalogue.close().await;
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn sqlite_does_what_the_model_does() {
    play(48, Engine::sqlite);
}

#[test]
fn postgres_does_what_the_model_does() {
    // One server for all of them.
    let _server = Postgres::shared();
    play(48, Engine::postgres);
}
