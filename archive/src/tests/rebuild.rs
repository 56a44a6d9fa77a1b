//! The rebuild: all that storage has comes back, all that it has not is named, and what does not answer is not taken for lost.

use std::fs;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_seal::note::NoteKey;

use super::crash::{begins_with, checkpoint, key_of, matrix, template};
use super::fixture::{Document, House, archive_all, audit, id_of, now};
use super::pair::{on_two_disks, second_home};
use super::queue::enqueue;
use crate::object::name_of;
use crate::store::{Brake, DiskStore, Pair};
use crate::{Archive, AuditProblem, Error, ErrorKind, ObjectStore, Outcome, Patience, Patient};

fn key() -> NoteKey {
    NoteKey::generate("archive.example/log").unwrap()
}

/// A disk of which files whose names hold a word cannot be read.
#[derive(Debug)]
struct Failing {
    disk: DiskStore,
    word: &'static str,
    fault: fn() -> io::Error,
}

impl Failing {
    fn on(house: &House, word: &'static str, fault: fn() -> io::Error) -> Arc<Self> {
        Arc::new(Self { disk: DiskStore::open(&house.home()).unwrap(), word, fault })
    }

    fn serve<T>(&self, name: &str, call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if name.contains(self.word) {
            Err(Error::storage(format!("read {name}"))((self.fault)()))
        } else {
            call()
        }
    }
}

impl ObjectStore for Failing {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.disk.put_new(name, bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.disk.put(name, bytes)
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.serve(name, || self.disk.get(name))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.serve(name, || self.disk.get_range(name, range))
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        self.serve(name, || self.disk.head(name))
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        self.serve(directory, || self.disk.list(directory, visit))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.disk.delete(name)
    }

    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error> {
        self.disk.retain(name, until)
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        self.disk.hold(name, held)
    }

    fn brake(&self) -> &Brake {
        self.disk.brake()
    }
}

fn remove_catalogue(house: &House) {
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
        fs::remove_file(house.home().join(name)).ok();
    }
}

#[tokio::test]
async fn the_catalogue_is_made_again_from_the_objects() {
    let (house, archive) = House::new().await;
    let batch = archive_all(&house, &archive, 0..5).await;
    let before = archive.ledger(&batch).await.unwrap();
    let receipt = archive.receipt(id_of(3)).await.unwrap();
    let in_use = Archive::rebuild(&house.home(), now(), true).await.unwrap_err();
    assert_eq!(in_use.code(), "in-use");
    archive.close().await;
    drop(archive);
    std::fs::remove_file(house.home().join("catalog.sqlite")).unwrap();

    let report = Archive::rebuild(&house.home(), now(), true).await.unwrap();
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.objects, report.records, report.pages), (5, 5, 1 + 2 + 3 + 1 + 2));
    let archive = Archive::open(&house.home()).await.unwrap();
    assert_eq!(archive.ledger(&batch).await.unwrap(), before);
    assert_eq!(archive.receipt(id_of(3)).await.unwrap(), receipt);
    assert_eq!(archive.outbox(0, 10).await.unwrap().len(), 5);
    archive.recover(now()).await.unwrap();
    assert!(audit(&archive).await.is_clean());
    // The sources are known again, and new batches do not take old names.
    let next = archive.open_batch(now()).await.unwrap();
    assert_ne!(next, batch);
    let again = Document::new(&house, 2, 1).register(&archive, &next).await;
    assert_eq!(again, crate::Registration::Duplicate { of: id_of(2) });
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_named_and_the_rest_comes_back() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..3).await;
    let object = house.home().join(crate::object::name_of(id_of(1)));
    drop(archive);
    std::fs::write(object.join("v1/content/version.json"), b"{}").unwrap();
    let report = Archive::rebuild(&house.home(), now(), true).await.unwrap();
    assert!(!report.is_complete());
    assert_eq!((report.objects, report.records), (3, 2));
    assert_eq!(report.findings[0].record, Some(id_of(1)));
}

