//! Legal holds: logged once, carried out on every file where the store has locks, and never lost.

use std::fs;
use std::sync::Arc;

use muniment_seal::note::NoteKey;

use super::catalogue::Engine;
use super::fixture::{House, archive_all, audit, files, id_of, now};
use super::seaweed::SeaweedFs;
use crate::catalogue::CatalogueAt;
use crate::log::{Entry, Salt};
use crate::object::name_of;
use crate::store::tests::on_s3_with;
use crate::store::{Locks, S3Store};
use crate::{Archive, Hold, HoldReport, HoldState, Leaf, LogEvent, ObjectStore};

const REASON: &str = "Vụ việc 12/2026";

fn key() -> NoteKey {
    NoteKey::generate("archive.example/log").unwrap()
}

async fn events(archive: &Archive, seed: u32) -> Vec<(LogEvent, u32)> {
    let leaves = archive.catalogue.leaves(0, 100).await.unwrap();
    let leaves = leaves.iter().map(|leaf| Leaf::from_entry(leaf).unwrap());
    leaves.filter(|leaf| leaf.record == id_of(seed)).map(|leaf| (leaf.event, leaf.version)).collect()
}

/// Which files of a record's object are held.
fn held_files(objects: &S3Store, archive: &Archive, seed: u32) -> (usize, usize) {
    let names = archive.store.files_below(&name_of(id_of(seed))).unwrap();
    let is_held =
        |name: &&String| objects.locks_of(&format!("{}/{name}", name_of(id_of(seed)))).unwrap().held;
    (names.iter().filter(is_held).count(), names.len())
}

#[tokio::test]
async fn a_hold_is_decided_once_and_its_reason_stays_private() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..3).await;
    let (new, old) = (true, false);
    let report = |is_new| HoldReport { is_new, is_enforced: false };
    assert_eq!(archive.hold(id_of(1), REASON, now()).await.unwrap(), report(new));
    assert_eq!(archive.hold(id_of(1), "another", now()).await.unwrap(), report(old));
    let hold = Hold { record: id_of(1), since: now(), reason: REASON.to_owned(), state: HoldState::Set };
    assert_eq!(archive.hold_on(id_of(1)).await.unwrap(), Some(hold));
    let revision = super::revise::grown(&archive, 1).await;
    archive.revise(id_of(1), revision, now()).await.unwrap();
    assert_eq!(archive.release(id_of(1), Some("Đã xong"), now()).await.unwrap(), report(new));
    assert_eq!(archive.release(id_of(1), None, now()).await.unwrap(), report(old));
    assert_eq!(archive.release(id_of(2), None, now()).await.unwrap(), report(old));
    assert_eq!(archive.hold_on(id_of(1)).await.unwrap(), None);
    assert_eq!(archive.hold(id_of(7), REASON, now()).await.unwrap_err().code(), "not-found");
    let expected = [(LogEvent::Issue, 1), (LogEvent::Hold, 1), (LogEvent::Uplift, 2), (LogEvent::Release, 2)];
    assert_eq!(events(&archive, 1).await, expected);

    let key = key();
    assert_eq!(archive.publish_log(&key).await.unwrap().unwrap().size, 6);
    // What is proven of a record is how it came to be.
    let leaf = archive.prove(id_of(1)).await.unwrap().check(&key.verifier()).unwrap();
    assert_eq!(leaf.event, LogEvent::Uplift);
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.log_entries == 6, "{report}");
    let holds_text = |below: &str, text: &str| {
        let read = |file| String::from_utf8_lossy(&fs::read(file).unwrap()).contains(text);
        files(&house.home(), below).iter().any(read)
    };
    for reason in [REASON, "Đã xong"] {
        assert!(holds_text("log/private", reason) && !holds_text("log/public", reason), "{reason}");
        let plain = muniment_record::Digest::of(reason.as_bytes()).to_string();
        assert!(!holds_text("log/public", &plain), "{reason}");
    }
}

