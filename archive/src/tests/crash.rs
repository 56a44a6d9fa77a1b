//! The crash matrix: a process of its own is aborted at each passage of each boundary between durable effects. Then the
//! work is done again, as an operator would, and the archive must be as if nothing had happened: what was acknowledged is
//! there, intact and logged once; what was not is taken up to the same result; the ledger balances.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio, abort};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, path::PathBuf};

use muniment_record::Receipt;
use muniment_seal::Verdict;
use muniment_seal::note::NoteKey;

use super::fixture::{Document, House, archive_all, files, id_of, now};
use crate::{Archive, HoldState, Outcome, Registration, point};

/// Where a doomed process works, which work it does, and the passage at which it ends.
const DIR: &str = "MUNIMENT_CRASH_DIR";
const WORK: &str = "MUNIMENT_CRASH_WORK";
const PASSAGE: &str = "MUNIMENT_CRASH_PASSAGE";
/// Files in which it says what it has acknowledged and where it ended.
const ACKNOWLEDGED: &str = "acknowledged";
pub(super) const STOPPED_AT: &str = "stopped-at";

pub(super) fn key_of(house: &House) -> NoteKey {
    NoteKey::from_text(&fs::read_to_string(house.dir().join("log.key")).unwrap()).unwrap()
}

/// A house with an archive and a key, and no process in it.
pub(super) async fn template(archived: u32, published: u32) -> House {
    let (house, archive) = House::new().await;
    let key = NoteKey::generate("archive.example/log").unwrap();
    house.write("log.key", key.to_secret_text().as_bytes());
    archive_all(&house, &archive, 0..published).await;
    archive.publish_log(&key).await.unwrap();
    archive_all(&house, &archive, published..archived).await;
    archive.close().await;
    house
}

/// Three documents at the same time, of which the second has the code of the first. Each acknowledgement goes to the
/// caller the moment it is given.
async fn take_in(house: &House, acknowledge: &mut dyn FnMut(&Receipt)) {
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    let documents =
        [Document::new(house, 0, 0), Document::new(house, 1, 0).with_code_of(0), Document::new(house, 2, 0)];
    let mut open = Vec::new();
    for document in documents {
        match document.register(&archive, &batch).await {
            Registration::Duplicate { of } => assert_eq!(of, document.id),
            Registration::New { id, .. } | Registration::Resumed { id, .. } => {
                assert_eq!(id, document.id);
                open.push(document);
            }
        }
    }
    let mut tasks = Vec::new();
    for document in open {
        let (archive, batch) = (archive.clone(), batch.clone());
        tasks.push(tokio::spawn(async move {
            let answer = document.deposit(&archive, &batch).await;
            (document, answer)
        }));
    }
    for task in tasks {
        let (document, answer) = task.await.unwrap();
        match answer {
            Ok(receipt) => acknowledge(&receipt),
            Err(error) => {
                assert_eq!(error.code(), "result-code-taken");
                assert_ne!(document.id, id_of(2));
                let (code, detail) = (error.code().to_owned(), error.to_string());
                let outcome = Outcome::Rejected { code, detail };
                archive.settle(&batch, &document.arrival(), outcome, now()).await.unwrap();
            }
        }
    }
    archive.publish_log(&key_of(house)).await.unwrap();
    archive.close().await;
}

/// Makes the second version of a record that has none yet.
async fn revise(house: &House, acknowledge: &mut dyn FnMut(&Receipt)) {
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    if archive.record(id_of(1)).await.unwrap().version == 1 {
        let revision = super::revise::grown(&archive, 1).await;
        acknowledge(&archive.revise(id_of(1), revision, now()).await.unwrap());
    }
    archive.publish_log(&key_of(house)).await.unwrap();
    archive.close().await;
}

/// Puts one record under a legal hold, and lifts that of another.
async fn hold(house: &House) {
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    archive.hold(id_of(1), "Vụ việc", now()).await.unwrap();
    archive.hold(id_of(2), "Vụ việc", now()).await.unwrap();
    archive.release(id_of(2), None, now()).await.unwrap();
    archive.publish_log(&key_of(house)).await.unwrap();
    archive.close().await;
}

pub(super) async fn rebuild(house: &House) {
    let report = Archive::rebuild(&house.home(), now(), false).await.unwrap();
    assert!(report.is_complete(), "{report}");
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    archive.publish_log(&key_of(house)).await.unwrap();
    archive.close().await;
}

