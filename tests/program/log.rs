//! The transparency log as an outsider sees it: published files, receipts, the log's public key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::house::{House, samples};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Runs the judge of the log, which shares no code with the program and needs only Python.
fn judge(house: &House, more: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/log.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg("--key").arg(house.home().join("log.pub")).args(more);
    command.arg(house.home().join("archive/log/public")).output().expect("Python runs")
}

/// The metadata of all samples: what must not show.
fn metadata() -> Vec<PathBuf> {
    let entries = fs::read_dir(samples()).expect("the samples").filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json")).collect()
}

#[test]
fn an_outsider_checks_the_log_and_learns_nothing_of_a_person() {
    let house = House::without_ocr();
    let summary = house.take(&[&samples()], 0);
    let id = summary["documents"][0]["record"].as_str().expect("a record").to_owned();
    let (pdf, proof, kept) = (house.path("out.pdf"), house.path("out.tlog-proof"), house.path("kept"));
    house.run(["get", &id, "-o", text(&pdf), "--receipt", text(&proof)]).expect(0);
    fs::write(&kept, house.run(["log", "checkpoint"]).expect(0).stdout).expect("the checkpoint is kept");

    // The ledger says the same as the batch did.
    let batch = summary["batch"].as_str().expect("a batch");
    let ledger = house.run(["--json", "ledger", batch]).expect(0).json();
    assert_eq!(ledger[0]["totals"]["archived"], summary["ledger"]["archived"]);
    assert_eq!(ledger[0]["rows"].as_array().map(Vec::len), Some(8));
    assert!(house.run(["ledger"]).expect(0).stdout.contains("Sổ cân đối."));

    let private = metadata();
    assert!(private.len() >= 8);
    let mut arguments = vec!["--proof", text(&proof)];
    arguments.extend(private.iter().flat_map(|path| ["--private", text(path)]));
    let judged = judge(&house, &arguments);
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));

    // With the receipt, the PDF and the log's key alone, in a place without a home.
    let key = house.home().join("log.pub");
    let check = |proof: &Path, more: &[&str], code| {
        let arguments = ["log", "check", text(proof), "--key", text(&key)];
        house.run(arguments.iter().chain(more)).expect(code).stdout
    };
    let shown = check(&proof, &["--pdf", text(&pdf)], 0);
    assert!(shown.contains(&id), "{shown}");
    check(&proof, &["--pdf", text(&samples().join("0004-permit.pdf"))], 1);
    let forged = house.path("forged");
    // Which place it has depends on which document was done first.
    let proven = fs::read_to_string(&proof).expect("the proof");
    let (true_place, other) =
        if proven.contains("index 0\n") { ("index 0\n", "index 1\n") } else { ("index ", "index 1") };
    assert!(proven.contains(true_place), "{proven}");
    fs::write(&forged, proven.replacen(true_place, other, 1)).expect("a forged proof");
    check(&forged, &[], 1);

    // More comes in; what the checkpoint promised is still there.
    let more = house.path("more.jpg");
    let bytes = [fs::read(samples().join("0001-business.jpg")).expect("a scan"), vec![0]].concat();
    fs::write(&more, bytes).expect("another scan");
    let fields = fs::read_to_string(samples().join("0001-business.json")).expect("metadata");
    fs::write(house.path("more.json"), fields.replace("-10001-KQ1", "-10099-KQ1")).expect("metadata");
    house.take(&[&more], 0);
    let consistency = house.path("consistency");
    house.run(["log", "prove", "--since", text(&kept), "-o", text(&consistency)]).expect(0);
    check(&consistency, &["--since", text(&kept)], 0);

    // The judge would see a name, and a name that is only hashed.
    let holder = "Phạm Thị Giả Định";
    let digest = muniment_record::Digest::of(holder.as_bytes()).to_string();
    for (trace, code) in [(holder, 1), (digest.as_str(), 1), ("nothing", 0)] {
        let slipped = house.home().join("archive/log/public/slipped-in");
        fs::write(&slipped, trace).expect("a slip");
        let judged = judge(&house, &["--private", text(&samples().join("0001-business.json"))]);
        assert_eq!(judged.status.code(), Some(code), "{trace}");
    }
}
