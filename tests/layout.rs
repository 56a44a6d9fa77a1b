//! The arrows of `docs/ARCHITECTURE.md`, compared with what cargo says: which crate may know which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The only arrows there are: a crate and the crates it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("ocr", &["record"]),
    ("ingest", &["record", "ocr"]),
    ("seal", &["record"]),
    ("search", &["record"]),
    ("archive", &["record", "seal"]),
    ("portal", &["record", "seal", "archive", "search"]),
    ("samples", &["record"]),
    ("muniment", &["record", "ingest", "seal", "archive", "search", "portal"]),
];

/// Crates are used beyond their arrows only to make fixtures in tests.
const TEST_ARROWS: &[(&str, &str)] = &[("muniment", "samples"), ("ocr", "samples")];

fn short(name: &str) -> &str {
    name.strip_prefix("muniment-").unwrap_or(name)
}

#[test]
fn crates_depend_on_each_other_along_the_arrows_only() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let members: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();

    let mut found = BTreeMap::new();
    for package in packages {
        let name = short(package["name"].as_str().expect("a name"));
        let mut below = BTreeSet::new();
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("a name");
            let in_tests_only = dependency["kind"] == "dev" && TEST_ARROWS.contains(&(name, short(target)));
            if members.contains(target) && !in_tests_only {
                below.insert(short(target));
            }
        }
        found.insert(name, below);
    }
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        allowed.keys().collect::<Vec<_>>(),
        "crates of the workspace"
    );
    for (name, below) in &found {
        let beyond: Vec<_> = below.difference(&allowed[name]).collect();
        assert!(beyond.is_empty(), "{name} must not depend on {beyond:?}");
    }
}
