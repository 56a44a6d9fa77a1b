//! What the program makes, judged by programs that we did not write.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{House, samples};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a judge of `tests/judges`; the environment is made by `scripts/tools.sh test`.
fn judge(name: &str, args: &[&Path]) {
    let python = project().join(".venv/bin/python");
    assert!(python.exists(), "{} is missing: run scripts/tools.sh test", python.display());
    let output = Command::new(python).arg(project().join("tests/judges").join(name)).args(args).output();
    let output = output.expect("the judge runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}\n{out}\n{err}");
}

#[test]
fn structure_signatures_and_storage_are_sound_and_damage_to_them_is_seen() {
    let house = House::new();
    house.take(&[&samples()], 0);
    let store = house.home().join("archive/ocfl");
    let trust = house.home().join("trust/development.pem");
    judge("structure.py", &[&store]);
    judge("signatures.py", &[&PathBuf::from("--trust"), &trust, &store]);
    judge("storage.py", &[&store]);

    house.run(["uplift", "--now"]).expect(0);
    judge("structure.py", &[&store]);
    judge("signatures.py", &[&PathBuf::from("--trust"), &trust, &store]);
    judge("storage.py", &[&store]);
    judge("selfcheck.py", &[&PathBuf::from("--trust"), &trust, &store]);
}
