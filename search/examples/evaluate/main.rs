//! Measures the search: how good, how fast, how large, how costly to build.
//!
//! ```text
//! cargo run --release -p muniment-search --example evaluate -- RECORDS.jsonl[.zst] QUERIES.json [--grow N] [--index DIR] [--peers] [--misses] [--slowest]
//! ```
//!
//! `RECORDS` has one record a line, `QUERIES` a list of queries with the ids of their relevant records. `--grow` makes more
//! records of the given ones. `--index` keeps the index in a folder and uses the one that is there. `--peers` asks SQLite
//! FTS5 and PostgreSQL the same on the same data. `--misses` lists the queries that were not answered perfectly, `--slowest`
//! those that took longest, of the given ones and of queries that were made to be hard.

mod measure;
mod peers;
mod records;
mod targets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use muniment_search::{Entry, HolderKeying, Paging, Query, Reader, Scope, Writer};

use crate::measure::{Answer, Question};
use crate::records::Grown;
use crate::targets::Measured;

const BATCH: u64 = 20_000;
const REPEATS: usize = 15;

struct Options {
    records: PathBuf,
    queries: PathBuf,
    grow: Option<u64>,
    index: Option<PathBuf>,
    peers: bool,
    misses: bool,
    slowest: bool,
}

fn main() -> Result<()> {
    let options = options()?;
    let originals = records::read(&options.records)?;
    let questions = measure::questions(&options.queries)?;
    let grown = Grown::new(&originals);
    let count = options.grow.unwrap_or(0).max(originals.len() as u64);
    println!("{count} records, {} queries", questions.len());

    let temporary = tempfile::tempdir()?;
    let folder = options.index.as_deref().unwrap_or(temporary.path());
    let built = if folder.join("writer.lock").exists() {
        println!("the index in {} is used as it is", folder.display());
        None
    } else {
        Some(build(folder, &grown, count)?)
    };
    let bytes_each = sizes(folder, &grown, count)?;
    let reader = Reader::open(folder)?;
    let plain = Paging { facets: false, ..Paging::default() };
    let answers = ask(&reader, &questions, &grown, &plain)?;
    let scores = measure::score(&questions, &answers);
    measure::print("muniment-search", &scores);
    let with_facets = ask(&reader, &questions, &grown, &Paging::default())?;
    let facet_scores = measure::score(&questions, &with_facets);
    measure::print("with facets", &facet_scores);
    if options.misses {
        misses(&questions, &answers);
    }
    if options.slowest {
        slowest(&questions, &with_facets);
    }
    let mut hard = None;
    if options.slowest {
        let questions = measure::hard_questions();
        let answers = ask(&reader, &questions, &grown, &Paging::default())?;
        slowest(&questions, &answers);
        hard = measure::score(&questions, &answers).remove("hard");
    }
    let mut ratios = BTreeMap::new();
    if options.peers {
        let bare = ask(&reader, &questions, &grown, &Paging { passages: false, ..plain })?;
        measure::print("numbers only", &measure::score(&questions, &bare));
        ratios = peers::compare(&grown, count, &questions, &answers, &bare)?;
    }
    targets::print(&Measured {
        records: count,
        is_grown: count > originals.len() as u64,
        scores: &scores,
        with_facets: &facet_scores,
        bytes_each,
        built,
        hard: hard.as_ref(),
        ratios,
    });
    Ok(())
}

fn options() -> Result<Options> {
    let mut plain = Vec::new();
    let mut options = Options {
        records: PathBuf::new(),
        queries: PathBuf::new(),
        grow: None,
        index: None,
        peers: false,
        misses: false,
        slowest: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--grow" => options.grow = Some(arguments.next().context("--grow needs a number")?.parse()?),
            "--index" => {
                options.index = Some(PathBuf::from(arguments.next().context("--index needs a folder")?));
            }
            "--peers" => options.peers = true,
            "--misses" => options.misses = true,
            "--slowest" => options.slowest = true,
            other if other.starts_with('-') => bail!("unknown option {other}"),
            other => plain.push(PathBuf::from(other)),
        }
    }
    let [records, queries] = <[PathBuf; 2]>::try_from(plain).map_err(|_| {
        anyhow::anyhow!(
            "usage: evaluate RECORDS.jsonl[.zst] QUERIES.json [--grow N] [--index DIR] [--peers] [--misses] [--slowest]"
        )
    })?;
    (options.records, options.queries) = (records, queries);
    Ok(options)
}

/// Builds the index as the program does and gives documents a CPU second; the time to make the records of the data does not
/// count.
fn build(folder: &Path, grown: &Grown<'_>, count: u64) -> Result<f64> {
    let mut writer = Writer::rebuild(folder)?;
    let (mut cpu, mut wall) = (Duration::ZERO, Duration::ZERO);
    let mut next = 0;
    while next < count {
        let end = count.min(next + BATCH);
        let entries = entries(grown, next..end, true)?;
        let (cpu_start, start) = (cpu_time()?, Instant::now());
        writer.apply(&entries, end)?;
        (cpu, wall) = (cpu + (cpu_time()? - cpu_start), wall + start.elapsed());
        next = end;
    }
    let (cpu_start, start) = (cpu_time()?, Instant::now());
    drop(writer.publish()?);
    (cpu, wall) = (cpu + (cpu_time()? - cpu_start), wall + start.elapsed());
    println!(
        "build: {:.1} s of CPU, {:.1} s, {:.0} documents a CPU second, text kept and merges counted",
        cpu.as_secs_f64(),
        wall.as_secs_f64(),
        count as f64 / cpu.as_secs_f64(),
    );
    Ok(count as f64 / cpu.as_secs_f64())
}

