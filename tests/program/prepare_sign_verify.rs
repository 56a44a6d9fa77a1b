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
fn the_report_is_also_for_machines_and_in_english() {
    let house = House::new();
    let signed = sealed(&house);
    let report = house.run(["--json".as_ref(), "verify".as_ref(), signed.as_os_str()]).expect(0).json();
    assert_eq!(report["report"]["verdict"], "TOTAL-PASSED");
    assert_eq!(report["report"]["signatures"][0]["level"], "B-B");
    let english =
        house.run(["--lang".as_ref(), "en".as_ref(), "verify".as_ref(), signed.as_os_str()]).expect(0);
    assert!(english.stdout.starts_with("The electronic copy is valid"), "{}", english.stdout);
}