#[tokio::test]
#[ignore = "a process of the crash matrix"]
async fn doomed_process() {
    static PASSAGES: AtomicU64 = AtomicU64::new(0);
    let house = House::of_another(PathBuf::from(env::var(DIR).unwrap()));
    let last: u64 = env::var(PASSAGE).unwrap().parse().unwrap();
    for name in point::ALL {
        let stopped_at = house.dir().join(STOPPED_AT);
        let pass = move || {
            if PASSAGES.fetch_add(1, Ordering::SeqCst) == last {
                fs::write(&stopped_at, name).unwrap();
                abort();
            }
        };
        fail::cfg_callback(name, pass).unwrap();
    }
    let mut acknowledged = File::create(house.dir().join(ACKNOWLEDGED)).unwrap();
    let mut acknowledge = |receipt: &Receipt| {
        writeln!(acknowledged, "{}", serde_json::to_string(receipt).unwrap()).unwrap();
    };
    match env::var(WORK).unwrap().as_str() {
        "take-in" => take_in(&house, &mut acknowledge).await,
        "queue" => super::queue::empty(&house, &mut acknowledge).await,
        "revise" => revise(&house, &mut acknowledge).await,
        "hold" => hold(&house).await,
        _ => rebuild(&house).await,
    }
}

/// Runs a doomed process in this house; gives the boundary at which it ended, or nothing where it came to its end.
fn run_doomed(house: &House, work: &str, passage: u64) -> Option<String> {
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tests::crash::doomed_process", "--ignored", "--test-threads=1"])
        .env(DIR, house.dir())
        .env(WORK, work)
        .env(PASSAGE, passage.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let stopped_at = fs::read_to_string(house.dir().join(STOPPED_AT)).ok();
    assert_eq!(
        status.success(),
        stopped_at.is_none(),
        "{work} ended otherwise at passage {passage}: {status}"
    );
    stopped_at
}

/// Aborts the work at every passage, has it done again by `go_on`, and gives the names of all boundaries that were met.
pub(super) async fn matrix(work: &str, start: &House, go_on: impl AsyncFn(&House, &str)) -> BTreeSet<String> {
    /// Which deposits share a group, and with it the number of passages, differs from run to run: so many runs must have come
    /// to their end, one after the other, before it is believed that there are no further passages.
    const ENDS: u32 = 4;
    let mut met = BTreeSet::new();
    let (mut ends, mut passage) = (0, 0);
    while ends < ENDS {
        let house = start.copy();
        let stopped_at = run_doomed(&house, work, passage);
        let context = format!("{work}, passage {passage}, {stopped_at:?}");
        go_on(&house, &context).await;
        ends = if stopped_at.is_some() { 0 } else { ends + 1 };
        met.extend(stopped_at);
        passage += 1;
    }
    met
}

/// What must hold of an archive in the end.
async fn all_is_well(house: &House, seeds: &[u32], context: &str) {
    let archive = Archive::open(&house.home()).await.unwrap();
    let verifier = key_of(house).verifier();
    let report = archive.audit_with(&|_, _| Verdict::Passed, Some(&verifier), now(), &()).await.unwrap();
    assert!(report.is_clean(), "{context}: {report}");
    let count = seeds.len() as u64;
    assert_eq!((report.objects, report.records, report.log_entries), (count, count, count), "{context}");
    assert_eq!(archive.outbox(0, 10).await.unwrap().len(), seeds.len(), "{context}");
    for seed in seeds {
        let record = archive.record(id_of(*seed)).await.unwrap();
        archive.pdf(&record).await.unwrap();
        let code = record.description.result_code.unwrap().to_string();
        assert_eq!(archive.find(&code).await.unwrap(), [record.id]);
        archive.prove(record.id).await.unwrap().check(&verifier).unwrap();
    }
    let mut archived = 0;
    for batch in archive.batches().await.unwrap() {
        let totals = archive.ledger(&batch).await.unwrap().totals;
        assert!(totals.balances() && totals.pending.documents == 0, "{context}: {totals:?}");
        archived += totals.archived.documents;
    }
    assert_eq!(archived, count, "{context}");
    let left = files(&house.home(), "staging");
    assert!(left.iter().all(|path| path.extension().is_some_and(|ending| ending == "lock")), "{left:?}");
}

/// The newest checkpoint of a house.
pub(super) fn checkpoint(house: &House) -> Option<String> {
    fs::read_to_string(house.home().join("log/public/checkpoint")).ok()
}

/// What a checkpoint promised must still hold.
pub(super) async fn begins_with(house: &House, kept: Option<&str>, context: &str) {
    let Some(kept) = kept else { return };
    let archive = Archive::open(&house.home()).await.unwrap();
    let size = kept.parse::<crate::Checkpoint>().unwrap().size;
    let proof = archive.prove_consistency(size).await.unwrap();
    proof.check(kept, &key_of(house).verifier()).unwrap_or_else(|error| panic!("{context}: {error}"));
}

async fn taken_up_again(house: &House, context: &str) {
    let said = fs::read_to_string(house.dir().join(ACKNOWLEDGED)).unwrap_or_default();
    let acknowledged: Vec<Receipt> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let archive = Archive::open(&house.home()).await.unwrap();
    for receipt in &acknowledged {
        let record = archive.record(receipt.record).await.unwrap();
        assert_eq!(archive.receipt(record.id).await.unwrap(), *receipt, "{context}");
        archive.pdf(&record).await.unwrap();
    }
    archive.close().await;
    drop(archive);
    let kept = checkpoint(house);
    take_in(house, &mut |_| {}).await;
    begins_with(house, kept.as_deref(), context).await;
    let archive = Archive::open(&house.home()).await.unwrap();
    // Whichever of the two came first has the code.
    let winner = archive.find("H05.12-260224-0000-KQ1").await.unwrap();
    archive.close().await;
    drop(archive);
    let seed = u32::from(winner == [id_of(1)]);
    all_is_well(house, &[seed, 2], context).await;
}

#[tokio::test]
async fn an_intake_that_is_aborted_anywhere_loses_nothing_and_doubles_nothing() {
    let start = template(0, 0).await;
    let met = matrix("take-in", &start, taken_up_again).await;
    let missing: Vec<&str> = point::ALL.into_iter().filter(|name| !met.contains(*name)).collect();
    // Those of the queue, of S3, of versions and of a rebuild, which have matrices of their own.
    assert_eq!(missing, &point::ALL[point::ALL.len() - 22..]);
}

async fn emptied_again(house: &House, context: &str) {
    let said = fs::read_to_string(house.dir().join(ACKNOWLEDGED)).unwrap_or_default();
    let archive = Archive::open(&house.home()).await.unwrap();
    for line in said.lines() {
        let receipt: Receipt = serde_json::from_str(line).unwrap();
        assert_eq!(archive.receipt(receipt.record).await.unwrap(), receipt, "{context}");
    }
    let kept = checkpoint(house);
    archive.close().await;
    drop(archive);
    super::queue::empty(house, &mut |_| {}).await;
    begins_with(house, kept.as_deref(), context).await;
    let archive = Archive::open(&house.home()).await.unwrap();
    assert_eq!(
        archive.queue(now()).await.unwrap(),
        crate::QueueCount { set_aside: 1, ..Default::default() },
        "{context}"
    );
    let winner = archive.find("H05.12-260224-0000-KQ1").await.unwrap();
    archive.close().await;
    drop(archive);
    all_is_well(house, &[u32::from(winner == [id_of(1)]), 2], context).await;
}

#[tokio::test]
async fn a_worker_that_is_aborted_anywhere_loses_nothing_and_doubles_nothing() {
    let start = template(0, 0).await;
    let met = matrix("queue", &start, emptied_again).await;
    for name in [
        "scans-kept",
        "queued",
        "claimed",
        "put-off",
        "set-aside",
        "sealed-kept",
        "staged",
        "records-committed",
    ] {
        assert!(met.contains(name), "{name} was not met: {met:?}");
    }
}

async fn revised_again(house: &House, context: &str) {
    let said = fs::read_to_string(house.dir().join(ACKNOWLEDGED)).unwrap_or_default();
    let archive = Archive::open(&house.home()).await.unwrap();
    // Whatever has happened, there is a record that can be read, and an audit that raises no alarm.
    let record = archive.record(id_of(1)).await.unwrap();
    if let Some(line) = said.lines().next() {
        assert_eq!(
            archive.receipt(id_of(1)).await.unwrap(),
            serde_json::from_str(line).unwrap(),
            "{context}"
        );
        assert_eq!(record.version, 2, "{context}");
    }
    let report = super::fixture::audit(&archive).await;
    assert!(report.is_clean(), "{context}: {report}");
    archive.close().await;
    drop(archive);
    let kept = checkpoint(house);
    revise(house, &mut |_| {}).await;
    begins_with(house, kept.as_deref(), context).await;
    let archive = Archive::open(&house.home()).await.unwrap();
    let record = archive.record(id_of(1)).await.unwrap();
    assert_eq!(record.version, 2, "{context}");
    assert_eq!(archive.pdf(&record).await.unwrap(), b"%PDF-1.7 1 signed 0 and more", "{context}");
    let verifier = key_of(house).verifier();
    let report = archive.audit_with(&|_, _| Verdict::Passed, Some(&verifier), now(), &()).await.unwrap();
    assert!(report.is_clean(), "{context}: {report}");
    assert_eq!((report.objects, report.records, report.log_entries), (3, 3, 4), "{context}");
    assert_eq!(archive.outbox(0, 10).await.unwrap().len(), 4, "{context}");
    let left = files(&house.home(), "staging");
    assert!(left.iter().all(|path| path.extension().is_some_and(|ending| ending == "lock")), "{left:?}");
}

#[tokio::test]
async fn a_version_that_is_aborted_anywhere_is_ended_or_never_was() {
    let start = template(3, 2).await;
    let met = matrix("revise", &start, revised_again).await;
    for name in ["revision-begun", "version-linked", "version-exchanged", "revision-committed"] {
        assert!(met.contains(name), "{name} was not met: {met:?}");
    }
}

async fn held_again(house: &House, context: &str) {
    let kept = checkpoint(house);
    let archive = Archive::open(&house.home()).await.unwrap();
    archive.recover(now()).await.unwrap();
    // Whatever was decided is carried out now.
    for hold in archive.catalogue.holds().await.unwrap() {
        assert_eq!(hold.state, HoldState::Set, "{context}");
    }
    // Of the second record, hold and release may both have been decided: then both are once more.
    let decided = archive.catalogue.log_size().await.unwrap();
    archive.close().await;
    drop(archive);
    hold(house).await;
    begins_with(house, kept.as_deref(), context).await;
    let archive = Archive::open(&house.home()).await.unwrap();
    assert!(archive.hold_on(id_of(1)).await.unwrap().is_some(), "{context}");
    assert_eq!(archive.hold_on(id_of(2)).await.unwrap(), None, "{context}");
    let verifier = key_of(house).verifier();
    let report = archive.audit_with(&|_, _| Verdict::Passed, Some(&verifier), now(), &()).await.unwrap();
    let again = if decided == 6 { 2 } else { 0 };
    assert!(report.is_clean() && report.log_entries == 6 + again, "{context}: {report}");
}

#[tokio::test]
async fn a_hold_that_is_aborted_anywhere_is_logged_once_and_carried_out() {
    let start = template(3, 2).await;
    let met = matrix("hold", &start, held_again).await;
    for name in ["hold-decided", "files-held", "hold-carried-out"] {
        assert!(met.contains(name), "{name} was not met: {met:?}");
    }
}

async fn rebuilt_again(house: &House, context: &str) {
    match Archive::open(&house.home()).await {
        // The old catalogue or the new one: either is whole.
        Ok(archive) => assert_eq!(archive.count().await.unwrap(), 3, "{context}"),
        Err(error) => assert_eq!(error.code(), "catalogue-missing", "{context}"),
    }
    let kept = checkpoint(house);
    rebuild(house).await;
    begins_with(house, kept.as_deref(), context).await;
    all_is_well(house, &[0, 1, 2], context).await;
}

#[tokio::test]
async fn a_rebuild_that_is_aborted_anywhere_is_done_again() {
    let start = template(3, 2).await;
    let mut met = matrix("rebuild", &start, rebuilt_again).await;
    // What is not published is entered anew where there is no catalogue that knows it.
    fs::remove_file(start.home().join("catalog.sqlite")).unwrap();
    met.extend(matrix("rebuild", &start, rebuilt_again).await);
    for name in &point::ALL[point::ALL.len() - 6..] {
        assert!(met.contains(*name), "{name} was not met: {met:?}");
    }
}
