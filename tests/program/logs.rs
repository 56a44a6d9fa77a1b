use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::house::{House, copy_folder, samples};

/// What names a person, a dossier or a result, in the metadata of samples.
const PERSONAL: [&str; 7] =
    ["holder", "signer_on_paper", "result_code", "dossier", "symbol", "abstract", "operator"];

fn collect(value: &Value, is_personal: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let begins_here = PERSONAL.iter().any(|start| name.starts_with(start));
            collect(value, (is_personal || begins_here) && name != "kind" && name != "title", found);
        }),
        Value::String(text) if is_personal => {
            found.insert(text.clone());
        }
        _ => {}
    }
}

/// Every name and number of the metadata files in a folder.
fn names_and_numbers(folder: &std::path::Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let text = fs::read_to_string(&path).expect("metadata");
            collect(&serde_json::from_str(&text).expect("JSON"), false, &mut found);
        }
    }
    found
}

#[test]
fn no_name_and_no_number_of_a_person_gets_into_the_log() {
    let house = House::without_ocr();
    let folder = house.path("scans");
    copy_folder(&samples(), &folder);
    let personal = names_and_numbers(&folder);
    assert!(personal.len() >= 30, "{personal:?}");
    assert!(personal.contains("Lê Hoàng Thử") && personal.contains("099203000031"));
    // One that is refused for its metadata.
    let refused = fs::read_to_string(folder.join("0002-birth.json")).expect("metadata");
    fs::write(folder.join("0002-birth.json"), refused.replace("\"2025-12-26\"", "\"Lê Hoàng Thử\""))
        .expect("it");

    let mut log = String::new();
    let scans = folder.to_str().expect("a path");
    for (args, code) in [
        (vec!["take", scans], 1),
        (vec!["take", scans], 1),
        (vec!["search", "Lê Hoàng Thử"], 0),
        (vec!["audit"], 0),
        (vec!["uplift"], 0),
        (vec!["rebuild"], 0),
    ] {
        let output = house.command().env("RUST_LOG", "trace").args(&args).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        log.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(log.matches("archived record").count(), 7, "the log tells of every other document");
    let told: Vec<&String> = personal.iter().filter(|text| log.contains(text.as_str())).collect();
    assert!(told.is_empty(), "{told:?}");
}
