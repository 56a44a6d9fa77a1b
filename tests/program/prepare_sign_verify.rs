use std::fs;
use std::path::PathBuf;

use crate::house::{House, samples};

/// A sealed PDF of one sample, made by the two steps alone.
fn sealed(house: &House) -> PathBuf {
    let (plain, signed) = (house.path("plain.pdf"), house.path("sealed.pdf"));
    let scan = fs::read_dir(samples()).expect("the samples").filter_map(Result::ok).map(|entry| entry.path());
    let scan = scan.filter(|path| path.extension().is_some_and(|e| e == "jpg")).min().expect("a sample");
    house
        .run(["prepare".as_ref(), scan.as_os_str(), "--no-ocr".as_ref(), "-o".as_ref(), plain.as_os_str()])
        .expect(0);
    house.run(["verify".as_ref(), plain.as_os_str()]).expect(3);
    house.run(["sign".as_ref(), plain.as_os_str(), "-o".as_ref(), signed.as_os_str()]).expect(0);
    let (before, after) = (fs::read(&plain).expect("plain"), fs::read(&signed).expect("signed"));
    assert!(after.starts_with(&before), "a signature is an incremental update");
    signed
}

#[test]
fn verdicts_are_exit_codes() {
    let house = House::new();
    let signed = sealed(&house);
    let verify = |path: &PathBuf| house.run(["verify".as_ref(), path.as_os_str()]);
    let passed = verify(&signed).expect(0);
    assert!(passed.stdout.starts_with("Bản điện tử hợp lệ"), "{}", passed.stdout);

    let stranger = House::new();
    let undecided = stranger.run(["verify".as_ref(), signed.as_os_str()]).expect(2);
    assert!(undecided.stdout.starts_with("Chưa đủ căn cứ kết luận"), "{}", undecided.stdout);
    let trusted = house.home().join("trust/development.pem");
    let args = ["verify".as_ref(), signed.as_os_str(), "--trust".as_ref(), trusted.as_os_str()];
    stranger.run(args).expect(0);

    let changed = house.path("changed.pdf");
    let mut bytes = fs::read(&signed).expect("signed");
    bytes[1000] ^= 1;
    fs::write(&changed, bytes).expect("changed");
    let failed = verify(&changed).expect(1);
    assert!(failed.stdout.starts_with("Bản điện tử KHÔNG hợp lệ"), "{}", failed.stdout);

    let note = house.path("note.pdf");
    fs::write(&note, "no PDF at all").expect("a note");
    verify(&note).expect(3);
    verify(&house.path("missing.pdf")).expect(70);
}

#[test]
fn a_folder_is_verified_as_of_a_day_and_held_against_the_archive() {
    let house = House::without_ocr();
    let signed = sealed(&house);
    let folder = house.path("folder");
    fs::create_dir_all(folder.join("below")).expect("a folder");
    for copy in ["a.pdf", "b.pdf", "below/c.PDF"] {
        fs::copy(&signed, folder.join(copy)).expect("a copy");
    }
    fs::write(folder.join("note.txt"), "no PDF").expect("a note");
    let verify = |more: &[&str], code| {
        let args = ["--json".as_ref(), "verify".as_ref(), folder.as_os_str()].into_iter();
        house.run(args.chain(more.iter().map(|word| word.as_ref()))).expect(code).json()
    };
    let reports = verify(&[], 0);
    let names: Vec<bool> =
        reports.as_array().expect("a list").iter().map(|one| one["archive"]["record"].is_null()).collect();
    assert_eq!(names, [true, true, true], "no record holds what was only signed");
    assert_eq!(reports[2]["report"]["signatures"][0]["domain"], "own");
    // What cannot be read is named among the others.
    std::os::unix::fs::symlink("nowhere", folder.join("ab.pdf")).expect("a link");
    let reports = verify(&[], 2);
    assert!(reports[1]["error"].is_string() && reports[3]["report"].is_object(), "{reports}");
    fs::remove_file(folder.join("ab.pdf")).expect("the link is removed");
    // Long before the certificate was made, and long after it has ended.
    verify(&["--at", "2020-01-01"], 2);
    verify(&["--at", "2040-01-01T00:00:00+07:00"], 2);
    house.run(["verify", "--at", "yesterday", "x.pdf"]).expect(64);

    let taken = house.take(&[&samples()], 0);
    let id = taken["documents"][0]["record"].as_str().expect("a record").to_owned();
    let copy = house.path("copy.pdf");
    house.run(["get".as_ref(), id.as_ref(), "-o".as_ref(), copy.as_os_str()]).expect(0);
    let report = house.run(["--json".as_ref(), "verify".as_ref(), copy.as_os_str()]).expect(0).json();
    assert_eq!(report["archive"]["record"], id.as_str());
}

#[test]
fn the_report_is_also_for_machines_and_in_english() {
    let house = House::new();
    let signed = sealed(&house);
    let report = house.run(["--json".as_ref(), "verify".as_ref(), signed.as_os_str()]).expect(0).json();
    assert_eq!(report["report"]["verdict"], "TOTAL-PASSED");
    assert_eq!(report["report"]["signatures"][0]["level"], "B-T");
    let english =
        house.run(["--lang".as_ref(), "en".as_ref(), "verify".as_ref(), signed.as_os_str()]).expect(0);
    assert!(english.stdout.starts_with("The electronic copy is valid"), "{}", english.stdout);
}
