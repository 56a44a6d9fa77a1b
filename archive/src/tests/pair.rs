//! Archives in two stores: a stop between any two effects in either leaves both the same in the end.

use std::path::PathBuf;
use std::sync::Arc;

use muniment_seal::note::NoteKey;

use super::fixture::{Document, House, archive_all, audit, id_of, now};
use crate::store::{DiskStore, Pair};
use crate::{Archive, ObjectStore, Outcome, Patience, Patient, Registration};

pub(super) fn second_home(house: &House) -> PathBuf {
    house.dir().join("second")
}

/// A new archive in two folders of this disk.
pub(super) async fn on_two_disks() -> (House, Archive) {
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), open(&house, Kind::Tree)).await.unwrap();
    (house, archive)
}

/// How versions appear in the stores.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// As a whole.
    Tree,
    /// File by file, as in a bucket.
    Files,
}

fn open(house: &House, kind: Kind) -> Arc<Pair> {
    std::fs::create_dir_all(house.home()).unwrap();
    let open = |home: PathBuf| -> Arc<dyn ObjectStore> {
        let disk = DiskStore::open(&home).unwrap();
        match kind {
            Kind::Tree => Arc::new(disk),
            // It writes one by one, and faults of a brake do not pass.
            Kind::Files => Arc::new(Patient::new(disk, Patience::default())),
        }
    };
    Arc::new(Pair::new(open(house.home()), open(second_home(house))))
}

const KINDS: [Kind; 2] = [Kind::Tree, Kind::Files];

/// Does something with an archive whose one store stops after ever more steps, until it is done without a stop.
async fn stopped_everywhere<F: Future<Output = bool>>(run: impl Fn(Kind, usize, u32) -> F) {
    for kind in KINDS {
        for store in 0..2 {
            let mut steps = 0;
            while run(kind, store, steps).await {
                steps += 1;
            }
            assert!(steps > 4, "{kind:?}, store {store}: {steps} steps");
        }
    }
}

#[tokio::test]
async fn a_deposit_that_is_stopped_in_either_store_is_in_both_or_done_again() {
    stopped_everywhere(|kind, store, steps| async move {
        let house = House::empty();
        let pair = open(&house, kind);
        let archive = Archive::create_on(&house.home(), pair.clone()).await.unwrap();
        let batch = archive.open_batch(now()).await.unwrap();
        let document = Document::new(&house, 0, 0);
        document.register(&archive, &batch).await;
        pair.pair().unwrap()[store].brake().stop_after(steps);
        let stopped = document.deposit(&archive, &batch).await.is_err();
        archive.close().await;
        drop((archive, pair));

        let archive = Archive::open_on(&house.home(), open(&house, kind)).await.unwrap();
        let context = format!("{kind:?}, store {store} after {steps}");
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context}: {report}");
        archive.recover(now()).await.unwrap();
        let again = Document::new(&house, 0, 1);
        if let Registration::Resumed { .. } = again.register(&archive, &batch).await {
            again.deposit(&archive, &batch).await.unwrap();
        }
        let report = audit(&archive).await;
        assert!(report.is_clean() && report.objects == 1, "{context}: {report}");
        stopped
    })
    .await;
}

#[tokio::test]
async fn a_version_that_is_stopped_in_either_store_is_in_both_or_in_none() {
    stopped_everywhere(|kind, store, steps| async move {
        let house = House::empty();
        let pair = open(&house, kind);
        let archive = Archive::create_on(&house.home(), pair.clone()).await.unwrap();
        archive_all(&house, &archive, 0..2).await;
        let revision = super::revise::grown(&archive, 1).await;
        pair.pair().unwrap()[store].brake().stop_after(steps);
        let stopped = archive.revise(id_of(1), revision, now()).await.is_err();
        archive.close().await;
        drop((archive, pair));

        let archive = Archive::open_on(&house.home(), open(&house, kind)).await.unwrap();
        let context = format!("{kind:?}, store {store} after {steps}");
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context}: {report}");
        archive.recover(now()).await.unwrap();
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context} and recovery: {report}");
        if archive.record(id_of(1)).await.unwrap().version == 1 {
            let revision = super::revise::grown(&archive, 1).await;
            archive.revise(id_of(1), revision, now()).await.unwrap();
        }
        let report = audit(&archive).await;
        assert!(report.is_clean(), "{context} and the version: {report}");
        stopped
    })
    .await;
}

#[tokio::test]
async fn the_log_does_not_fork_where_publishing_stops_between_the_stores_and_the_catalogue_is_lost() {
    let key = NoteKey::generate("archive.example/log").unwrap();
    let key = &key;
    stopped_everywhere(|_, store, steps| async move {
        let house = House::empty();
        let pair = open(&house, Kind::Tree);
        let archive = Archive::create_on(&house.home(), pair.clone()).await.unwrap();
        archive_all(&house, &archive, 0..1).await;
        archive.publish_log(key).await.unwrap();
        archive_all(&house, &archive, 1..3).await;
        pair.pair().unwrap()[store].brake().stop_after(steps);
        let stopped = archive.publish_log(key).await.is_err();
        archive.close().await;
        drop((archive, pair));

        std::fs::remove_file(house.home().join("catalog.sqlite")).unwrap();
        Archive::rebuild_on(&house.home(), open(&house, Kind::Tree), now(), false).await.unwrap();
        let archive = Archive::open_on(&house.home(), open(&house, Kind::Tree)).await.unwrap();
        // Records that the log lacks are entered anew, with new salts.
        archive.recover(now()).await.unwrap();
        assert_eq!(archive.publish_log(key).await.unwrap().unwrap().size, 3);
        let passed = |_: &[u8], _| muniment_seal::Verdict::Passed;
        let report = archive.audit_with(&passed, Some(&key.verifier()), now(), &()).await.unwrap();
        assert!(report.is_clean(), "store {store} after {steps}: {report}");
        stopped
    })
    .await;
}

#[tokio::test]
async fn what_is_set_aside_leaves_nothing_in_either_store() {
    let (house, archive) = on_two_disks().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &batch).await;
    // The second store has all of it, the first nothing.
    archive.store.brake().stop_after(0);
    document.deposit(&archive, &batch).await.unwrap_err();
    archive.store.brake().release();
    let outcome = Outcome::Quarantined { code: "storage".to_owned(), detail: String::new() };
    archive.settle(&batch, &document.arrival(), outcome, now()).await.unwrap();
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.objects == 0, "{report}");
}

#[tokio::test]
async fn a_store_that_holds_another_archive_is_not_taken_for_a_second_one() {
    let (house, archive) = House::new().await;
    drop(archive);
    let first: Arc<dyn ObjectStore> = Arc::new(DiskStore::open(&house.dir().join("new")).unwrap());
    let second: Arc<dyn ObjectStore> = Arc::new(DiskStore::open(&house.home()).unwrap());
    let pair = Arc::new(Pair::new(first, second));
    let refused = Archive::create_on(&house.dir().join("new"), pair).await.unwrap_err();
    assert_eq!(refused.code(), "archive-exists");
}
