//! Both engines of the catalogue, held to the same promises: fixed cases, and random operations against a naive model.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use muniment_record::{LookupToken, Record, RecordId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};
use tempfile::TempDir;

use super::fixture::{Document, House, id_of, now};
use super::postgres::Postgres;
use crate::catalogue::{
    Alone, Catalogue, CatalogueAt, Entering, Fence, Held, PostgresSettings, Restored, Right, Settled,
};
use crate::events::{ArrivalFact, this_program};
use crate::log::{Entry, Salt};
use crate::object::receipt_of;
use crate::{
    Arrival, ArrivalState, BatchId, Error, Events, Hold, HoldState, LogEvent, Outcome, Registration,
};

mod killed;
mod model;

/// An empty catalogue of an engine, and what keeps it alive.
pub(super) struct Engine {
    pub at: CatalogueAt,
    pub catalogue: Arc<dyn Catalogue>,
    _folder: TempDir,
    _server: Option<Arc<Postgres>>,
}

impl Engine {
    pub(super) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        Self::new(CatalogueAt::from(folder.path()), folder, None).await
    }

    pub(super) async fn postgres() -> Self {
        let server = Postgres::shared();
        let settings = PostgresSettings::new(&server.address(), &server.new_schema()).unwrap();
        Self::new(CatalogueAt::Postgres(settings), TempDir::new().unwrap(), Some(server)).await
    }

    pub(super) async fn each() -> [Self; 2] {
        [Self::sqlite().await, Self::postgres().await]
    }

    async fn new(at: CatalogueAt, folder: TempDir, server: Option<Arc<Postgres>>) -> Self {
        at.create().await.unwrap();
        let catalogue = at.open().await.unwrap();
        Self { at, catalogue, _folder: folder, _server: server }
    }
}

fn token() -> LookupToken {
    LookupToken::from_random(7)
}

fn at(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// What the catalogue is told of a document that stands in storage.
fn entering(document: &Document, batch: &BatchId, fence: Option<Fence>) -> Entering {
    let record = document.record(batch);
    let receipt = receipt_of(&record, now());
    let fact = fact(document, batch);
    let events = Events::of_deposit(&record, fact, now(), &this_program());
    let entry = Entry::new(&record, &events, now(), Salt::random().unwrap()).unwrap();
    Entering { record, receipt, entry, fence }
}

fn fact(document: &Document, batch: &BatchId) -> ArrivalFact {
    let arrival = document.arrival();
    ArrivalFact {
        batch: batch.clone(),
        batch_opened_at: now(),
        name: arrival.name,
        sha256: arrival.sha256.unwrap(),
        pages: arrival.pages,
        arrived_at: now(),
    }
}

/// Brings a record into a catalogue.
pub(super) async fn entered(catalogue: &dyn Catalogue, house: &House, batch: &BatchId, seed: u32) -> Record {
    let document = Document::new(house, seed, 0);
    register(catalogue, &document, batch).await;
    let entering = entering(&document, batch, None);
    catalogue.enter(std::slice::from_ref(&entering)).await.unwrap().remove(0).unwrap();
    entering.record
}

async fn register(catalogue: &dyn Catalogue, document: &Document, batch: &BatchId) -> Registration {
    catalogue.register(batch, &document.arrival(), (document.id, token()), now()).await.unwrap()
}

fn codes(results: &[Result<(), Error>]) -> Vec<&'static str> {
    results.iter().map(|result| result.as_ref().map_or_else(Error::code, |()| "ok")).collect()
}

