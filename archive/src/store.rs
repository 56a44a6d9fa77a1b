//! The archive's files, wherever they lie: what is written, under which names, and in what order.
//!
//! An [`ObjectStore`] keeps them: [`DiskStore`] in the archive's own directory, [`S3Store`] in a bucket. Wrappers stand around
//! either. Catalogue and locks lie elsewhere: in the archive's directory, or in PostgreSQL.

mod brake;
mod disk;
mod gate;
mod lock_trial;
mod locks;
mod object_store;
mod pair;
mod patient;
mod promises;
mod s3;
mod side_by_side;

#[cfg(test)]
mod faulty;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use muniment_record::Digest;

use crate::inventory::{INVENTORY, ROOT_NAMASTE};
use crate::layout::root_files;
use crate::{Error, ErrorKind};

pub(crate) use brake::Brake;
pub use disk::DiskStore;
pub(crate) use disk::sync_directory;
#[cfg(test)]
pub(crate) use faulty::{Fault, Faulty};
pub use gate::{Gate, StoreMetrics};
pub use lock_trial::LockTrial;
pub use locks::Locks;
pub use object_store::{Content, ObjectStore, Parcel, Tree};
pub use pair::Pair;
pub(crate) use patient::passes;
pub use patient::{Patience, Patient};
pub use promises::{BrokenPromise, keeps_its_locks, keeps_its_promises};
pub use s3::{S3Credentials, S3Settings, S3Store};
pub(crate) use side_by_side::side_by_side;

/// The files of one archive.
#[derive(Debug)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
}

impl Store {
    /// Makes an empty archive in a store. The declaration, which says that it is one, comes last.
    pub(crate) fn create(objects: &dyn ObjectStore) -> Result<(), Error> {
        root_files()
            .iter()
            .try_for_each(|(name, content)| objects.put_new(&format!("ocfl/{name}"), content.as_bytes()))
    }

    /// Whether any of the stores behind one holds an archive.
    pub(crate) fn is_taken(objects: &dyn ObjectStore) -> Result<bool, Error> {
        for store in objects.pair().into_iter().flatten() {
            if Self::is_archive(store.as_ref())? {
                return Ok(true);
            }
        }
        Self::is_archive(objects)
    }

    /// Whether a store holds an archive.
    pub(crate) fn is_archive(objects: &dyn ObjectStore) -> Result<bool, Error> {
        Ok(objects.head(&format!("ocfl/{ROOT_NAMASTE}"))?.is_some())
    }

    /// Opens the files of the archive whose catalogue lies at a place that has this name in messages.
    pub(crate) fn open(place: &str, objects: Arc<dyn ObjectStore>) -> Result<Self, Error> {
        if !Self::is_archive(objects.as_ref())? {
            return Err(Error::NotFound { what: format!("archive in {place}") });
        }
        Ok(Self { objects })
    }

    /// The stores that keep the files, each by itself: two where there is a second one.
    pub(crate) fn copies(&self) -> Vec<Self> {
        let alone = |objects: &Arc<dyn ObjectStore>| Self { objects: Arc::clone(objects) };
        match self.objects.pair() {
            Some(pair) => pair.iter().map(alone).collect(),
            None => vec![alone(&self.objects)],
        }
    }

    /// What keeps the files.
    pub(crate) fn objects(&self) -> &dyn ObjectStore {
        self.objects.as_ref()
    }

    /// The file of a blob, relative to the archive.
    pub(crate) fn blob_path(digest: &Digest) -> String {
        let hex = digest.to_string();
        format!("blobs/sha256/{}/{hex}", &hex[..2])
    }

    /// Writes files that are never written with other bytes. Those that are there with the same bytes are left alone.
    pub(crate) fn put_once(&self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        // Read first: not every store refuses by itself.
        let look = |(name, bytes): (String, Vec<u8>)| match self.objects.get(&name) {
            Ok(there) if there == bytes => Ok(None),
            Ok(_) => Err(Error::damaged(name, "it was written before, with other bytes")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some((name, bytes))),
            Err(error) => Err(error),
        };
        let looked = side_by_side(self.objects.width(), files, look);
        let missing = looked.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        self.objects.put_all_new(missing)
    }

    /// Holds all files below a directory, or lets them go.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there are none.
    pub(crate) fn hold(&self, directory: &str, held: bool) -> Result<(), Error> {
        let names = self.files_below(directory)?;
        if names.is_empty() {
            return Err(Error::NotFound { what: format!("files below {directory}") });
        }
        let hold = |name: String| self.objects.hold(&format!("{directory}/{name}"), held);
        side_by_side(self.objects.width(), names, hold).into_iter().collect()
    }

    /// Writes files, in place of older ones where there are any.
    pub(crate) fn replace_all(&self, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let blobs = files.into_iter().map(|(name, bytes)| (name, Content::Memory(bytes))).collect();
        self.objects.write(vec![Parcel { blobs, tree: None }])?.into_iter().collect()
    }

    /// Puts a file in place of an older one: a reader sees the one or the other.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.objects.put(name, bytes)
    }

    /// Takes an object that was never acknowledged out of the archive again.
    pub(crate) fn withdraw_object(&self, path: &str) -> Result<(), Error> {
        self.objects.withdraw(&format!("ocfl/{path}"), INVENTORY)
    }

    /// Whether an object stands whole under this path: its root inventory is written last.
    pub(crate) fn has_object(&self, path: &str) -> Result<bool, Error> {
        self.has(&format!("ocfl/{path}/{INVENTORY}"))
    }

    /// Whether there is a file with this name.
    pub(crate) fn has(&self, name: &str) -> Result<bool, Error> {
        Ok(self.objects.head(name)?.is_some())
    }

    /// Whether there is any file below a directory.
    pub(crate) fn has_below(&self, directory: &str) -> Result<bool, Error> {
        let mut found = false;
        self.objects.list(directory, &mut |_| {
            found = true;
            false
        })?;
        Ok(found)
    }

    /// The files below a directory, as sorted paths relative to it.
    pub(crate) fn files_below(&self, directory: &str) -> Result<Vec<String>, Error> {
        let mut files = Vec::new();
        self.objects.list(directory, &mut |name| {
            files.extend(
                name.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned),
            );
            true
        })?;
        files.sort_unstable();
        Ok(files)
    }

    /// The bytes of a file, named relative to the archive.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.objects.get(name)
    }

    /// The bytes of a blob, checked against its digest.
    pub(crate) fn read_blob(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let name = Self::blob_path(digest);
        let bytes = self.read(&name)?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(Error::damaged(name, "its SHA-256 is not its name"))
        }
    }

    /// Writes a file in each place that the archive writes to, reads it back and removes it.
    pub(crate) fn try_out(&self) -> Result<(), Error> {
        const PROBE: &[u8] = b"muniment storage probe\n";
        for name in ["ocfl/extensions/probe", "blobs/probe"] {
            self.objects.put(name, PROBE)?;
            let read = self.read(name);
            self.objects.delete(name)?;
            if read? != PROBE {
                return Err(Error::damaged(name, "not what was just written"));
            }
        }
        Ok(())
    }

    /// Lets a test stop the store between two durable effects.
    #[cfg(test)]
    pub(crate) fn brake(&self) -> &Brake {
        self.objects.brake()
    }
}