#[tokio::test]
async fn a_lost_log_is_begun_anew_only_when_told_so() {
    for lost in ["log", "log/public/checkpoint", "log/public/tile"] {
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 0..3).await;
        let key = muniment_seal::note::NoteKey::generate("archive.example/log").unwrap();
        archive.publish_log(&key).await.unwrap();
        archive.close().await;
        drop(archive);
        let path = house.home().join(lost);
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap()
        } else {
            std::fs::remove_file(&path).unwrap()
        }
        let refused = Archive::rebuild(&house.home(), now(), false).await.unwrap_err();
        assert_eq!(refused.code(), "log-missing", "{lost}");
        // The catalogue that is there stays as it was.
        let archive = Archive::open(&house.home()).await.unwrap();
        assert_eq!(archive.count().await.unwrap(), 3);
        archive.close().await;
        drop(archive);
        if lost == "log" {
            let report = Archive::rebuild(&house.home(), now(), true).await.unwrap();
            assert_eq!((report.records, report.log_entries), (3, 0));
            let archive = Archive::open(&house.home()).await.unwrap();
            archive.recover(now()).await.unwrap();
            assert_eq!(archive.publish_log(&key).await.unwrap().unwrap().size, 3);
            assert!(audit(&archive).await.is_clean());
        }
    }
    let (house, archive) = House::new().await;
    drop(archive);
    assert!(Archive::rebuild(&house.home(), now(), false).await.unwrap().is_complete());
}

#[tokio::test]
async fn what_only_the_old_catalogue_knows_outlasts_a_stop_in_the_swap() {
    let (house, archive) = House::new().await;
    let batch = archive_all(&house, &archive, 0..2).await;
    Document::new(&house, 7, 0).register(&archive, &batch).await;
    archive.close().await;
    drop(archive);
    let file = |name: &str| house.home().join(name);
    for _ in 0..2 {
        // The old one is moved, and the new one not in its place yet.
        std::fs::rename(file("catalog.sqlite"), file("catalog.sqlite.old")).unwrap();
        assert_eq!(Archive::open(&house.home()).await.unwrap_err().code(), "catalogue-missing");
        let report = Archive::rebuild(&house.home(), now(), true).await.unwrap();
        assert_eq!((report.records, report.not_archived), (2, Some(1)), "{report}");
        let archive = Archive::open(&house.home()).await.unwrap();
        assert_eq!(archive.totals().await.unwrap().pending.documents, 1);
        archive.close().await;
    }
}

/// An archive with five published records, one entry that is not published, and a document in the queue.
async fn at_work(key: &NoteKey) -> House {
    let (house, archive) = House::new().await;
    let batch = archive_all(&house, &archive, 0..5).await;
    archive.publish_log(key).await.unwrap();
    archive_all(&house, &archive, 5..6).await;
    enqueue(&archive, &batch, &Document::new(&house, 7, 0)).await;
    archive.close().await;
    house
}

#[tokio::test]
async fn what_does_not_answer_is_not_taken_for_lost() {
    const WORDS: [&str; 8] = [
        "v1/content/version.json",
        "inventory.json",
        "tile/entries/000.p/5",
        "tile/entries",
        "tile/0",
        "companions",
        "log/public/checkpoint",
        "ocfl",
    ];
    let faults: [fn() -> io::Error; 3] = [
        || io::ErrorKind::ResourceBusy.into(),
        || io::ErrorKind::TimedOut.into(),
        || io::ErrorKind::PermissionDenied.into(),
    ];
    let house = at_work(&key()).await;
    for word in WORDS {
        for fault in faults {
            let refused =
                Archive::rebuild_on(&house.home(), Failing::on(&house, word, fault), now(), false).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unavailable, "{word}");
            let archive = Archive::open(&house.home()).await.unwrap();
            assert_eq!(archive.count().await.unwrap(), 6, "{word}");
            assert_eq!(archive.queue(now()).await.unwrap().ready, 1, "{word}");
            archive.close().await;
        }
    }
    let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    assert!(report.is_complete() && report.not_archived == Some(1), "{report}");
}

