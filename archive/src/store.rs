//! The archive's files: what is written durably, and in what order.
//!
//! Everything is first written under `staging/` and synced, then renamed to its place and synced again. Records are synced
//! by the group, other files one by one. So what stands under `blobs/` or `ocfl/` is whole, whenever the machine stopped. The store trusts the
//! file system to keep what it has synced; bits that rot later are found by the audit.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use muniment_record::{Digest, DigestWriter};
use tracing::warn;

use crate::Error;
use crate::inventory::{OBJECT_NAMASTE, ROOT_NAMASTE};
use crate::layout::{LAYOUT, root_files};
use crate::lock::Lock;
use crate::walk::files_below;

mod brake;

pub(crate) use brake::Brake;

/// The files of one archive.
#[derive(Debug)]
pub(crate) struct Store {
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

/// Where a blob's bytes come from.
pub(crate) enum Bytes<'a> {
    File(&'a Path),
    Memory(&'a [u8]),
}

/// The files of an object, or of a version of it, that are to be written, as paths relative to the object's root.
pub(crate) struct ObjectFiles<'a> {
    pub path: String,
    pub files: Vec<(String, Bytes<'a>)>,
}

/// Something staged and the name that it gets, relative to the archive.
#[derive(Debug)]
pub(crate) struct Move {
    staged: PathBuf,
    name: String,
}

impl Store {
    /// Makes the directories of an empty archive in `root`.
    pub(crate) fn create(root: &Path) -> Result<(), Error> {
        let extension = root.join("ocfl/extensions").join(LAYOUT);
        for directory in [&extension, &root.join("blobs/sha256"), &root.join("staging")] {
            fs::create_dir_all(directory).map_err(Error::storage("make the archive's directories"))?;
        }
        let ocfl = root.join("ocfl");
        for (name, content) in root_files() {
            write_digested(&ocfl.join(name), &Bytes::Memory(content.as_bytes()))?;
        }
        for directory in [&extension, &root.join("ocfl/extensions"), &ocfl, &root.join("blobs"), root] {
            sync_directory(directory)?;
        }
        Ok(())
    }

    /// Opens the files of an archive.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        if !root.join("ocfl").join(ROOT_NAMASTE).is_file() {
            return Err(Error::NotFound { what: format!("archive in {}", root.display()) });
        }
        let staging = root.join("staging");
        fs::create_dir_all(&staging).map_err(Error::storage("make staging"))?;
        Ok(Self {
            root: root.to_owned(),
            slot: Slot::take(&staging)?,
            next: AtomicU64::new(0),
            brake: Brake::default(),
        })
    }

    /// The archive's directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of a blob, relative to the archive.
    pub(crate) fn blob_path(digest: &Digest) -> String {
        let hex = digest.to_string();
        format!("blobs/sha256/{}/{hex}", &hex[..2])
    }

    /// Stages a blob, unless it is there and sound. Nothing is durable yet.
    pub(crate) fn stage_blob(&self, digest: &Digest, bytes: &Bytes<'_>) -> Result<Option<Move>, Error> {
        let name = Self::blob_path(digest);
        let target = self.root.join(&name);
        if target.is_file() && digest_of_file(&target)? == *digest {
            return Ok(None);
        }
        let step = Move { staged: self.staged(), name };
        let written = write_file(&step.staged, bytes).and_then(|(_, found)| {
            self.brake.step("file-staged")?;
            if found == *digest {
                Ok(())
            } else {
                Err(Error::damaged(&step.name, "its bytes changed while it was taken in"))
            }
        });
        self.kept_or_discarded(step, written).map(Some)
    }

    /// Stages an object. Nothing is durable yet.
    pub(crate) fn stage_object(&self, object: &ObjectFiles<'_>) -> Result<Move, Error> {
        let step = Move { staged: self.staged(), name: format!("ocfl/{}", object.path) };
        let written = write_files(&step.staged, object, &self.brake);
        self.kept_or_discarded(step, written)
    }

