//! From the catalogue's order to published files.

use std::iter;

use muniment_record::Digest;

use super::tiles::{
    PUBLIC, Tiles, WIDTH, bundle_path, companion_path, read_bundle, tile_path, width_of, write_bundle,
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

    /// Whether there is no checkpoint, or not the first of the entries that it promises.
    pub(crate) fn is_lost(self) -> bool {
        match self.note() {
            Ok(None) => true,
            Ok(Some(note)) => note.parse::<Checkpoint>().is_ok_and(|checkpoint| {
                let width = width_of(0, checkpoint.size);
                // Where that cannot be told, it is not lost, and reading it will say so.
                width > 0 && !self.store.has(&bundle_path(0, width)).unwrap_or(true)
            }),
            // Damaged is not lost: it is named when it is read.
            Err(_) => false,
        }
    }

    /// Writes everything of a larger tree but its checkpoint, and gives its root. `entries` begin with the bundle that
    /// holds the last entry of the old tree, and what of it is published must be the same.
    pub(crate) fn extend(self, old: Option<&Checkpoint>, entries: &[Entry]) -> Result<(u64, Digest), Error> {
        let old_size = old.map_or(0, |checkpoint| checkpoint.size);
        let first_bundle = old_size.saturating_sub(1) / WIDTH;
        let first = first_bundle * WIDTH;
        let new_size = first + u64::try_from(entries.len()).unwrap_or(u64::MAX);
        if let Some(old) = old {
            self.require_same(old, first_bundle, entries)?;
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
        self.write_tiles(old_size, new_size, new.get(skipped..).unwrap_or_default().to_vec())?;
        let tiles = Tiles::new(self.store, new_size);
        if let Some(old) = old
            && root(&tiles, old.size)? != old.root
        {
            return Err(Error::damaged("log", "its tiles do not lead to the checkpoint's root"));
        }
        Ok((new_size, root(&tiles, new_size)?))
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

    /// The catalogue must know the published entries, or it is older than the log.
    fn require_same(self, old: &Checkpoint, bundle: u64, entries: &[Entry]) -> Result<(), Error> {
        let fault = || Error::damaged("catalogue", "it does not hold what the log has published: rebuild it");
        let width = width_of(bundle, old.size);
        let published = self.store.read(&bundle_path(bundle, width))?;
        let published = read_bundle(&published).ok_or_else(fault)?;
        let known = entries.get(..published.len()).ok_or_else(fault)?;
        let same = published.iter().zip(known).all(|(leaf, entry)| *leaf == entry.leaf.as_bytes());
        if same { Ok(()) } else { Err(fault()) }
    }

    /// Writes the tiles that are new or fuller, of all levels: `hashes` are those from `old` to `new`.
    fn write_tiles(self, old: u64, new: u64, hashes: Vec<Digest>) -> Result<(), Error> {
        let before = Tiles::new(self.store, old);
        let (mut start, mut end, mut row) = (old, new, hashes);
        let mut tiles = Vec::new();
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
                tiles.push((tile_path(level, index, width), write_tile(&tile)));
                if width == WIDTH {
                    full.push(fold(&tile));
                }
            }
            (start, end, row) = (start / WIDTH, end / WIDTH, full);
            level += 1;
        }
        self.store.put_once(tiles)
    }

    /// The entries that are published, bundle by bundle, with those behind the checkpoint that a stop left: their place is taken for ever.
    ///
    /// # Errors
    ///
    /// An iteration that gives an error has ended.
    pub(crate) fn bundles(
        self,
    ) -> Result<impl Iterator<Item = Result<Vec<(String, String)>, Error>> + use<'a>, Error> {
        let size = match self.note()? {
            Some(note) => note.parse::<Checkpoint>()?.size,
            None => 0,
        };
        let mut next = Some(0);
        Ok(iter::from_fn(move || {
            let index = next.take()?;
            let bundle = self.bundle(index, width_of(index, size)).transpose()?;
            next = bundle.as_ref().is_ok_and(|bundle| bundle.len() == WIDTH as usize).then_some(index + 1);
            Some(bundle)
        }))
    }

    /// A bundle of entries, each with its companion, at least as wide as the checkpoint says; nothing where there is none.
    fn bundle(self, index: u64, least: u64) -> Result<Option<Vec<(String, String)>>, Error> {
        let Some(width) = self.widest(index, least)? else { return Ok(None) };
        let leaves = self.store.read(&bundle_path(index, width))?;
        let companions = self.store.read(&companion_path(index, width))?;
        let fault = || Error::damaged(bundle_path(index, width), "entries and companions do not agree");
        let leaves = read_bundle(&leaves).ok_or_else(fault)?;
        let companions = String::from_utf8(companions).map_err(|_| fault())?;
        let companions: Vec<&str> = companions.lines().collect();
        if leaves.len() != companions.len() || u64::try_from(leaves.len()) != Ok(width) {
            return Err(fault());
        }
        let pairs = leaves.into_iter().zip(companions).map(|(leaf, companion)| {
            let leaf = String::from_utf8(leaf.to_vec()).map_err(|_| fault())?;
            Ok((leaf, companion.to_owned()))
        });
        pairs.collect::<Result<_, Error>>().map(Some)
    }

    /// How wide the widest bundle with this index is; at least as wide as the checkpoint says.
    fn widest(self, index: u64, least: u64) -> Result<Option<u64>, Error> {
        for width in (least + 1..=WIDTH).rev() {
            if self.store.has(&bundle_path(index, width))? {
                return Ok(Some(width));
            }
        }
        Ok((least > 0).then_some(least))
    }
}
