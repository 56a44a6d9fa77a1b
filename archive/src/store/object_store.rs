use std::fmt;
use std::fs;
use std::io;
use std::mem;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_record::Digest;

use super::side_by_side::side_by_side;
use super::{LockTrial, Locks};
use crate::{Error, ErrorKind};

/// Keeps an archive's files: whole objects under names such as `blobs/sha256/ab/ab…`, on a disk or behind S3.
///
/// **Durable.** When a call that writes returns `Ok`, what it wrote outlasts a stop of this machine's programs and, as far as
/// the medium keeps its own promises, of the machine. When it fails, the write may have happened or not; doing it again
/// with the same bytes is always allowed and leads to the same end.
///
/// **No overwrite.** [`ObjectStore::put_new`] never puts other bytes in place of what it finds. It does not arbitrate
/// between two writers at the same moment, since not every server can: a name is given to one writer only, by its digest, a
/// lock or a lease. [`ObjectStore::put`] is for the few names that change, and for putting damage right.
///
/// **Fresh.** A reader sees what was acknowledged before it began, never half an object. A listing sees it too.
///
/// **Trusted for nothing else.** Bits may rot: whoever knows an object's digest hashes what it gets.
///
/// **Retries** are not made here; [`crate::Patient`] makes them around a store whose faults pass.
///
/// Calls block. They may come from many threads at a time.
pub trait ObjectStore: fmt::Debug + Send + Sync {
    /// Writes an object that is not there. One with the same bytes is left alone.
    ///
    /// # Errors
    ///
    /// Of kind `AlreadyExists` where there is one with other bytes, which stays.
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error>;

    /// Writes an object, in place of one that may be there: a reader sees the one or the other.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error>;

    /// The bytes of an object.
    ///
    /// # Errors
    ///
    /// Of kind `NotFound` where there is none.
    fn get(&self, name: &str) -> Result<Vec<u8>, Error>;

    /// Some of an object's bytes, fewer where it ends before the range does.
    ///
    /// # Errors
    ///
    /// Of kind `NotFound` where there is none.
    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error>;

    /// An object's length in bytes; nothing where there is none.
    fn head(&self, name: &str) -> Result<Option<u64>, Error>;

    /// Tells the names of all objects below a directory, each once, in no order. The visitor says whether to go on.
    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error>;

    /// Removes an object; where there is none, nothing happens.
    ///
    /// # Errors
    ///
    /// Where the store keeps it for a while longer, some refuse and others only hide it.
    fn delete(&self, name: &str) -> Result<(), Error>;

    /// Keeps an object as it is until a time, against everybody: what it holds now can then be got, beneath whatever is
    /// written under its name later. Never shortens; a time that has passed retains nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NoLocks`] where the store has no locks, as a disk has none, or is not to use them.
    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error>;

    /// Sets or lifts a legal hold (lệnh giữ): as long as it is set, the object is kept as it is.
    ///
    /// # Errors
    ///
    /// As [`ObjectStore::retain`].
    fn hold(&self, name: &str, held: bool) -> Result<(), Error>;

    /// Whether the store is to retain what is archived in it ([`Tree::retained_until`]).
    fn has_locks(&self) -> bool {
        false
    }

    /// Writes an object as [`ObjectStore::put`] does and retains it.
    fn put_retained(&self, name: &str, bytes: &[u8], until: Timestamp) -> Result<(), Error> {
        self.put(name, bytes)?;
        self.retain(name, until)
    }

    /// Locks an object of its own, below `locks/`, attacks it, and says what came of it. The object stays behind for some
    /// minutes from `now` on.
    ///
    /// # Errors
    ///
    /// [`Error::NoLocks`] where the store takes no locks at all.
    fn try_locks(&self, _now: Timestamp) -> Result<LockTrial, Error> {
        Err(Error::NoLocks)
    }

    /// What the store says of an object's locks.
    ///
    /// # Errors
    ///
    /// [`Error::NoLocks`] where the store takes no locks at all.
    fn locks_of(&self, _name: &str) -> Result<Locks, Error> {
        Err(Error::NoLocks)
    }

    /// How many calls are worth making side by side now, beside those that others are making.
    fn width(&self) -> usize {
        1
    }

    /// Whether parcels that are written by one call cost less than by a call each.
    fn writes_together(&self) -> bool {
        false
    }

    /// Writes many objects that are not there, as [`ObjectStore::put_new`] writes one, in their order: what a stop leaves is the
    /// first of them.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::put_new`].
    fn put_all_new(&self, objects: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        objects.into_iter().try_for_each(|(name, bytes)| self.put_new(&name, &bytes))
    }

    /// Writes many parcels; one that fails does not fail the others. Of each, the tree's last file appears only when all else is
    /// durable, and of one that grows the last but one only when all but these two is. A store may let a tree appear at once.
    ///
    /// # Errors
    ///
    /// The outer one concerns all parcels: none of them is acknowledged.
    fn write(&self, parcels: Vec<Parcel>) -> Result<Vec<Result<(), Error>>, Error> {
        Ok(side_by_side(self.width(), parcels, |parcel| write_parcel(self, parcel)))
    }

