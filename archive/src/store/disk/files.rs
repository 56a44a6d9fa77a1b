//! Files and directories of a local disk, and what makes them durable.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::Path;

use muniment_record::{Digest, DigestWriter};

use crate::Error;
use crate::store::Content;

/// The SHA-256 of a file's bytes.
pub(super) fn digest_of_file(path: &Path) -> Result<Digest, Error> {
    let attempt = || format!("read {}", path.display());
    let mut reader = File::open(path).map_err(Error::storage(attempt()))?;
    let mut writer = DigestWriter::new(io::sink());
    io::copy(&mut reader, &mut writer).map_err(Error::storage(attempt()))?;
    Ok(writer.finish().1)
}

/// Writes a new file and says what its bytes digest to. It is not synced.
pub(super) fn write_file(path: &Path, content: &Content) -> Result<(File, Digest), Error> {
    let attempt = || format!("write {}", path.display());
    let file = File::create_new(path).map_err(Error::storage(attempt()))?;
    let mut writer = DigestWriter::new(file);
    match content {
        Content::Memory(memory) => writer.write_all(memory).map_err(Error::storage(attempt()))?,
        Content::File(source, _) => {
            let opened = File::open(source).map_err(Error::storage(format!("read {}", source.display())))?;
            io::copy(&mut BufReader::new(opened), &mut writer).map_err(Error::storage(attempt()))?;
        }
    }
    let (file, digest, _) = writer.finish();
    Ok((file, digest))
}

/// Writes a new file and syncs it.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create_new(path).map_err(Error::storage(format!("write {}", path.display())))?;
    file.write_all(bytes).map_err(Error::storage(format!("write {}", path.display())))?;
    file.sync_all().map_err(Error::storage(format!("sync {}", path.display())))
}

/// Whether a directory holds every file that another one holds, with the same bytes.
pub(super) fn holds_same_files(directory: &Path, other: &Path) -> Result<bool, Error> {
    let attempt = || format!("compare {} with {}", directory.display(), other.display());
    let mut files = Vec::new();
    walk(other, "", &mut |path| {
        files.push(path.to_owned());
        true
    })
    .map_err(Error::storage(attempt()))?;
    for path in files {
        let there = match fs::read(directory.join(&path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            read => read.map_err(Error::storage(attempt()))?,
        };
        if there != fs::read(other.join(&path)).map_err(Error::storage(attempt()))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a directory and those above it, each synced into its parent.
pub(super) fn create_directories(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    create_directories(parent)?;
    match fs::create_dir(path) {
        Ok(()) => sync_directory(parent),
        // Another deposit was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => sync_directory(parent),
        Err(error) => Err(Error::storage(format!("make {}", path.display()))(error)),
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), Error> {
    let attempt = || format!("sync {}", path.display());
    let directory = File::open(path).map_err(Error::storage(attempt()))?;
    directory.sync_all().map_err(Error::storage(attempt()))
}

/// Tells the files below a directory with a prefix before their paths; says whether to go on.
pub(super) fn walk(directory: &Path, prefix: &str, visit: &mut dyn FnMut(&str) -> bool) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = if prefix.is_empty() { name.into_owned() } else { format!("{prefix}/{name}") };
        let goes_on =
            if entry.file_type()?.is_dir() { walk(&entry.path(), &path, visit)? } else { visit(&path) };
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}