    /// Stages an object's next version beside the object: what it holds already by links, then the new files, of which
    /// the root inventory and its sidecar take the place of the old. Nothing is durable yet.
    pub(crate) fn stage_version(&self, object: &ObjectFiles<'_>) -> Result<Move, Error> {
        let step = Move { staged: self.staged(), name: format!("ocfl/{}", object.path) };
        let attempt = || format!("stage a version of {}", step.name);
        let kept = files_below(self, &step.name).and_then(|kept| {
            for path in kept.iter().filter(|kept| !object.files.iter().any(|(new, _)| new == *kept)) {
                let link = step.staged.join(path);
                if let Some(parent) = link.parent() {
                    fs::create_dir_all(parent).map_err(Error::storage(attempt()))?;
                }
                fs::hard_link(self.root.join(&step.name).join(path), &link)
                    .map_err(Error::storage(attempt()))?;
            }
            self.brake.step("version-linked")?;
            write_files(&step.staged, object, &self.brake)
        });
        self.kept_or_discarded(step, kept)
    }

    /// Lets a staged version and the object change places, in one step of the file system: a reader, and a machine that
    /// stops, see the one or the other. It is durable after the next [`Store::sync`]; the old one is then staged.
    pub(crate) fn exchange(&self, step: &Move) -> Result<(), Error> {
        let attempt = || format!("put a version of {} in place", step.name);
        rustix::fs::renameat_with(
            rustix::fs::CWD,
            &step.staged,
            rustix::fs::CWD,
            self.root.join(&step.name),
            rustix::fs::RenameFlags::EXCHANGE,
        )
        .map_err(|cause| Error::storage(attempt())(cause.into()))?;
        self.brake.step("version-exchanged")
    }

    /// Removes what is staged and will not be put in place: a full disk is not to stay full of it. What cannot be removed
    /// now goes when staging is swept.
    pub(crate) fn discard(&self, moves: &[Move]) {
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
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let directory = File::open(&self.root).map_err(Error::storage("sync the archive"))?;
        rustix::fs::syncfs(&directory).map_err(|cause| Error::storage("sync the archive")(cause.into()))?;
        self.brake.step("synced")
    }

