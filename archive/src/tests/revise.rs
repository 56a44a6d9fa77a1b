//! Later versions of records: they take the place of the earlier ones, which stay.

use muniment_record::{Digest, SignatureFact};
use muniment_seal::note::NoteKey;

use super::fixture::{Document, House, archive_all, audit, files, id_of, now};
use crate::archive::Revision;
use crate::{Archive, Leaf, LogEvent};

/// The PDF of a record with something behind it, and its signatures at a higher level.
pub(super) async fn grown(archive: &Archive, seed: u32) -> Revision {
    let record = archive.record(id_of(seed)).await.unwrap();
    let mut pdf = archive.pdf(&record).await.unwrap();
    pdf.extend(b" and more");
    let signatures = record.signatures.into_iter();
    Revision {
        pdf,
        signatures: signatures.map(|fact| SignatureFact { level: "B-LT".to_owned(), ..fact }).collect(),
    }
}

#[tokio::test]
async fn a_version_takes_the_place_of_the_one_before_which_stays_known() {
    let (house, archive) = House::new().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..3).await;
    archive.publish_log(&key).await.unwrap();
    let before = archive.record(id_of(1)).await.unwrap();
    let revision = grown(&archive, 1).await;
    let receipt = archive.revise(id_of(1), revision, now()).await.unwrap();
    archive.publish_log(&key).await.unwrap();

    let record = archive.record(id_of(1)).await.unwrap();
    assert_eq!((record.version, receipt.version), (2, 2));
    assert_eq!(archive.receipt(id_of(1)).await.unwrap(), receipt);
    assert!(archive.pdf(&record).await.unwrap().ends_with(b" and more"));
    assert_eq!(archive.text(&record).await.unwrap(), "Giấy chứng nhận số 1");
    for digest in [before.sha256, record.sha256] {
        assert_eq!(archive.holder_of(&digest).await.unwrap(), Some(id_of(1)));
    }
    let changes: Vec<_> =
        archive.outbox(3, 10).await.unwrap().iter().map(|row| (row.id, row.version)).collect();
    assert_eq!(changes, [(id_of(1), 2)]);
    let leaf: Leaf = archive.prove(id_of(1)).await.unwrap().check(&key.verifier()).unwrap();
    assert_eq!((leaf.event, leaf.version, leaf.sha256), (LogEvent::Uplift, 2, record.sha256));
    let report = audit(&archive).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.objects, report.log_entries), (3, 4));

    // All of that comes back from storage alone, and the bytes of the first version with it.
    let first = house.home().join(crate::object::name_of(id_of(1))).join("v1/content");
    let kept = files(&first, "").into_iter().find(|file| file.extension().is_some_and(|end| end == "pdf"));
    assert_eq!(Digest::of(&std::fs::read(kept.unwrap()).unwrap()), before.sha256);
    archive.close().await;
    drop(archive);
    let rebuilt = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    assert!(rebuilt.is_complete(), "{rebuilt}");
    let archive = Archive::open(&house.home()).await.unwrap();
    assert_eq!(archive.record(id_of(1)).await.unwrap(), record);
    assert_eq!(archive.holder_of(&before.sha256).await.unwrap(), Some(id_of(1)));
    assert!(audit(&archive).await.is_clean());
}

#[tokio::test]
async fn many_versions_of_one_record_are_kept() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..1).await;
    for version in 2..12 {
        let revision = grown(&archive, 0).await;
        assert_eq!(archive.revise(id_of(0), revision, now()).await.unwrap().version, version);
    }
    let report = audit(&archive).await;
    assert!(report.is_clean(), "{report}");
    // A damaged older version is named, as the newest would be.
    let object = house.home().join(crate::object::name_of(id_of(0)));
    let old = files(&object, "v3/content")
        .into_iter()
        .find(|file| file.extension().is_some_and(|end| end == "pdf"));
    std::fs::write(old.unwrap(), b"%PDF-1.7 other").unwrap();
    assert!(!audit(&archive).await.is_clean());
}

#[tokio::test]
async fn what_is_due_is_told_by_level_and_age() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..2).await;
    assert!(archive.to_uplift(None, now(), 10).await.unwrap().is_empty(), "B-B is not uplifted");
    let batch = archive.open_batch(now()).await.unwrap();
    let stamped = Document::new(&house, 2, 0).at_level("B-T");
    stamped.register(&archive, &batch).await;
    stamped.deposit(&archive, &batch).await.unwrap();
    let due = |by| archive.to_uplift(None, by, 10);
    assert_eq!(due(now()).await.unwrap()[0].id, id_of(2));
    assert!(due("2026-11-24T03:14:59Z".parse().unwrap()).await.unwrap().is_empty());
    archive.revise(id_of(2), grown(&archive, 2).await, now()).await.unwrap();
    assert!(due(now()).await.unwrap().is_empty(), "it is done once");
}
