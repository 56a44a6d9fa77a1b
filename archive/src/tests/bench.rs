//! Measures, run by `make bench-archive`: what this disk and this S3 server can do stands beside what the archive does with them.

mod s3;

use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, hint};

use muniment_seal::note::NoteKey;
use tokio::task::JoinSet;

use super::fixture::{Document, House, audit, id_of, now};
use crate::log::{Entry, Tiles, inclusion};
use crate::{Archive, BatchId, leaf_hash, verify_inclusion};

/// Files that a deposit writes: five of the object, the scan and the text.
const FILES_A_DEPOSIT: f64 = 7.0;
/// Documents that are made, and deposited, at a time.
const AT_ONCE: u32 = 500;
const IN_FLIGHT: usize = 64;
/// How often, and of how many deposits, two archives take turns.
const ROUNDS: u32 = 6;
const EACH: u32 = 500;

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

/// The most memory that this process had at a time, in MB.
fn peak_memory() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u32>().unwrap() / 1000
}

/// Deposits documents with these seeds and, where they are given, so many bytes of PDF and scan, so many in flight; gives the time of
/// the deposits alone.
async fn deposit(
    house: &House,
    archive: &Archive,
    batch: &BatchId,
    seeds: std::ops::Range<u32>,
    in_flight: usize,
    size: Option<(usize, usize)>,
) -> Duration {
    let mut took = Duration::ZERO;
    let mut seeds = seeds.peekable();
    while seeds.peek().is_some() {
        let mut registering = JoinSet::new();
        for seed in seeds.by_ref().take(AT_ONCE as usize) {
            let mut document = Document::new(house, seed, 0);
            if let Some((pdf, scan)) = size {
                document = document.of_size(pdf, scan);
            }
            let (archive, batch) = (archive.clone(), batch.clone());
            registering.spawn(async move {
                document.register(&archive, &batch).await;
                document
            });
        }
        let documents = registering.join_all().await;
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
        let entry = |number| {
            let (leaf, companion) = (format!("{leaf}{number}"), leaf.repeat(3));
            Entry { record: id_of(number), version: 1, leaf, companion }
        };
        archive.catalogue.append(&(first..first + 1000).map(entry).collect::<Vec<_>>()).await.unwrap();
    }
    let sequenced = started.elapsed();
    let checkpoint = archive.publish_log(&key).await.unwrap().unwrap();
    let all = started.elapsed();
    println!("log: {count} entries sequenced at {:.0}/s,", per_second(count, sequenced));
    println!("     sequenced, integrated and published at {:.0}/s", per_second(count, all));

    let (index, size) = (u64::from(count / 3), checkpoint.size);
    let tiles = Tiles::new(&archive.store, size);
    for what in ["from tiles in files", "from tiles that are remembered"] {
        let started = Instant::now();
        for number in 0..1_000 {
            inclusion(&tiles, number * 97 % size, size).unwrap();
        }
        println!("     a proof is made in {:.1} us {what}", micros(started, 1_000));
    }
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

/// How long it takes from an event to the checkpoint that has it, in a log that is large already.
async fn measure_checkpoint(house: &House, archive: &Archive, batch: &BatchId, seed: u32, key: &NoteKey) {
    let started = Instant::now();
    deposit(house, archive, batch, seed..seed + 1, 1, None).await;
    archive.publish_log(key).await.unwrap();
    println!(
        "     from a deposit's beginning to the checkpoint that has it: {:.0} ms",
        started.elapsed().as_secs_f64() * 1e3
    );
}

/// The audit beside `sha512sum`, over records of everyday size.
async fn measure_audit(count: u32) {
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    deposit(&house, &archive, &batch, 0..count, IN_FLIGHT, Some((120_000, 900_000))).await;
    let mut speeds = Vec::new();
    // The files are in memory either way; of several runs the fastest counts.
    for _ in 0..3 {
        let started = Instant::now();
        let report = audit(&archive).await;
        let audited = started.elapsed();
        assert!(report.is_clean(), "{report}");
        let started = Instant::now();
        let script = "find ocfl blobs -type f -print0 | xargs -0 sha512sum >/dev/null";
        assert!(
            Command::new("sh").args(["-c", script]).current_dir(house.home()).status().unwrap().success()
        );
        speeds.push((report.bytes, audited, started.elapsed()));
    }
    let bytes = speeds[0].0 as f64 / 1e6;
    let audited = speeds.iter().map(|speed| speed.1).min().unwrap().as_secs_f64();
    let summed = speeds.iter().map(|speed| speed.2).min().unwrap().as_secs_f64();
    println!(
        "audit: {count} records, {bytes:.0} MB at {:.0} MB/s; sha512sum at {:.0} MB/s: {:.2} of its speed",
        bytes / audited,
        bytes / summed,
        summed / audited
    );
}

/// Deposits on this disk: alone, in groups, and as the archive grows; then what a large archive's log, rebuild and memory cost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: make bench-archive"]
async fn disk() {
    let count = setting("COUNT", 20_000);
    let (house, archive) = House::new().await;
    let batch = archive.open_batch(now()).await.unwrap();
    let syncs = disk_syncs(&house);
    let one_by_one = syncs / FILES_A_DEPOSIT;
    println!("disk: {syncs:.0} fdatasync/s of 4 KB; a deposit that syncs file by file: {one_by_one:.1}/s");

    let alone = deposit(&house, &archive, &batch, 0..200, 1, None).await / 200;
    let allowed = 30.0 + 10.0 * 1e3 / syncs;
    println!(
        "deposit alone: {:.1} ms; 30 ms and ten syncs of this disk are {allowed:.1} ms",
        alone.as_secs_f64() * 1e3
    );
    let mut rates = Vec::new();
    for first in (200..1_200).step_by(250) {
        rates.push(per_second(
            250,
            deposit(&house, &archive, &batch, first..first + 250, IN_FLIGHT, None).await,
        ));
    }
    let rate = best(&rates);
    println!("grouped, {IN_FLIGHT} in flight: {rate:.0}/s = {:.1} x file by file", rate / one_by_one);
    deposit(&house, &archive, &batch, 1_200..count, IN_FLIGHT, None).await;
    measure_growth(&house, &archive, &batch, count).await;
    println!("memory: {} MB at most until here", peak_memory());

    let key = NoteKey::generate("archive.example/log").unwrap();
    let started = Instant::now();
    archive.publish_log(&key).await.unwrap();
    let entries = archive.log_sizes().await.unwrap().0;
    println!(
        "log: {entries} entries of records integrated and published at {:.0}/s,",
        entries as f64 / started.elapsed().as_secs_f64()
    );
    measure_checkpoint(&house, &archive, &batch, count + ROUNDS * EACH, &key).await;
    archive.close().await;
    drop(archive);

    let started = Instant::now();
    let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    let took = started.elapsed().as_secs_f64();
    assert!(report.is_complete(), "{report}");
    let each = took / report.records as f64;
    println!("rebuild: {} records in {took:.1} s; 100,000 take {:.0} s", report.records, each * 1e5);
    println!("memory: {} MB at most until here", peak_memory());
}

/// What deposits cost in an archive of so many records beside one of a thousand, turn by turn: what else this machine does
/// meanwhile concerns both.
async fn measure_growth(house: &House, large: &Archive, batch: &BatchId, count: u32) {
    let (small_house, small) = House::new().await;
    let small_batch = small.open_batch(now()).await.unwrap();
    deposit(&small_house, &small, &small_batch, 0..1_000, IN_FLIGHT, None).await;
    let (mut in_small, mut in_large) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (first, later) = (1_000 + round * EACH, count + round * EACH);
        let took = deposit(&small_house, &small, &small_batch, first..first + EACH, IN_FLIGHT, None).await;
        in_small.push(per_second(EACH, took));
        let took = deposit(house, large, batch, later..later + EACH, IN_FLIGHT, None).await;
        in_large.push(per_second(EACH, took));
    }
    println!(
        "after 1,000 records {:.0?}/s, after {count} {:.0?}/s: {:.2} x the cost, {:.2} x at their best",
        in_small,
        in_large,
        in_small.iter().sum::<f64>() / in_large.iter().sum::<f64>(),
        best(&in_small) / best(&in_large)
    );
}

fn best(rates: &[f64]) -> f64 {
    rates.iter().copied().fold(0.0, f64::max)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: make bench-archive"]
async fn log() {
    let (_house, archive) = House::new().await;
    measure_log(&archive, 100_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: make bench-archive"]
async fn fixity() {
    measure_audit(setting("AUDITED", 500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: make bench-archive"]
async fn server() {
    s3::measure(setting("ON_S3", 1_000)).await;
}
