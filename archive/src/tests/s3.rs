//! The whole archive on a real S3 server, and on a store whose writes appear file by file and whose faults pass.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use muniment_seal::Verdict;
use muniment_seal::note::NoteKey;
use tempfile::TempDir;

use super::fixture::{Document, House, archive_all, audit, id_of, now};
use super::seaweed::SeaweedFs;
use crate::object::name_of;
use crate::store::{Brake, S3Store};
use crate::{Archive, ObjectStore, Patience, Patient, Registration};

/// A server, and what a test keeps in it.
struct Cloud {
    server: SeaweedFs,
}

impl Cloud {
    fn start() -> Self {
        let server = SeaweedFs::start();
        server.make_bucket("archive");
        Self { server }
    }

    fn objects(&self, prefix: &str) -> Arc<Patient<S3Store>> {
        let store = crate::store::tests::on_s3(&self.server, "archive", prefix);
        Arc::new(Patient::new(store, Patience::default()))
    }
}

/// Brings everything in a store to a folder.
fn copy_down(objects: &dyn ObjectStore, directory: &str, to: &Path) -> usize {
    let mut names = Vec::new();
    objects
        .list(directory, &mut |name| {
            names.push(name.to_owned());
            true
        })
        .unwrap();
    for name in &names {
        let target = to.join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, objects.get(name).unwrap()).unwrap();
    }
    names.len()
}

#[tokio::test]
async fn an_archive_on_s3_does_all_that_one_on_a_disk_does() {
    let cloud = Cloud::start();
    let objects = cloud.objects("");
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
    assert_eq!(
        Archive::create_on(&house.home(), objects.clone()).await.unwrap_err().code(),
        "archive-exists"
    );
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..3).await;
    archive.publish_log(&key).await.unwrap();
    let revision = super::revise::grown(&archive, 1).await;
    archive.revise(id_of(1), revision, now()).await.unwrap();
    archive.publish_log(&key).await.unwrap();
    archive.check_storage().await.unwrap();

    let verifier = key.verifier();
    let report = archive.audit_with(&|_, _| Verdict::Passed, Some(&verifier), now(), &()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.objects, report.records, report.log_entries), (3, 3, 4));
    for seed in 0..3 {
        let record = archive.record(id_of(seed)).await.unwrap();
        archive.pdf(&record).await.unwrap();
        archive.text(&record).await.unwrap();
        archive.prove(record.id).await.unwrap().check(&verifier).unwrap();
    }
    let kept: Vec<_> = fs::read_dir(house.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(kept.iter().all(|name| name != "ocfl" && name != "blobs"), "{kept:?}");
    archive.close().await;
    drop(archive);

    // Copied down, it is an OCFL storage root for a program that shares no code with this one.
    let copy = TempDir::new().unwrap();
    let files = copy_down(objects.as_ref(), "ocfl", copy.path());
    // Five of each first version, two more of a second one (two are replaced), three of the root.
    assert_eq!(files, 3 * 5 + 2 + 3);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // `make judges` has other programs look at the copy.
    if let Ok(kept) = std::env::var("MUNIMENT_KEEP_COPY") {
        copy_down(objects.as_ref(), "ocfl", Path::new(&kept));
    }
    let judged = Command::new(root.join(".venv/bin/python"))
        .arg("-B")
        .arg(root.join("tests/judges/storage.py"))
        .arg(copy.path().join("ocfl"))
        .output()
        .expect("ocfl-py is installed by: scripts/tools.sh test");
    let said =
        String::from_utf8_lossy(&judged.stdout).into_owned() + &String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{said}");

    // Catalogue and directory are gone; all comes back from the bucket.
    fs::remove_dir_all(house.home()).unwrap();
    let report = Archive::rebuild_on(&house.home(), objects.clone(), now(), false).await.unwrap();
    assert!(report.is_complete() && report.log_entries == 4, "{report}");
    let archive = Archive::open_on(&house.home(), objects).await.unwrap();
    archive.recover(now()).await.unwrap();
    assert!(audit(&archive).await.is_clean());
    archive_all(&house, &archive, 3..4).await;
    assert_eq!(archive.publish_log(&key).await.unwrap().unwrap().size, 5);
}

