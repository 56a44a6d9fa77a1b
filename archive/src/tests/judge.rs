//! The published log, judged by a program that shares no code with it: `tests/judges/log.py`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use muniment_seal::note::NoteKey;

use super::fixture::{House, archive_all, id_of, now};
use crate::Archive;
use crate::log::{Entry, Salt};
use crate::object::StoredObject;

fn judge(key: &Path, log: &Path, more: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/judges/log.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg("--key").arg(key).args(more).arg(log.join("public"));
    command.output().expect("Python runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Enters records like the first one, so that the tree has more than one full tile.
async fn enter_many(archive: &Archive, count: u32) {
    let store = archive.store.as_ref();
    let first = StoredObject::load(store, id_of(0)).unwrap();
    let entry = |number| {
        let mut record = first.record.clone();
        record.id = id_of(number);
        Entry::new(&record, &first.events, now(), Salt::random().unwrap()).unwrap()
    };
    archive.catalogue.append(&(1000..1000 + count).map(entry).collect::<Vec<_>>()).await.unwrap();
}

#[tokio::test]
async fn another_program_reads_the_log_and_its_proofs_and_sees_damage() {
    let (house, archive) = House::new().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    archive_all(&house, &archive, 0..3).await;
    archive.publish_log(&key).await.unwrap();
    enter_many(&archive, 600).await;
    archive.publish_log(&key).await.unwrap();

    let log = house.home().join("log");
    let public = house.write("log.pub", key.verifier().to_text().as_bytes());
    let proof = house.write("proof", archive.prove(id_of(2)).await.unwrap().to_string().as_bytes());
    let proofs = ["--proof", proof.to_str().unwrap()];
    let sound = judge(&public, &log, &proofs);
    assert!(sound.status.success(), "{}", said(&sound));
    assert!(said(&sound).contains("604 judged"), "603 entries and a proof: {}", said(&sound));

    let stranger = NoteKey::generate("archive.example/log").unwrap().verifier().to_text();
    let stranger = house.write("stranger.pub", stranger.as_bytes());
    assert_eq!(judge(&stranger, &log, &[]).status.code(), Some(1));

    let forged = fs::read_to_string(&proof).unwrap().replace("index 2", "index 1");
    fs::write(&proof, forged).unwrap();
    assert_eq!(judge(&public, &log, &proofs).status.code(), Some(1));

    for file in ["tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/91", "checkpoint"] {
        let path = log.join("public").join(file);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        fs::write(&path, damaged).unwrap();
        assert_eq!(judge(&public, &log, &[]).status.code(), Some(1), "{file}");
        fs::write(&path, whole).unwrap();
    }
    assert!(judge(&public, &log, &[]).status.success());
}
