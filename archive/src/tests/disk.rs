//! A disk that is full, or has become read-only: nothing is acknowledged that is not safe, the same process goes on once
//! there is room again, and nothing is left over.

use std::io;
use std::io::ErrorKind::{ReadOnlyFilesystem, StorageFull};

use muniment_seal::note::NoteKey;

use super::fixture::{Document, House, archive_all, audit, files, id_of, now};
use crate::{Archive, ErrorKind, Outcome, Registration};

/// Has every step from this one on fail while two documents come in and the log is published; says whether any did.
async fn fails_after(steps: u32, fault: io::ErrorKind) -> bool {
    let (house, archive) = House::new().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..1).await;
    archive.publish_log(&key).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    let documents = [Document::new(&house, 1, 0), Document::new(&house, 2, 0)];
    for document in &documents {
        document.register(&archive, &batch).await;
    }
    archive.store.brake().fail_after(steps, fault);
    let answers =
        tokio::join!(documents[0].deposit(&archive, &batch), documents[1].deposit(&archive, &batch));
    let published = archive.publish_log(&key).await;
    let errors = [answers.0.err(), answers.1.err(), published.err()];
    let expected = if fault == StorageFull { ErrorKind::NoSpace } else { ErrorKind::Unavailable };
    for error in errors.iter().flatten() {
        assert_eq!(error.kind(), expected, "after {steps} steps: {error}");
    }
    // What was acknowledged is there, and what was there is still served.
    for (document, error) in documents.iter().zip(&errors) {
        assert_eq!(archive.receipt(document.id).await.is_ok(), error.is_none());
    }
    let totals = archive.ledger(&batch).await.unwrap().totals;
    assert!(totals.balances(), "{totals:?}");
    let left: Vec<_> = files(&house.home(), "staging");
    assert!(left.iter().all(|path| path.extension().is_some_and(|ending| ending == "lock")), "{left:?}");

    archive.store.brake().release();
    for document in &documents {
        if let Registration::Resumed { .. } = document.register(&archive, &batch).await {
            document.deposit(&archive, &batch).await.unwrap();
        }
    }
    assert_eq!(archive.publish_log(&key).await.unwrap().unwrap().size, 3);
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.objects == 3, "after {steps} steps: {report}");
    errors.iter().any(Option::is_some)
}

#[tokio::test]
async fn a_full_disk_refuses_and_later_goes_on() {
    let mut steps = 0;
    while fails_after(steps, StorageFull).await {
        steps += 1;
    }
    assert!(steps >= 25, "only {steps} steps");
}

#[tokio::test]
async fn a_read_only_disk_refuses_and_later_goes_on() {
    let mut steps = 0;
    while fails_after(steps, ReadOnlyFilesystem).await {
        steps += 1;
    }
    assert!(steps >= 25, "only {steps} steps");
}

/// Says something to the connection that writes the catalogue.
async fn pragma(archive: &Archive, statement: &'static str) {
    let mut transaction = archive.catalogue.sqlite().unwrap().begin().await.unwrap();
    sqlx::query(statement).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_catalogue_that_cannot_grow_refuses_and_later_goes_on() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let documents: Vec<Document> = (0..60).map(|seed| Document::new(&house, seed, 0)).collect();
    for document in &documents {
        document.register(&archive, &batch).await;
    }
    let mut refused = 0;
    for document in &documents {
        // SQLite never takes fewer pages than there are. The limit is that of one connection.
        pragma(&archive, "PRAGMA max_page_count = 1").await;
        if let Err(error) = document.deposit(&archive, &batch).await {
            assert_eq!(error.code(), "no-space", "{error:?}");
            refused += 1;
        }
    }
    assert!(refused > 1);
    let totals = archive.ledger(&batch).await.unwrap().totals;
    assert!(totals.balances() && totals.pending.documents == refused, "{totals:?}");
    pragma(&archive, "PRAGMA max_page_count = 1000000").await;
    // Their objects are in storage, so they are finished as they stand there.
    assert_eq!(archive.recover(now()).await.unwrap().finished.len() as u64, refused);
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.records == 60, "{report}");
}

#[tokio::test]
async fn what_is_set_aside_because_the_catalogue_failed_leaves_no_object() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let mut refused = None;
    let mut seed = 0;
    while refused.is_none() {
        let document = Document::new(&house, seed, 0);
        document.register(&archive, &batch).await;
        pragma(&archive, "PRAGMA max_page_count = 1").await;
        refused = document.deposit(&archive, &batch).await.err().map(|_| document);
        pragma(&archive, "PRAGMA max_page_count = 1000000").await;
        seed += 1;
    }
    let mut document = refused.unwrap();
    assert_eq!(audit(&archive).await.objects, u64::from(seed), "it is in storage");
    let outcome = Outcome::Quarantined { code: "no-space".to_owned(), detail: "no space left".to_owned() };
    archive.settle(&batch, &document.arrival(), outcome, now()).await.unwrap();
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.objects == u64::from(seed - 1), "{report}");
    // Handed in again, it is archived under another id.
    document.id = id_of(seed);
    assert!(matches!(document.register(&archive, &batch).await, Registration::New { .. }));
    document.deposit(&archive, &batch).await.unwrap();
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.objects == u64::from(seed), "{report}");
}
