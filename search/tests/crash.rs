//! A writer killed at any moment leaves an index that equals its outbox up to the last sequence number in it.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up has failed")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use muniment_record::RecordId;
use muniment_search::{Reader, Writer};
use tempfile::TempDir;

/// Enough commits that merges of segments are under way at any time.
const THROUGH: u64 = 400;
const BATCH: u64 = 7;

#[test]
fn a_writer_killed_in_commits_and_merges_loses_and_doubles_nothing() {
    let dir = TempDir::new().expect("a folder");
    let mut last_acknowledged = 0;
    for round in 0..8_u64 {
        let acknowledged = feed_and_kill(dir.path(), &[], 2 + round % 4, Duration::from_micros(round * 3700));
        last_acknowledged = acknowledged.max(last_acknowledged);
        let writer = Writer::open(dir.path()).expect("an index that survives");
        assert!(writer.last_sequence() >= last_acknowledged, "round {round}: a commit was lost");
        let last = writer.last_sequence();
        drop(writer);
        assert_eq!(ids(dir.path()), expected(last), "round {round}, through {last}");
    }
    finish(dir.path(), &[]);
    assert_eq!(ids(dir.path()), expected(THROUGH));
}

#[test]
fn a_rebuild_killed_at_any_moment_leaves_the_former_index_serving() {
    let dir = TempDir::new().expect("a folder");
    finish(dir.path(), &[]);
    for round in 0..3_u64 {
        feed_and_kill(dir.path(), &["rebuild"], 20 + round * 8, Duration::from_micros(round * 2900));
        assert_eq!(ids(dir.path()), expected(THROUGH), "round {round}");
    }
    finish(dir.path(), &["rebuild"]);
    assert_eq!(ids(dir.path()), expected(THROUGH));
}

#[test]
fn a_rebuild_killed_while_it_takes_its_place_leaves_one_whole_index() {
    let dir = TempDir::new().expect("a folder");
    finish(dir.path(), &[]);
    for round in 0..6_u64 {
        let mut child =
            feed(dir.path(), &["rebuild"]).stdout(Stdio::piped()).spawn().expect("the feeder runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let is_publishing = lines.map_while(Result::ok).any(|line| line == "publishing");
        assert!(is_publishing, "round {round}");
        // Not a wait for anything: it moves the kill to another place of the swap.
        std::thread::sleep(Duration::from_micros(round * 3000));
        child.kill().expect("a kill");
        child.wait().expect("an end");
        assert_eq!(ids(dir.path()), expected(THROUGH), "round {round}");
        let writer = Writer::open(dir.path()).expect("an index that survives");
        assert_eq!(writer.last_sequence(), THROUGH, "round {round}");
        drop(writer);
        let folders = std::fs::read_dir(dir.path()).expect("a folder").flatten();
        let folders = folders.filter(|entry| entry.path().is_dir()).count();
        assert_eq!(folders, 1, "round {round}: what the swap left was swept");
    }
}

/// Feeds until so many commits were acknowledged, waits a moment more and kills; gives the last acknowledged number.
fn feed_and_kill(dir: &Path, more: &[&str], commits: u64, moment: Duration) -> u64 {
    let mut child = feed(dir, more).stdout(Stdio::piped()).spawn().expect("the feeder runs");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut acknowledged = 0;
    for (nth, line) in (1..).zip(lines) {
        let Ok(number) = line.expect("a line").parse() else { break };
        acknowledged = number;
        if nth >= commits {
            break;
        }
    }
    // Not a wait for anything: it moves the kill to another place of the next commit.
    std::thread::sleep(moment);
    child.kill().expect("a kill");
    child.wait().expect("an end");
    acknowledged
}

fn finish(dir: &Path, more: &[&str]) {
    let status = feed(dir, more).stdout(Stdio::null()).status().expect("the feeder runs");
    assert!(status.success());
}

fn feed(dir: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(feeder());
    command.arg(dir).args([THROUGH.to_string(), BATCH.to_string()]).args(more);
    command
}

/// The example beside this test's own program: cargo builds both.
fn feeder() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let target = own.parent().and_then(Path::parent).expect("a folder");
    target.join("examples").join("feed")
}

fn expected(through: u64) -> Vec<RecordId> {
    let is_out = |number: u64| number.is_multiple_of(10) || (number % 10 == 5 && number + 5 <= through);
    (1..=through)
        .filter(|number| !is_out(*number))
        .map(|number| RecordId::from_parts(1_700_000_000_000 + number, &[3; 10]))
        .collect()
}

fn ids(dir: &Path) -> Vec<RecordId> {
    Reader::open(dir).expect("an index").all_ids().expect("ids")
}
