//! The program with two stores, and with locks in a bucket of a real server.

use std::fs;

use crate::house::{House, samples};
use crate::seaweed::{ACCESS_KEY, SECRET_KEY, SeaweedFs};

/// Writes settings beside a house and begins its home with them.
fn begin(settings: &str) -> (House, i32) {
    let house = House::empty();
    let file = house.path("muniment.toml");
    fs::write(&file, format!("[ocr]\nengine = \"none\"\n{settings}")).expect("the settings are written");
    let code = house.run(["init", "--config", file.to_str().expect("a path")]).code;
    (house, code)
}

#[test]
fn what_is_damaged_in_one_store_is_repaired_from_the_other() {
    let (house, code) = begin("[storage.second]\nkind = \"disk\"\npath = \"../second\"\n");
    assert_eq!(code, 0);
    house.take(&[&samples()], 0);
    let documents = house.audit_is_clean();
    let second = house.path("second");
    fs::remove_dir_all(second.join("ocfl")).expect("the second store's records are removed");
    fs::write(house.home().join("archive/log/public/checkpoint"), "damaged")
        .expect("a checkpoint is damaged");

    let audit = house.run(["--json", "audit"]).expect(1).json();
    let findings = audit["findings"].as_array().expect("findings").len();
    assert!(findings as u64 > documents, "{audit}");
    let repair = house.run(["--json", "audit", "--repair"]).expect(0).json();
    assert!(repair["findings"].as_array().expect("findings").is_empty(), "{repair}");
    assert!(repair["repaired"].as_array().expect("repairs").len() as u64 > documents, "{repair}");
    assert_eq!(house.audit_is_clean(), documents);

    // The first store is gone altogether: the second one is put in its place.
    let archive = house.home().join("archive");
    for name in ["ocfl", "blobs", "log"] {
        fs::remove_dir_all(archive.join(name)).expect("a folder is removed");
        fs::rename(second.join(name), archive.join(name)).expect("a folder is moved");
    }
    house.run(["rebuild"]).expect(0);
    house.run(["audit"]).expect(1);
    house.run(["audit", "--repair"]).expect(0);
    assert_eq!(house.audit_is_clean(), documents);
}

#[test]
fn repair_without_a_second_store_is_refused() {
    let house = House::new();
    let refused = house.run(["audit", "--repair"]).expect(70);
    assert!(refused.stderr.contains("[storage.second]"), "{}", refused.stderr);
}

#[test]
fn a_legal_archive_begins_only_where_locks_are_enforced() {
    let server = SeaweedFs::start();
    server.make_bucket_with_locks("locked");
    server.make_bucket("plain");
    let credentials = House::empty();
    let file = credentials.path("s3.credentials");
    fs::write(&file, format!("{ACCESS_KEY}\n{SECRET_KEY}\n")).expect("the credentials are written");
    let settings = |bucket: &str| {
        format!(
            "[storage]\nkind = \"s3\"\nendpoint = \"{}\"\nbucket = \"{bucket}\"\ncredentials = \"{}\"\nlocks = true\n\
             legal_archive = true\n",
            server.endpoint(),
            file.display()
        )
    };
    assert_eq!(begin("[storage]\nlegal_archive = true\n").1, 70, "a disk has no locks");
    assert_eq!(begin(&settings("plain")).1, 70, "the bucket only pretends");
    let (house, code) = begin(&settings("locked"));
    assert_eq!(code, 0);
    house.take(&[&samples().join("0002-birth.png")], 0);
    house.audit_is_clean();
    let proof = house.run(["doctor", "storage"]).expect(0).stdout;
    assert!(proof.contains("Khóa có hiệu lực THẬT") && !proof.contains("LỖI"), "{proof}");
    house.run(["doctor"]).expect(0);

    // A home whose bucket lost its locks takes nothing in and says so.
    house.configure("bucket = \"locked\"", "bucket = \"plain\"");
    let proof = house.run(["doctor", "storage"]).expect(1).stdout;
    assert!(proof.contains("không nhận khóa") && proof.contains("KHÔNG có hiệu lực"), "{proof}");
    let refused = house.run(["take", samples().to_str().expect("a path")]).expect(70);
    assert!(refused.stderr.contains("muniment doctor storage"), "{}", refused.stderr);
}
