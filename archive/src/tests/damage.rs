//! Damage as a table: what is done, and to what. The audit names it and goes on.

use std::fs;
use std::path::{Path, PathBuf};

use muniment_seal::Verdict;
use muniment_seal::note::NoteKey;

use super::fixture::{Document, House, archive_all, audit, files, id_of, now};
use crate::object::name_of;
use crate::{Archive, AuditProblem};

#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Delete,
    Truncate,
    Flip,
    /// Two files change places.
    Swap,
}

pub(super) const ACTIONS: [Action; 4] = [Action::Delete, Action::Truncate, Action::Flip, Action::Swap];
const PDF: &str = "v1/content/H05.12-260224-0001-KQ1.pdf";

/// Files of a record's object, each with the file of the next record's that it changes places with.
const OBJECT_FILES: [(&str, &str); 5] = [
    (PDF, "v1/content/H05.12-260224-0002-KQ1.pdf"),
    ("v1/content/version.json", "v1/content/version.json"),
    ("inventory.json", "inventory.json"),
    ("inventory.json.sha512", "inventory.json.sha512"),
    // All declarations are alike.
    ("0=ocfl_object_1.1", "inventory.json"),
];

/// Files of the log, each with another of its kind; there is one checkpoint only.
const LOG_FILES: [(&str, &str); 4] = [
    ("log/public/tile/0/000.p/4", "log/public/tile/0/000.p/3"),
    ("log/public/tile/entries/000.p/4", "log/public/tile/entries/000.p/3"),
    ("log/private/companions/000.p/4", "log/private/companions/000.p/3"),
    ("log/public/checkpoint", "log/public/tile/0/000.p/4"),
];

impl Action {
    pub(super) fn on(self, path: &Path, twin: &Path) {
        let mut bytes = fs::read(path).unwrap();
        match self {
            Self::Delete => return fs::remove_file(path).unwrap(),
            Self::Truncate => bytes.truncate(bytes.len() / 2),
            Self::Flip => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
            Self::Swap => {
                let other = fs::read(twin).unwrap();
                assert_ne!(bytes, other, "{}", path.display());
                fs::write(twin, bytes).unwrap();
                bytes = other;
            }
        }
        fs::write(path, bytes).unwrap();
    }
}

/// Every kind of file that an archive keeps beside its catalogue.
pub(super) fn places(home: &Path) -> Vec<(PathBuf, PathBuf)> {
    let object = |seed, file| home.join(name_of(id_of(seed))).join(file);
    let in_object = OBJECT_FILES.iter().map(|(file, twin)| (object(1, *file), object(2, *twin)));
    let in_log = LOG_FILES.iter().map(|(file, twin)| (home.join(file), home.join(twin)));
    let mut places: Vec<(PathBuf, PathBuf)> = in_object.chain(in_log).collect();
    let blobs = files(home, "blobs");
    places.push((blobs[0].clone(), blobs[1].clone()));
    places
}

#[tokio::test]
async fn every_damage_is_named_and_the_rest_stays_usable() {
    let (house, archive) = House::new().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    for seeds in [0..3, 3..4] {
        archive_all(&house, &archive, seeds).await;
        archive.publish_log(&key).await.unwrap();
    }
    let home = house.home();
    let verifier = key.verifier();
    for (path, twin) in places(&home) {
        let whole = [(&path, fs::read(&path).unwrap()), (&twin, fs::read(&twin).unwrap())];
        for action in ACTIONS {
            action.on(&path, &twin);
            let report =
                archive.audit_with(&|_, _| Verdict::Passed, Some(&verifier), now(), &()).await.unwrap();
            let relative = path.strip_prefix(&home).unwrap().to_string_lossy().into_owned();
            let context = format!("{action:?} {relative}: {report}");
            // An inventory and its sidecar vouch for each other: either may be named.
            let pair = relative.trim_end_matches(".sha512");
            assert!(report.findings.iter().any(|finding| finding.object.starts_with(pair)), "{context}");
            assert_eq!(report.objects, 4, "{context}");
            for seed in [0, 3] {
                assert!(
                    report.findings.iter().all(|finding| finding.record != Some(id_of(seed))),
                    "{context}"
                );
                let record = archive.record(id_of(seed)).await.unwrap();
                archive.pdf(&record).await.unwrap();
                archive.receipt(record.id).await.unwrap();
            }
            for (file, bytes) in &whole {
                fs::write(file, bytes).unwrap();
            }
        }
    }
    assert!(audit(&archive).await.is_clean(), "all is as it was");
}

#[tokio::test]
async fn a_damaged_pdf_is_never_given_out() {
    for action in ACTIONS {
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 1..2).await;
        let object = house.home().join(name_of(id_of(1)));
        action.on(&object.join(PDF), &object.join("v1/content/version.json"));
        let record = archive.record(id_of(1)).await.unwrap();
        assert_eq!(archive.pdf(&record).await.unwrap_err().code(), "damaged", "{action:?}");
    }
}

