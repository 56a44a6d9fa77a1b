//! A home in a temporary folder and the program to run on it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home made by `init`, gone with the test.
pub struct House {
    folder: TempDir,
}

/// What a run of the program left.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Its output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// The run, after checking how it ended.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

impl House {
    /// A fresh home.
    pub fn new() -> Self {
        let house = Self::empty();
        house.run(["init"]).expect(0);
        house
    }

    /// A place without a home.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A fresh home that reads no text, for tests that are not about text.
    pub fn without_ocr() -> Self {
        let house = Self::new();
        house.configure("engine = \"auto\"", "engine = \"none\"");
        house
    }

    /// Changes a line of `muniment.toml`.
    pub fn configure(&self, from: &str, to: &str) {
        let path = self.home().join("muniment.toml");
        let text = fs::read_to_string(&path).expect("the configuration");
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replace(from, to)).expect("the configuration is written");
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A path beside the home, for files that a test makes.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muniment"));
        command.env_remove("MUNIMENT_HOME").arg("--home").arg(self.home());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        Run::from(self.command().args(args).output().expect("the program runs"))
    }

    pub fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Child {
        self.command()
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    /// Takes in and returns the JSON summary.
    pub fn take(&self, paths: &[&Path], code: i32) -> Value {
        let args = [OsStr::new("--json"), OsStr::new("take")].into_iter();
        self.run(args.chain(paths.iter().map(|path| path.as_os_str()))).expect(code).json()
    }

    /// Runs the audit, which must find nothing, and returns the number of objects.
    pub fn audit_is_clean(&self) -> u64 {
        let audit = self.run(["--json", "audit"]).expect(0).json();
        audit["objects"].as_u64().expect("objects")
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The project's own small samples.
pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/small")
}

/// Copies a folder of files, one level of folders deep.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}

/// Digests of all files below a folder, to show that nothing in it was touched.
pub fn fingerprints(folder: &Path) -> Vec<(PathBuf, muniment_record::Digest)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(fingerprints(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            all.push((path, muniment_record::Digest::of(&bytes)));
        }
    }
    all.sort();
    all
}
