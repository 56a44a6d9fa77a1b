use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::house::{House, copy_folder, samples};

/// The program watching a folder, and the lines that it prints.
struct Watching {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watching {
    fn start(house: &House, folder: &Path) -> Self {
        let mut command = house.command();
        let mut child = command.arg("watch").arg(folder).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut watching = Self { child, lines };
        assert!(watching.line().contains("Đang theo dõi"));
        watching
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    /// Asks it to stop, and waits until it has.
    fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within two minutes: {what}");
        // The folder is watched by another process, which says nothing to this one: it is looked at until it is so.
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn documents_leave_the_hot_folder_for_the_archive_and_broken_ones_are_put_aside() {
    let house = House::without_ocr();
    house.configure("poll_seconds = 5 ", "poll_seconds = 1 ");
    let folder = house.path("hot");
    copy_folder(&samples(), &folder);
    let manifest = fs::remove_file(folder.join("manifest.csv"));
    manifest.expect("the list is not for this");
    // A document that is broken, one that is still being written, one that waits for its lock.
    fs::write(folder.join("broken.pdf"), "not a PDF at all").expect("a file");
    fs::copy(folder.join("0001-business.json"), folder.join("broken.json")).expect("metadata");
    fs::rename(folder.join("0007-land.jpg"), folder.join("0007-land.jpg.part")).expect("a rename");
    fs::write(folder.join("0008-permit.jpg.lock"), "").expect("a lock");
    let documents = names(&samples()).iter().filter(|name| name.ends_with(".json")).count();

    let watching = Watching::start(&house, &folder);
    until("the broken one is put aside", || folder.join("khong-nhan").is_dir());
    let is_scan = |name: &String| !name.ends_with(".txt") && name != "khong-nhan";
    let left = [
        "0007-land.jpg.part",
        "0007-land.json",
        "0008-permit.jpg",
        "0008-permit.jpg.lock",
        "0008-permit.json",
    ];
    until("what is whole has left", || names(&folder).into_iter().filter(is_scan).eq(left));
    fs::rename(folder.join("0007-land.jpg.part"), folder.join("0007-land.jpg")).expect("the closing rename");
    fs::remove_file(folder.join("0008-permit.jpg.lock")).expect("the lock goes");
    until("the rest has left", || !names(&folder).iter().any(is_scan));
    watching.stop();

    assert_eq!(house.audit_is_clean(), documents as u64);
    let batch = names(&folder.join("khong-nhan"));
    let aside = folder.join("khong-nhan").join(&batch[0]);
    assert_eq!(names(&aside), ["broken.json", "broken.pdf", "broken.pdf.ly-do.txt"]);
    let note = fs::read_to_string(aside.join("broken.pdf.ly-do.txt")).expect("the note");
    assert!(note.contains("Lý do: Tệp không phải là PDF") && note.contains("unknown-format"), "{note}");
    let ledgers = house.run(["--json", "ledger"]).expect(0).json();
    let sum = |state: &str| -> u64 {
        let batches = ledgers.as_array().expect("batches").iter();
        batches.map(|ledger| ledger["totals"][state]["documents"].as_u64().expect("a count")).sum()
    };
    assert_eq!((sum("archived"), sum("rejected")), (documents as u64, 1));
    assert_eq!((sum("pending"), sum("quarantined")), (0, 0));
}

#[test]
fn a_killed_watcher_loses_nothing_and_takes_nothing_twice() {
    let house = House::without_ocr();
    house.configure("poll_seconds = 5 ", "poll_seconds = 1 ");
    let folder = house.path("hot");
    copy_folder(&samples(), &folder);
    fs::remove_file(folder.join("manifest.csv")).expect("the list is not for this");
    let documents = names(&samples()).iter().filter(|name| name.ends_with(".json")).count();

    // Killed in the middle of its first batch, as soon as it has ended one document.
    let mut watching = Watching::start(&house, &folder);
    assert!(watching.line().contains("đã lưu kho"));
    drop(watching);
    assert!(!names(&folder).iter().all(|name| name.ends_with(".txt")), "nothing has left before its batch");
    let watching = Watching::start(&house, &folder);
    until("all has left", || names(&folder).iter().all(|name| name.ends_with(".txt")));
    watching.stop();
    assert_eq!(house.audit_is_clean(), documents as u64);
}

#[test]
fn what_fails_for_a_reason_of_ours_stays_until_it_was_tried_often() {
    let house = House::without_ocr();
    house.configure("poll_seconds = 5 ", "poll_seconds = 1 ");
    house.configure("tries = 12 ", "tries = 2 ");
    // Nobody answers there.
    house.configure("timestamps = [\"development\"]", "timestamps = [\"http://127.0.0.1:9/\"]");
    let folder = house.path("hot");
    fs::create_dir(&folder).expect("the folder");
    for name in ["0001-business.jpg", "0001-business.json"] {
        fs::copy(samples().join(name), folder.join(name)).expect("a sample");
    }
    let mut watching = Watching::start(&house, &folder);
    assert!(watching.line().contains("cách ly"));
    assert!(folder.join("0001-business.jpg").exists());
    assert!(watching.line().contains("cách ly"));
    until("it is put aside", || !folder.join("0001-business.jpg").exists());
    watching.stop();
    let batches = names(&folder.join("khong-nhan"));
    let note = folder.join("khong-nhan").join(&batches[0]).join("0001-business.jpg.ly-do.txt");
    let note = fs::read_to_string(note).expect("the note");
    assert!(note.contains("timestamp-failed"), "{note}");
}