#[tokio::test]
async fn a_file_that_a_disk_cannot_read_is_damage_while_the_disk_serves_otherwise() {
    let house = at_work(&key()).await;
    let unreadable = || io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error());
    let store = Failing::on(&house, "H05.12-260224-0002-KQ1.pdf", unreadable);
    let report = Archive::rebuild_on(&house.home(), store, now(), false).await.unwrap();
    assert_eq!((report.objects, report.records), (6, 5), "{report}");
    let [finding] = &report.findings[..] else { panic!("{report}") };
    assert_eq!((finding.record, finding.what), (Some(id_of(2)), AuditProblem::Unreadable));
    let refused =
        Archive::rebuild_on(&house.home(), Failing::on(&house, "ocfl", unreadable), now(), false).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_old_catalogue_that_does_not_answer_keeps_its_queue() {
    let house = at_work(&key()).await;
    // SQLite cannot open it so.
    let obstacle = house.home().join("catalog.sqlite-wal");
    fs::create_dir(&obstacle).unwrap();
    let refused = Archive::rebuild(&house.home(), now(), false).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
    fs::remove_dir(&obstacle).unwrap();
    let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    assert!(report.is_complete() && report.not_archived == Some(1), "{report}");
}

/// Turns a bit of the byte behind a word in a file, or of the one in its middle.
fn flip(file: &std::path::Path, word: &str) {
    let mut bytes = fs::read(file).unwrap();
    let place = match word {
        "" => bytes.len() / 2,
        _ => bytes.windows(word.len()).position(|part| part == word.as_bytes()).unwrap() + word.len(),
    };
    bytes[place] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// A file of the log, and where in it a bit turns.
const PLACES: [(&str, &str); 9] = [
    ("log/public/tile/entries/000.p/5", "\"sha256\":\""),
    ("log/public/tile/entries/000.p/5", "\"commitment\":\""),
    ("log/public/tile/entries/000.p/5", "\"format\":"),
    ("log/public/tile/entries/000.p/5", "{\"at\":\"202"),
    ("log/private/companions/000.p/5", "\"salt\":\""),
    ("log/private/companions/000.p/5", ""),
    ("log/public/tile/0/000.p/5", ""),
    ("log/public/checkpoint", "archive.example/log\n"),
    ("log/public/checkpoint", "archive.example/log\n5\n"),
];

#[tokio::test]
async fn a_bit_that_turned_in_the_log_is_named_and_enters_no_order() {
    let key = key();
    let start = at_work(&key).await;
    let archive = Archive::open(&start.home()).await.unwrap();
    let leaves = archive.catalogue.leaves(0, 5).await.unwrap();
    archive.close().await;
    drop(archive);
    remove_catalogue(&start);
    for (place, word) in PLACES {
        let house = start.copy();
        let file = house.home().join(place);
        let sound = fs::read(&file).unwrap();
        flip(&file, word);
        let context = format!("{place} {word}");
        let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        assert_eq!((report.objects, report.records, report.log_entries), (6, 6, 0), "{context}: {report}");
        assert!(!report.is_complete(), "{context}");
        let named = if place.contains("tile/0") { "log/public/checkpoint" } else { place };
        assert!(report.findings.iter().any(|finding| finding.object == named), "{context}: {report}");
        // Whatever comes in, nothing is published before it is mended.
        if let Ok(archive) = Archive::open(&house.home()).await {
            archive.recover(now()).await.unwrap();
            archive_all(&house, &archive, 8..9).await;
            archive.publish_log(&key).await.unwrap_err();
            archive.close().await;
        }
        fs::write(&file, sound).unwrap();
        let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        assert!(report.is_complete() && report.log_entries == 5, "{context}: {report}");
        let archive = Archive::open(&house.home()).await.unwrap();
        assert_eq!(archive.catalogue.leaves(0, 5).await.unwrap(), leaves, "{context}");
        archive.recover(now()).await.unwrap();
        archive.publish_log(&key).await.unwrap();
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context}: {report}");
    }
}

