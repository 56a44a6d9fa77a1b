//! The damage table's other column: what is damaged in one store is put right from the other, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use muniment_seal::Verdict;
use muniment_seal::note::NoteKey;

use super::damage::{ACTIONS, Action, places};
use super::fixture::{Document, House, archive_all, audit, files, id_of, now};
use super::pair::{on_two_disks, second_home};
use super::seaweed::SeaweedFs;
use crate::object::name_of;
use crate::store::{DiskStore, Pair};
use crate::{Archive, AuditProblem, AuditReport, ObjectStore};

async fn repair(archive: &Archive, key: &NoteKey) -> AuditReport {
    archive.repair_with(&|_, _| Verdict::Passed, Some(&key.verifier()), now(), &()).await.unwrap()
}

async fn audit_with_key(archive: &Archive, key: &NoteKey) -> AuditReport {
    archive.audit_with(&|_, _| Verdict::Passed, Some(&key.verifier()), now(), &()).await.unwrap()
}

/// Every file of a store but its locks and remains of work, by its path.
fn kept(home: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let below = ["ocfl", "blobs", "log"].into_iter().filter(|below| home.join(below).is_dir());
    let all = below.flat_map(|below| files(home, below));
    let kept = all.filter(|path| !path.ends_with("log/lock"));
    kept.map(|path| (path.strip_prefix(home).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

/// Damages each of these files in each store, each in its way, and has each put right.
async fn every_damage_is_mended(
    house: &House,
    archive: &Archive,
    key: &NoteKey,
    table: &[(PathBuf, PathBuf)],
) {
    let whole = kept(&house.home());
    assert!(whole == kept(&second_home(house)), "both stores have the same");
    for (in_second, home) in [(false, house.home()), (true, second_home(house))] {
        for (path, twin) in table {
            for action in ACTIONS {
                action.on(&home.join(path), &home.join(twin));
                let report = repair(archive, key).await;
                let context = format!("{action:?} {} in second {in_second}: {report}", path.display());
                assert!(report.is_clean(), "{context}");
                let pair = path.to_string_lossy().trim_end_matches(".sha512").to_owned();
                let is_it = |object: &str| object.starts_with(&pair) || pair.starts_with(object);
                let named = report.repaired.iter().any(|finding| is_it(&finding.object));
                assert!(named, "{context}: {:?}", report.repaired);
                assert!(report.repaired.iter().all(|finding| finding.in_second == in_second), "{context}");
                assert!(kept(&home) == whole, "{context}: not byte for byte");
            }
        }
    }
    assert!(repair(archive, key).await.repaired.is_empty(), "there is nothing left to mend");
}

#[tokio::test]
async fn every_damage_in_one_store_is_mended_from_the_other() {
    let (house, archive) = on_two_disks().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    for seeds in [0..3, 3..4] {
        archive_all(&house, &archive, seeds).await;
        archive.publish_log(&key).await.unwrap();
    }
    let home = house.home();
    let relative = |path: PathBuf| path.strip_prefix(&home).unwrap().to_owned();
    let table: Vec<_> =
        places(&home).into_iter().map(|(path, twin)| (relative(path), relative(twin))).collect();
    every_damage_is_mended(&house, &archive, &key, &table).await;
}

#[tokio::test]
async fn objects_of_several_versions_and_of_the_older_form_are_mended_too() {
    // A kept package of the older form, to which a second store is added.
    let house = House::empty();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/packages/0001/archive");
    for file in files(&package, "") {
        let target = house.home().join(file.strip_prefix(&package).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
    let open = |home: PathBuf| -> Arc<dyn ObjectStore> { Arc::new(DiskStore::open(&home).unwrap()) };
    let pair = Arc::new(Pair::new(open(house.home()), open(second_home(&house))));
    Archive::rebuild_on(&house.home(), pair.clone(), now(), false).await.unwrap();
    let archive = Archive::open_on(&house.home(), pair).await.unwrap();
    let verifier = fs::read_to_string(package.join("../log.pub")).unwrap();
    let verifier = muniment_seal::note::NoteVerifier::from_text(&verifier).unwrap();
    let mend = || archive.repair_with(&|_, _| Verdict::Passed, Some(&verifier), now(), &());
    let report = mend().await.unwrap();
    assert!(report.is_clean(), "{report}");
    let record = archive.records(None, 1).await.unwrap().remove(0);
    // Its next version is of the newer form.
    let revision = crate::archive::Revision {
        pdf: [archive.pdf(&record).await.unwrap().as_slice(), b" and more"].concat(),
        signatures: record.signatures.clone(),
    };
    archive.revise(record.id, revision, now()).await.unwrap();
    let whole = kept(&house.home());
    assert!(whole == kept(&second_home(&house)));
    let object = PathBuf::from(name_of(record.id));
    let of_object = |name: &str| object.join(name);
    for (name, twin) in [
        ("v1/inventory.json", "v1/content/record.json"),
        ("v1/inventory.json.sha512", "inventory.json.sha512"),
        ("v1/content/events.json", "v1/inventory.json"),
        ("v2/content/version.json", "v1/content/record.json"),
        ("inventory.json", "v1/inventory.json"),
    ] {
        for home in [house.home(), second_home(&house)] {
            for action in ACTIONS {
                action.on(&home.join(of_object(name)), &home.join(of_object(twin)));
                let report = mend().await.unwrap();
                assert!(report.is_clean() && !report.repaired.is_empty(), "{action:?} {name}: {report}");
                assert!(kept(&home) == whole, "{action:?} {name}: not byte for byte");
            }
        }
    }
}

#[tokio::test]
async fn damage_of_both_stores_is_mended_where_each_has_another_part_and_else_named() {
    let (house, archive) = on_two_disks().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..3).await;
    archive.publish_log(&key).await.unwrap();
    let whole = kept(&house.home());
    let object = |home: PathBuf, file: &str| home.join(name_of(id_of(1))).join(file);
    for (file, home) in [
        ("v1/content/H05.12-260224-0001-KQ1.pdf", house.home()),
        ("inventory.json.sha512", house.home()),
        ("v1/content/version.json", second_home(&house)),
        ("inventory.json", second_home(&house)),
    ] {
        Action::Flip.on(&object(home.clone(), file), &home);
    }
    let report = repair(&archive, &key).await;
    assert!(report.is_clean() && report.repaired.len() >= 4, "{report}");
    assert!(kept(&house.home()) == whole && kept(&second_home(&house)) == whole);

    // One that neither has whole stays a finding in each, and all else is as it was.
    for home in [house.home(), second_home(&house)] {
        Action::Flip.on(&object(home.clone(), "v1/content/H05.12-260224-0001-KQ1.pdf"), &home);
    }
    let report = repair(&archive, &key).await;
    for in_second in [false, true] {
        let of_store = report.findings.iter().filter(|finding| finding.in_second == in_second);
        assert!(of_store.clone().all(|finding| finding.record == Some(id_of(1))), "{report}");
        assert!(of_store.clone().any(|finding| finding.what == AuditProblem::Changed), "{report}");
    }
    assert!(report.repaired.is_empty(), "{report}");
}

#[tokio::test]
async fn without_repair_everything_is_named_and_nothing_is_written() {
    let (house, archive) = on_two_disks().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..2).await;
    archive.publish_log(&key).await.unwrap();
    let second = second_home(&house);
    fs::remove_dir_all(second.join(name_of(id_of(1)))).unwrap();
    let blob = &files(&second, "blobs")[0];
    fs::write(blob, b"damaged").unwrap();
    fs::write(second.join("log/public/checkpoint"), b"damaged").unwrap();
    fs::write(second.join("ocfl/ocfl_layout.json"), b"damaged").unwrap();
    let damaged = kept(&second);
    let report = audit_with_key(&archive, &key).await;
    assert!(report.findings.iter().all(|finding| finding.in_second), "{report}");
    let named: BTreeSet<&str> = report.findings.iter().map(|finding| finding.object.as_str()).collect();
    assert_eq!(named.len(), 4, "{report}");
    assert!(kept(&second) == damaged);
    // What is read comes from the first store.
    let record = archive.record(id_of(1)).await.unwrap();
    archive.pdf(&record).await.unwrap();
    assert!(repair(&archive, &key).await.is_clean());
    assert!(kept(&second) == kept(&house.home()));
}

#[tokio::test]
async fn a_second_store_that_was_added_later_is_brought_up_and_is_an_archive_of_its_own() {
    let (house, archive) = House::new().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..3).await;
    archive.publish_log(&key).await.unwrap();
    let revision = super::revise::grown(&archive, 1).await;
    archive.revise(id_of(1), revision, now()).await.unwrap();
    archive.publish_log(&key).await.unwrap();
    archive.close().await;
    drop(archive);

    let server = SeaweedFs::start();
    server.make_bucket("second");
    let second: Arc<dyn ObjectStore> = Arc::new(crate::store::tests::on_s3(&server, "second", ""));
    let first: Arc<dyn ObjectStore> = Arc::new(DiskStore::open(&house.home()).unwrap());
    let pair = Arc::new(Pair::new(first, Arc::clone(&second)));
    let archive = Archive::open_on(&house.home(), pair).await.unwrap();
    // What comes in now is in both at once.
    archive_all(&house, &archive, 3..4).await;
    let report = audit(&archive).await;
    assert!(!report.is_clean() && report.findings.iter().all(|finding| finding.in_second), "{report}");
    let report = repair(&archive, &key).await;
    assert!(report.is_clean(), "{report}");
    assert!(repair(&archive, &key).await.repaired.is_empty());
    archive.publish_log(&key).await.unwrap();
    archive.close().await;
    drop(archive);

    // The first store and the catalogue are gone.
    fs::remove_dir_all(house.home()).unwrap();
    let rebuilt = Archive::rebuild_on(&house.home(), Arc::clone(&second), now(), false).await.unwrap();
    assert!(rebuilt.is_complete() && rebuilt.records == 4 && rebuilt.log_entries == 5, "{rebuilt}");
    let archive = Archive::open_on(&house.home(), second).await.unwrap();
    let report = audit_with_key(&archive, &key).await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn a_part_of_an_audit_mends_too() {
    let (house, archive) = on_two_disks().await;
    archive_all(&house, &archive, 0..2).await;
    let whole = kept(&house.home());
    let record = archive.record(id_of(0)).await.unwrap();
    fs::remove_file(house.home().join(crate::store::Store::blob_path(&record.text_sha256))).unwrap();
    fs::remove_dir_all(second_home(&house).join(name_of(id_of(1)))).unwrap();
    let all = super::round::Bytes(u64::MAX);
    let report = archive.audit_part_with(&|_, _| Verdict::Passed, true, &all, now()).await.unwrap();
    assert!(report.findings.is_empty() && report.coverage.never == 0, "{report}");
    assert_eq!(report.repaired.len(), 2, "{:?}", report.repaired);
    assert!(kept(&house.home()) == whole && kept(&second_home(&house)) == whole);
}

#[tokio::test]
async fn a_record_on_its_way_into_two_stores_is_no_finding() {
    let (house, archive) = on_two_disks().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let document = Document::new(&house, 0, 0);
    document.register(&archive, &batch).await;
    archive.store.brake().stop_after(super::kill::OBJECT_IN_PLACE);
    document.deposit(&archive, &batch).await.unwrap_err();
    assert!(second_home(&house).join(name_of(id_of(0))).is_dir(), "the second store has it already");
    let report = archive.repair_with(&|_, _| Verdict::Passed, None, now(), &()).await.unwrap();
    assert!(report.is_clean() && report.repaired.is_empty(), "{report}");
}
