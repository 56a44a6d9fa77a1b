use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::house::{House, copy_folder, fingerprints, samples};

const QUERIES: [&str; 5] = ["giấy phép", "giay chung nhan", "khai sinh", "H05", "không-có-trong-kho"];

fn hits(house: &House, query: &str) -> Value {
    let results = house.run(["--json", "search", query]).expect(0).json();
    let hits = results["hits"].as_array().expect("hits").iter();
    hits.map(|hit| Value::from(vec![hit["id"].clone(), hit["snippet"].clone()])).collect()
}

#[test]
fn catalogue_and_index_come_back_from_storage_alone() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    let objects = house.audit_is_clean();
    let before: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    assert!(before.iter().any(|found| found.as_array().is_some_and(|hits| !hits.is_empty())));

    for entry in fs::read_dir(house.home().join("archive")).expect("the archive") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("catalog")) {
            fs::remove_file(&path).expect("the catalogue is removed");
        }
    }
    fs::remove_dir_all(house.home().join("index")).expect("the index is removed");

    house.run(["rebuild"]).expect(0);
    let after: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    assert_eq!(after, before);
    assert_eq!(house.audit_is_clean(), objects);
    let again = house.take(&[&samples()], 0);
    assert_eq!(again["ledger"]["duplicate"]["documents"], objects, "what was archived is still known");
}

#[test]
fn a_damaged_log_is_named_and_the_rest_comes_back() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    let objects = house.audit_is_clean();
    let before: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    let entries = all_files(&house.home().join("archive/log/public/tile/entries"));
    let newest = entries.last().expect("entries of the log");
    let sound = fs::read(newest).expect("a bundle");
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(newest, bytes).expect("a bundle is damaged");
    fs::remove_file(house.home().join("archive/catalog.sqlite")).expect("the catalogue is removed");

    let damaged = house.run(["rebuild"]).expect(1);
    assert!(damaged.stdout.contains("changed: log/public/tile/entries/"), "{}", damaged.stdout);
    assert!(damaged.stderr.contains("nothing is published"), "{}", damaged.stderr);
    let after: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    assert_eq!(after, before);

    fs::write(newest, sound).expect("the bundle is brought back");
    house.run(["rebuild"]).expect(0);
    assert_eq!(house.audit_is_clean(), objects);
}

/// Deletes, cuts short and changes each file of the index, and swaps it with another: an audit says so, or what the index answers is as
/// before, and the rest of the archive stays usable.
#[test]
fn damage_to_the_index_is_named_or_harmless_and_a_rebuild_mends_it() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    let objects = house.audit_is_clean();
    let before: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    let (index, whole) = (house.home().join("index"), house.path("index.whole"));
    copy_folder(&index, &whole);
    let mut files = all_files(&whole);
    // One of each kind.
    let mut kinds = BTreeSet::new();
    files.retain(|file| {
        let kind = file.extension().map(OsStr::to_owned);
        kind.as_deref() != Some(OsStr::new("lock")) && kinds.insert(kind)
    });
    assert!(files.len() > 5, "{files:?}");
    let mut named = 0;
    for (number, file) in files.iter().enumerate() {
        for action in ["delete", "truncate", "flip", "swap"] {
            fs::remove_dir_all(&index).expect("the index is removed");
            copy_folder(&whole, &index);
            let damaged = index.join(file.strip_prefix(&whole).expect("a file of the index"));
            let mut bytes = fs::read(file).expect("a file of the index");
            let middle = bytes.len() / 2;
            match action {
                "truncate" => bytes.truncate(middle),
                "flip" if !bytes.is_empty() => bytes[middle] ^= 1,
                "swap" => bytes = fs::read(&files[(number + 1) % files.len()]).expect("another file"),
                _ => {}
            }
            match action {
                "delete" => fs::remove_file(&damaged).expect("a file is removed"),
                _ => fs::write(&damaged, bytes).expect("a file is damaged"),
            }
            let context = format!("{action} {}", damaged.display());
            let audit = house.run(["audit"]);
            assert!(matches!(audit.code, 0 | 1), "{context}: {}", audit.stderr);
            named += u32::from(audit.code == 1);
            if audit.code == 0 {
                let after: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
                assert_eq!(after, before, "{context}: it is not named, and the index answers otherwise");
            }
        }
    }
    println!("{named} of {} damages were named", 4 * files.len());
    assert!(named as usize > files.len(), "only {named} damages are named");
    house.run(["rebuild"]).expect(0);
    let after: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    assert_eq!(after, before);
    assert_eq!(house.audit_is_clean(), objects);
}

/// All files below a folder, sorted.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fingerprints(folder).into_iter().map(|(path, _)| path).collect();
    files.sort();
    files
}