#[tokio::test]
async fn of_records_that_enter_together_each_is_written_whole_or_not_at_all() {
    let house = House::empty();
    for engine in Engine::each().await {
        let catalogue = engine.catalogue.as_ref();
        let batch = catalogue.open_batch(now()).await.unwrap();
        let documents: Vec<Document> = (0..6).map(|seed| Document::new(&house, seed, 0)).collect();
        for document in &documents[..5] {
            register(catalogue, document, &batch).await;
        }
        let twin = Document::new(&house, 4, 0).with_code_of(0);
        let mut group: Vec<Entering> =
            documents[..4].iter().map(|document| entering(document, &batch, None)).collect();
        group.push(entering(&twin, &batch, None));
        // Never registered.
        group.push(entering(&documents[5], &batch, None));
        let place = catalogue.place();
        let results = catalogue.enter(&group).await.unwrap();
        assert_eq!(codes(&results), ["ok", "ok", "ok", "ok", "taken", "not-pending"], "{place}");
        // Again, as after an answer that was lost.
        let results = catalogue.enter(&group[..2]).await.unwrap();
        assert_eq!(codes(&results), ["ok", "ok"], "{place}");

        let ids: Vec<RecordId> = (0..4).map(id_of).collect();
        assert_eq!(catalogue.ids(None, 10).await.unwrap(), ids, "{place}");
        assert_eq!(catalogue.log_size().await.unwrap(), 4, "{place}");
        assert_eq!(catalogue.count().await.unwrap(), 4, "{place}");
        let entries = catalogue.log_entries(0, 10).await.unwrap();
        assert_eq!(entries.iter().map(|entry| entry.record).collect::<Vec<_>>(), ids, "{place}");
        let outbox = catalogue.outbox(0, 10).await.unwrap();
        assert_eq!(outbox.iter().map(|row| row.id).collect::<Vec<_>>(), ids, "{place}");
        assert!(outbox.is_sorted_by(|one, other| one.sequence < other.sequence), "{place}");
        let ledger = catalogue.ledger(&batch).await.unwrap();
        assert!(ledger.totals.balances(), "{place}");
        assert_eq!((ledger.totals.archived.documents, ledger.totals.pending.documents), (4, 1), "{place}");
        assert_eq!(catalogue.totals().await.unwrap(), ledger.totals, "{place}");
        let first = &group[0];
        assert_eq!(catalogue.record(id_of(0)).await.unwrap().as_ref(), Some(&first.record), "{place}");
        assert_eq!(catalogue.receipt(id_of(0), 1).await.unwrap().as_ref(), Some(&first.receipt), "{place}");
        assert_eq!(catalogue.holder_of(&first.record.sha256).await.unwrap(), Some(id_of(0)), "{place}");
        let code = first.record.description.result_code.as_ref().unwrap();
        assert_eq!(catalogue.code_holder(code).await.unwrap(), Some(id_of(0)), "{place}");
        assert_eq!(catalogue.find(&code.to_string()).await.unwrap(), [id_of(0)], "{place}");
        assert_eq!(catalogue.find("34/2026/attp-cnđk").await.unwrap(), ids, "{place}");
        assert_eq!(catalogue.log_entry(id_of(2), 1).await.unwrap().unwrap().0, 2, "{place}");
        assert!(catalogue.not_logged(None, 10).await.unwrap().is_empty(), "{place}");
        assert!(catalogue.faults().await.unwrap().is_empty(), "{place}");
    }
}

