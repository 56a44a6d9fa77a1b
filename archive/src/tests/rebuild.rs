use super::fixture::{Document, House, archive_all, audit, id_of, now};
use crate::Archive;

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
