//! Audits in parts.

use muniment_seal::Verdict;

use super::fixture::{House, archive_all, files, id_of, now};
use crate::{Archive, Budget, RoundReport};

/// A budget of so many bytes.
pub(super) struct Bytes(pub u64);

impl Budget for Bytes {
    fn allows(&self, bytes: u64) -> bool {
        bytes < self.0
    }
}

async fn part(archive: &Archive, bytes: u64, minute: u8) -> RoundReport {
    let at = format!("2026-11-25T00:{minute:02}:00Z").parse().unwrap();
    archive.audit_part_with(&|_, _| Verdict::Passed, false, &Bytes(bytes), at).await.unwrap()
}

#[tokio::test]
async fn parts_go_on_where_the_last_one_ended_until_all_is_covered() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..5).await;
    let one = part(&archive, 1, 0).await;
    assert_eq!((one.objects, one.coverage.records, one.coverage.never), (1, 5, 4));
    assert!(part(&archive, 0, 1).await.objects == 0, "without a budget nothing is read");
    // A stop loses nothing that was noted.
    archive.close().await;
    drop(archive);
    let archive = Archive::open(&house.home()).await.unwrap();
    let two = part(&archive, 2 * one.bytes, 2).await;
    assert_eq!((two.objects, two.coverage.never), (2, 2));
    let rest = part(&archive, u64::MAX, 3).await;
    assert_eq!((rest.objects, rest.coverage.never), (5, 0), "the oldest are read again too");
    assert_eq!(rest.coverage.since.unwrap().to_string(), "2026-11-25T00:03:00Z");
    assert!(rest.findings.is_empty(), "{rest}");
    let next = part(&archive, 1, 4).await;
    assert_eq!(next.coverage.since.unwrap().to_string(), "2026-11-25T00:03:00Z", "the next round has begun");
}

#[tokio::test]
async fn what_is_damaged_is_named_in_every_part_until_it_is_mended() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..4).await;
    let object = house.home().join(crate::object::name_of(id_of(2)));
    let pdf =
        files(&object, "v1/content").into_iter().find(|file| file.extension().is_some_and(|e| e == "pdf"));
    let pdf = pdf.unwrap();
    let sound = std::fs::read(&pdf).unwrap();
    std::fs::write(&pdf, b"%PDF-1.7 2 signed 9").unwrap();
    for minute in 0..2 {
        let report = part(&archive, u64::MAX, minute).await;
        assert_eq!(report.coverage.never, 1, "{report}");
        assert!(report.findings.iter().all(|finding| finding.record == Some(id_of(2))), "{report}");
        assert!(!report.findings.is_empty());
    }
    std::fs::write(&pdf, sound).unwrap();
    let mended = part(&archive, u64::MAX, 5).await;
    assert!(mended.findings.is_empty() && mended.coverage.never == 0, "{mended}");
    // A missing scan is a finding of its record.
    let record = archive.record(id_of(1)).await.unwrap();
    let blob = house.home().join(crate::store::Store::blob_path(&record.sources[0].sha256));
    std::fs::remove_file(blob).unwrap();
    let report = part(&archive, u64::MAX, 6).await;
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(report.findings[0].record, Some(record.id));
    assert!(now() < report.audited_at);
}
