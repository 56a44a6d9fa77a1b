//! The folder of an index: which sub-folder is the living one, who may write, what is left over.
//!
//! ```text
//! writer.lock                      locked by the one writer
//! v4-1f3a9c02-000001/              the living index: the highest number of this program's format
//! v4-1f3a9c02-000002.building/     an index that is being built, or was when its builder died
//! ```

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use muniment_record::Digest;

use crate::Error;
use crate::{schema, text};

const BUILDING: &str = ".building";

/// A sub-folder that holds an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
}

/// Names the format: the version of the schema and a hash of the rules by which text becomes terms.
fn format() -> String {
    let rules = Digest::of(text::RULES.as_bytes()).to_string();
    format!("v{}-{}", schema::VERSION, &rules[..8])
}

/// The living index of this program's format.
pub(crate) fn current(dir: &Path) -> Result<Option<Generation>, Error> {
    let prefix = format!("{}-", format());
    let mut latest: Option<Generation> = None;
    for name in names(dir)? {
        let number = name.strip_prefix(&prefix).and_then(|number| number.parse::<u64>().ok());
        if let Some(number) = number
            && latest.as_ref().is_none_or(|found| found.number < number)
        {
            latest = Some(Generation { number, path: dir.join(&name) });
        }
    }
    Ok(latest)
}

/// Where the index with this number is built.
pub(crate) fn building(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{}-{number:06}{BUILDING}", format()))
}

/// Makes a built index the living one.
pub(crate) fn publish(dir: &Path, number: u64) -> Result<Generation, Error> {
    let path = dir.join(format!("{}-{number:06}", format()));
    let from = building(dir, number);
    fs::rename(&from, &path).map_err(io("publish index in", &from))?;
    sync(dir)?;
    Ok(Generation { number, path })
}

/// Removes every index but the living one. Readers that have one of them open go on undisturbed.
pub(crate) fn sweep(dir: &Path, living: &Generation) -> Result<(), Error> {
    for name in names(dir)? {
        let path = dir.join(&name);
        if name.starts_with('v') && path != living.path && path.is_dir() {
            fs::remove_dir_all(&path).map_err(io("remove former index in", &path))?;
        }
    }
    Ok(())
}

/// Takes the writer's lock, which lasts as long as the file is open.
pub(crate) fn lock(dir: &Path) -> Result<File, Error> {
    fs::create_dir_all(dir).map_err(io("make index folder", dir))?;
    let path = dir.join("writer.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(io("open lock of index in", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io("lock index in", &path)(source)),
    }
}

pub(crate) fn sync(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io("flush folder", dir))
}

pub(crate) fn io(attempt: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { attempt, path, source }
}

fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(names),
        Err(error) => return Err(io("list index folder", dir)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(io("list index folder", dir))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}