#[tokio::test]
async fn damage_in_the_bucket_is_named_and_never_given_out() {
    let cloud = Cloud::start();
    let objects = cloud.objects("");
    let house = House::empty();
    let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
    archive_all(&house, &archive, 0..2).await;
    let object = name_of(id_of(1));
    for path in ["v1/content/H05.12-260224-0001-KQ1.pdf", "v1/content/version.json", "inventory.json"] {
        let name = format!("{object}/{path}");
        let whole = objects.get(&name).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [Some(flipped), Some(whole[..whole.len() / 2].to_vec()), None] {
            match damaged {
                Some(bytes) => objects.put(&name, &bytes).unwrap(),
                None => objects.delete(&name).unwrap(),
            }
            let report = audit(&archive).await;
            assert!(
                report.findings.iter().any(|finding| finding.object.starts_with(&name)),
                "{name}: {report}"
            );
            assert!(report.findings.iter().all(|finding| finding.record == Some(id_of(1))), "{report}");
            if path.starts_with("v1/content") && path.ends_with("pdf") {
                let record = archive.record(id_of(1)).await.unwrap();
                assert_eq!(archive.pdf(&record).await.unwrap_err().code(), "damaged");
            }
        }
        objects.put(&name, &whole).unwrap();
    }
    assert!(audit(&archive).await.is_clean());
}

/// A process that writes to the bucket: it can be stopped after any request.
fn brake(objects: &Arc<Patient<S3Store>>) -> &Brake {
    objects.brake()
}

#[tokio::test]
async fn a_deposit_on_s3_that_is_stopped_after_any_request_is_done_again() {
    let cloud = Cloud::start();
    let mut steps = 0;
    loop {
        let house = House::empty();
        let prefix = format!("deposit-{steps}");
        let objects = cloud.objects(&prefix);
        let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
        let batch = archive.open_batch(now()).await.unwrap();
        let document = Document::new(&house, 0, 0);
        document.register(&archive, &batch).await;
        brake(&objects).stop_after(steps);
        let stopped = document.deposit(&archive, &batch).await.is_err();
        archive.close().await;
        drop(archive);

        // The next run has another seal, whose bytes differ.
        let archive = Archive::open_on(&house.home(), cloud.objects(&prefix)).await.unwrap();
        assert!(audit(&archive).await.is_clean(), "what is on its way in is no finding, after {steps}");
        archive.recover(now()).await.unwrap();
        let again = Document::new(&house, 0, 1);
        if let Registration::Resumed { .. } = again.register(&archive, &batch).await {
            again.deposit(&archive, &batch).await.unwrap();
        }
        let report = audit(&archive).await;
        assert!(report.is_clean() && report.objects == 1, "after {steps}: {report}");
        let totals = archive.ledger(&batch).await.unwrap().totals;
        assert!(totals.balances() && totals.archived.documents == 1);
        if !stopped {
            break;
        }
        steps += 1;
    }
    assert_eq!(steps, 7, "a scan, its text and five files");
}

#[tokio::test]
async fn a_version_on_s3_that_is_stopped_after_any_request_is_ended_or_never_was() {
    let cloud = Cloud::start();
    let mut seen = [0; 3];
    for steps in 0.. {
        let house = House::empty();
        let prefix = format!("version-{steps}");
        let objects = cloud.objects(&prefix);
        let archive = Archive::create_on(&house.home(), objects.clone()).await.unwrap();
        archive_all(&house, &archive, 0..2).await;
        let revision = super::revise::grown(&archive, 1).await;
        brake(&objects).stop_after(steps);
        let stopped = archive.revise(id_of(1), revision, now()).await.is_err();
        archive.close().await;
        drop(archive);

        let archive = Archive::open_on(&house.home(), cloud.objects(&prefix)).await.unwrap();
        // Whatever has happened: the record can be read, and an audit raises no alarm.
        let record = archive.record(id_of(1)).await.unwrap();
        archive.pdf(&record).await.unwrap();
        let report = audit(&archive).await;
        assert!(report.is_clean(), "after {steps}: {report}");
        archive.recover(now()).await.unwrap();
        let report = audit(&archive).await;
        assert!(report.is_clean(), "after {steps} and recovery: {report}");
        let version = archive.record(id_of(1)).await.unwrap().version;
        seen[version as usize] += 1;
        if version == 1 {
            let revision = super::revise::grown(&archive, 1).await;
            archive.revise(id_of(1), revision, now()).await.unwrap();
        }
        let record = archive.record(id_of(1)).await.unwrap();
        assert_eq!(archive.pdf(&record).await.unwrap(), b"%PDF-1.7 1 signed 0 and more");
        assert!(audit(&archive).await.is_clean());
        if !stopped {
            break;
        }
    }
    assert!(seen[1] >= 3 && seen[2] >= 2, "both ends were seen: {seen:?}");
}
