//! The way of a document through the queue, with workers that stop, sleep and wake up late.

use jiff::{SignedDuration, Timestamp};
use muniment_record::{LookupToken, Receipt};
use tempfile::TempDir;

use super::crash::{STOPPED_AT, key_of};
use super::fixture::{Document, House, audit, files, id_of, now};
use super::pair::on_two_disks;
use crate::object::name_of;
use crate::{Archive, BatchId, Claim, Error, Outcome, QueueCount, Registration, Task};

fn later(seconds: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

const LEASE: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn enqueue(archive: &Archive, batch: &BatchId, document: &Document) -> Registration {
    try_to_enqueue(archive, batch, document).await.unwrap()
}

async fn try_to_enqueue(
    archive: &Archive,
    batch: &BatchId,
    document: &Document,
) -> Result<Registration, Error> {
    let record = document.record(batch);
    let task = Task { sources: record.sources, description: record.description };
    let offered = (document.id, LookupToken::from_random(7));
    let arrival = (document.name.as_str(), document.pages);
    let scans = [document.scan.clone()];
    archive.enqueue(batch, arrival, &task, &scans, offered, now()).await
}

/// Which document of the fixture a claim is about, as it is sealed this time: with other bytes than any other time.
fn sealed(house: &House, claim: &Claim) -> Document {
    let seed = claim.name().trim_start_matches("scan-").trim_end_matches(".jpg").parse().unwrap();
    let document = Document::new(house, seed, u32::try_from(claim.fence.0).unwrap() * 10 + 1);
    if seed == 1 { document.with_code_of(0) } else { document }
}

pub(super) async fn stage(archive: &Archive, house: &House, claim: &mut Claim) -> Result<(), Error> {
    let document = sealed(house, claim);
    let record = document.record(claim.batch());
    archive.stage_content(claim, record, document.pdf(), document.text(), now()).await
}

pub(super) async fn deposit(archive: &Archive, claim: &Claim) -> Result<Receipt, Error> {
    archive.deposit_staged(claim, None, TempDir::new().unwrap().path()).await
}

async fn claim(archive: &Archive, at: Timestamp) -> Option<Claim> {
    archive.claim("worker", LEASE, at).await.unwrap()
}

/// Queues three documents, of which the second has the code of the first, and empties the queue. After a stop, it is so much later
/// that all leases have run out.
pub(super) async fn empty(house: &House, acknowledge: &mut dyn FnMut(&Receipt)) {
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    let at = if house.dir().join(STOPPED_AT).exists() { later(3600) } else { now() };
    let batch = archive.open_batch(now()).await.unwrap();
    for seed in 0..3 {
        let document = Document::new(house, seed, 0);
        let document = if seed == 1 { document.with_code_of(0) } else { document };
        if archive.aside().await.unwrap().iter().all(|one| one.record != document.id) {
            enqueue(&archive, &batch, &document).await;
        }
    }
    let mut has_put_off = false;
    while let Some(mut claim) = claim(&archive, at).await {
        if claim.record == id_of(2) && !has_put_off {
            has_put_off = true;
            archive.put_off(&claim, "no-space", at).await.unwrap();
            continue;
        }
        if !claim.is_staged() {
            stage(&archive, house, &mut claim).await.unwrap();
        }
        match deposit(&archive, &claim).await {
            Ok(receipt) => acknowledge(&receipt),
            Err(error) => {
                assert_eq!(error.code(), "result-code-taken");
                let (code, detail) = (error.code().to_owned(), error.to_string());
                archive.set_aside(&claim, Outcome::Rejected { code, detail }, now()).await.unwrap();
            }
        }
    }
    archive.publish_log(&key_of(house)).await.unwrap();
    archive.close().await;
}

#[tokio::test]
async fn a_worker_that_wakes_up_late_changes_nothing() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    for seed in [0, 2] {
        let said = enqueue(&archive, &batch, &Document::new(&house, seed, 0)).await;
        assert!(matches!(said, Registration::New { .. }));
    }
    // Of the first document, the earlier worker had sealed nothing; of the second, it had.
    let mut early = [claim(&archive, now()).await.unwrap(), claim(&archive, now()).await.unwrap()];
    assert!(claim(&archive, now()).await.is_none());
    stage(&archive, &house, &mut early[1]).await.unwrap();
    let mut late = [claim(&archive, later(61)).await.unwrap(), claim(&archive, later(61)).await.unwrap()];
    assert_eq!(late.each_ref().map(|claim| (claim.tries, claim.is_staged())), [(2, false), (2, true)]);
    assert!(!archive.renew(&early[0], LEASE, later(62)).await.unwrap());
    assert!(archive.renew(&late[0], LEASE, later(62)).await.unwrap());
    let outcome = Outcome::Quarantined { code: "ocr-failed".to_owned(), detail: "late".to_owned() };
    for claim in &early {
        let refused = archive.set_aside(claim, outcome.clone(), now()).await;
        assert_eq!(refused.unwrap_err().code(), "lease-lost");
        archive.put_off(claim, "late", now()).await.unwrap();
        archive.give_back(claim, now()).await.unwrap();
    }
    // Neither was let go of: both are still the later worker's.
    assert!(claim(&archive, later(63)).await.is_none());
    stage(&archive, &house, &mut late[0]).await.unwrap();
    assert_eq!(stage(&archive, &house, &mut early[0]).await.unwrap_err().code(), "lease-lost");
    let receipts = [deposit(&archive, &late[0]).await.unwrap(), deposit(&archive, &late[1]).await.unwrap()];

    assert_eq!(deposit(&archive, &early[1]).await.unwrap_err().code(), "lease-lost");
    for receipt in receipts {
        let record = archive.record(receipt.record).await.unwrap();
        assert_eq!(record.sha256, receipt.sha256);
        archive.pdf(&record).await.unwrap();
    }
    let report = audit(&archive).await;
    assert!(report.is_clean() && report.records == 2 && report.unreferenced_blobs == 1, "{report:?}");
    assert_eq!(archive.queue(now()).await.unwrap(), QueueCount::default());
}

