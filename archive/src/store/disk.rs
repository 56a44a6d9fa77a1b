//! A store on a local disk.
//!
//! Everything is first written under `staging/` and synced, then renamed to its place and synced again: parcels by the
//! group, with one `syncfs` for any number of files, other files one by one. So what stands in its place is whole, whenever
//! the machine stopped. The store trusts the file system to keep what it has synced.

mod files;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use muniment_record::Digest;
use tracing::warn;

use super::object_store::changed_meanwhile;
use super::{Brake, Content, ObjectStore, Parcel, Tree};
use crate::Error;
use crate::lock::Lock;

pub(crate) use files::sync_directory;
use files::{create_directories, digest_of_file, holds_same_files, walk, write_file, write_synced};

/// Objects as files below a directory of a local disk. It has no locks: `retain` and `hold` are refused.
#[derive(Debug)]
pub struct DiskStore {
    root: PathBuf,
    slot: Slot,
    next: AtomicU64,
    brake: Brake,
}

/// A staging directory of this process alone. The lock ends with the process, so what a dead one left can be told.
#[derive(Debug)]
struct Slot {
    path: PathBuf,
    _lock: Lock,
}

/// Something staged and the name that it gets.
#[derive(Debug)]
struct Move {
    staged: PathBuf,
    name: String,
    /// Whether there is a tree with the name already, that this one holds all files of.
    grows: bool,
    /// Of a tree that several may write at a time, all with the same bytes: the file that says that it is whole.
    known_by: Option<String>,
}