#[tokio::test]
async fn objects_that_vanish_or_appear_are_named() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..3).await;
    let home = house.home();
    fs::remove_dir_all(home.join(name_of(id_of(0)))).unwrap();
    fs::write(home.join(name_of(id_of(1))).join("v1/content/slipped-in.pdf"), b"%PDF").unwrap();
    fs::rename(home.join(name_of(id_of(2))), home.join("ocfl/moved")).unwrap();
    let report = audit(&archive).await;
    let found = |what, part: &str| {
        report.findings.iter().any(|finding| finding.what == what && finding.object.contains(part))
    };
    assert!(found(AuditProblem::Missing, &name_of(id_of(0))), "{report}");
    assert!(found(AuditProblem::Extra, "slipped-in.pdf"), "{report}");
    assert!(found(AuditProblem::Missing, &name_of(id_of(2))), "{report}");
    assert!(found(AuditProblem::Extra, "ocfl/moved"), "{report}");
}

#[tokio::test]
async fn two_objects_that_changed_places_are_named() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..2).await;
    let place = |seed| house.home().join(name_of(id_of(seed)));
    let aside = house.home().join("aside");
    fs::rename(place(0), &aside).unwrap();
    fs::rename(place(1), place(0)).unwrap();
    fs::rename(&aside, place(1)).unwrap();
    let report = audit(&archive).await;
    for seed in 0..2 {
        assert!(report.findings.iter().any(|finding| finding.record == Some(id_of(seed))), "{report}");
    }
}

#[tokio::test]
async fn a_catalogue_that_says_something_else_is_named() {
    for (statement, named) in [
        ("UPDATE records SET record = replace(record, 'Mẫu', 'Khác') WHERE id = ?", "the row is not"),
        (
            "UPDATE receipts SET receipt = replace(receipt, '\"pages\":2', '\"pages\":3') WHERE record = ?",
            "the receipt",
        ),
        ("DELETE FROM receipts WHERE record = ?", "the receipt"),
    ] {
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 0..3).await;
        let mut transaction = archive.catalogue.sqlite().unwrap().begin().await.unwrap();
        sqlx::query(statement).bind(id_of(1).to_string()).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        let report = audit(&archive).await;
        assert_eq!(report.findings.len(), 1, "{statement}: {report}");
        assert!(report.findings[0].detail.starts_with(named), "{report}");
        assert_eq!(report.findings[0].what, AuditProblem::Catalogue);
    }
}

#[tokio::test]
async fn a_damaged_catalogue_is_an_error_and_rebuilt() {
    for action in ACTIONS {
        let (house, archive) = House::new().await;
        archive_all(&house, &archive, 0..20).await;
        archive.close().await;
        drop(archive);
        let file = house.home().join("catalog.sqlite");
        match action {
            Action::Flip => {
                // Every page but the first: what one flipped bit does depends on where it falls.
                let mut bytes = fs::read(&file).unwrap();
                bytes[4096..].iter_mut().for_each(|byte| *byte ^= 1);
                fs::write(&file, bytes).unwrap();
            }
            other => other.on(&file, &files(&house.home(), "blobs")[0]),
        }
        let opened = Archive::open(&house.home()).await;
        let noticed = match opened {
            Err(_) => true,
            Ok(archive) => {
                let audited = archive.audit_with(&|_, _| Verdict::Passed, None, now(), &()).await;
                archive.close().await;
                audited.map_or(true, |report| !report.is_clean())
            }
        };
        assert!(noticed, "{action:?}");
        if matches!(action, Action::Swap) {
            // What lies in the catalogue's place now is the blob.
            fs::rename(&file, &files(&house.home(), "blobs")[0]).unwrap();
        }
        let report = Archive::rebuild(&house.home(), now(), true).await.unwrap();
        assert!(report.is_complete(), "{report}");
        let archive = Archive::open(&house.home()).await.unwrap();
        archive.recover(now()).await.unwrap();
        assert!(audit(&archive).await.is_clean());
    }
}

#[tokio::test]
async fn a_verdict_weaker_than_recorded_is_a_finding() {
    let (house, archive) = House::new().await;
    archive_all(&house, &archive, 0..1).await;
    for verdict in [Verdict::Indeterminate, Verdict::Failed, Verdict::NotSigned] {
        let report = archive.audit_with(&|_, _| verdict, None, now(), &()).await.unwrap();
        assert_eq!(report.findings.len(), 1, "{report}");
        assert_eq!(report.findings[0].what, AuditProblem::Signature);
    }
}

#[tokio::test]
async fn a_record_on_its_way_in_is_no_finding() {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &batch).await;
    archive.store.brake().stop_after(super::kill::OBJECT_IN_PLACE);
    document.deposit(&archive, &batch).await.unwrap_err();
    let report = audit(&archive).await;
    assert_eq!(report.objects, 1, "the object is in storage");
    assert!(report.is_clean(), "{report}");
}