    /// Puts what is staged and synced in its place. It is durable after the next [`Store::sync`].
    pub(crate) fn carry_out(&self, step: &Move) -> Result<(), Error> {
        let attempt = || format!("put {} in place", step.name);
        let target = self.root.join(&step.name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::storage(attempt()))?;
        }
        fs::rename(&step.staged, &target).map_err(Error::storage(attempt()))?;
        self.brake.step("moved")
    }

    /// Writes a file that is never written with other bytes. One that is there with the same bytes is left alone.
    pub(crate) fn put_once(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let target = self.root.join(name);
        if target.exists() {
            return if self.read(name)? == bytes {
                Ok(())
            } else {
                Err(Error::damaged(name, "it was written before, with other bytes"))
            };
        }
        self.replace(name, bytes)
    }

    /// Puts a file in place of an older one: a reader sees the one or the other.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let step = Move { staged: self.staged(), name: name.to_owned() };
        let written = write_digested(&step.staged, &Bytes::Memory(bytes)).and_then(|_| {
            self.brake.step("file-synced")?;
            self.move_into_place(&step.staged, &self.root.join(name), name)
        });
        self.kept_or_discarded(step, written).map(drop)
    }

    /// Takes an object that was never acknowledged out of the archive again.
    pub(crate) fn withdraw_object(&self, path: &str) -> Result<(), Error> {
        let attempt = || format!("withdraw ocfl/{path}");
        let target = self.root.join("ocfl").join(path);
        let staged = self.staged();
        fs::rename(&target, &staged).map_err(Error::storage(attempt()))?;
        if let Some(parent) = target.parent() {
            sync_directory(parent)?;
        }
        self.brake.step("withdrawal-moved")?;
        fs::remove_dir_all(&staged).map_err(Error::storage(attempt()))
    }

    /// Whether an object stands under this path.
    pub(crate) fn has_object(&self, path: &str) -> bool {
        self.root.join("ocfl").join(path).join(OBJECT_NAMASTE).is_file()
    }

    /// The bytes of a file, named relative to the archive.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        fs::read(self.root.join(name)).map_err(Error::storage(format!("read {name}")))
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

    /// Removes what processes that are no more left in staging.
    pub(crate) fn sweep_staging(&self) -> Result<(), Error> {
        let staging = self.root.join("staging");
        let entries = fs::read_dir(&staging).map_err(Error::storage("read staging"))?;
        for entry in entries {
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

    /// Writes, syncs, renames and reads back a file in each place that the archive writes to.
    pub(crate) fn try_out(&self) -> Result<(), Error> {
        const PROBE: &[u8] = b"muniment storage probe\n";
        for place in ["ocfl/extensions", "blobs"] {
            let staged = self.staged();
            let target = self.root.join(place).join("probe");
            let attempt = || format!("write a probe to {place}");
            write_digested(&staged, &Bytes::Memory(PROBE))?;
            fs::rename(&staged, &target).map_err(Error::storage(attempt()))?;
            let read = fs::read(&target).map_err(Error::storage(attempt()));
            fs::remove_file(&target).map_err(Error::storage(attempt()))?;
            if read? != PROBE {
                return Err(Error::damaged(format!("{place}/probe"), "not what was just written"));
            }
        }
        Ok(())
    }

    fn staged(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.slot.path.join(number.to_string())
    }

    fn move_into_place(&self, staged: &Path, target: &Path, name: &str) -> Result<(), Error> {
        let parent = target.parent().unwrap_or(&self.root);
        create_directories(parent)?;
        fs::rename(staged, target).map_err(Error::storage(format!("put {name} in place")))?;
        self.brake.step("file-moved")?;
        sync_directory(parent)?;
        self.brake.step("directory-synced")
    }

    /// Lets a test stop the store between two durable effects.
    #[cfg(test)]
    pub(crate) fn brake(&self) -> &Brake {
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

/// The SHA-256 of a file's bytes.
pub(crate) fn digest_of_file(path: &Path) -> Result<Digest, Error> {
    let attempt = || format!("read {}", path.display());
    let mut reader = File::open(path).map_err(Error::storage(attempt()))?;
    let mut writer = DigestWriter::new(io::sink());
    io::copy(&mut reader, &mut writer).map_err(Error::storage(attempt()))?;
    Ok(writer.finish().1)
}

/// Writes the files of an object, or of a version of it, into a directory.
fn write_files(directory: &Path, object: &ObjectFiles<'_>, brake: &Brake) -> Result<(), Error> {
    object.files.iter().try_for_each(|(path, bytes)| {
        let file = directory.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(Error::storage(format!("stage ocfl/{}", object.path)))?;
        }
        write_file(&file, bytes)?;
        brake.step("file-staged")
    })
}

/// Writes a new file, syncs it and says what its bytes digest to.
fn write_digested(path: &Path, bytes: &Bytes<'_>) -> Result<Digest, Error> {
    let (file, digest) = write_file(path, bytes)?;
    file.sync_all().map_err(Error::storage(format!("sync {}", path.display())))?;
    Ok(digest)
}

/// Writes a new file and says what its bytes digest to. It is not synced.
fn write_file(path: &Path, bytes: &Bytes<'_>) -> Result<(File, Digest), Error> {
    let attempt = || format!("write {}", path.display());
    let file = File::create_new(path).map_err(Error::storage(attempt()))?;
    let mut writer = DigestWriter::new(file);
    match bytes {
        Bytes::Memory(memory) => writer.write_all(memory).map_err(Error::storage(attempt()))?,
        Bytes::File(source) => {
            let opened = File::open(source).map_err(Error::storage(format!("read {}", source.display())))?;
            io::copy(&mut BufReader::new(opened), &mut writer).map_err(Error::storage(attempt()))?;
        }
    }
    let (file, digest, _) = writer.finish();
    Ok((file, digest))
}

/// Makes a directory and those above it, each synced into its parent.
fn create_directories(path: &Path) -> Result<(), Error> {
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
