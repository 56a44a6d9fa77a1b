//! Measures, run by `make bench-archive`: what this disk can do stands beside what the archive does with it.

use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, hint};

use muniment_seal::note::NoteKey;
use tokio::task::JoinSet;

use super::fixture::{Document, House, audit, files, id_of, now};
use crate::catalogue::append_entry;
use crate::log::{Entry, Tiles, inclusion};
use crate::{Archive, BatchId, leaf_hash, verify_inclusion};

/// Files that a deposit writes: five of the object, the scan and the text.
const FILES_A_DEPOSIT: f64 = 7.0;
/// Documents that are made, and deposited, at a time.
const AT_ONCE: u32 = 500;
const IN_FLIGHT: usize = 64;

fn setting(name: &str, default: u32) -> u32 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn per_second(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

/// How often this disk syncs 4 KB in a second.
fn disk_syncs(house: &House) -> f64 {
    let mut file = File::create(house.dir().join("probe")).unwrap();
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < Duration::from_secs(2) {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    per_second(count, started.elapsed())
}

/// Deposits documents with these seeds, so many in flight; gives the time of the deposits alone.
async fn deposit(
    house: &House,
    archive: &Archive,
    batch: &BatchId,
    seeds: std::ops::Range<u32>,
    in_flight: usize,
) -> Duration {
    let mut took = Duration::ZERO;
    let mut seeds = seeds.peekable();
    while seeds.peek().is_some() {
        let mut documents = Vec::new();
        for seed in seeds.by_ref().take(AT_ONCE as usize) {
            let document = Document::new(house, seed, 0);
            document.register(archive, batch).await;
            documents.push(document);
        }
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for document in documents {
            while tasks.len() >= in_flight {
                tasks.join_next().await;
            }
            let (archive, batch) = (archive.clone(), batch.clone());
            tasks.spawn(async move { document.deposit(&archive, &batch).await.unwrap() });
        }
        tasks.join_all().await;
        took += started.elapsed();
        // What came in is not what is measured.
        for entry in fs::read_dir(house.dir()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
    }
    took
}

async fn measure_log(archive: &Archive, count: u32) {
    let key = NoteKey::generate("archive.example/log").unwrap();
    let leaf = "x".repeat(600);
    let started = Instant::now();
    for first in (0..count).step_by(1000) {
        let mut transaction = archive.catalogue.begin().await.unwrap();
        for number in first..first + 1000 {
            let (leaf, companion) = (format!("{leaf}{number}"), leaf.repeat(3));
            let entry = Entry { record: id_of(number), version: 1, leaf, companion };
            append_entry(&mut transaction, &entry).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }
    let sequenced = started.elapsed();
    let checkpoint = archive.publish_log(&key).await.unwrap().unwrap();
    let all = started.elapsed();
    println!("log: {count} entries sequenced at {:.0}/s,", per_second(count, sequenced));
    println!("     sequenced, integrated and published at {:.0}/s", per_second(count, all));

    let (index, size) = (u64::from(count / 3), checkpoint.size);
    let tiles = Tiles::new(&archive.store, size);
    let started = Instant::now();
    for number in 0..1_000 {
        inclusion(&tiles, number * 97 % size, size).unwrap();
    }
    println!("     a proof is made in {:.1} us from tiles that are remembered", micros(started, 1_000));
    let path = inclusion(&tiles, index, size).unwrap();
    let leaf = leaf_hash(format!("{leaf}{}", count / 3).as_bytes());
    let started = Instant::now();
    for _ in 0..10_000 {
        assert!(verify_inclusion(hint::black_box(&leaf), index, size, &path, &checkpoint.root));
    }
    println!("     a proof of {} hashes is checked in {:.2} us", path.len(), micros(started, 10_000));
}

fn micros(started: Instant, count: u32) -> f64 {
    started.elapsed().as_secs_f64() * 1e6 / f64::from(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: make bench-archive"]
async fn measure() {
    let count = setting("COUNT", 20_000);
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let syncs = disk_syncs(&house);
    println!(
        "disk: {syncs:.0} fdatasync/s of 4 KB; a deposit that syncs file by file: {:.1}/s",
        syncs / FILES_A_DEPOSIT
    );

    let alone = deposit(&house, &archive, &batch, 0..200, 1).await / 200;
    println!(
        "deposit alone: {:.1} ms ({:.1} syncs of this disk)",
        alone.as_secs_f64() * 1e3,
        alone.as_secs_f64() * syncs
    );
    let first = deposit(&house, &archive, &batch, 200..1_200, IN_FLIGHT).await;
    let rate = per_second(1_000, first);
    println!(
        "grouped, {IN_FLIGHT} in flight: {rate:.0}/s = {:.1} x file by file",
        rate / (syncs / FILES_A_DEPOSIT)
    );
    deposit(&house, &archive, &batch, 1_200..count - 1_000, IN_FLIGHT).await;
    let last = deposit(&house, &archive, &batch, count - 1_000..count, IN_FLIGHT).await;
    let cost = last.as_secs_f64() / first.as_secs_f64();
    println!(
        "the last 1,000 of {count}: {:.0}/s, {cost:.2} x the cost of the first",
        per_second(1_000, last)
    );

    let started = Instant::now();
    let report = audit(&archive).await;
    let audited = started.elapsed();
    assert!(report.is_clean(), "{report}");
    let started = Instant::now();
    let script = "find ocfl blobs -type f -print0 | xargs -0 sha512sum >/dev/null";
    assert!(Command::new("sh").args(["-c", script]).current_dir(house.home()).status().unwrap().success());
    let summed = started.elapsed();
    println!(
        "audit: {} files in {audited:.1?}; sha512sum in {summed:.1?}: {:.2} of its speed",
        report.files,
        summed.as_secs_f64() / audited.as_secs_f64()
    );
    let bytes: u64 = files(&house.home(), "ocfl").iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    println!("       {:.1} KB of records", bytes as f64 / 1e3);
    archive.close().await;
    drop(archive);

    let started = Instant::now();
    let report = Archive::rebuild(&house.home(), now(), true).await.unwrap();
    let took = started.elapsed();
    assert!(report.is_complete(), "{report}");
    println!(
        "rebuild: {count} records in {took:.1?} = {:.0}/s, 100,000 in {:.0} s",
        per_second(count, took),
        took.as_secs_f64() * 1e5 / f64::from(count)
    );

    let (_house, archive) = House::new().await;
    measure_log(&archive, 100_000).await;
}
