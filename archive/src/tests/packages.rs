//! Every version of every format that was ever written stays readable: `samples/packages` keeps one archive of each.

use std::fs;
use std::path::{Path, PathBuf};

use muniment_record::{Digest, Record};
use muniment_seal::Trust;
use muniment_seal::note::NoteVerifier;

use super::fixture::{House, files, now};
use crate::log::{Companion, HoldCompanion};
use crate::version_file::VersionFile;
use crate::{Archive, Events, Leaf};

fn packages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/packages");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// Brings what is kept of an archive back as an operator would from a copy: without a catalogue.
fn restore(package: &Path) -> House {
    let house = House::empty();
    for file in files(package, "archive") {
        let target = house.home().join(file.strip_prefix(package.join("archive")).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
    house
}

#[tokio::test]
async fn every_kept_package_is_still_read() {
    for package in packages() {
        let name = package.display();
        let house = restore(&package);
        let rebuilt = Archive::rebuild(&house.home(), now(), false).await.unwrap();
        let holds =
            |file: &PathBuf| fs::read_to_string(file).is_ok_and(|text| text.contains(HoldCompanion::FORMAT));
        let is_held = files(package.as_path(), "archive/log/private").iter().any(holds);
        assert!(
            rebuilt.is_complete() && rebuilt.records == 1 && rebuilt.log_entries == 1 + u64::from(is_held),
            "{name}: {rebuilt}"
        );
        let archive = Archive::open(&house.home()).await.unwrap();
        let mut trust = Trust::none();
        trust.add_pem(&fs::read(package.join("trust.pem")).unwrap()).unwrap();
        let key = NoteVerifier::from_text(&fs::read_to_string(package.join("log.pub")).unwrap()).unwrap();
        let report = archive.audit(&trust, Some(&key), now(), &()).await.unwrap();
        assert!(report.is_clean(), "{name}: {report}");

        archive.recover(now()).await.unwrap();
        let record = archive.records(None, 1).await.unwrap().remove(0);
        assert_eq!(Digest::of(&archive.pdf(&record).await.unwrap()), record.sha256);
        assert!(!archive.text(&record).await.unwrap().is_empty(), "{name}");
        assert_eq!(archive.receipt(record.id).await.unwrap().record, record.id);
        assert_eq!(archive.hold_on(record.id).await.unwrap().is_some(), is_held, "{name}");
        let leaf = archive.prove(record.id).await.unwrap().check(&key).unwrap();
        assert_eq!(leaf.sha256, record.sha256);
    }
}

#[test]
fn what_is_written_today_is_kept() {
    let kept: Vec<String> = packages()
        .iter()
        .flat_map(|package| files(package, "archive"))
        .map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned())
        .collect();
    for format in [
        VersionFile::FORMAT,
        Record::FORMAT,
        Events::FORMAT,
        Leaf::FORMAT,
        Companion::FORMAT,
        HoldCompanion::FORMAT,
    ] {
        let is_kept = kept.iter().any(|text| text.contains(&format!("\"{format}\"")));
        assert!(is_kept, "keep a package with {format} in samples/packages");
    }
}