#[tokio::test]
async fn where_the_log_is_damaged_the_old_catalogue_still_has_its_order() {
    let key = key();
    let house = at_work(&key).await;
    let archive = Archive::open(&house.home()).await.unwrap();
    let leaves = archive.catalogue.leaves(0, 9).await.unwrap();
    archive.close().await;
    drop(archive);
    let (place, word) = PLACES[0];
    let sound = fs::read(house.home().join(place)).unwrap();
    flip(&house.home().join(place), word);
    let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    assert!(report.log_is_damaged() && report.log_entries == 0 && report.findings.len() == 1, "{report}");
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    assert_eq!(archive.catalogue.leaves(0, 9).await.unwrap(), leaves);
    // What turned is copied nowhere.
    assert_eq!(archive.publish_log(&key).await.unwrap().unwrap().size, 6);
    fs::write(house.home().join(place), sound).unwrap();
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.log_entries == 6, "{report}");
}

fn two_disks(house: &House) -> Arc<Pair> {
    let open = |home| -> Arc<dyn ObjectStore> { Arc::new(DiskStore::open(home).unwrap()) };
    Arc::new(Pair::new(open(&house.home()), open(&second_home(house))))
}

#[tokio::test]
async fn a_bit_that_turned_in_one_store_is_read_from_the_other() {
    let key = key();
    let (start, archive) = on_two_disks().await;
    archive_all(&start, &archive, 0..5).await;
    archive.publish_log(&key).await.unwrap();
    let leaves = archive.catalogue.leaves(0, 5).await.unwrap();
    archive.close().await;
    drop(archive);
    remove_catalogue(&start);
    for (place, word) in PLACES {
        let house = start.copy();
        flip(&house.home().join(place), word);
        let report = Archive::rebuild_on(&house.home(), two_disks(&house), now(), false).await.unwrap();
        assert!(report.is_complete() && report.log_entries == 5, "{place} {word}: {report}");
        let archive = Archive::open_on(&house.home(), two_disks(&house)).await.unwrap();
        assert_eq!(archive.catalogue.leaves(0, 9).await.unwrap(), leaves, "{place} {word}");
    }
}

/// Publishing was stopped, so that entries stand behind the checkpoint: with their tile, and before that was written.
#[tokio::test]
async fn a_bit_that_turned_behind_the_checkpoint_is_named_too() {
    for (has_tile, word) in
        [(true, "\"sha256\":\""), (false, "\"sha256\":\""), (false, "\"bytes\":"), (true, "T")]
    {
        let key = key();
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 0..2).await;
        archive.publish_log(&key).await.unwrap();
        let note = fs::read(house.home().join("log/public/checkpoint")).unwrap();
        archive_all(&house, &archive, 2..4).await;
        archive.publish_log(&key).await.unwrap();
        archive.close().await;
        drop(archive);
        fs::write(house.home().join("log/public/checkpoint"), note).unwrap();
        if !has_tile {
            fs::remove_file(house.home().join("log/public/tile/0/000.p/4")).unwrap();
        }
        remove_catalogue(&house);
        let sound = house.copy();
        let report = Archive::rebuild(&sound.home(), now(), false).await.unwrap();
        assert!(report.is_complete() && report.log_entries == 4, "{has_tile} {word}: {report}");
        let bundle = "log/public/tile/entries/000.p/4";
        let mut bytes = fs::read(house.home().join(bundle)).unwrap();
        let place = bytes.windows(word.len()).rposition(|part| part == word.as_bytes()).unwrap();
        bytes[place + word.len()] ^= 1;
        fs::write(house.home().join(bundle), bytes).unwrap();
        let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        let [finding] = &report.findings[..] else { panic!("{has_tile} {word}: {report}") };
        assert_eq!((finding.object.as_str(), report.log_entries, report.records), (bundle, 0, 4));
        let archive = Archive::open(&house.home()).await.unwrap();
        archive.recover(now()).await.unwrap();
        archive.publish_log(&key).await.unwrap_err();
    }
}

