//! From the catalogue's order to published files.

use muniment_record::Digest;

use super::tiles::{
    Grown, PUBLIC, TILE_HEIGHT, Tiles, WIDTH, bundle_path, companion_path, tile_path, width_of, write_bundle,
    write_tile,
};
use super::tree::{fold, leaf_hash, root};
use super::{Checkpoint, Entry};
use crate::store::Store;
use crate::{Error, ErrorKind};

/// The files of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublishedLog<'a> {
    store: &'a Store,
}

impl<'a> PublishedLog<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store }
    }

    pub(crate) fn checkpoint_name() -> String {
        format!("{PUBLIC}/checkpoint")
    }

    /// The newest checkpoint, a note.
    pub(crate) fn note(self) -> Result<Option<String>, Error> {
        let name = Self::checkpoint_name();
        let bytes = match self.store.read(&name) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        String::from_utf8(bytes).map(Some).map_err(|_| Error::damaged(name, "not UTF-8"))
    }

    /// How many entries are published, by a checkpoint that can be read and a bundle that it promises; none where either is missing or
    /// malformed, which is named when they are read.
    ///
    /// # Errors
    ///
    /// Where the store does not say.
    pub(crate) fn size(self) -> Result<u64, Error> {
        let note = match self.note() {
            Err(error) if error.kind() == ErrorKind::Corrupt => None,
            note => note?,
        };
        let size =
            note.and_then(|note| note.parse::<Checkpoint>().ok()).map_or(0, |checkpoint| checkpoint.size);
        let last = size.saturating_sub(1) / WIDTH;
        let is_there = size > 0 && self.store.has(&bundle_path(last, width_of(last, size)))?;
        Ok(if is_there { size } else { 0 })
    }

    /// Whether there is no checkpoint, or none of the entries that it promises.
    pub(crate) fn is_lost(self) -> bool {
        match self.note() {
            Ok(None) => true,
            Ok(Some(note)) => note.parse::<Checkpoint>().is_ok_and(|checkpoint| {
                // Where that cannot be told, it is not lost, and reading it will say so.
                checkpoint.size > 0
                    && !self.store.has_below(&format!("{PUBLIC}/tile/entries")).unwrap_or(true)
            }),
            // Damaged is not lost: it is named when it is read.
            Err(_) => false,
        }
    }

    /// Writes everything of a larger tree but its checkpoint, and gives its root. `entries` begin with the bundle that
    /// holds the last entry of the old tree, and what of it is published must be the same.
    ///
    /// What the old tiles say is believed once they lead to the old root, and before anything is written; the new root follows
    /// from the bytes that are written. So a bit that is read wrong is neither written nor signed.
    pub(crate) fn extend(self, old: Option<&Checkpoint>, entries: &[Entry]) -> Result<(u64, Digest), Error> {
        let old_size = old.map_or(0, |checkpoint| checkpoint.size);
        let first_bundle = old_size.saturating_sub(1) / WIDTH;
        let first = first_bundle * WIDTH;
        let new_size = first + u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let before = Tiles::new(self.store, old_size);
        if let Some(old) = old {
            require_root(&before, old)?;
            require_same(&before, entries)?;
        }
        let rows = (first_bundle..).zip(entries.chunks(WIDTH as usize));
        let rows = rows.map(|(index, entries)| (index, width_of(index, new_size), entries));
        self.put_companions(rows.clone().map(|(index, width, entries)| {
            let lines = entries.iter().flat_map(|entry| [entry.companion.as_str(), "\n"]);
            (index, width, lines.collect::<String>().into_bytes())
        }))?;
        let bundles = rows.map(|(index, width, entries)| {
            let leaves = write_bundle(entries.iter().map(|entry| entry.leaf.as_bytes()))?;
            Ok((bundle_path(index, width), leaves))
        });
        // In order: behind a gap that a stop leaves, a rebuild would not find what has its position already.
        self.store.put_once(bundles.collect::<Result<_, Error>>()?)?;
        let new: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry.leaf.as_bytes())).collect();
        let skipped = usize::try_from(old_size - first).unwrap_or(usize::MAX);
        let grown = grown_tiles(&before, new_size, new.get(skipped..).unwrap_or_default().to_vec())?;
        let files = grown.iter().map(|((level, index), hashes)| {
            let row = new_size.checked_shr(TILE_HEIGHT * level).unwrap_or(0);
            (tile_path(*level, *index, width_of(*index, row)), write_tile(hashes))
        });
        self.store.put_once(files.collect())?;
        Ok((new_size, root(&before.grown(new_size, grown), new_size)?))
    }

    /// Whether a checkpoint that stands is of a beginning of what has been published since, of so many entries: a put of it that had
    /// timed out may have landed late. `entries` are those of the bundle that holds the last of them, as the catalogue has them.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where what stands under that size contradicts the checkpoint or the catalogue.
    pub(crate) fn goes_on(
        self,
        standing: &Checkpoint,
        published: u64,
        entries: &[Entry],
    ) -> Result<bool, Error> {
        let tiles = Tiles::new(self.store, published);
        match require_root(&tiles, standing).and_then(|()| require_same(&tiles, entries)) {
            Ok(()) => Ok(true),
            // The log lacks what was published.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes companions. Those without entries beside them were left by a stop, and what they say may have been made anew
    /// since (a rebuild draws new salts): nothing published commits to them, so they are replaced.
    fn put_companions(self, rows: impl Iterator<Item = (u64, u64, Vec<u8>)>) -> Result<(), Error> {
        let (mut once, mut anew) = (Vec::new(), Vec::new());
        for (index, width, lines) in rows {
            let is_published = self.store.has(&bundle_path(index, width))?;
            let files = if is_published { &mut once } else { &mut anew };
            files.push((companion_path(index, width), lines));
        }
        self.store.put_once(once)?;
        self.store.replace_all(anew)
    }

    /// Puts a signed checkpoint in the old one's place.
    pub(crate) fn sign_off(self, note: &str) -> Result<(), Error> {
        self.store.replace(&Self::checkpoint_name(), note.as_bytes())
    }
}

/// The tiles must lead to a checkpoint's root.
fn require_root(tiles: &Tiles<'_>, checkpoint: &Checkpoint) -> Result<(), Error> {
    if root(tiles, checkpoint.size)? == checkpoint.root {
        Ok(())
    } else {
        Err(Error::damaged("log", "its tiles do not lead to the checkpoint's root"))
    }
}

/// The catalogue must know the published entries, or it is older than the log. `entries` begin with the tree's last bundle.
fn require_same(tiles: &Tiles<'_>, entries: &[Entry]) -> Result<(), Error> {
    let last = tiles.size().saturating_sub(1) / WIDTH;
    let published = tiles.tile(0, last)?;
    let known = entries.get(..published.len()).unwrap_or_default();
    let known = known.iter().map(|entry| leaf_hash(entry.leaf.as_bytes()));
    if known.eq(published) {
        Ok(())
    } else {
        Err(Error::damaged("catalogue", "it does not hold what the log has published: rebuild it"))
    }
}

/// The tiles that are new or fuller in a larger tree, of all levels, by level and index: `hashes` are those that it has in addition.
fn grown_tiles(before: &Tiles<'_>, new: u64, hashes: Vec<Digest>) -> Result<Grown, Error> {
    let (mut start, mut end, mut row) = (before.size(), new, hashes);
    let mut grown = Vec::new();
    let mut level = 0;
    while start < end {
        let mut full = Vec::new();
        let mut rest = row.as_slice();
        for index in start / WIDTH..=(end - 1) / WIDTH {
            let width = width_of(index, end);
            let mut tile = match width_of(index, start) {
                0 => Vec::new(),
                _ => before.tile(level, index)?,
            };
            let missing = usize::try_from(width).unwrap_or(usize::MAX).saturating_sub(tile.len());
            let (taken, left) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            tile.extend_from_slice(taken);
            rest = left;
            if width == WIDTH {
                full.push(fold(&tile));
            }
            grown.push(((level, index), tile));
        }
        (start, end, row) = (start / WIDTH, end / WIDTH, full);
        level += 1;
    }
    Ok(grown)
}