impl DiskStore {
    /// Opens the store in a directory, which is made where it is not there.
    ///
    /// # Errors
    ///
    /// Where the directory cannot be written to.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let staging = root.join("staging");
        fs::create_dir_all(&staging).map_err(Error::storage("make staging"))?;
        Ok(Self {
            root: root.to_owned(),
            slot: Slot::take(&staging)?,
            next: AtomicU64::new(0),
            brake: Brake::default(),
        })
    }

    /// Where an object lies: never outside the store, whatever its name.
    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let path = Path::new(name);
        if path.components().all(|part| matches!(part, Component::Normal(_))) && !name.is_empty() {
            Ok(self.root.join(path))
        } else {
            Err(Error::damaged(name, "not a name that an object can have"))
        }
    }

    /// Whether an object stands with these bytes; it is an error where it stands with others.
    fn is_there(&self, name: &str, bytes: &[u8]) -> Result<bool, Error> {
        match fs::read(self.path(name)?) {
            Ok(there) if there == bytes => Ok(true),
            Ok(_) => Err(Error::storage(format!("write {name}"))(io::ErrorKind::AlreadyExists.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::storage(format!("read {name}"))(error)),
        }
    }

    /// Stages a blob, unless it is there and sound. Nothing is durable yet.
    fn stage_blob(&self, name: String, content: &Content) -> Result<Option<Move>, Error> {
        let target = self.path(&name)?;
        let expected = match content {
            Content::Memory(bytes) => Digest::of(bytes),
            Content::File(_, digest) => *digest,
        };
        if target.is_file() && digest_of_file(&target)? == expected {
            return Ok(None);
        }
        let step = Move { staged: self.staged(), name, grows: false, known_by: None };
        let written = self.stage_file(&step.staged, content);
        self.kept_or_discarded(step, written).map(Some)
    }

    /// Stages a tree. One that grows is staged whole beside the present one: what that holds already by links, then the new
    /// files. Nothing is durable yet.
    fn stage_tree(&self, tree: &Tree) -> Result<Move, Error> {
        let step = Move {
            staged: self.staged(),
            name: tree.directory.clone(),
            grows: tree.grows,
            known_by: tree.files.last().filter(|_| tree.agreed).map(|(path, _)| path.clone()),
        };
        let written = (|| {
            if tree.grows {
                self.link_present(&step, tree)?;
                self.brake.step("version-linked")?;
            }
            tree.files.iter().try_for_each(|(path, content)| {
                let file = step.staged.join(path);
                let directory = file.parent().unwrap_or(&step.staged);
                fs::create_dir_all(directory).map_err(Error::storage(format!("stage {}", step.name)))?;
                self.stage_file(&file, content)
            })
        })();
        self.kept_or_discarded(step, written)
    }

    fn link_present(&self, step: &Move, tree: &Tree) -> Result<(), Error> {
        let attempt = || format!("stage a version of {}", step.name);
        let present = self.path(&step.name)?;
        let mut files = Vec::new();
        walk(&present, "", &mut |path| {
            files.push(path.to_owned());
            true
        })
        .map_err(Error::storage(attempt()))?;
        for path in files.iter().filter(|path| !tree.files.iter().any(|(new, _)| new == *path)) {
            let link = step.staged.join(path);
            fs::create_dir_all(link.parent().unwrap_or(&step.staged)).map_err(Error::storage(attempt()))?;
            fs::hard_link(present.join(path), &link).map_err(Error::storage(attempt()))?;
        }
        Ok(())
    }

    fn stage_file(&self, path: &Path, content: &Content) -> Result<(), Error> {
        let (_, found) = write_file(path, content)?;
        self.brake.step("file-staged")?;
        match content {
            Content::File(source, expected) if found != *expected => {
                Err(changed_meanwhile(source.display().to_string()))
            }
            _ => Ok(()),
        }
    }

    fn stage_parcel(&self, parcel: Parcel) -> Result<Vec<Move>, Error> {
        let mut moves = Vec::with_capacity(parcel.blobs.len() + 1);
        let stage_all = || {
            for (name, content) in parcel.blobs {
                moves.extend(self.stage_blob(name, &content)?);
            }
            if let Some(tree) = &parcel.tree {
                moves.push(self.stage_tree(tree)?);
            }
            Ok(())
        };
        match stage_all() {
            Ok(()) => Ok(moves),
            Err(error) => {
                self.discard(&moves);
                Err(error)
            }
        }
    }

    /// Removes what is staged and will not be put in place: a full disk is not to stay full of it. What cannot be removed
    /// now goes when staging is swept.
    fn discard(&self, moves: &[Move]) {
        for step in moves {
            let removed = if step.staged.is_dir() {
                fs::remove_dir_all(&step.staged)
            } else {
                fs::remove_file(&step.staged)
            };
            // What was put in place is no longer staged.
            if let Err(error) = removed
                && error.kind() != io::ErrorKind::NotFound
            {
                warn!("failed to remove {} from staging: {error}", step.name);
            }
        }
    }

    fn kept_or_discarded(&self, step: Move, written: Result<(), Error>) -> Result<Move, Error> {
        match written {
            Ok(()) => Ok(step),
            Err(error) => {
                self.discard(&[step]);
                Err(error)
            }
        }
    }

    /// Makes everything that was written before durable, names and content alike: one `syncfs` for any number of files.
    /// Linux reports here whatever failed to be written since the last call (syncfs(2), since 5.8).
    fn sync(&self) -> Result<(), Error> {
        let directory = File::open(&self.root).map_err(Error::storage("sync the archive"))?;
        rustix::fs::syncfs(&directory).map_err(|cause| Error::storage("sync the archive")(cause.into()))?;
        self.brake.step("synced")
    }

    /// Puts what is staged and synced in its place; says whether something is in staging still: what has changed places with it, or what
    /// was not needed. It is durable after the next sync, and until then nothing of that may go.
    fn carry_out(&self, step: &Move) -> Result<bool, Error> {
        let attempt = || format!("put {} in place", step.name);
        let target = self.path(&step.name)?;
        if step.grows {
            exchange(&step.staged, &target).map_err(Error::storage(attempt()))?;
            self.brake.step("version-exchanged")?;
            return Ok(true);
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::storage(attempt()))?;
        }
        let is_left = match fs::rename(&step.staged, &target) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                match &step.known_by {
                    // Somebody else has written the same tree meanwhile.
                    Some(last) if target.join(last).is_file() => {
                        if !holds_same_files(&target, &step.staged)? {
                            return Err(Error::storage(attempt())(io::ErrorKind::AlreadyExists.into()));
                        }
                    }
                    // Remains under a name that a new tree gets.
                    _ => exchange(&step.staged, &target).map_err(Error::storage(attempt()))?,
                }
                true
            }
            moved => moved.map(|()| false).map_err(Error::storage(attempt()))?,
        };
        self.brake.step("moved")?;
        Ok(is_left)
    }

    /// Puts all in their places; gives those of which something is in staging still.
    fn carry_out_all(&self, moves: Vec<Move>) -> Result<Vec<Move>, Error> {
        match moves.iter().map(|step| self.carry_out(step)).collect::<Result<Vec<bool>, Error>>() {
            Ok(are_left) => Ok(moves
                .into_iter()
                .zip(are_left)
                .filter(|(_, is_left)| *is_left)
                .map(|(step, _)| step)
                .collect()),
            Err(error) => {
                self.discard(&moves);
                Err(error)
            }
        }
    }

    fn staged(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.slot.path.join(number.to_string())
    }
}

