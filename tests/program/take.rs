use std::fs;

use serde_json::Value;

use crate::house::{House, fingerprints, samples};

fn count(summary: &Value, state: &str, unit: &str) -> u64 {
    summary["ledger"][state][unit].as_u64().unwrap_or_else(|| panic!("{state} {unit} in {summary}"))
}

#[test]
fn every_sample_is_archived_once_and_the_ledger_balances() {
    let house = House::without_ocr();
    let before = fingerprints(&samples());
    let first = house.take(&[&samples()], 0);
    let documents = count(&first, "scanned", "documents");
    assert!(documents >= 6, "{first}");
    assert_eq!(count(&first, "archived", "documents"), documents);
    assert_eq!(count(&first, "archived", "pages"), count(&first, "scanned", "pages"));
    assert!(count(&first, "scanned", "pages") > documents, "samples with several pages");
    assert_eq!(first["ledger"]["balances"], true);

    let again = house.take(&[&samples()], 0);
    assert_eq!(count(&again, "duplicate", "documents"), documents);
    assert_eq!(count(&again, "archived", "documents"), 0);
    assert_eq!(house.audit_is_clean(), documents);
    assert_eq!(fingerprints(&samples()), before, "source files are untouched");
}

#[test]
fn text_is_read_and_found_without_its_marks() {
    let house = House::new();
    let folder = samples();
    let scan = first_with_ending(&folder, "jpg");
    let summary = house.take(&[&scan], 0);
    let id = summary["documents"][0]["record"].as_str().expect("a record").to_owned();
    let truth = fs::read_to_string(scan.with_extension("gt.txt")).expect("the truth");
    let pdf = house.path("out.pdf");
    house.run(["get", &id, "-o", pdf.to_str().expect("a path")]).expect(0);
    let text = std::process::Command::new("pdftotext").arg(&pdf).arg("-").output().expect("pdftotext runs");
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let words: Vec<&str> = truth.split_whitespace().filter(|word| word.chars().count() > 2).collect();
    let found = words.iter().filter(|word| text.contains(**word)).count();
    assert!(found * 100 >= words.len() * 90, "{found} of {} words\n{text}", words.len());

    let show = house.run(["--json", "show", &id]).expect(0).json();
    let title = show["record"]["description"]["title"].as_str().expect("a title").to_owned();
    for query in [title.clone(), without_marks(&title), decomposed(&title)] {
        let results = house.run(["--json", "search", &query]).expect(0).json();
        let ids: Vec<&str> =
            results["hits"].as_array().expect("hits").iter().filter_map(|hit| hit["id"].as_str()).collect();
        assert!(ids.contains(&id.as_str()), "{query}: {results}");
    }
}

#[test]
fn a_signed_pdf_is_kept_byte_for_byte() {
    let house = House::without_ocr();
    let scan = first_with_ending(&samples(), "jpg");
    let (plain, signed) = (house.path("plain.pdf"), house.path("signed.pdf"));
    let text = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    house.run(["prepare", &text(&scan), "--no-ocr", "-o", &text(&plain)]).expect(0);
    house.run(["sign", &text(&plain), "-o", &text(&signed)]).expect(0);
    fs::copy(scan.with_extension("json"), house.path("signed.json")).expect("metadata");

    let summary = house.take(&[&signed], 0);
    let id = summary["documents"][0]["record"].as_str().expect("a record").to_owned();
    let record = house.run(["--json", "show", &id]).expect(0).json();
    assert_eq!(record["record"]["form"], "signed_original");
    let out = house.path("out.pdf");
    house.run(["get", &id, "-o", &text(&out)]).expect(0);
    assert_eq!(fs::read(&out).expect("the copy"), fs::read(&signed).expect("the original"));
}

#[test]
fn an_archived_file_handed_in_again_is_a_duplicate() {
    let house = House::without_ocr();
    let scan = first_with_ending(&samples(), "jpg");
    let summary = house.take(&[&scan], 0);
    let id = summary["documents"][0]["record"].as_str().expect("a record").to_owned();
    let out = house.path("out.pdf");
    house.run(["get", &id, "-o", out.to_str().expect("a path")]).expect(0);
    fs::copy(scan.with_extension("json"), house.path("out.json")).expect("metadata");
    let again = house.take(&[&out], 0);
    assert_eq!(again["documents"][0]["fate"], "duplicate");
    assert_eq!(again["documents"][0]["record"], id.as_str());
}

#[test]
fn another_file_under_a_taken_code_is_rejected_and_counted_once() {
    let house = House::without_ocr();
    let scan = first_with_ending(&samples(), "jpg");
    house.take(&[&scan], 0);
    let other = house.path("other.png");
    fs::copy(first_with_ending(&samples(), "png"), &other).expect("another scan");
    fs::copy(scan.with_extension("json"), other.with_extension("json")).expect("the same metadata");
    let summary = house.take(&[&other], 1);
    assert_eq!(summary["documents"][0]["reason"]["code"], "result-code-taken", "{summary}");
    assert_eq!(count(&summary, "scanned", "documents"), 1);
    assert_eq!(count(&summary, "rejected", "documents"), 1);
    assert_eq!(summary["ledger"]["balances"], true);
}

#[test]
fn a_proof_of_the_log_is_handed_out_even_when_the_first_batch_archived_nothing() {
    let house = House::without_ocr();
    let note = house.path("note.pdf");
    fs::write(&note, "no PDF").expect("a note");
    house.take(&[&note], 1);
    let summary = house.take(&[&first_with_ending(&samples(), "jpg")], 0);
    let id = summary["documents"][0]["record"].as_str().expect("a record").to_owned();
    let (pdf, proof) = (house.path("out.pdf"), house.path("out.proof"));
    let text = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    house.run(["get", &id, "-o", &text(&pdf), "--receipt", &text(&proof)]).expect(0);
    let proof = fs::read_to_string(proof).expect("the proof");
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\n"), "{proof}");
}

#[test]
fn a_second_process_is_told_to_wait() {
    let house = House::without_ocr();
    let lock =
        fs::File::open(house.home().join("lock")).or_else(|_| fs::File::create(house.home().join("lock")));
    let lock = lock.expect("the lock file");
    lock.lock().expect("the lock");
    let run = house.run(["take", samples().to_str().expect("a path")]).expect(70);
    assert!(run.stderr.contains("another muniment is working"), "{}", run.stderr);
}

fn first_with_ending(folder: &std::path::Path, ending: &str) -> std::path::PathBuf {
    let entries = fs::read_dir(folder).expect("the samples").filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().find(|path| path.extension().is_some_and(|e| e == ending)).expect("a sample")
}

fn decomposed(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfd().collect()
}

fn without_marks(text: &str) -> String {
    let marks = '\u{300}'..='\u{36f}';
    let bare = decomposed(text).chars().filter(|c| !marks.contains(c)).collect::<String>();
    bare.replace('đ', "d").replace('Đ', "D")
}
