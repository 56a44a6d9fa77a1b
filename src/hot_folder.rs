//! A folder that scanners write into: what in it is whole, and may be taken in.
//!
//! Scanners, and the network shares between them and us, say nothing of when they have finished, so the folder is looked at
//! again and again. What lies directly in it, a file or a folder with all below it, is one unit. A unit is whole when two
//! looks in a row saw the same, nothing in it has a name that programs give to what they are still writing, and no lock lies
//! beside it. Nothing here changes a file; [`Departure`] does, after the catalogue's commit.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::metadata;

mod departure;

pub use departure::Departure;

/// Where documents go that were not taken, below the hot folder.
pub const NOT_TAKEN: &str = "khong-nhan";
/// Endings of files that some program is still writing.
const UNFINISHED_ENDINGS: [&str; 8] =
    ["tmp", "temp", "part", "partial", "filepart", "crdownload", "download", "writing"];
/// Endings of locks: `scan.pdf.lock` and `scan.lock` both hold `scan.pdf` back.
const LOCK_ENDINGS: [&str; 2] = ["lock", "lck"];
/// The longest time between two tries of one unit.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// What is known of the units of a hot folder.
#[derive(Debug)]
pub struct HotFolder {
    root: PathBuf,
    metadata_wait: SignedDuration,
    units: BTreeMap<PathBuf, Unit>,
}

/// Everything by which a changed file is told from one that is as it was.
pub type Stamps = BTreeMap<PathBuf, Stamp>;

/// Length, time of the last change and identity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    changed: (i64, i64),
    inode: u64,
}

#[derive(Debug)]
struct Unit {
    stamps: Stamps,
    same_since: Timestamp,
    tries: u32,
    not_before: Timestamp,
}

impl HotFolder {
    /// A hot folder; a document without metadata is waited for so long before it is taken for one that has none.
    pub fn new(root: PathBuf, metadata_wait: SignedDuration) -> Self {
        Self { root, metadata_wait, units: BTreeMap::new() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Looks, and gives the units that are whole, with the stamps of their files.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be listed, as while a network share is away. What is known of it is kept.
    pub fn look(&mut self, now: Timestamp) -> io::Result<Vec<(PathBuf, Stamps)>> {
        let names = names_in(&self.root)?;
        let mut seen = BTreeMap::new();
        let mut whole = Vec::new();
        for path in names.iter().filter(|path| is_unit(path)) {
            // What has gone since the listing is no unit any more; what cannot be read now may be the next time.
            let Ok(stamps) = stamps_of(path) else { continue };
            let known = self.units.remove(path);
            let is_same = known.as_ref().is_some_and(|unit| unit.stamps == stamps);
            let unit = match known {
                Some(unit) if is_same => unit,
                _ => Unit { stamps, same_since: now, tries: 0, not_before: now },
            };
            let has_waited =
                has_metadata(path, &unit.stamps) || now.duration_since(unit.same_since) >= self.metadata_wait;
            if is_same && has_waited && unit.not_before <= now && !is_held(path, &unit.stamps, &names) {
                whole.push((path.clone(), unit.stamps.clone()));
            }
            seen.insert(path.clone(), unit);
        }
        self.units = seen;
        Ok(whole)
    }

    /// Puts a unit off after a try that failed for a reason outside of it, each time for twice as long. Says how many tries
    /// it has had.
    pub fn put_off(&mut self, path: &Path, first_wait: SignedDuration, now: Timestamp) -> u32 {
        let Some(unit) = self.units.get_mut(path) else { return 0 };
        let factor = 1_i32 << unit.tries.min(10);
        let wait = first_wait.saturating_mul(factor).min(LONGEST_WAIT);
        unit.tries += 1;
        unit.not_before = now.checked_add(wait).unwrap_or(Timestamp::MAX);
        unit.tries
    }
}

impl Stamp {
    /// The stamp of a file as it is now.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            bytes: metadata.len(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
            inode: metadata.ino(),
        })
    }
}

/// What lies directly in a folder, in name order.
fn names_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    names.sort();
    Ok(names)
}

/// Whether something in the hot folder may be a document, or a folder of them.
fn is_unit(path: &Path) -> bool {
    let name = name_of(path);
    let is_companion = path.is_file() && crate::intake::is_companion(path);
    name != NOT_TAKEN && !name.starts_with('.') && !is_unfinished(path) && !is_companion
}

/// The stamps of a unit's files: its own, those below it, and its metadata's.
fn stamps_of(path: &Path) -> io::Result<Stamps> {
    let mut stamps = Stamps::new();
    let mut ahead = vec![path.to_path_buf()];
    while let Some(path) = ahead.pop() {
        if path.is_dir() {
            ahead.extend(names_in(&path)?);
        } else {
            stamps.insert(path.clone(), Stamp::of(&path)?);
        }
    }
    if let Some(file) = metadata::file_beside(path) {
        stamps.insert(file.clone(), Stamp::of(&file)?);
    }
    Ok(stamps)
}

fn has_metadata(path: &Path, stamps: &Stamps) -> bool {
    metadata::file_beside(path).is_some()
        || (path.is_dir() && stamps.keys().any(|file| ending_of(file) == "json"))
}

/// Whether a unit is still being written by its names: a lock beside it, or something unfinished or nothing in it.
fn is_held(path: &Path, stamps: &Stamps, beside: &[PathBuf]) -> bool {
    let lock_of = |lock: &PathBuf| {
        let stem = lock.file_stem().unwrap_or_default();
        stem == path.file_name().unwrap_or_default() || stem == path.file_stem().unwrap_or_default()
    };
    let office_lock = format!(".~lock.{}#", name_of(path));
    let is_locked = beside.iter().any(|other| {
        (LOCK_ENDINGS.contains(&ending_of(other).as_str()) && lock_of(other)) || name_of(other) == office_lock
    });
    is_locked || stamps.is_empty() || stamps.keys().any(|file| is_unfinished(file))
}

