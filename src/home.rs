//! A home: the folder that holds one archive with its configuration, keys and index.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use muniment_record::{Procedure, Procedures};

use crate::config::Config;

const DEFAULT_PROCEDURES: &str = include_str!("../config/procedures.csv");
/// Stands in a home while `init` is at work on it.
const UNFINISHED: &str = "init-unfinished";

/// The folder that holds one archive with its configuration, keys and index. `docs/format.md` says what each part is.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

/// The right to change a home, held by one process at a time and given back when that process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Home {
    /// Makes an empty home, in place of one that an earlier `init` did not finish. Keys and archive are added by `init`.
    pub fn create(root: &Path) -> Result<Self> {
        let home = Self { root: root.to_path_buf() };
        if home.config_file().exists() {
            bail!("{} is a home already; choose another folder with --home", root.display());
        }
        if root.join(UNFINISHED).exists() {
            home.remove_unfinished()?;
        }
        // Checked before the mark is set: what stands here now is somebody else's.
        if let Some(found) = home.parts().find(|part| part.exists()) {
            bail!("{} exists already; choose another folder with --home", found.display());
        }
        fs::create_dir_all(root).with_context(|| format!("failed to make folder {}", root.display()))?;
        home.write(UNFINISHED, b"")?;
        for folder in [home.keys(), home.trust(), home.staging()] {
            fs::create_dir_all(&folder)
                .with_context(|| format!("failed to make folder {}", folder.display()))?;
        }
        for folder in [root, &home.keys()] {
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(folder, private).context("failed to make the home private")?;
        }
        home.write("procedures.csv", DEFAULT_PROCEDURES.as_bytes())?;
        Ok(home)
    }

    /// Writes the configuration, which makes the folder a home: the last step of `init`.
    pub fn finish(&self, config: &str) -> Result<()> {
        self.write("muniment.toml", config.as_bytes())?;
        fs::remove_file(self.root.join(UNFINISHED)).context("failed to end the making of the home")
    }

    /// Removes what an earlier `init` made before it was stopped; nothing can have been archived in it.
    fn remove_unfinished(&self) -> Result<()> {
        for part in self.parts() {
            let removed = if part.is_dir() { fs::remove_dir_all(&part) } else { fs::remove_file(&part) };
            match removed {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                other => other.with_context(|| format!("failed to remove {}", part.display()))?,
            }
        }
        fs::remove_file(self.root.join(UNFINISHED)).context("failed to begin the home again")
    }

    /// What `init` makes.
    fn parts(&self) -> impl Iterator<Item = PathBuf> {
        ["keys", "trust", "staging", "work", "archive", "index", "log.pub", "procedures.csv", "accounts.toml"]
            .into_iter()
            .map(|name| self.root.join(name))
    }

    /// Opens a home that `init` made.
    pub fn open(root: &Path) -> Result<Self> {
        let home = Self { root: root.to_path_buf() };
        if !home.config_file().is_file() {
            let root = root.display();
            bail!("there is no home at {root}; make one with: muniment --home {root} init");
        }
        Ok(home)
    }

    /// The right to change archive and index. Waits for nobody: where another process holds it, says so.
    pub fn lock(&self) -> Result<Lock> {
        self.lock_file("lock")
    }

    /// The right to change the accounts, which does not wait for a batch.
    pub fn lock_accounts(&self) -> Result<Lock> {
        self.lock_file("accounts.lock")
    }

    fn lock_file(&self, name: &str) -> Result<Lock> {
        let path = self.root.join(name);
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another muniment is working on {}; wait for it to end and try again",
                    self.root.display()
                )
            }
            Err(TryLockError::Error(error)) => {
                Err(error).context(format!("failed to lock {}", path.display()))
            }
        }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The configuration.
    pub fn config(&self) -> Result<Config> {
        Config::load(&self.config_file())
    }

    /// The procedures whose results are taken in.
    pub fn procedures(&self) -> Result<Procedures> {
        let path = self.root.join("procedures.csv");
        let attempt = || format!("failed to read {}", path.display());
        let mut reader = csv::Reader::from_path(&path).with_context(attempt)?;
        reader.deserialize::<Procedure>().collect::<Result<_, _>>().with_context(attempt)
    }

    /// `muniment.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.root.join("muniment.toml")
    }

    /// A path that is absolute, or begins at the home.
    pub fn place(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The archive: objects, blobs, catalogue.
    pub fn archive(&self) -> PathBuf {
        self.root.join("archive")
    }

    /// The search index; may be deleted and rebuilt.
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Private keys and secrets.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Trust anchors (`*.pem`) and revocation lists (`*.crl`).
    pub fn trust(&self) -> PathBuf {
        self.root.join("trust")
    }

    /// Work in progress; nothing in it is needed after a stop.
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// A place for the work of one process: a folder that nobody else uses. What processes that are no more left beside it goes.
    pub fn work_place(&self) -> Result<WorkPlace> {
        WorkPlace::take(&self.root.join("work"))
    }

    /// The portal's local accounts.
    pub fn accounts(&self) -> PathBuf {
        self.root.join("accounts.toml")
    }

    /// Reads a file of the home.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.root.join(name);
        fs::read(&path).with_context(|| format!("failed to read {}", path.display()))
    }

    /// Writes a file of the home that did not exist.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write_with_mode(name, bytes, 0o644)
    }

    /// Writes a file that only its owner may read.
    pub fn write_secret(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write_with_mode(name, bytes, 0o600)
    }

    fn write_with_mode(&self, name: &str, bytes: &[u8], mode: u32) -> Result<()> {
        let path = self.root.join(name);
        let attempt = || format!("failed to write {}", path.display());
        let mut file =
            OpenOptions::new().create_new(true).write(true).mode(mode).open(&path).with_context(attempt)?;
        file.write_all(bytes).with_context(attempt)?;
        file.sync_all().with_context(attempt)
    }

    /// Removes what earlier runs left in the staging folder. Needs the lock.
    pub fn clear_staging(&self, _lock: &Lock) -> Result<()> {
        let staging = self.staging();
        fs::create_dir_all(&staging)
            .with_context(|| format!("failed to make folder {}", staging.display()))?;
        for entry in fs::read_dir(&staging).context("failed to list the staging folder")? {
            let path = entry.context("failed to list the staging folder")?.path();
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| format!("failed to remove {}", path.display()))?;
        }
        Ok(())
    }
}