#[tokio::test]
async fn two_workers_that_write_one_object_at_once_write_the_same() {
    for round in 0..10 {
        let (house, archive) = House::new().await;
        let batch = archive.open_batch(now()).await.unwrap();
        enqueue(&archive, &batch, &Document::new(&house, 0, 0)).await;
        let mut first = claim(&archive, now()).await.unwrap();
        stage(&archive, &house, &mut first).await.unwrap();
        let second = claim(&archive, later(61)).await.unwrap();
        // Of two processes, or of one that lost its lease and has the same document again.
        let other = if round < 5 { Archive::open(&house.home()).await.unwrap() } else { archive.clone() };
        let (one, two) = tokio::join!(deposit(&archive, &first), deposit(&other, &second));
        let receipt = two.unwrap();
        // Whichever of the two wrote the object, the older claim came too late, or is told what the newer one has archived.
        match one {
            Ok(same) => assert_eq!(same, receipt),
            Err(error) => assert_eq!(error.code(), "lease-lost"),
        }
        let record = archive.record(id_of(0)).await.unwrap();
        assert_eq!((record.sha256, record.version), (receipt.sha256, 1));
        let report = audit(&archive).await;
        assert!(report.is_clean() && report.records == 1, "{report:?}");
        other.close().await;
        archive.close().await;
    }
}

#[tokio::test]
async fn what_is_queued_needs_its_scan_no_longer_and_is_fetched_by_name_and_bytes() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    enqueue(&archive, &batch, &document).await;
    let bytes = std::fs::read(&document.scan).unwrap();
    std::fs::remove_file(&document.scan).unwrap();
    let claimed = claim(&archive, now()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let fetched = archive.fetch_scans(&claimed.task, folder.path()).await.unwrap();
    assert_eq!(fetched[0].file_name().unwrap(), "scan-0.jpg");
    assert_eq!(std::fs::read(&fetched[0]).unwrap(), bytes);
    // A blob that has changed is not taken for the scan.
    let blob = files(&house.home(), "blobs").pop().unwrap();
    std::fs::write(blob, b"other bytes").unwrap();
    let refused = archive.fetch_scans(&claimed.task, folder.path()).await.unwrap_err();
    assert_eq!(refused.code(), "damaged");
}

#[tokio::test]
async fn what_is_taken_in_without_the_queue_is_queued_only_when_nobody_is_at_it() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    let taking_in = archive.take_in_alone().await.unwrap();
    document.register(&archive, &batch).await;
    let refused = try_to_enqueue(&archive, &batch, &document).await.unwrap_err();
    assert!(matches!(refused, Error::InUse { .. }), "{refused}");
    assert_eq!(archive.queue(now()).await.unwrap(), QueueCount::default());
    // Whoever was at it was stopped, and had left something.
    taking_in.give_up().await;
    let left = house.home().join(name_of(document.id)).join("v1/content");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("left.pdf"), b"half").unwrap();
    let resumed = try_to_enqueue(&archive, &batch, &document).await.unwrap();
    assert!(matches!(resumed, Registration::Resumed { .. }), "{resumed:?}");
    assert!(!left.exists());
    let mut claimed = claim(&archive, now()).await.unwrap();
    stage(&archive, &house, &mut claimed).await.unwrap();
    deposit(&archive, &claimed).await.unwrap();
    assert!(audit(&archive).await.is_clean());
}

/// On a disk an object appears at once; what stands half in its place came from elsewhere, as from a store that files were copied from.
#[tokio::test]
async fn remains_in_an_objects_place_are_not_taken_for_the_object() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    for seed in [0, 2] {
        enqueue(&archive, &batch, &Document::new(&house, seed, 0)).await;
    }
    let mut claims = Vec::new();
    for _ in 0..2 {
        let mut claimed = claim(&archive, now()).await.unwrap();
        stage(&archive, &house, &mut claimed).await.unwrap();
        let left = house.home().join(name_of(claimed.record)).join("v1/content");
        std::fs::create_dir_all(&left).unwrap();
        std::fs::write(left.join("left.pdf"), b"half").unwrap();
        claims.push(claimed);
    }
    deposit(&archive, &claims[0]).await.unwrap();
    assert!(audit(&archive).await.findings.iter().all(|finding| finding.record != Some(claims[0].record)));
    deposit(&archive, &claims[1]).await.unwrap();
    assert!(audit(&archive).await.is_clean());
    let staging = files(&house.home(), "staging");
    assert!(
        staging.iter().all(|path| path.extension().is_some_and(|ending| ending == "lock")),
        "{staging:?}"
    );
}

#[tokio::test]
async fn a_damaged_scan_is_fetched_from_the_second_store() {
    let (house, archive) = on_two_disks().await;
    let batch = archive.open_batch(now()).await.unwrap();
    enqueue(&archive, &batch, &Document::new(&house, 0, 0)).await;
    let claimed = claim(&archive, now()).await.unwrap();
    let blob = files(&house.home(), "blobs").pop().unwrap();
    std::fs::write(blob, b"other bytes").unwrap();
    let folder = TempDir::new().unwrap();
    archive.fetch_scans(&claimed.task, folder.path()).await.unwrap();
}