fn is_unfinished(path: &Path) -> bool {
    let (name, ending) = (name_of(path), ending_of(path));
    UNFINISHED_ENDINGS.contains(&ending.as_str())
        || LOCK_ENDINGS.contains(&ending.as_str())
        || name.ends_with('~')
        || name.starts_with("~$")
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn ending_of(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use anyhow::Result;

    use super::*;

    /// A hot folder, and a clock that goes on five seconds a look.
    struct Watched {
        folder: tempfile::TempDir,
        hot: HotFolder,
        now: Timestamp,
    }

    impl Watched {
        fn new() -> Result<Self> {
            let folder = tempfile::tempdir()?;
            let hot = HotFolder::new(folder.path().to_path_buf(), SignedDuration::from_secs(60));
            Ok(Self { folder, hot, now: "2026-11-24T03:15:00Z".parse()? })
        }

        fn write(&self, name: &str, text: &str) -> Result<()> {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(self.folder.path()))?;
            Ok(fs::write(path, text)?)
        }

        fn look(&mut self) -> Result<Vec<String>> {
            self.now = self.now.checked_add(SignedDuration::from_secs(5))?;
            let whole = self.hot.look(self.now)?;
            Ok(whole.iter().map(|(path, _)| name_of(path)).collect())
        }
    }

    #[test]
    fn a_slow_writer_is_waited_for() -> Result<()> {
        let mut watched = Watched::new()?;
        watched.write("scan.json", "{}")?;
        let mut file = fs::File::create(watched.folder.path().join("scan.pdf"))?;
        for part in 0..4 {
            write!(file, "part {part}")?;
            assert!(watched.look()?.is_empty(), "part {part}");
        }
        assert_eq!(watched.look()?, ["scan.pdf"]);
        Ok(())
    }

    #[test]
    fn a_folder_is_whole_when_nothing_comes_any_more() -> Result<()> {
        let mut watched = Watched::new()?;
        watched.write("doc.json", "{}")?;
        for page in 0..3 {
            watched.write(&format!("doc/{page}.jpg"), "page")?;
            assert!(watched.look()?.is_empty(), "page {page}");
        }
        watched.write("doc/3.jpg.part", "half")?;
        assert!(watched.look()?.is_empty());
        assert!(watched.look()?.is_empty());
        fs::rename(watched.folder.path().join("doc/3.jpg.part"), watched.folder.path().join("doc/3.jpg"))?;
        assert!(watched.look()?.is_empty());
        assert_eq!(watched.look()?, ["doc"]);
        Ok(())
    }

    #[test]
    fn what_has_an_unfinished_name_or_a_lock_is_left_alone() -> Result<()> {
        let mut watched = Watched::new()?;
        for name in [
            "a.pdf.tmp",
            "b.pdf.part",
            ".c.pdf",
            "~$d.pdf",
            "e.pdf~",
            "khong-nhan/f.pdf",
            "g.pdf",
            "g.pdf.lock",
        ]
        .into_iter()
        .chain(["h.pdf", "h.lck", "i.pdf", ".~lock.i.pdf#", "k.pdf"])
        {
            watched.write(name, "bytes")?;
        }
        for name in ["a", "b", "g", "h", "i", "k"] {
            watched.write(&format!("{name}.json"), "{}")?;
        }
        assert!(watched.look()?.is_empty());
        assert_eq!(watched.look()?, ["k.pdf"]);
        fs::remove_file(watched.folder.path().join("g.pdf.lock"))?;
        fs::rename(watched.folder.path().join("a.pdf.tmp"), watched.folder.path().join("a.pdf"))?;
        assert_eq!(watched.look()?, ["g.pdf", "k.pdf"]);
        assert_eq!(watched.look()?, ["a.pdf", "g.pdf", "k.pdf"]);
        Ok(())
    }

    #[test]
    fn metadata_may_come_later_and_is_not_waited_for_for_ever() -> Result<()> {
        let mut watched = Watched::new()?;
        watched.write("late.pdf", "bytes")?;
        watched.write("never.pdf", "bytes")?;
        assert!(watched.look()?.is_empty());
        assert!(watched.look()?.is_empty());
        watched.write("late.json", "{}")?;
        assert!(watched.look()?.is_empty());
        assert_eq!(watched.look()?, ["late.pdf"]);
        let looks = (0..20).map(|_| watched.look()).collect::<Result<Vec<_>>>()?;
        let first = looks.iter().position(|names| names.contains(&"never.pdf".to_owned()));
        assert_eq!(first, Some(8), "a minute after it was first seen");
        Ok(())
    }

    #[test]
    fn a_unit_is_put_off_for_longer_each_time_and_a_changed_one_begins_anew() -> Result<()> {
        let mut watched = Watched::new()?;
        watched.write("scan.pdf", "bytes")?;
        watched.write("scan.json", "{}")?;
        let path = watched.folder.path().join("scan.pdf");
        let mut looks_between = Vec::new();
        for _ in 0..3 {
            let mut looks = 0;
            while watched.look()?.is_empty() {
                looks += 1;
            }
            looks_between.push(looks);
            watched.hot.put_off(&path, SignedDuration::from_secs(10), watched.now);
        }
        assert_eq!(looks_between, [1, 1, 3]);
        watched.write("scan.pdf", "other bytes")?;
        assert!(watched.look()?.is_empty());
        assert_eq!(watched.look()?, ["scan.pdf"]);
        Ok(())
    }
}