/// A folder for the work of one process, until this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct WorkPlace {
    folder: PathBuf,
    _lock: Lock,
}

impl WorkPlace {
    fn take(below: &Path) -> Result<Self> {
        fs::create_dir_all(below).with_context(|| format!("failed to make folder {}", below.display()))?;
        let mut taken = None;
        for number in 0_u32.. {
            let folder = below.join(number.to_string());
            if taken.is_some() && !folder.exists() {
                break;
            }
            let lock = open_lock(&below.join(format!("{number}.lock")))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => {
                    return Err(error).context("failed to lock a folder for work");
                }
            }
            // Asked again under the lock.
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .with_context(|| format!("failed to clear {}", folder.display()))?;
            }
            if taken.is_none() {
                fs::create_dir(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
                taken = Some(Self { folder, _lock: Lock(lock) });
            }
        }
        taken.context("there is no place for work")
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn open_lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.with_context(|| format!("failed to open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_works_at_a_place_of_its_own_and_clears_those_of_the_dead() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let home = Home { root: folder.path().to_path_buf() };
        let (first, second, third) = (home.work_place()?, home.work_place()?, home.work_place()?);
        for place in [&first, &second, &third] {
            fs::write(place.folder().join("scan"), "bytes")?;
        }
        let (left, kept) = (first.folder().to_path_buf(), second.folder().to_path_buf());
        let left_too = third.folder().to_path_buf();
        drop((first, third));
        let again = home.work_place()?;
        assert_eq!(again.folder(), left);
        assert!(!left.join("scan").exists() && !left_too.exists() && kept.join("scan").exists());
        Ok(())
    }

    #[test]
    fn what_a_stopped_init_left_is_made_again_and_a_home_never() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().join("home");
        let stopped = Home::create(&root)?;
        stopped.write_secret("keys/agency.key.pem", b"half")?;

        let home = Home::create(&root)?;
        assert!(!home.keys().join("agency.key.pem").exists());
        assert!(Home::open(&root).is_err());
        home.finish("")?;

        assert!(Home::open(&root).is_ok());
        assert!(Home::create(&root).is_err());
        Ok(())
    }

    #[test]
    fn files_of_somebody_else_are_not_removed() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("procedures.csv"), "mine")?;
        assert!(Home::create(folder.path()).is_err());
        assert!(Home::create(folder.path()).is_err());
        assert_eq!(fs::read(folder.path().join("procedures.csv"))?, b"mine");
        Ok(())
    }
}
