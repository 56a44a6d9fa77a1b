use std::fs;
use std::process::Command;

use muniment_samples::{Expected, bad_inputs};
use serde_json::Value;

use crate::house::{House, Run, fingerprints, samples};

#[test]
fn each_bad_input_is_named_with_its_reason_and_stops_nobody_else() {
    let house = House::without_ocr();
    let folder = house.path("batch");
    let inputs = bad_inputs(&folder).expect("bad inputs");
    let before = fingerprints(&folder);
    let summary = house.take(&[&folder, &house.path("does-not-exist.jpg")], 1);
    let documents = summary["documents"].as_array().expect("documents");
    let outcome = |name: &str| -> &Value {
        let found =
            documents.iter().find(|document| document["name"].as_str().is_some_and(|n| n.ends_with(name)));
        found.unwrap_or_else(|| panic!("{name} is not in {summary}"))
    };
    for input in &inputs {
        let document = outcome(&input.path.to_string_lossy());
        match input.expected {
            Expected::Archived => assert_eq!(document["fate"], "archived", "{document}"),
            Expected::Duplicate => assert_eq!(document["fate"], "duplicate", "{document}"),
            Expected::File(code) => {
                assert_eq!(document["fate"], "rejected", "{document}");
                assert_eq!(document["reason"]["code"], code, "{document}");
            }
            Expected::Field(field) => {
                assert_eq!(document["reason"]["code"], "metadata", "{document}");
                let detail = document["reason"]["detail"].as_str().expect("a detail");
                assert!(detail.contains(field) && detail.contains(".json"), "{document}");
            }
        }
    }
    assert_eq!(outcome("does-not-exist.jpg")["reason"]["code"], "missing");
    assert_eq!(summary["ledger"]["balances"], true);
    assert_eq!(summary["ledger"]["scanned"]["documents"].as_u64(), Some(inputs.len() as u64 + 1));
    assert_eq!(fingerprints(&folder), before, "source files are untouched");
    house.audit_is_clean();
}

#[test]
fn a_manifest_names_row_and_field_of_what_is_wrong_and_what_is_missing() {
    let house = House::without_ocr();
    let list = fs::read_to_string(samples().join("manifest.csv")).expect("a manifest");
    let mut lines = list.lines();
    let header = lines.next().expect("a header");
    let row = lines.find(|line| line.starts_with("0001-business.jpg")).expect("a row");
    fs::copy(samples().join("0001-business.jpg"), house.path("0001-business.jpg")).expect("a scan");
    fs::write(house.path("a.jpg"), "x").expect("a file");
    let wrong_date = row.replace("2025-12-16", "31/02/2026");
    assert_ne!(wrong_date, row);
    let nothing_else = ",".repeat(header.split(',').count() - 1);
    let manifest = house.path("list.csv");
    fs::write(&manifest, [header, &wrong_date, &format!("not-there.jpg{nothing_else}"), ""].join("\r\n"))
        .expect("a manifest");
    let (scan, text) = (house.path("0001-business.jpg"), house.path("a.jpg"));
    let run = house.run([
        "--json".as_ref(),
        "take".as_ref(),
        scan.as_os_str(),
        text.as_os_str(),
        "--manifest".as_ref(),
        manifest.as_os_str(),
    ]);
    let summary = run.expect(1).json();
    let documents = summary["documents"].as_array().expect("documents");
    let codes: Vec<&str> = documents.iter().filter_map(|d| d["reason"]["code"].as_str()).collect();
    assert_eq!(codes, ["metadata", "unknown-format", "missing"], "{summary}");
    let detail = documents[0]["reason"]["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("list.csv, row 2, field issued_on: "), "{detail}");
}

/// The home lies on a small file system of its own, made in a mount namespace that ends with the test.
#[test]
fn a_full_disk_loses_nothing_and_a_later_run_takes_up_the_rest() {
    let house = House::without_ocr();
    let script = r#"
        set -e
        mkdir "$DISK" && mount -t tmpfs -o size=3m tmpfs "$DISK"
        cp -r "$HOME_FOLDER" "$DISK/home"
        "$PROGRAM" --home "$DISK/home" --json take "$SAMPLES" >"$OUT/full.json" 2>"$OUT/full.err" || echo $? >"$OUT/full.code"
        mount -o remount,size=200m "$DISK"
        "$PROGRAM" --home "$DISK/home" --json take "$SAMPLES" >"$OUT/again.json"
        "$PROGRAM" --home "$DISK/home" --json audit >"$OUT/audit.json"
    "#;
    let out = house.path("out");
    fs::create_dir(&out).expect("a folder");
    let run = Run::from(
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .env("DISK", house.path("disk"))
            .env("HOME_FOLDER", house.home())
            .env("PROGRAM", env!("CARGO_BIN_EXE_muniment"))
            .env("SAMPLES", samples())
            .env("OUT", &out)
            .output()
            .expect("unshare runs"),
    );
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    assert_eq!(run.code, 0, "{}\n{}\n{}", run.stderr, read("again.json"), read("audit.json"));
    assert_eq!(read("full.code").trim(), "1", "{}", read("full.err"));
    let full: Value = serde_json::from_str(&read("full.json")).expect("a summary");
    let documents = full["documents"].as_array().expect("documents");
    let set_aside: Vec<&Value> =
        documents.iter().filter(|document| document["fate"] == "quarantined").collect();
    assert!(!set_aside.is_empty(), "{full}");
    assert!(set_aside.iter().all(|document| document["reason"]["code"] == "no-space"), "{full}");

    let again: Value = serde_json::from_str(&read("again.json")).expect("a summary");
    let sum = |state: &str| again["ledger"][state]["documents"].as_u64().expect("a count");
    assert_eq!(sum("archived") + sum("duplicate"), documents.len() as u64, "{again}");
}
