//! The program with its archive in a bucket of a real server.

use std::fs;
use std::path::PathBuf;

use crate::house::{House, samples};
use crate::seaweed::{ACCESS_KEY, SECRET_KEY, SeaweedFs};

/// Makes a home whose archive lies in a bucket; credentials come from a file beside it.
fn house_on(server: &SeaweedFs, bucket: &str) -> House {
    let house = House::empty();
    let credentials = house.path("s3.credentials");
    fs::write(&credentials, format!("{ACCESS_KEY}\n{SECRET_KEY}\n")).expect("the credentials are written");
    let settings = format!(
        "[ocr]\nengine = \"none\"\n[storage]\nkind = \"s3\"\nendpoint = \"{}\"\nbucket = \"{bucket}\"\n\
         prefix = \"centre\"\ncredentials = \"{}\"\n",
        server.endpoint(),
        credentials.display()
    );
    let file = house.path("muniment.toml");
    fs::write(&file, settings).expect("the settings are written");
    house.run(["init", "--config", file.to_str().expect("a path")]).expect(0);
    house
}

fn below(folder: &PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_house_in_a_bucket_takes_finds_uplifts_audits_and_comes_back_from_it() {
    let server = SeaweedFs::start();
    server.make_bucket("records");
    let house = house_on(&server, "records");
    let taken = house.take(&[&samples()], 0);
    let documents = taken["ledger"]["archived"]["documents"].as_u64().expect("documents");
    assert_eq!(house.audit_is_clean(), documents);
    assert!(!below(&house.home().join("archive")).iter().any(|name| name == "ocfl" || name == "blobs"));

    let hits = house.run(["--json", "search", "giay"]).expect(0).json();
    let id = hits["hits"][0]["id"].as_str().expect("a hit").to_owned();
    let pdf = house.path("got.pdf");
    house.run(["get", &id, "-o", pdf.to_str().expect("a path")]).expect(0);
    house.run(["verify", pdf.to_str().expect("a path")]).expect(0);
    house.run(["uplift", "--now"]).expect(0);
    assert_eq!(house.audit_is_clean(), documents);
    house.run(["doctor"]).expect(0);
    house.run(["log", "checkpoint"]).expect(0);

    // Catalogue, index and whatever else lies beside them are gone.
    fs::remove_dir_all(house.home().join("archive")).expect("the archive's folder is removed");
    fs::remove_dir_all(house.home().join("index")).expect("the index is removed");
    house.run(["rebuild"]).expect(0);
    assert_eq!(house.audit_is_clean(), documents);
    let again = house.run(["--json", "search", "giay"]).expect(0).json();
    assert_eq!(again["hits"][0]["id"].as_str(), Some(id.as_str()));

    // Another house cannot begin in the same place, and one whose server is gone says so.
    let file = house.path("muniment.toml");
    let other = House::empty();
    let refused = other.run(["init", "--config", file.to_str().expect("a path")]).expect(70);
    assert!(refused.stderr.contains("already holds an archive"), "{}", refused.stderr);
    assert!(!refused.stderr.contains(SECRET_KEY));
    drop(server);
    let down = house.run(["get", &id, "-o", house.path("none.pdf").to_str().expect("a path")]);
    assert_ne!(down.code, 0);
    assert!(!down.stderr.contains(SECRET_KEY), "{}", down.stderr);
}
