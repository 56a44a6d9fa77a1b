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

/// Takes a directory away to a name in staging, and removes it there.
pub(super) fn move_aside(directory: &Path, staged: &Path) -> Result<(), Error> {
    let attempt = || format!("take {} away", directory.display());
    fs::rename(directory, staged).map_err(Error::storage(attempt()))?;
    fs::remove_dir_all(staged).map_err(Error::storage(attempt()))
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