#[tokio::test]
async fn a_hold_that_the_catalogue_has_lost_or_made_up_is_named() {
    for statement in [
        "DELETE FROM holds",
        "INSERT INTO holds SELECT id, archived_at, '', 'set' FROM records WHERE result_code LIKE '%-0002-%'",
    ] {
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 0..3).await;
        archive.hold(id_of(1), REASON, now()).await.unwrap();
        archive.publish_log(&key()).await.unwrap();
        assert!(audit(&archive).await.is_clean());
        let mut transaction = archive.catalogue.sqlite().unwrap().begin().await.unwrap();
        sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        let report = audit(&archive).await;
        let [finding] = &report.findings[..] else { panic!("{statement}: {report}") };
        assert!(finding.detail.contains("hold"), "{report}");
    }
}

#[tokio::test]
async fn both_engines_keep_holds_alike() {
    let house = House::empty();
    for engine in Engine::each().await {
        let catalogue = engine.catalogue.as_ref();
        let place = catalogue.place();
        let batch = catalogue.open_batch(now()).await.unwrap();
        let record = super::catalogue::entered(catalogue, &house, &batch, 1).await;
        let hold = |state| Hold { record: record.id, since: now(), reason: REASON.to_owned(), state };
        let entry =
            Entry::of_hold(&record, LogEvent::Hold, Some(REASON), now(), Salt::random().unwrap()).unwrap();
        assert_eq!(catalogue.hold_on(record.id).await.unwrap(), None, "{place}");
        catalogue.decide(&hold(HoldState::Setting), Some(&entry)).await.unwrap();
        assert_eq!(catalogue.log_size().await.unwrap(), 2, "{place}");
        assert_eq!(catalogue.log_entry(record.id, 1).await.unwrap().unwrap().0, 0, "{place}");
        assert_eq!(catalogue.holds().await.unwrap(), [hold(HoldState::Setting)], "{place}");
        assert!(catalogue.carried_out(&hold(HoldState::Setting)).await.unwrap(), "{place}");
        assert!(catalogue.carried_out(&hold(HoldState::Setting)).await.unwrap(), "{place}");
        // The end of it was carried out by one who had lost its right.
        assert!(!catalogue.carried_out(&hold(HoldState::Lifting)).await.unwrap(), "{place}");
        assert_eq!(catalogue.hold_on(record.id).await.unwrap(), Some(hold(HoldState::Set)), "{place}");
        catalogue.decide(&hold(HoldState::Lifting), None).await.unwrap();
        assert_eq!(catalogue.hold_on(record.id).await.unwrap(), Some(hold(HoldState::Lifting)), "{place}");
        assert!(!catalogue.carried_out(&hold(HoldState::Set)).await.unwrap(), "{place}");
        let earlier = Hold { since: jiff::Timestamp::UNIX_EPOCH, ..hold(HoldState::Lifting) };
        assert!(catalogue.carried_out(&earlier).await.unwrap(), "{place}");
        assert_eq!(catalogue.hold_on(record.id).await.unwrap(), Some(hold(HoldState::Lifting)), "{place}");
        assert!(catalogue.carried_out(&hold(HoldState::Lifting)).await.unwrap(), "{place}");
        assert_eq!(
            (catalogue.holds().await.unwrap(), catalogue.log_size().await.unwrap()),
            (vec![], 2),
            "{place}"
        );
    }
}

