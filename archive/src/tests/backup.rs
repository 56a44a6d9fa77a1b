//! Backups as docs/operating.md describes them: of a store that is at work, and of a catalogue that is older than the store when it
//! comes back.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use muniment_seal::Verdict;
use muniment_seal::note::NoteKey;

use super::fixture::{Document, House, archive_all, audit, files, id_of, now};
use super::queue::{deposit, enqueue, stage};
use crate::{Archive, Outcome, QueueCount, Registration, verify_consistency};

fn key() -> NoteKey {
    NoteKey::generate("archive.example/log").unwrap()
}

fn copy(from: &Path, below: &str, to: &Path) {
    for file in files(from, below) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

#[tokio::test]
async fn a_store_that_was_copied_while_it_was_at_work_is_whole() {
    let (house, archive) = House::new().await;
    let key = key();
    archive_all(&house, &archive, 0..2).await;
    archive.publish_log(&key).await.unwrap();
    let backup = House::empty();
    // In this order, and each time something comes in meanwhile.
    fs::create_dir_all(backup.home().join("log/public")).unwrap();
    let checkpoint = "log/public/checkpoint";
    fs::copy(house.home().join(checkpoint), backup.home().join(checkpoint)).unwrap();
    let kept = fs::read(house.home().join(checkpoint)).unwrap();
    for (seed, below) in [(2, "log"), (3, "ocfl"), (4, "blobs")] {
        archive_all(&house, &archive, seed..seed + 1).await;
        archive.publish_log(&key).await.unwrap();
        copy(&house.home(), below, &backup.home());
        // Of the log, the checkpoint was copied first.
        fs::write(backup.home().join(checkpoint), &kept).unwrap();
    }
    let report = Archive::rebuild(&backup.home(), now(), false).await.unwrap();
    assert!(report.is_complete() && report.records == 4, "{report}");
    let archive = Archive::open(&backup.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    assert_eq!(archive.publish_log(&key).await.unwrap().unwrap().size, 4);
    let passed = |_: &[u8], _| Verdict::Passed;
    let report = archive.audit_with(&passed, Some(&key.verifier()), now(), &()).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

/// A day in the life of an archive: a backup of the catalogue in the morning, and it is put back in the evening, after so many of the
/// day's records were published.
async fn put_back(published: u32) {
    let (house, archive) = House::new().await;
    let home = house.home();
    let key = key();
    let batch = archive_all(&house, &archive, 0..2).await;
    let mut morning = archive.publish_log(&key).await.unwrap().unwrap();
    // Waiting in the queue: the first is done during the day, the second is not.
    for seed in [2, 3] {
        enqueue(&archive, &batch, &Document::new(&house, seed, 0)).await;
    }
    let outcome = Outcome::Rejected { code: "password".to_owned(), detail: String::new() };
    let refused = crate::Arrival { name: "locked.pdf".to_owned(), sha256: None, pages: 1 };
    archive.settle(&batch, &refused, outcome, now()).await.unwrap();
    let waiting = Document::new(&house, 8, 0);
    waiting.register(&archive, &batch).await;
    archive.close().await;
    drop(archive);
    fs::copy(home.join("catalog.sqlite"), house.dir().join("backup")).unwrap();

    let archive = Archive::open(&home).await.unwrap();
    let mut claim = archive.claim("worker", SignedDuration::from_secs(60), now()).await.unwrap().unwrap();
    assert_eq!(claim.record, id_of(2));
    stage(&archive, &house, &mut claim).await.unwrap();
    deposit(&archive, &claim).await.unwrap();
    let days: Vec<u32> = (4..7).collect();
    archive_all(&house, &archive, 4..4 + published).await;
    let revision = super::revise::grown(&archive, 1).await;
    archive.revise(id_of(1), revision, now()).await.unwrap();
    archive.hold(id_of(0), "Vụ việc", now()).await.unwrap();
    if published > 0 {
        morning = archive.publish_log(&key).await.unwrap().unwrap();
    }
    archive_all(&house, &archive, 4 + published..7).await;
    archive.close().await;
    drop(archive);

    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
        fs::remove_file(home.join(name)).ok();
    }
    fs::copy(house.dir().join("backup"), home.join("catalog.sqlite")).unwrap();
    let opened = Archive::open(&home).await;
    assert_eq!(opened.err().map(|error| error.code()), (published > 0).then_some("catalogue-behind"));
    let report = Archive::rebuild(&home, now(), false).await.unwrap();
    let context = format!("{published} published: {report}");
    assert!(report.is_complete() && report.records == 6, "{context}");
    // The refused one, the one that waits in the queue, and the one that was registered.
    assert_eq!(report.not_archived, Some(3), "{context}");

    let archive = Archive::open(&home).await.unwrap();
    archive.recover(now()).await.unwrap();
    let evening = archive.publish_log(&key).await.unwrap().unwrap();
    let path = archive.prove_consistency(morning.size).await.unwrap().path;
    let (old, new) = ((morning.size, &morning.root), (evening.size, &evening.root));
    assert!(verify_consistency(old, new, &path), "{context}: the log has forked");
    for seed in [0, 1, 2].into_iter().chain(days) {
        archive.prove(id_of(seed)).await.unwrap().check(&key.verifier()).unwrap();
        let again = Document::new(&house, seed, 9).register(&archive, &batch).await;
        assert_eq!(again, Registration::Duplicate { of: id_of(seed) }, "{context}");
    }
    assert_eq!(archive.record(id_of(1)).await.unwrap().version, 2);
    // What is not published is known to the catalogue only.
    assert_eq!(archive.hold_on(id_of(0)).await.unwrap().is_some(), published > 0, "{context}");
    let queue = archive.queue(now()).await.unwrap();
    assert_eq!(queue, QueueCount { ready: 1, ..QueueCount::default() }, "{context}");
    let mut claim = archive.claim("worker", SignedDuration::from_secs(60), now()).await.unwrap().unwrap();
    assert_eq!(claim.record, id_of(3), "{context}");
    stage(&archive, &house, &mut claim).await.unwrap();
    deposit(&archive, &claim).await.unwrap();
    assert!(
        matches!(waiting.register(&archive, &batch).await, Registration::Resumed { id, .. } if id == id_of(8))
    );
    waiting.deposit(&archive, &batch).await.unwrap();
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.records == 8, "{context}: {report}");
    let totals = archive.totals().await.unwrap();
    assert!(
        totals.balances() && totals.archived.documents == 8 && totals.rejected.documents == 1,
        "{totals:?}"
    );
}

#[tokio::test]
async fn a_catalogue_of_the_morning_loses_nothing_of_the_day_and_forks_no_log() {
    for published in [0, 1, 3] {
        put_back(published).await;
    }
}

#[tokio::test]
async fn a_rebuild_beside_a_whole_catalogue_changes_nothing() {
    let (house, archive) = House::new().await;
    let key = key();
    let batch = archive_all(&house, &archive, 0..2).await;
    archive.publish_log(&key).await.unwrap();
    archive_all(&house, &archive, 2..4).await;
    archive.hold(id_of(3), "Vụ việc", now()).await.unwrap();
    enqueue(&archive, &batch, &Document::new(&house, 5, 0)).await;
    Document::new(&house, 1, 3).register(&archive, &batch).await;
    let leaves = archive.catalogue.leaves(0, 100).await.unwrap();
    let totals = archive.totals().await.unwrap();
    archive.close().await;
    drop(archive);
    for _ in 0..2 {
        let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        assert!(report.is_complete() && report.not_archived == Some(2), "{report}");
    }
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    assert_eq!(archive.catalogue.leaves(0, 100).await.unwrap(), leaves, "with their salts");
    assert_eq!(archive.totals().await.unwrap(), totals);
    assert!(archive.hold_on(id_of(3)).await.unwrap().is_some());
    assert_eq!(archive.queue(now()).await.unwrap().ready, 1);
    assert!(audit(&archive).await.is_clean());
}
