//! Both engines of the catalogue, held to the same promises: fixed cases, and random operations against a naive model.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use muniment_record::{LookupToken, Record, RecordId};
use tempfile::TempDir;

use super::fixture::{Document, House, id_of, now};
use super::postgres::Postgres;
use crate::catalogue::{
    Alone, Catalogue, CatalogueAt, Entering, Fence, Held, PostgresSettings, Restored, Right,
};
use crate::events::{ArrivalFact, this_program};
use crate::log::{Entry, Salt};
use crate::object::receipt_of;
use crate::{Arrival, ArrivalState, BatchId, Error, Events, Hold, HoldState, Outcome, Registration};

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

        catalogue.begin_revision(id_of(0), 2, now()).await.unwrap();
        catalogue.begin_revision(id_of(0), 2, now()).await.unwrap();
        assert_eq!(catalogue.revisions().await.unwrap(), [(id_of(0), 2)]);
        let mut next = entering(&Document::new(&house, 0, 1), &batch, None);
        next.record.version = 2;
        next.receipt.version = 2;
        next.entry.version = 2;
        catalogue.replace(&next).await.unwrap();
        assert_eq!(catalogue.replace(&next).await.unwrap_err().code(), "mismatch");
        assert!(catalogue.revisions().await.unwrap().is_empty());
        assert_eq!(catalogue.record(id_of(0)).await.unwrap().unwrap().version, 2);
        assert_eq!(catalogue.versions(None, 10).await.unwrap().len(), 2);
        assert_eq!(catalogue.outbox(1, 10).await.unwrap()[0].version, 2);
        assert_eq!(catalogue.log_size().await.unwrap(), 2);
        assert!(catalogue.to_uplift(None, at(0), 10).await.unwrap().is_empty());
        catalogue.begin_revision(id_of(0), 3, now()).await.unwrap();
        catalogue.give_up_revision(id_of(0)).await.unwrap();
        assert!(catalogue.revisions().await.unwrap().is_empty());
    }
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
        at.swap().await.unwrap();
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
        let mut right = engine.catalogue.take(Right::Publish).await.unwrap().unwrap();
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