    /// Takes a tree out of the store again: the file by which it is known goes first.
    fn withdraw(&self, directory: &str, known_by: &str) -> Result<(), Error> {
        self.delete(&format!("{directory}/{known_by}"))?;
        clear(self, directory)
    }

    /// Makes durable what a stopped process wrote here and did not live to see acknowledged.
    fn settle(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Removes what processes that are no more left half-written.
    fn sweep(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The two stores of which this one is made; none where it is one ([`super::Pair`]).
    fn pair(&self) -> Option<&[Arc<dyn ObjectStore>; 2]> {
        None
    }

    /// Removes what the second store has below a directory of which the first has nothing: remains of what was never
    /// acknowledged.
    fn clear_second(&self, _directory: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Brings into the first store what only the second has below a directory.
    fn take_from_second(&self, _directory: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Lets a test stop the store between two durable effects.
    #[cfg(test)]
    fn brake(&self) -> &super::Brake;
}

/// What is written together.
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    /// Objects by themselves, most of them named by their digest. What is there under such a name with other bytes is replaced.
    pub blobs: Vec<(String, Content)>,
    /// The tree that is written after them.
    pub tree: Option<Tree>,
}

/// Files under one directory that make sense together only.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The directory.
    pub directory: String,
    /// Paths below the directory and what they hold; at the end those that say of the others that they are there.
    pub files: Vec<(String, Content)>,
    /// Whether the tree is there already and gets these files in addition, or in place of those with the same path. A new
    /// tree takes the place of remains that a stopped write left in its directory.
    pub grows: bool,
    /// Until when its files are retained, in a store that has locks.
    pub retained_until: Option<Timestamp>,
    /// Whether several may write the tree, a new one, at a time, all with the same bytes: what is there is then left alone.
    pub agreed: bool,
    /// Whether nothing was found in its directory just now: nobody has to look again.
    pub vacant: bool,
}

/// Where bytes come from.
#[derive(Clone, Debug)]
pub enum Content {
    /// Memory.
    Memory(Vec<u8>),
    /// A file of this machine, and what it digests to: should it digest to something else by now, nothing is written.
    File(PathBuf, Digest),
}

impl Content {
    /// The bytes, in memory.
    pub(super) fn read(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            Self::File(path, digest) => {
                let name = path.display().to_string();
                let bytes = fs::read(&path).map_err(Error::storage(format!("read {name}")))?;
                if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(changed_meanwhile(name)) }
            }
        }
    }
}

pub(super) fn changed_meanwhile(name: impl Into<String>) -> Error {
    Error::damaged(name, "its bytes changed while it was taken in")
}

/// Writes a parcel by calls for single objects.
fn write_parcel<S: ObjectStore + ?Sized>(store: &S, parcel: Parcel) -> Result<(), Error> {
    let put = |(name, content): (String, Content)| store.put(&name, &content.read()?);
    let Some(mut tree) = parcel.tree else {
        return side_by_side(store.width(), parcel.blobs, put).into_iter().collect();
    };
    if !tree.grows && !tree.agreed && !tree.vacant {
        clear(store, &tree.directory)?;
    }
    // A reader of a tree that grows finds the last two at odds for as short a time as can be.
    let last = tree.files.split_off(tree.files.len().saturating_sub(if tree.grows { 2 } else { 1 }));
    let files = mem::take(&mut tree.files).into_iter().map(|file| (true, file));
    let first = parcel.blobs.into_iter().map(|blob| (false, blob)).chain(files).collect();
    let put_first = |(is_of_tree, one)| if is_of_tree { put_file(store, &tree, one) } else { put(one) };
    side_by_side(store.width(), first, put_first).into_iter().collect::<Result<(), Error>>()?;
    last.into_iter().try_for_each(|file| put_file(store, &tree, file))
}

/// Writes one file of a tree.
fn put_file<S: ObjectStore + ?Sized>(
    store: &S,
    tree: &Tree,
    (path, content): (String, Content),
) -> Result<(), Error> {
    let (name, bytes) = (format!("{}/{path}", tree.directory), content.read()?);
    let until = tree.retained_until.filter(|_| store.has_locks());
    // Whoever wrote it first has the last word. What is retained is written over whatever is there, so it is looked at first.
    if tree.agreed && (!tree.vacant || until.is_some()) {
        match store.get(&name) {
            Ok(there) if there == bytes => return Ok(()),
            Ok(_) => {
                return Err(Error::storage(format!("write {name}"))(io::ErrorKind::AlreadyExists.into()));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    match until {
        Some(until) => store.put_retained(&name, &bytes, until),
        None if tree.grows => store.put(&name, &bytes),
        None => store.put_new(&name, &bytes),
    }
}

/// Removes everything below a directory.
fn clear<S: ObjectStore + ?Sized>(store: &S, directory: &str) -> Result<(), Error> {
    let mut names = Vec::new();
    store.list(directory, &mut |name| {
        names.push(name.to_owned());
        true
    })?;
    names.iter().try_for_each(|name| store.delete(name))
}
