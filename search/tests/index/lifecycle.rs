//! The index as a function of the outbox.

use std::fs;
use std::time::{Duration, Instant};

use muniment_search::{Entry, Error, Reader, Writer};
use tempfile::TempDir;

use crate::support::{draft, found, id, index};

#[test]
fn changes_are_applied_once_and_in_order() -> Result<(), Error> {
    let dir = TempDir::new().expect("a folder");
    let mut writer = Writer::open(dir.path())?;
    assert_eq!(writer.last_sequence(), 0);
    writer.apply(&[draft(1).holder("Cũ").entry(), draft(2).entry(), draft(1).holder("Mới").entry()], 3)?;
    let reader = Reader::open(dir.path())?;
    assert_eq!((reader.count(), reader.last_sequence()), (2, 3));
    assert_eq!(found(&reader, "tên:mới"), [1]);
    assert_eq!(found(&reader, "tên:cũ"), Vec::<u64>::new());

    writer.apply(&[draft(9).entry()], 3)?;
    writer.apply(&[Entry::removed(id(2)), draft(1).holder("Sau cùng").entry()], 5)?;
    reader.refresh()?;
    assert_eq!(reader.all_ids()?, [id(1)]);
    assert_eq!(found(&reader, "tên:sau cùng"), [1]);
    drop(writer);
    assert_eq!(Writer::open(dir.path())?.last_sequence(), 5);
    Ok(())
}

#[test]
fn there_is_one_writer_at_a_time() -> Result<(), Error> {
    let dir = TempDir::new().expect("a folder");
    let writer = Writer::open(dir.path())?;
    assert!(matches!(Writer::open(dir.path()), Err(Error::Locked { .. })));
    drop(writer);
    Writer::open(dir.path())?;
    Ok(())
}

#[test]
fn a_missing_index_is_told_from_a_damaged_one() {
    let dir = TempDir::new().expect("a folder");
    let missing = Reader::open(dir.path()).err().map(|error| error.code());
    assert_eq!(missing, Some("index-missing"));
}

#[test]
fn a_rebuilt_index_takes_the_place_of_the_living_one_only_when_published() -> Result<(), Error> {
    let dir = TempDir::new().expect("a folder");
    let reader = index(dir.path(), &[draft(1), draft(2)]);
    let mut writer = Writer::rebuild(dir.path())?;
    writer.apply(&[draft(3).entry()], 7)?;
    reader.refresh()?;
    assert_eq!(found(&reader, ""), [2, 1]);
    let writer = writer.publish()?;
    assert_eq!(writer.last_sequence(), 7);
    assert_eq!(found(&reader, ""), [2, 1], "the former view serves until it is refreshed");
    reader.refresh()?;
    assert_eq!(found(&reader, ""), [3]);
    Ok(())
}

#[test]
fn damage_is_noticed_when_the_index_is_opened_and_answered_by_a_rebuild() -> Result<(), Error> {
    type Damage = fn(&[u8]) -> Option<Vec<u8>>;
    let damages: [(&str, Damage); 4] = [
        ("delete", |_| None),
        ("empty", |_| Some(Vec::new())),
        ("truncate", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
        ("flip", |bytes| {
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x20;
            Some(bytes)
        }),
    ];
    let sound = TempDir::new().expect("a folder");
    drop(index(sound.path(), &[draft(1), draft(2)]));
    let mut tried = 0;
    for (action, damage) in damages {
        for file in files(sound.path()) {
            let dir = TempDir::new().expect("a folder");
            drop(index(dir.path(), &[draft(1), draft(2)]));
            // Names are random, so the file is found by its ending.
            let ending = file.rsplit('.').next().unwrap_or_default();
            let Some(victim) = files(dir.path()).into_iter().find(|name| name.ends_with(ending)) else {
                continue;
            };
            let bytes = fs::read(&victim).expect("a file");
            match damage(&bytes) {
                Some(bytes) => fs::write(&victim, bytes).expect("damage"),
                None => fs::remove_file(&victim).expect("damage"),
            }
            tried += 1;
            for error in [Reader::open(dir.path()).err(), Writer::open(dir.path()).err()] {
                assert!(error.as_ref().is_some_and(Error::needs_rebuild), "{action} {ending}: {error:?}");
            }
            let mut writer = Writer::rebuild(dir.path())?;
            writer.apply(&[draft(1).entry()], 1)?;
            writer.publish()?;
            assert_eq!(found(&Reader::open(dir.path())?, ""), [1], "{action} {ending}");
        }
    }
    assert!(tried >= 24, "{tried}");
    Ok(())
}

/// The files whose loss is damage: the last commit and what it names.
fn files(dir: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for generation in fs::read_dir(dir).expect("a folder").flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(generation.path()).expect("a folder").flatten() {
            let path = file.path().to_string_lossy().into_owned();
            if !file.file_name().to_string_lossy().starts_with('.') {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn files_that_no_commit_knows_are_swept() -> Result<(), Error> {
    let dir = TempDir::new().expect("a folder");
    drop(index(dir.path(), &[draft(1)]));
    let generation =
        fs::read_dir(dir.path()).expect("a folder").flatten().find(|entry| entry.path().is_dir());
    let generation = generation.expect("an index").path();
    let orphan = generation.join("0123456789abcdef0123456789abcdef.idx");
    fs::write(&orphan, b"left over").expect("a file");
    fs::create_dir(dir.path().join("v0-old-000001")).expect("a folder");
    drop(Writer::open(dir.path())?);
    assert!(!orphan.exists());
    assert!(!dir.path().join("v0-old-000001").exists());
    assert_eq!(found(&Reader::open(dir.path())?, ""), [1]);
    Ok(())
}

/// The longest that a change may take from the writer to a reader, at the 99th percentile.
const VISIBLE_WITHIN: Duration = Duration::from_millis(1500);

#[test]
fn a_change_is_visible_within_a_second_and_a_half() -> Result<(), Error> {
    let dir = TempDir::new().expect("a folder");
    let mut writer = Writer::open(dir.path())?;
    let reader = Reader::open(dir.path())?;
    let mut times = Vec::new();
    for number in 1..=100 {
        let start = Instant::now();
        writer.apply(&[draft(number).entry()], number)?;
        reader.refresh()?;
        assert_eq!(reader.count(), number);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    assert!(times[98] <= VISIBLE_WITHIN, "{:?}", times[98]);
    Ok(())
}