#[tokio::test]
async fn what_was_acknowledged_goes_before_what_a_stop_left() {
    for (published, with_catalogue) in [(true, false), (true, true), (false, true)] {
        let (house, archive) = House::new().await;
        let key = key();
        archive_all(&house, &archive, 3..4).await;
        archive.publish_log(&key).await.unwrap();
        let batch = archive.open_batch(now()).await.unwrap();
        let first = Document::new(&house, 0, 0);
        first.register(&archive, &batch).await;
        archive.store.brake().stop_after(super::kill::OBJECT_IN_PLACE);
        first.deposit(&archive, &batch).await.unwrap_err();
        // Its row is settled, and a stop comes before its object is withdrawn.
        let outcome = Outcome::Quarantined { code: "storage".to_owned(), detail: String::new() };
        archive.catalogue.settle(&batch, &first.arrival(), &outcome, now()).await.unwrap();
        archive.store.brake().release();
        assert!(archive.store.has_below(&name_of(id_of(0))).unwrap());
        // Handed in again, it is another record.
        let mut again = Document::new(&house, 0, 1);
        again.id = id_of(1);
        again.register(&archive, &batch).await;
        again.deposit(&archive, &batch).await.unwrap();
        if published {
            archive.publish_log(&key).await.unwrap();
        }
        archive.close().await;
        drop(archive);
        if !with_catalogue {
            remove_catalogue(&house);
        }
        let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        assert_eq!((report.objects, report.records), (3, 2), "{report}");
        let [finding] = &report.findings[..] else { panic!("{report}") };
        assert_eq!((finding.record, finding.what), (Some(id_of(0)), AuditProblem::Catalogue), "{report}");
        let archive = Archive::open(&house.home()).await.unwrap();
        assert_eq!(archive.record(id_of(1)).await.unwrap().version, 1);
    }
}

#[tokio::test]
async fn what_is_in_the_log_and_in_no_object_is_named() {
    for with_catalogue in [true, false] {
        let key = key();
        let house = at_work(&key).await;
        let archive = Archive::open(&house.home()).await.unwrap();
        archive.hold(id_of(1), "Vụ việc", now()).await.unwrap();
        let revision = super::revise::grown(&archive, 3).await;
        archive.revise(id_of(3), revision, now()).await.unwrap();
        archive.publish_log(&key).await.unwrap();
        archive_all(&house, &archive, 8..10).await;
        let sha256 = archive.record(id_of(1)).await.unwrap().sha256.to_string();
        archive.close().await;
        drop(archive);
        for seed in [1, 3, 9] {
            fs::remove_dir_all(house.home().join(name_of(id_of(seed)))).unwrap();
        }
        if !with_catalogue {
            remove_catalogue(&house);
        }
        let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        assert!(!report.is_complete(), "{report}");
        assert_eq!((report.objects, report.records), (5, 5), "{report}");
        let missing = report.findings.iter().map(|finding| {
            assert_eq!(finding.what, AuditProblem::Missing, "{report}");
            finding.record.unwrap()
        });
        let mut missing: Vec<_> = missing.collect();
        missing.sort();
        // What is not published is known to the catalogue only.
        let expected = [id_of(1), id_of(3), id_of(3), id_of(9)];
        assert_eq!(missing, expected[..if with_catalogue { 4 } else { 3 }], "{report}");
        assert!(report.findings.iter().any(|finding| finding.detail.contains(&sha256)), "{report}");
    }
}

/// A disk that is written file by file, as a bucket is.
fn by_files(house: &House) -> Arc<dyn ObjectStore> {
    Arc::new(Patient::new(DiskStore::open(&house.home()).unwrap(), Patience::default()))
}

