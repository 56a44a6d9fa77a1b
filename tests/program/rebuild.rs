use std::fs;

use serde_json::Value;

use crate::house::{House, samples};

const QUERIES: [&str; 5] = ["giấy phép", "giay chung nhan", "khai sinh", "H05", "không-có-trong-kho"];

fn hits(house: &House, query: &str) -> Value {
    let results = house.run(["--json", "search", query]).expect(0).json();
    let hits = results["hits"].as_array().expect("hits").iter();
    hits.map(|hit| Value::from(vec![hit["id"].clone(), hit["snippet"].clone()])).collect()
}

#[test]
fn catalogue_and_index_come_back_from_storage_alone() {
    let house = House::without_ocr();
    house.take(&[&samples()], 0);
    let objects = house.audit_is_clean();
    let before: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    assert!(before.iter().any(|found| found.as_array().is_some_and(|hits| !hits.is_empty())));

    for entry in fs::read_dir(house.home().join("archive")).expect("the archive") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("catalog")) {
            fs::remove_file(&path).expect("the catalogue is removed");
        }
    }
    fs::remove_dir_all(house.home().join("index")).expect("the index is removed");

    house.run(["rebuild"]).expect(0);
    let after: Vec<Value> = QUERIES.iter().map(|query| hits(&house, query)).collect();
    assert_eq!(after, before);
    assert_eq!(house.audit_is_clean(), objects);
    let again = house.take(&[&samples()], 0);
    assert_eq!(again["ledger"]["duplicate"]["documents"], objects, "what was archived is still known");
}