#[tokio::test]
async fn a_next_version_takes_the_place_of_the_present_one_only() {
    let house = House::empty();
    for engine in Engine::each().await {
        let catalogue = engine.catalogue.as_ref();
        let batch = catalogue.open_batch(now()).await.unwrap();
        let document = Document::new(&house, 0, 0).at_level("B-T");
        register(catalogue, &document, &batch).await;
        catalogue.enter(&[entering(&document, &batch, None)]).await.unwrap().remove(0).unwrap();
        assert_eq!(catalogue.to_uplift(None, at(0), 10).await.unwrap().len(), 1);
        assert_eq!(catalogue.to_uplift(None, at(-1), 10).await.unwrap().len(), 0);

        let stale = catalogue.begin_revision(id_of(0), 2, now()).await.unwrap();
        // The clock stands still, and yet the two are told apart.
        let mark = catalogue.begin_revision(id_of(0), 2, now()).await.unwrap();
        assert!(mark > stale);
        assert_eq!(catalogue.revisions().await.unwrap(), [(id_of(0), 2)]);
        let mut next = entering(&Document::new(&house, 0, 1), &batch, None);
        next.record.version = 2;
        next.receipt.version = 2;
        next.entry.version = 2;
        assert_eq!(catalogue.replace(&next, stale).await.unwrap_err().code(), "in-use");
        catalogue.give_up_revision(id_of(0), stale).await.unwrap();
        assert_eq!(catalogue.revisions().await.unwrap(), [(id_of(0), 2)]);
        catalogue.replace(&next, mark).await.unwrap();
        assert!(catalogue.revisions().await.unwrap().is_empty());
        // Whoever else had made the very same is told that it is there; another is not taken.
        catalogue.replace(&next, stale).await.unwrap();
        let mut other = entering(&Document::new(&house, 0, 2), &batch, None);
        other.record.version = 2;
        let mark = catalogue.begin_revision(id_of(0), 2, now()).await.unwrap();
        assert_eq!(catalogue.replace(&other, mark).await.unwrap_err().code(), "mismatch");
        catalogue.replace(&next, mark).await.unwrap();
        assert!(catalogue.revisions().await.unwrap().is_empty());
        assert_eq!(catalogue.record(id_of(0)).await.unwrap().unwrap().version, 2);
        assert_eq!(catalogue.versions(None, 10).await.unwrap().len(), 2);
        assert_eq!(catalogue.outbox(1, 10).await.unwrap()[0].version, 2);
        assert_eq!(catalogue.log_size().await.unwrap(), 2);
        assert!(catalogue.to_uplift(None, at(0), 10).await.unwrap().is_empty());
        let mark = catalogue.begin_revision(id_of(0), 3, now()).await.unwrap();
        catalogue.give_up_revision(id_of(0), mark).await.unwrap();
        assert!(catalogue.revisions().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_is_archived_or_queued_is_not_settled_otherwise() {
    let house = House::empty();
    let outcome = Outcome::Quarantined { code: "storage".to_owned(), detail: "no answer".to_owned() };
    for engine in Engine::each().await {
        let (catalogue, place) = (engine.catalogue.as_ref(), engine.catalogue.place());
        let batch = catalogue.open_batch(now()).await.unwrap();
        let record = entered(catalogue, &house, &batch, 0).await;
        let [archived, queued, pending, new] = [0, 1, 2, 3].map(|seed| Document::new(&house, seed, 0));
        let about = queued.record(&batch);
        let task = crate::Task { sources: about.sources, description: about.description };
        let offered = (queued.id, token());
        catalogue.enqueue(&batch, &queued.arrival(), offered, &task, true, now()).await.unwrap();
        register(catalogue, &pending, &batch).await;
        for (document, expected) in [
            (&archived, Settled::Kept),
            (&queued, Settled::Kept),
            (&pending, Settled::Given(id_of(2))),
            (&new, Settled::New),
        ] {
            let settled = catalogue.settle(&batch, &document.arrival(), &outcome, now()).await.unwrap();
            assert_eq!(settled, expected, "{place}");
        }
        let totals = catalogue.ledger(&batch).await.unwrap().totals;
        let counts = (totals.archived.documents, totals.pending.documents, totals.quarantined.documents);
        assert_eq!((totals.scanned.documents, counts), (4, (1, 1, 2)), "{place}");
        assert_eq!(catalogue.record(id_of(0)).await.unwrap(), Some(record), "{place}");
        // The queue still gives it out.
        let claimed = catalogue.claim("worker", SignedDuration::from_secs(60), now()).await.unwrap();
        assert_eq!(claimed.unwrap().record, id_of(1), "{place}");
    }
}

#[tokio::test]
async fn a_version_is_logged_once_by_whoever_finds_it_missing() {
    let house = House::empty();
    for engine in Engine::each().await {
        let (catalogue, place) = (engine.catalogue.as_ref(), engine.catalogue.place());
        let batch = catalogue.open_batch(now()).await.unwrap();
        let record = entered(catalogue, &house, &batch, 0).await;
        let entry = |seed| entering(&Document::new(&house, seed, 0), &batch, None).entry;
        let of_hold = |event| Entry::of_hold(&record, event, None, now(), Salt::random().unwrap()).unwrap();
        let hold = |state| Hold { record: record.id, since: now(), reason: String::new(), state };
        for (event, state) in [(LogEvent::Hold, HoldState::Setting), (LogEvent::Release, HoldState::Lifting)]
        {
            assert!(catalogue.decide(&hold(state), Some(&of_hold(event))).await.unwrap(), "{place}");
            // Whoever had read what stood before, and has lost its right since, decides nothing.
            assert!(!catalogue.decide(&hold(state), Some(&of_hold(event))).await.unwrap(), "{place}");
        }
        catalogue.append_missing(&[entry(0), entry(1)]).await.unwrap();
        catalogue.append_missing(&[entry(1), entry(0), entry(2)]).await.unwrap();
        let entries = catalogue.log_entries(0, 10).await.unwrap();
        let records: Vec<RecordId> = entries.iter().map(|entry| entry.record).collect();
        assert_eq!(records, [0, 0, 0, 1, 2].map(id_of), "{place}");
        assert_eq!(catalogue.log_size().await.unwrap(), 5, "{place}");
    }
}

#[tokio::test]
async fn a_new_catalogue_is_not_put_in_place_without_its_tail() {
    let house = House::empty();
    let Engine { at, catalogue, _folder, .. } = Engine::sqlite().await;
    catalogue.close().await;
    drop(catalogue);
    let held = at.lock_for_rebuild().await.unwrap();
    let beside = at.create_beside().await.unwrap();
    // Something keeps what is written from coming into the file, as a full disk does.
    let file = _folder.path().join("catalog.sqlite.new");
    let mut reader = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM records").execute(&mut reader).await.unwrap();
    let batch = beside.open_batch(now()).await.unwrap();
    entered(beside.as_ref(), &house, &batch, 0).await;
    beside.close().await;
    at.swap_under(&held).await.unwrap_err();
    assert_eq!(at.open_alone().await.unwrap().count().await.unwrap(), 0, "the old one is still there");
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    reader.close().await.unwrap();
    at.swap_under(&held).await.unwrap();
    held.give_up().await;
    assert_eq!(at.open().await.unwrap().count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_session_that_stands_still_keeps_nobody_waiting_for_long() {
    let server = Postgres::shared();
    let settings = PostgresSettings::new(&server.address(), &server.new_schema()).unwrap();
    let mut session = settings.connect().await.unwrap();
    for (name, expected) in [
        ("synchronous_commit", "on"),
        ("tcp_keepalives_idle", "30"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "1min"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("lock_timeout", "30s"),
    ] {
        let row = sqlx::query("SELECT current_setting($1)").bind(name).fetch_one(&mut session).await.unwrap();
        let value: String = row.get(0);
        // A kernel gives times back in units of its own.
        assert!(value == expected || value == "60000" && name == "tcp_user_timeout", "{name} is {value}");
    }
    // What comes of it is an error that passes.
    let mut other = settings.connect().await.unwrap();
    sqlx::raw_sql("SELECT pg_advisory_lock(1)").execute(&mut session).await.unwrap();
    let waited = "SET lock_timeout = '10ms'; SELECT pg_advisory_lock(1)";
    let refused = sqlx::raw_sql(waited).execute(&mut other).await.unwrap_err();
    assert!(Error::catalogue("wait")(refused).is_unanswered());
    let ended = "SET idle_in_transaction_session_timeout = '10ms'; BEGIN";
    sqlx::raw_sql(ended).execute(&mut other).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let error = loop {
        // Asked of another session, so that this one stands still.
        let row = sqlx::query(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'SET idle%'",
        );
        if row.fetch_one(&mut session).await.unwrap().get::<i64, _>(0) == 0 {
            break sqlx::raw_sql("SELECT 1").execute(&mut other).await.unwrap_err();
        }
        assert!(Instant::now() < deadline, "it is not ended");
    };
    assert!(Error::catalogue("go on")(error).is_unanswered());
}

#[tokio::test]
async fn intact_records_are_told_from_others_by_time() {
    let house = House::empty();
    for engine in Engine::each().await {
        let catalogue = engine.catalogue.as_ref();
        let batch = catalogue.open_batch(now()).await.unwrap();
        for seed in 0..3 {
            let document = Document::new(&house, seed, 0);
            register(catalogue, &document, &batch).await;
            catalogue.enter(&[entering(&document, &batch, None)]).await.unwrap().remove(0).unwrap();
        }
        catalogue.note_intact(&[id_of(0)], at(5)).await.unwrap();
        catalogue.note_intact(&[id_of(2)], at(3)).await.unwrap();
        let due = catalogue.not_intact_since(at(5), 10).await.unwrap();
        assert_eq!(due, [id_of(1), id_of(2)], "those never looked at come first");
        assert_eq!(catalogue.coverage().await.unwrap(), (3, 1, Some(at(3))));
    }
}

#[tokio::test]
async fn what_storage_holds_is_restored_beside_and_swapped() {
    let house = House::empty();
    for engine in Engine::each().await {
        let batch = engine.catalogue.open_batch(now()).await.unwrap();
        assert_eq!(engine.at.lock_for_rebuild().await.unwrap_err().code(), "in-use");
        engine.catalogue.close().await;
        let Engine { at, catalogue, _folder, _server } = engine;
        drop(catalogue);
        let held = until_free(&at).await;
        assert!(matches!(at.open().await.unwrap_err(), Error::InUse { .. }));
        let beside = at.create_beside().await.unwrap();
        let restored = |document: Document| {
            let Entering { record, receipt, .. } = entering(&document, &batch, None);
            Restored { record, receipt, arrival: fact(&document, &batch), earlier: Vec::new() }
        };
        let found: Vec<Restored> = [
            Document::new(&house, 0, 0),
            Document::new(&house, 1, 0),
            Document::new(&house, 2, 0).with_code_of(0),
        ]
        .map(restored)
        .into();
        let results = beside.restore(&found).await.unwrap();
        assert_eq!(codes(&results), ["ok", "ok", "taken"]);
        beside.close().await;
        drop(beside);
        at.swap_under(&held).await.unwrap();
        held.give_up().await;
        let catalogue = at.open().await.unwrap();
        assert_eq!(catalogue.ids(None, 10).await.unwrap(), [id_of(0), id_of(1)]);
        let ledger = catalogue.ledger(&batch).await.unwrap();
        assert_eq!((ledger.totals.archived.documents, ledger.totals.scanned.documents), (2, 2));
        assert_eq!(catalogue.not_logged(None, 10).await.unwrap(), [id_of(0), id_of(1)]);
        catalogue.close().await;
    }
}

/// The right to rebuild, once nobody has the catalogue open any more: a session ends a moment after its connection.
async fn until_free(at: &CatalogueAt) -> Held {
    loop {
        match at.lock_for_rebuild().await {
            Err(Error::InUse { .. }) => tokio::task::yield_now().await,
            held => return held.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_right_is_of_one_at_a_time() {
    for engine in Engine::each().await {
        let other = engine.at.open().await.unwrap();
        let right = engine.catalogue.take(Right::Publish).await.unwrap().unwrap();
        assert!(right.stands().await);
        assert!(other.take(Right::Publish).await.unwrap().is_none());
        let second = other.take(Right::Revise).await.unwrap().unwrap();
        right.give_up().await;
        other.take(Right::Publish).await.unwrap().unwrap().give_up().await;
        second.give_up().await;
    }
}

#[tokio::test]
async fn positions_and_sequences_have_no_gaps_whoever_writes_at_once() {
    let house = House::empty();
    for engine in Engine::each().await {
        let batch = engine.catalogue.open_batch(now()).await.unwrap();
        let mut running = Vec::new();
        for first in 0..4 {
            let catalogue = engine.at.open().await.unwrap();
            let documents: Vec<Document> =
                (0..25).map(|number| Document::new(&house, first * 100 + number, 0)).collect();
            let batch = batch.clone();
            running.push(tokio::spawn(async move {
                for document in &documents {
                    register(catalogue.as_ref(), document, &batch).await;
                    let results = catalogue.enter(&[entering(document, &batch, None)]).await.unwrap();
                    assert_eq!(codes(&results), ["ok"]);
                }
            }));
        }
        // A reader of the outbox that goes on from the last sequence that it saw must see all of them.
        let (mut seen, mut last) = (0, 0);
        while seen < 100 {
            for row in engine.catalogue.outbox(last, 7).await.unwrap() {
                assert!(row.sequence > last);
                (seen, last) = (seen + 1, row.sequence);
            }
            assert!(
                seen == 100 || running.iter().any(|task| !task.is_finished()) || {
                    engine.catalogue.outbox(last, 1).await.unwrap().len() == 1
                }
            );
        }
        for task in running {
            task.await.unwrap();
        }
        assert_eq!(engine.catalogue.log_size().await.unwrap(), 100);
        let entries = engine.catalogue.log_entries(0, 200).await.unwrap();
        assert_eq!(entries.len(), 100);
        assert!(engine.catalogue.ledger(&batch).await.unwrap().totals.balances());
    }
}

#[tokio::test]
async fn a_catalogue_moves_between_engines_whole() {
    let house = House::empty();
    for (from, to) in [
        (Engine::sqlite().await, Engine::postgres().await),
        (Engine::postgres().await, Engine::sqlite().await),
    ] {
        let catalogue = from.catalogue.as_ref();
        let batch = catalogue.open_batch(now()).await.unwrap();
        for seed in 0..5 {
            let document = Document::new(&house, seed, 0);
            let record = document.record(&batch);
            if seed < 3 {
                register(catalogue, &document, &batch).await;
                catalogue.enter(&[entering(&document, &batch, None)]).await.unwrap().remove(0).unwrap();
            } else {
                let task = crate::Task { sources: record.sources, description: record.description };
                let offered = (document.id, token());
                catalogue.enqueue(&batch, &document.arrival(), offered, &task, true, now()).await.unwrap();
            }
        }
        catalogue.claim("worker", SignedDuration::from_secs(60), now()).await.unwrap().unwrap();
        catalogue.note_published(2).await.unwrap();
        catalogue.note_intact(&[id_of(1)], now()).await.unwrap();
        catalogue.begin_revision(id_of(0), 2, now()).await.unwrap();
        let (reason, state) = ("Vụ việc".to_owned(), HoldState::Set);
        catalogue.decide(&Hold { record: id_of(2), since: now(), reason, state }, None).await.unwrap();
        let expected = contents(catalogue).await;
        assert!(expected.iter().all(|(_, rows)| !rows.is_empty()), "each table has a row: {expected:?}");

        from.catalogue.close().await;
        let Engine { at: source, catalogue, _folder, _server } = from;
        drop(catalogue);
        let alone = Alone::new(until_free(&source).await);
        // The other place has a catalogue of its own until it is taken away.
        let refused = crate::Archive::copy_catalogue(&alone, &source, &to.at).await;
        assert!(matches!(refused, Err(Error::ArchiveExists { .. })));
        to.catalogue.close().await;
        let Engine { at, catalogue: other, _folder: folder, _server: server } = to;
        drop(other);
        take_away(&at, &folder).await;
        let rows = crate::Archive::copy_catalogue(&alone, &source, &at).await.unwrap();
        // Again, as after a stop before the configuration was in place.
        assert_eq!(crate::Archive::copy_catalogue(&alone, &source, &at).await.unwrap(), rows);
        alone.give_up().await;
        let moved = at.open().await.unwrap();
        assert_eq!(contents(moved.as_ref()).await, expected);
        assert_eq!(rows, expected.iter().map(|(_, rows)| rows.len() as u64).sum::<u64>());
        // It goes on behind what it holds.
        let next = Document::new(&house, 9, 0);
        register(moved.as_ref(), &next, &batch).await;
        moved.enter(&[entering(&next, &batch, None)]).await.unwrap().remove(0).unwrap();
        assert_eq!(moved.outbox(0, 10).await.unwrap().len(), 4);
        moved.close().await;
        drop(server);
    }
}

async fn contents(catalogue: &dyn Catalogue) -> Vec<(&'static str, Vec<Vec<crate::catalogue::Cell>>)> {
    let mut all = Vec::new();
    for table in &crate::catalogue::TABLES {
        all.push((table.name, catalogue.read_table(table, 0, 1000).await.unwrap()));
    }
    all
}

/// Leaves no catalogue at a place.
async fn take_away(at: &CatalogueAt, folder: &TempDir) {
    match at {
        CatalogueAt::Directory(_) => {
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                std::fs::remove_file(entry.unwrap().path()).unwrap();
            }
        }
        CatalogueAt::Postgres(settings) => {
            settings.drop_schema().await;
        }
    }
}
