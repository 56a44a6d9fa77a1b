//! Nothing is acknowledged before it is synced: a process of its own makes deposits under `strace`, and the system calls
//! themselves are judged.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use super::fixture::{Document, House, now};
use crate::Archive;

const DIR: &str = "MUNIMENT_SYNCS_DIR";
const ACKNOWLEDGED: &str = "acknowledged";
const CALLS: &str = "trace=write,writev,pwrite64,pwritev,copy_file_range,sendfile,splice,ftruncate,openat,rename,renameat,\
                     renameat2,mkdir,mkdirat,unlink,unlinkat,fsync,fdatasync,syncfs";
/// Deposits at the same time, and one after another.
const TOGETHER: u32 = 8;
const ALONE: u32 = 3;

#[tokio::test]
#[ignore = "a process of the test of syncs"]
async fn traced_process() {
    let house = House::of_another(PathBuf::from(env::var(DIR).unwrap()));
    let archive = Archive::open(&house.home()).await.unwrap();
    let batch = archive.open_batch(now()).await.unwrap();
    let documents: Vec<Document> = (0..TOGETHER + ALONE).map(|seed| Document::new(&house, seed, 0)).collect();
    for document in &documents {
        document.register(&archive, &batch).await;
    }
    let mut acknowledged = File::create(house.dir().join(ACKNOWLEDGED)).unwrap();
    let mut documents = documents.into_iter();
    let tasks: Vec<_> = documents
        .by_ref()
        .take(TOGETHER as usize)
        .map(|document| {
            let (archive, batch) = (archive.clone(), batch.clone());
            tokio::spawn(async move { document.deposit(&archive, &batch).await.unwrap() })
        })
        .collect();
    for task in tasks {
        let receipt = task.await.unwrap();
        acknowledged.write_all(receipt.record.to_string().as_bytes()).unwrap();
    }
    for document in documents {
        let receipt = document.deposit(&archive, &batch).await.unwrap();
        acknowledged.write_all(receipt.record.to_string().as_bytes()).unwrap();
    }
}

/// What a trace says: what was not yet synced when something was acknowledged, and the syncs that were made.
#[derive(Debug, Default)]
struct Judged {
    missing: Vec<String>,
    acknowledged: u32,
    syncs_of_all: u32,
    syncs_of_catalogue: u32,
}

/// Judges the lines of `strace -f -y` on an archive in `home`.
fn judge(trace: &str, home: &str) -> Judged {
    let mut judged = Judged::default();
    // The first change since the last sync, in the catalogue and elsewhere.
    let (mut catalogue, mut elsewhere): (Option<&str>, Option<&str>) = (None, None);
    for line in trace.lines() {
        // A call that another thread's interrupted in the trace takes effect where it is resumed.
        let Some((_, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let (name, is_done) = match call.strip_prefix("<... ") {
            Some(rest) => (rest.split(' ').next().unwrap_or_default(), true),
            None => (call.split('(').next().unwrap_or_default(), !call.ends_with("<unfinished ...>")),
        };
        let in_home = call.contains(home);
        if name == "write" && call.contains(ACKNOWLEDGED) {
            judged.acknowledged += 1;
            for change in [catalogue, elsewhere].into_iter().flatten() {
                judged.missing.push(format!("acknowledged before a sync of: {change}"));
            }
            continue;
        }
        match name {
            "syncfs" if is_done && call.ends_with("= 0") => {
                judged.syncs_of_all += 1;
                elsewhere = None;
            }
            "fsync" | "fdatasync" if is_done && call.ends_with("= 0") => {
                // Of a resumed call the file is not shown; only the catalogue's threads sync files here.
                if call.contains("catalog.sqlite") || call.starts_with("<...") {
                    judged.syncs_of_catalogue += 1;
                    catalogue = None;
                }
            }
            "syncfs" | "fsync" | "fdatasync" => {}
            "openat" if !call.contains("O_CREAT") => {}
            // Shared memory of SQLite: never synced, and made anew when it is gone.
            _ if !in_home || call.contains("catalog.sqlite-shm") => {}
            _ if call.contains("catalog.sqlite") => catalogue = catalogue.or(Some(line)),
            _ => elsewhere = elsewhere.or(Some(line)),
        }
    }
    judged
}

#[tokio::test]
async fn whatever_is_acknowledged_was_synced_and_a_group_costs_as_little_as_one() {
    let (house, archive) = House::new().await;
    archive.close().await;
    drop(archive);
    let trace = house.dir().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-y", "-s", "0", "-e", CALLS, "-o"])
        .arg(&trace)
        .arg(env::current_exe().unwrap())
        .args(["--exact", "tests::syncs::traced_process", "--ignored", "--test-threads=1"])
        .env(DIR, house.dir())
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let trace = fs::read_to_string(trace).unwrap();
    let home = house.home().display().to_string();
    let judged = judge(&trace, &home);
    assert_eq!(judged.missing, Vec::<String>::new());
    assert_eq!(judged.acknowledged, TOGETHER + ALONE);
    // Two for each group; the first deposit may go alone before the others have come in.
    let groups = ALONE + 2;
    assert!(judged.syncs_of_all <= 2 * groups, "{judged:?}");

    // The judge sees what is missing: each kind of sync taken out of the trace is noticed.
    for kinds in [&["syncfs"][..], &["fsync", "fdatasync"]] {
        let is_other = |line: &&str| !kinds.iter().any(|kind| line.contains(kind));
        let less: String = trace.lines().filter(is_other).map(|line| format!("{line}\n")).collect();
        assert!(!judge(&less, &home).missing.is_empty(), "{kinds:?}");
    }
}