/// Makes a version that is stopped after so many steps, then a rebuild with or without the catalogue; says whether it was stopped.
async fn rebuilt_after_a_stopped_version(steps: u32, with_catalogue: bool) -> bool {
    let house = House::empty();
    fs::create_dir_all(house.home()).unwrap();
    let key = key();
    let archive = Archive::create_on(&house.home(), by_files(&house)).await.unwrap();
    archive_all(&house, &archive, 0..3).await;
    archive.publish_log(&key).await.unwrap();
    let revision = super::revise::grown(&archive, 1).await;
    archive.store.brake().stop_after(steps);
    let stopped = archive.revise(id_of(1), revision, now()).await.is_err();
    archive.close().await;
    drop(archive);
    if !with_catalogue {
        remove_catalogue(&house);
    }
    let report = Archive::rebuild_on(&house.home(), by_files(&house), now(), false).await.unwrap();
    let context = format!("after {steps}, {with_catalogue}: {report}");
    assert!(report.is_complete() && report.records == 3, "{context}");
    let archive = Archive::open_on(&house.home(), by_files(&house)).await.unwrap();
    let recovered = archive.recover(now()).await.unwrap();
    assert!(recovered.damaged.is_empty(), "{context}: {recovered:?}");
    if archive.record(id_of(1)).await.unwrap().version == 1 {
        let revision = super::revise::grown(&archive, 1).await;
        archive.revise(id_of(1), revision, now()).await.unwrap();
    }
    archive.publish_log(&key).await.unwrap();
    let record = archive.record(id_of(1)).await.unwrap();
    assert_eq!(archive.pdf(&record).await.unwrap(), b"%PDF-1.7 1 signed 0 and more", "{context}");
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.log_entries == 4, "{context}: {report}");
    stopped
}

#[tokio::test]
async fn a_rebuild_straight_after_a_stopped_version_keeps_the_acknowledged_one() {
    for with_catalogue in [true, false] {
        let mut steps = 0;
        while rebuilt_after_a_stopped_version(steps, with_catalogue).await {
            steps += 1;
        }
        assert!(steps > 4, "{steps} steps");
    }
}

async fn queued_and_held_again(house: &House, context: &str) {
    let kept = checkpoint(house);
    super::crash::rebuild(house).await;
    begins_with(house, kept.as_deref(), context).await;
    let archive = Archive::open(&house.home()).await.unwrap();
    assert_eq!(archive.count().await.unwrap(), 4, "{context}");
    assert_eq!(archive.queue(now()).await.unwrap().ready, 2, "{context}");
    let held = [1, 2, 3].map(|seed| archive.hold_on(id_of(seed)));
    let [first, second, third] = held;
    assert!(first.await.unwrap().is_some() && second.await.unwrap().is_none(), "{context}");
    assert!(third.await.unwrap().is_some(), "{context}");
    let totals = archive.totals().await.unwrap();
    assert!(totals.balances() && totals.pending.documents == 2, "{context}: {totals:?}");
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.log_entries == 8, "{context}: {report}");
    archive.close().await;
}

#[tokio::test]
async fn a_rebuild_that_is_aborted_anywhere_loses_neither_queue_nor_holds() {
    let start = template(4, 3).await;
    let archive = Archive::open(&start.home()).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    for seed in [1, 2] {
        archive.hold(id_of(seed), "Vụ việc", now()).await.unwrap();
    }
    archive.publish_log(&key_of(&start)).await.unwrap();
    // Not published.
    archive.release(id_of(2), None, now()).await.unwrap();
    archive.hold(id_of(3), "Vụ việc", now()).await.unwrap();
    for seed in [5, 6] {
        enqueue(&archive, &batch, &Document::new(&start, seed, 0)).await;
    }
    archive.close().await;
    drop(archive);
    let met = matrix("rebuild", &start, queued_and_held_again).await;
    for name in ["rebuilt-records-committed", "rebuilt-rest-committed", "old-catalogue-moved"] {
        assert!(met.contains(name), "{name} was not met: {met:?}");
    }
}