impl ObjectStore for DiskStore {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        if self.is_there(name, bytes)? { Ok(()) } else { self.put(name, bytes) }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let target = self.path(name)?;
        let step = Move { staged: self.staged(), name: name.to_owned(), grows: false, known_by: None };
        let written = write_synced(&step.staged, bytes).and_then(|()| {
            self.brake.step("file-synced")?;
            let parent = target.parent().unwrap_or(&self.root);
            create_directories(parent)?;
            fs::rename(&step.staged, &target).map_err(Error::storage(format!("put {name} in place")))?;
            self.brake.step("file-moved")?;
            sync_directory(parent)?;
            self.brake.step("directory-synced")
        });
        self.kept_or_discarded(step, written).map(drop)
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        fs::read(self.path(name)?).map_err(Error::storage(format!("read {name}")))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let read = || {
            let mut file = File::open(self.root.join(name))?;
            file.seek(SeekFrom::Start(range.start))?;
            let mut bytes = Vec::new();
            file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        self.path(name)?;
        read().map_err(Error::storage(format!("read {name}")))
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        match fs::metadata(self.path(name)?) {
            Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(Error::storage(format!("look at {name}"))(error)),
        }
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        match walk(&self.path(directory)?, directory, visit) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            walked => walked.map(drop).map_err(Error::storage(format!("list {directory}"))),
        }
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        match fs::remove_file(&path) {
            Ok(()) => sync_directory(path.parent().unwrap_or(&self.root)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::storage(format!("remove {name}"))(error)),
        }
    }

    fn retain(&self, _name: &str, _until: Timestamp) -> Result<(), Error> {
        Err(Error::NoLocks)
    }

    fn hold(&self, _name: &str, _held: bool) -> Result<(), Error> {
        Err(Error::NoLocks)
    }

    fn writes_together(&self) -> bool {
        true
    }

    fn put_all_new(&self, objects: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let mut moves = Vec::with_capacity(objects.len());
        let mut stage = |name: String, bytes: Vec<u8>| {
            if self.is_there(&name, &bytes)? {
                return Ok(());
            }
            let step = Move { staged: self.staged(), name, grows: false, known_by: None };
            let written = self.stage_file(&step.staged, &Content::Memory(bytes));
            moves.push(self.kept_or_discarded(step, written)?);
            Ok(())
        };
        let staged = objects.into_iter().try_for_each(|(name, bytes)| stage(name, bytes));
        if let Err(error) = staged.and_then(|()| self.sync()) {
            self.discard(&moves);
            return Err(error);
        }
        self.carry_out_all(moves)?;
        self.sync()
    }

    fn write(&self, parcels: Vec<Parcel>) -> Result<Vec<Result<(), Error>>, Error> {
        let staged: Vec<Result<Vec<Move>, Error>> =
            parcels.into_iter().map(|parcel| self.stage_parcel(parcel)).collect();
        if let Err(error) = self.sync() {
            staged.iter().flatten().for_each(|moves| self.discard(moves));
            return Err(error);
        }
        let mut left = Vec::new();
        let moved = staged
            .into_iter()
            .map(|moves| {
                left.extend(self.carry_out_all(moves?)?);
                Ok(())
            })
            .collect();
        let synced = self.sync();
        self.discard(&left);
        synced.map(|()| moved)
    }

    fn withdraw(&self, directory: &str, _known_by: &str) -> Result<(), Error> {
        let attempt = || format!("withdraw {directory}");
        let target = self.path(directory)?;
        let staged = self.staged();
        fs::rename(&target, &staged).map_err(Error::storage(attempt()))?;
        if let Some(parent) = target.parent() {
            sync_directory(parent)?;
        }
        self.brake.step("withdrawal-moved")?;
        fs::remove_dir_all(&staged).map_err(Error::storage(attempt()))
    }

    fn settle(&self) -> Result<(), Error> {
        self.sync()
    }

    fn sweep(&self) -> Result<(), Error> {
        let staging = self.root.join("staging");
        for entry in fs::read_dir(&staging).map_err(Error::storage("read staging"))? {
            let path = entry.map_err(Error::storage("read staging"))?.path();
            if path.is_dir() && path != self.slot.path {
                // A slot that can be locked belongs to nobody; the lock is let go at the end of the block.
                if let Some(_lock) = Slot::lock(&path)? {
                    fs::remove_dir_all(&path).map_err(Error::storage("sweep staging"))?;
                }
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn brake(&self) -> &Brake {
        &self.brake
    }
}

impl Slot {
    fn take(staging: &Path) -> Result<Self, Error> {
        for number in 0_u32.. {
            let path = staging.join(number.to_string());
            if let Some(lock) = Self::lock(&path)? {
                if path.exists() {
                    fs::remove_dir_all(&path).map_err(Error::storage("sweep staging"))?;
                }
                fs::create_dir(&path).map_err(Error::storage("make a staging directory"))?;
                return Ok(Self { path, _lock: lock });
            }
        }
        Err(Error::Stopped)
    }

    fn lock(path: &Path) -> Result<Option<Lock>, Error> {
        let file = File::create(path.with_extension("lock")).map_err(Error::storage("lock staging"))?;
        Lock::exclusive(file).map_err(Error::storage("lock staging"))
    }
}

/// Lets two trees change places, in one step of the file system: a reader, and a machine that stops, see the one or the other.
fn exchange(staged: &Path, target: &Path) -> io::Result<()> {
    let (cwd, flags) = (rustix::fs::CWD, rustix::fs::RenameFlags::EXCHANGE);
    Ok(rustix::fs::renameat_with(cwd, staged, cwd, target, flags)?)
}
