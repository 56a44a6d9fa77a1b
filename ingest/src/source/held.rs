//! The file of a scan while it is read, page by page, by several threads.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use muniment_record::{Digest, DigestWriter};
use symbolic_common::ByteView;

use crate::Error;

/// An open file of a scan, never whole in memory.
///
/// It is read in two ways: by [`HeldFile::reader`], and by [`HeldFile::map`] for parsers that want all bytes in a row.
/// A mapped file must not change, for its reader believes that memory stays as it is, and one that is cut short ends
/// the process. So pages are read from a copy that [`HeldFile::copy`] makes where nobody else writes: it is hashed on
/// the way, and what is parsed is what was inspected. Only a first look, in a process of its own, is at the file
/// itself.
#[derive(Clone, Debug)]
pub(crate) struct HeldFile {
    file: Arc<File>,
    bytes: u64,
}

impl HeldFile {
    /// Holds the file itself.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let reading = |error| Error::reading(path, error);
        let file = File::open(path).map_err(reading)?;
        let bytes = file.metadata().map_err(reading)?.len();
        Ok(Self { file: Arc::new(file), bytes })
    }

    /// Copies the file to `to`, a new one, and holds the copy; `to` is synced by nobody.
    ///
    /// # Errors
    ///
    /// [`Error::Changed`] when its digest is no longer `sha256`.
    pub(crate) fn copy(path: &Path, name: &str, sha256: Digest, to: &Path) -> Result<Self, Error> {
        let reading = |error| Error::reading(path, error);
        let writing = |error| Error::writing(to, error);
        let mut from = File::open(path).map_err(reading)?;
        let copy = File::options().read(true).write(true).create_new(true).open(to).map_err(writing)?;
        let mut out = DigestWriter::new(copy);
        // The kernel keeps a file in pieces as large as it was written, and maps them whole: small ones, so that what is
        // touched of a mapped file stays small.
        let mut chunk = vec![0; 16 << 10];
        loop {
            let read = from.read(&mut chunk).map_err(reading)?;
            if read == 0 {
                break;
            }
            out.write_all(&chunk[..read]).map_err(writing)?;
        }
        let (file, digest, bytes) = out.finish();
        if digest != sha256 {
            return Err(Error::Changed(name.to_owned()));
        }
        Ok(Self { file: Arc::new(file), bytes })
    }

    /// As [`HeldFile::copy`], into `folder` and without a name: the copy is gone when it is no longer held.
    pub(crate) fn unnamed_copy(
        path: &Path,
        name: &str,
        sha256: Digest,
        folder: &Path,
    ) -> Result<Self, Error> {
        let to = folder.join("source");
        let held = Self::copy(path, name, sha256, &to);
        // It is removed also where it turned out to be another; a copy that could not be made leaves nothing.
        let removed = fs::remove_file(&to);
        let held = held?;
        removed.map_err(|error| Error::writing(&to, error))?;
        Ok(held)
    }

    /// Forces the file out to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Its length.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All its bytes, mapped: what is touched counts as memory of this process until the last holder lets go.
    pub(crate) fn map(&self) -> io::Result<Arc<ByteView<'static>>> {
        Ok(Arc::new(ByteView::map_file_ref(&self.file)?))
    }

    /// A reader with a place of its own.
    pub(crate) fn reader(&self) -> HeldReader {
        HeldReader { held: self.clone(), at: 0 }
    }
}

/// Reads a [`HeldFile`] from a place of its own.
#[derive(Clone, Debug)]
pub(crate) struct HeldReader {
    held: HeldFile,
    at: u64,
}

impl Read for HeldReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.held.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for HeldReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.held.bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_what_was_inspected_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.tif");
        fs::write(&path, b"content").unwrap();
        let held = HeldFile::unnamed_copy(&path, "scan.tif", Digest::of(b"content"), folder.path()).unwrap();
        fs::write(&path, b"changed").unwrap();
        assert_eq!((*held.map().unwrap()).as_ref(), b"content");
        let mut text = String::new();
        let mut reader = held.reader();
        reader.seek(SeekFrom::End(-3)).unwrap();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "ent");
        let again = HeldFile::unnamed_copy(&path, "scan.tif", Digest::of(b"content"), folder.path());
        assert_eq!(again.unwrap_err().code(), "changed");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a copy is left behind");
    }
}
