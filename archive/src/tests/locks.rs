//! What is archived is locked for as long as its retention rule says, where the store has locks.

use jiff::Timestamp;
use muniment_record::{Record, RetentionRule};
use std::sync::Arc;

use super::fixture::{Document, House, archive_all, audit, id_of, now, repair};
use super::seaweed::SeaweedFs;
use crate::object::{name_of, retained_until};
use crate::store::Locks;
use crate::store::tests::on_s3_with;
use crate::{Archive, AuditProblem, AuditReport, ObjectStore};

#[tokio::test]
async fn what_is_archived_is_retained_by_its_rule() {
    let server = SeaweedFs::start();
    server.make_bucket_with_locks("locked");
    let objects = Arc::new(on_s3_with(&server, "locked", "", true));
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
    archive_all(&house, &archive, 0..2).await;
    let revision = super::revise::grown(&archive, 1).await;
    archive.revise(id_of(1), revision, now()).await.unwrap();

    // Rule Y10, issued in 2026.
    let until: Timestamp = "2037-01-01T00:00:00Z".parse().unwrap();
    let files = |seed| archive.store.files_below(&name_of(id_of(seed))).unwrap();
    assert_eq!((files(0).len(), files(1).len()), (5, 7));
    for seed in 0..2 {
        for file in files(seed) {
            let name = format!("{}/{file}", name_of(id_of(seed)));
            let due = Locks { retained_until: Some(until), held: false };
            assert_eq!(objects.locks_of(&name).unwrap(), due, "{name}");
        }
    }
    assert!(audit(&archive).await.is_clean());
    assert!(objects.has_locks());
}

/// What was archived before the store was told to lock, or was released behind the archive's back, is named, and locked by a repair.
#[tokio::test]
async fn files_that_are_not_locked_as_they_should_be_are_named_and_locked() {
    let server = SeaweedFs::start();
    server.make_bucket_with_locks("locked");
    let house = House::empty();
    let plain = Arc::new(on_s3_with(&server, "locked", "", false));
    let archive = Archive::create_on(&house.home(), plain).await.unwrap();
    archive_all(&house, &archive, 0..2).await;
    archive.close().await;
    drop(archive);

    let objects = Arc::new(on_s3_with(&server, "locked", "", true));
    let archive = Archive::open_on(&house.home(), objects.clone()).await.unwrap();
    let unlocked = |report: &AuditReport| {
        assert!(report.findings.iter().all(|finding| finding.what == AuditProblem::Unlocked), "{report}");
        report.findings.len()
    };
    assert_eq!(unlocked(&audit(&archive).await), 10);
    assert!(repair(&archive).await.is_clean());
    assert!(audit(&archive).await.is_clean());

    archive.hold(id_of(1), "1/QĐ", now()).await.unwrap();
    let file = format!("{}/0=ocfl_object_1.1", name_of(id_of(1)));
    objects.hold(&file, false).unwrap();
    let report = audit(&archive).await;
    assert_eq!((unlocked(&report), report.findings[0].object.as_str()), (1, file.as_str()));
    assert!(repair(&archive).await.is_clean());
    assert!(objects.locks_of(&file).unwrap().held);
}

#[tokio::test]
async fn each_rule_has_its_day() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let record = Document::new(&house, 0, 0).record(&batch);
    let with = |rule: &str, valid_to: Option<&str>, issued_on: &str| {
        let mut changed: Record = record.clone();
        changed.description.retention_rule = rule.parse::<RetentionRule>().unwrap();
        changed.description.valid_to = valid_to.map(|day| day.parse().unwrap());
        changed.description.issued_on = issued_on.parse().unwrap();
        retained_until(&changed).map(|until| until.to_string())
    };
    let day = |text: &str| Some(format!("{text}T00:00:00Z"));
    assert_eq!(with("Y10", None, "2026-03-02"), day("2037-01-01"));
    assert_eq!(with("EXP+5", Some("2030-02-01"), "2026-03-02"), day("2036-01-01"));
    // Without an end it is kept for as long as is certain.
    assert_eq!(with("EXP+5", None, "2026-03-02"), day("2032-01-01"));
    assert_eq!(with("PERM", None, "2026-03-02"), day("2126-01-01"));
    assert_eq!(with("WORK-LIFE", None, "2026-03-02"), day("2126-01-01"));
    // Due before it came in.
    assert_eq!(with("Y10", None, "1999-03-02"), None);
}
