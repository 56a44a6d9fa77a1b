//! Every file of the table, changed at random: whatever comes of it, it is an outcome, in time and in bounds.

use std::fs;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

use crate::table;

/// The longest file that is changed.
const MOST_BYTES: usize = 100 << 10;

/// A change to a file.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    /// Numbers that lie at the edges of types.
    Number(Index, [u8; 4]),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        if file.is_empty() {
            return;
        }
        let length = file.len();
        match self {
            Self::Set(at, byte) => file[at.index(length)] = *byte,
            Self::Flip(at, bit) => file[at.index(length)] ^= 1 << bit,
            Self::Number(at, bytes) => {
                let at = at.index(length);
                let end = length.min(at + 4);
                file[at..end].copy_from_slice(&bytes[..end - at]);
            }
            Self::Remove(at, count) => {
                let at = at.index(length);
                file.drain(at..length.min(at + count));
            }
            Self::Repeat(at, count) => {
                let at = at.index(length);
                let part = file[at..length.min(at + count)].to_vec();
                file.splice(at..at, part);
            }
            Self::Cut(at) => file.truncate(at.index(length)),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let numbers =
        prop::sample::select(vec![[0; 4], [255; 4], [0, 0, 0, 128], [127, 255, 255, 255], [0, 0, 1, 0]]);
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        4 => (any::<Index>(), numbers).prop_map(|(at, bytes)| Change::Number(at, bytes)),
        1 => (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (any::<Index>(), 1..200_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

/// The most memory that this process has taken so far.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn a_changed_file_has_an_outcome() {
    let seeds: Vec<Vec<u8>> = table::files().into_iter().filter(|file| file.len() <= MOST_BYTES).collect();
    assert!(seeds.len() > 100, "only {} files", seeds.len());
    let cases = std::env::var("PROPTEST_CASES").map_or(600, |cases| cases.parse().unwrap());
    // The same cases every time, unless others are asked for.
    let seed = std::env::var("PROPTEST_RNG_SEED").map_or(3, |seed| seed.parse().unwrap());
    let mut runner = TestRunner::new(Config {
        cases,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    });
    let changes = prop::collection::vec(change(), 1..6);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let result = runner.run(&(any::<Index>(), changes), |(seed, changes)| {
        let mut file = seed.get(&seeds).clone();
        changes.iter().for_each(|change| change.apply(&mut file));
        fs::write(&path, &file).unwrap();
        let staging = tempfile::tempdir().unwrap();
        let started = Instant::now();
        let outcome = table::digitise(&path, staging.path());
        prop_assert!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
        match outcome {
            Ok(package) => prop_assert!(!package.pages.is_empty()),
            Err(error) => prop_assert!(error.code() != "internal", "{error}"),
        }
        Ok(())
    });
    result.unwrap();
    // The limits of the table, several times over, and what the other tests of this program take beside.
    let peak = peak_bytes();
    assert!(peak < 1500 << 20, "{peak} bytes");
}