#[tokio::test]
async fn every_file_of_a_held_record_is_locked_those_of_later_versions_too() {
    let server = SeaweedFs::start();
    server.make_bucket_with_locks("held");
    let objects = Arc::new(on_s3_with(&server, "held", "", true));
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
    archive_all(&house, &archive, 0..2).await;
    let key = key();
    assert!(archive.hold(id_of(1), REASON, now()).await.unwrap().is_enforced);
    assert_eq!(held_files(&objects, &archive, 1), (5, 5));
    assert_eq!(held_files(&objects, &archive, 0), (0, 5));
    let revision = super::revise::grown(&archive, 1).await;
    archive.revise(id_of(1), revision, now()).await.unwrap();
    assert_eq!(held_files(&objects, &archive, 1), (7, 7));
    archive.release(id_of(1), None, now()).await.unwrap();
    assert_eq!(held_files(&objects, &archive, 1), (0, 7));

    // Decided, and stopped before any file knows of it.
    let record = archive.record(id_of(0)).await.unwrap();
    let entry = Entry::of_hold(&record, LogEvent::Hold, None, now(), Salt::random().unwrap()).unwrap();
    let hold = Hold { record: id_of(0), since: now(), reason: String::new(), state: HoldState::Setting };
    archive.catalogue.decide(&hold, Some(&entry)).await.unwrap();
    archive.recover(now()).await.unwrap();
    assert_eq!(held_files(&objects, &archive, 0), (5, 5));
    assert_eq!(archive.hold_on(id_of(0)).await.unwrap().unwrap().state, HoldState::Set);
    archive.publish_log(&key).await.unwrap();
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn a_rebuild_brings_holds_back_and_has_the_files_told_again() {
    let server = SeaweedFs::start();
    server.make_bucket_with_locks("held");
    let objects = Arc::new(on_s3_with(&server, "held", "", true));
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
    archive_all(&house, &archive, 0..4).await;
    let key = key();
    for seed in [0, 1] {
        archive.hold(id_of(seed), REASON, now()).await.unwrap();
    }
    archive.release(id_of(1), None, now()).await.unwrap();
    archive.publish_log(&key).await.unwrap();
    archive.close().await;
    drop(archive);
    // Somebody has taken the hold off, and the catalogue is gone.
    objects.hold(&format!("{}/inventory.json", name_of(id_of(0))), false).unwrap();
    fs::remove_dir_all(house.home()).unwrap();
    let report = Archive::rebuild_on(&house.home(), objects.clone(), now(), false).await.unwrap();
    assert!(report.is_complete() && report.log_entries == 7, "{report}");
    let archive = Archive::open_on(&house.home(), objects.clone()).await.unwrap();
    archive.recover(now()).await.unwrap();
    let hold = archive.hold_on(id_of(0)).await.unwrap().unwrap();
    assert_eq!((hold.reason.as_str(), hold.since, hold.state), (REASON, now(), HoldState::Set));
    assert_eq!(archive.hold_on(id_of(1)).await.unwrap(), None);
    for (seed, held) in [(0, 5), (1, 0), (2, 0)] {
        assert_eq!(held_files(&objects, &archive, seed), (held, 5), "{seed}");
    }
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn what_is_moved_is_retained_and_held_as_if_it_had_been_archived_there() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..3).await;
    let revision = super::revise::grown(&archive, 2).await;
    archive.revise(id_of(2), revision, now()).await.unwrap();
    archive.hold(id_of(1), REASON, now()).await.unwrap();
    archive.close().await;
    drop(archive);
    let server = SeaweedFs::start();
    server.make_bucket_with_locks("moved");
    let to = Arc::new(on_s3_with(&server, "moved", "", true));
    let at = CatalogueAt::from(&house.home());
    let alone = Archive::alone(&at).await.unwrap();
    let from = crate::DiskStore::open(&house.home()).unwrap();
    Archive::copy_store(&alone, &from, to.as_ref()).unwrap();
    // Twice, as after a stop.
    for _ in 0..2 {
        assert_eq!(Archive::lock_copy(&alone, &at, to.clone()).await.unwrap(), []);
    }
    Archive::hand_over(&alone, None, &at, to.as_ref()).await.unwrap();
    alone.give_up().await;
    let archive = Archive::open_on(&house.home(), to.clone()).await.unwrap();
    let until: jiff::Timestamp = "2037-01-01T00:00:00Z".parse().unwrap();
    for (seed, held, count) in [(0, false, 5), (1, true, 5), (2, false, 7)] {
        let names = archive.store.files_below(&name_of(id_of(seed))).unwrap();
        assert_eq!(names.len(), count);
        for name in names {
            let name = format!("{}/{name}", name_of(id_of(seed)));
            assert_eq!(to.locks_of(&name).unwrap(), Locks { retained_until: Some(until), held }, "{name}");
        }
    }
    assert!(audit(&archive).await.is_clean());
    // A disk has no locks to set.
    let disk: Arc<dyn ObjectStore> = Arc::new(crate::DiskStore::open(&house.dir().join("other")).unwrap());
    archive.close().await;
    drop(archive);
    let alone = Archive::alone(&at).await.unwrap();
    assert_eq!(Archive::lock_copy(&alone, &at, disk).await.unwrap(), []);
}