fn entries(grown: &Grown<'_>, numbers: std::ops::Range<u64>, with_text: bool) -> Result<Vec<Entry>> {
    let keying = HolderKeying::new(b"evaluation");
    numbers
        .map(|number| {
            let raw = grown.record(number);
            let text = if with_text { raw.text.as_str() } else { "" };
            Ok(Entry::of(&raw.record(number)?, text, &keying))
        })
        .collect()
}

/// User and system time of this process (proc(5), fields 14 and 15, in ticks of 10 ms).
fn cpu_time() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("failed to read /proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// Prints bytes a document by kind of file. The text of the pages is kept for snippets only, so its share is told apart: it
/// is what the document store has beyond that of an index of the same records without text. Gives bytes without it.
fn sizes(folder: &Path, grown: &Grown<'_>, count: u64) -> Result<f64> {
    let kinds = bytes_by_kind(folder)?;
    let each = |bytes: u64, count: u64| bytes as f64 / count as f64;
    let listed: Vec<String> =
        kinds.iter().map(|(kind, bytes)| format!("{kind} {:.0}", each(*bytes, count))).collect();
    let total: u64 = kinds.iter().map(|(_, bytes)| bytes).sum();
    println!("bytes a document: {:.0} ({})", each(total, count), listed.join(", "));

    let sample = count.min(BATCH);
    let bare = tempfile::tempdir()?;
    let mut writer = Writer::rebuild(bare.path())?;
    writer.apply(&entries(grown, 0..sample, false)?, sample)?;
    drop(writer.publish()?);
    let store = |kinds: &[(String, u64)]| {
        kinds.iter().find(|(kind, _)| kind == "store").map_or(0, |(_, bytes)| *bytes)
    };
    let shown = each(store(&bytes_by_kind(bare.path())?), sample);
    let without_text = each(total - store(&kinds), count) + shown;
    println!("bytes a document, no stored text: {without_text:.0} (of it shown by hits {shown:.0})");
    Ok(without_text)
}

fn bytes_by_kind(folder: &Path) -> Result<Vec<(String, u64)>> {
    let mut kinds = BTreeMap::new();
    for index in std::fs::read_dir(folder)? {
        let index = index?.path();
        if !index.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(index)? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            let kind = name.rsplit('.').next().unwrap_or_default().to_owned();
            *kinds.entry(kind).or_insert(0) += file.metadata()?.len();
        }
    }
    Ok(kinds.into_iter().collect())
}

fn ask(reader: &Reader, questions: &[Question], grown: &Grown<'_>, paging: &Paging) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let mut times = Vec::with_capacity(REPEATS);
        let mut hits = Vec::new();
        let cpu_start = cpu_time()?;
        for repeat in 0..=REPEATS {
            let start = Instant::now();
            let results = reader.search(&Scope::Everything, &Query::parse(&question.query), paging)?;
            let time = start.elapsed();
            // The first search finds nothing in the processor's caches; peers are not charged for it either.
            if repeat > 0 {
                times.push(time);
            }
            hits = results
                .hits
                .iter()
                .filter_map(|hit| records::number(hit.id))
                .map(|number| grown.original(number))
                .collect();
        }
        let cpu = (cpu_time()? - cpu_start) / (REPEATS as u32 + 1);
        answers.push(Answer { hits, times, cpu });
    }
    Ok(answers)
}

fn misses(questions: &[Question], answers: &[Answer]) {
    println!();
    for (question, answer) in questions.iter().zip(answers) {
        let (rank, recall) =
            (measure::reciprocal_rank(question, &answer.hits), measure::recall(question, &answer.hits));
        if rank < 1.0 || recall < 1.0 {
            let mut relevant: Vec<&u64> = question.relevant.iter().collect();
            relevant.sort_unstable();
            relevant.truncate(10);
            println!("{} “{}”: 1/rank {rank:.2}, recall {recall:.2}", question.category, question.query);
            println!("    wanted {relevant:?}, got {:?}", answer.hits);
        }
    }
}

/// How many of the slowest queries are listed.
const SLOWEST: usize = 20;

fn slowest(questions: &[Question], answers: &[Answer]) {
    let mut medians: Vec<(Duration, &Question)> = questions
        .iter()
        .zip(answers)
        .map(|(question, answer)| {
            let mut times = answer.times.clone();
            times.sort_unstable();
            (times.get(times.len() / 2).copied().unwrap_or_default(), question)
        })
        .collect();
    medians.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    println!("\nslowest, by their median time with facets");
    for (time, question) in medians.into_iter().take(SLOWEST) {
        let milliseconds = time.as_secs_f64() * 1000.0;
        println!("  {milliseconds:>9.3} ms {} “{}”", question.category, question.query);
    }
}
