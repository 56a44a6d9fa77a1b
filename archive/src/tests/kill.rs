//! A stop between any two durable effects is repaired by rolling forward.

use super::fixture::{Document, House, audit, files, id_of, now};
use crate::{Archive, Registration};

/// The steps of a deposit until its object is in place: seven files are staged and synced, three things moved.
pub(super) const OBJECT_IN_PLACE: u32 = 10;

/// Stops a deposit after so many steps; says whether it was stopped at all.
async fn stopped_after(steps: u32) -> bool {
    let (house, archive) = House::new().await;
    let first = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &first).await;
    archive.store.brake().stop_after(steps);
    let stopped = document.deposit(&archive, &first).await.is_err();
    archive.close().await;
    drop(archive);

    // The next run: it offers another id, and its seal differs.
    let archive = Archive::open(&house.home()).await.unwrap();
    let recovered = archive.recover(now()).await.unwrap();
    let second = archive.open_batch(now()).await.unwrap();
    let mut again = Document::new(&house, 0, 1);
    again.id = id_of(5);
    match again.register(&archive, &second).await {
        Registration::Duplicate { of } => assert_eq!(of, id_of(0)),
        Registration::Resumed { id, .. } => {
            assert!(recovered.finished.is_empty());
            again.id = id;
            again.deposit(&archive, &second).await.unwrap();
        }
        Registration::New { .. } => panic!("the arrival was forgotten after {steps} steps"),
    }
    assert_eq!(archive.count().await.unwrap(), 1);
    let record = archive.record(id_of(0)).await.unwrap();
    assert_eq!(archive.receipt(id_of(0)).await.unwrap().sha256, record.sha256);
    assert_eq!(archive.outbox(0, 10).await.unwrap().len(), 1);
    let mut archived = 0;
    for batch in archive.batches().await.unwrap() {
        let totals = archive.ledger(&batch).await.unwrap().totals;
        assert!(totals.balances());
        archived += totals.archived.documents;
        assert_eq!(totals.pending.documents, 0);
    }
    assert_eq!(archived, 1);
    let report = audit(&archive).await;
    assert!(report.is_clean(), "after {steps} steps: {report}");
    assert_eq!(report.objects, 1);
    let left = files(&house.home(), "staging");
    assert!(left.iter().all(|path| path.extension().is_some_and(|ending| ending == "lock")), "{left:?}");
    stopped
}

#[tokio::test]
async fn a_stop_at_any_step_loses_nothing_and_doubles_nothing() {
    let mut steps = 0;
    while stopped_after(steps).await {
        steps += 1;
    }
    // Two blobs and five files are staged, three things moved, two syncs.
    assert!(steps >= 12, "only {steps} steps");
}

/// Stops a group of deposits after so many steps; says whether it was stopped at all.
async fn group_stopped_after(steps: u32) -> bool {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let documents: Vec<Document> = (0..3).map(|seed| Document::new(&house, seed, 0)).collect();
    for document in &documents {
        document.register(&archive, &batch).await;
    }
    archive.store.brake().stop_after(steps);
    let [first, second, third] = &documents[..] else { unreachable!() };
    let answers = tokio::join!(
        first.deposit(&archive, &batch),
        second.deposit(&archive, &batch),
        third.deposit(&archive, &batch)
    );
    let acknowledged = [answers.0.is_ok(), answers.1.is_ok(), answers.2.is_ok()];
    drop(archive);

    let archive = Archive::open(&house.home()).await.unwrap();
    for (document, _) in documents.iter().zip(acknowledged).filter(|(_, acknowledged)| *acknowledged) {
        let record = archive.record(document.id).await.unwrap();
        archive.pdf(&record).await.unwrap();
    }
    archive.recover(now()).await.unwrap();
    for document in &documents {
        if let Registration::Resumed { .. } = document.register(&archive, &batch).await {
            document.deposit(&archive, &batch).await.unwrap();
        }
    }
    assert_eq!(archive.count().await.unwrap(), 3);
    assert_eq!(archive.outbox(0, 10).await.unwrap().len(), 3);
    assert_eq!(archive.ledger(&batch).await.unwrap().totals.archived.documents, 3);
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.objects == 3, "after {steps} steps: {report}");
    acknowledged != [true; 3]
}

#[tokio::test]
async fn a_stop_in_a_group_loses_nothing_and_doubles_nothing() {
    let mut steps = 0;
    while group_stopped_after(steps).await {
        steps += 1;
    }
    assert!(steps >= 30, "only {steps} steps");
}

#[tokio::test]
async fn a_record_whose_code_went_to_another_is_withdrawn() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let stopped = Document::new(&house, 0, 0);
    stopped.register(&archive, &batch).await;
    // The object is in storage; then the run stops before the catalogue hears of it.
    archive.store.brake().stop_after(OBJECT_IN_PLACE);
    stopped.deposit(&archive, &batch).await.unwrap_err();
    drop(archive);

    let archive = Archive::open(&house.home()).await.unwrap();
    let rival = Document::new(&house, 1, 0).with_code_of(0);
    rival.register(&archive, &batch).await;
    rival.deposit(&archive, &batch).await.unwrap();
    let report = archive.recover(now()).await.unwrap();
    assert_eq!((report.finished, report.withdrawn), (vec![], vec![id_of(0)]));
    assert!(audit(&archive).await.is_clean());
    assert_eq!(archive.ledger(&batch).await.unwrap().totals.pending.documents, 1);
}

#[tokio::test]
async fn a_running_process_keeps_its_staging() {
    let (house, archive) = House::new().await;
    let other = Archive::open(&house.home()).await.unwrap();
    let slots = || std::fs::read_dir(house.home().join("staging")).unwrap().count();
    let before = slots();
    other.recover(now()).await.unwrap();
    archive.recover(now()).await.unwrap();
    assert_eq!(slots(), before);
}

#[tokio::test]
async fn a_damaged_object_does_not_keep_others_out() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &batch).await;
    archive.store.brake().stop_after(OBJECT_IN_PLACE);
    document.deposit(&archive, &batch).await.unwrap_err();
    drop(archive);
    let object = house.home().join(crate::object::name_of(id_of(0)));
    std::fs::write(object.join("v1/content/version.json"), b"{}").unwrap();

    let archive = Archive::open(&house.home()).await.unwrap();
    let report = archive.recover(now()).await.unwrap();
    assert_eq!((report.finished.len(), report.damaged.len()), (0, 1));
    assert_eq!(report.damaged[0].record, Some(id_of(0)));
    super::fixture::archive_all(&house, &archive, 1..3).await;
    assert_eq!(archive.count().await.unwrap(), 2);
}
