//! The tree as files (C2SP tlog-tiles): tiles of up to 256 hashes, bundles of up to 256 entries.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use muniment_record::Digest;

use super::tree::{Nodes, parent};
use crate::Error;
use crate::store::Store;

/// Hashes in a full tile and entries in a full bundle.
pub(crate) const WIDTH: u64 = 256;
/// A tile's levels of the tree.
pub(super) const TILE_HEIGHT: u32 = 8;
/// How many tiles are remembered.
const REMEMBERED: usize = 1024;

/// What anybody may read.
pub(crate) const PUBLIC: &str = "log/public";
/// The companions: personal data.
pub(crate) const PRIVATE: &str = "log/private";

/// A tile's file: `tile/0/x001/234`, with `.p/<width>` where it is not full.
pub(crate) fn tile_path(level: u32, index: u64, width: u64) -> String {
    format!("{PUBLIC}/tile/{level}/{}", numbered(index, width))
}

/// An entry bundle's file.
pub(crate) fn bundle_path(index: u64, width: u64) -> String {
    format!("{PUBLIC}/tile/entries/{}", numbered(index, width))
}

/// A companion bundle's file.
pub(crate) fn companion_path(index: u64, width: u64) -> String {
    format!("{PRIVATE}/companions/{}", numbered(index, width))
}

/// How full a tile or bundle is, of a row with so many hashes or entries.
pub(crate) fn width_of(index: u64, count: u64) -> u64 {
    count.saturating_sub(index * WIDTH).min(WIDTH)
}

fn numbered(index: u64, width: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

/// The entries of a bundle: each with its length before it, in two bytes.
pub(crate) fn write_bundle<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| Error::damaged("log", "an entry is too long"))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle's entries; nothing where it is malformed.
pub(crate) fn read_bundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bytes = rest;
    }
    Some(entries)
}

/// A tile's hashes; nothing where it is malformed.
pub(crate) fn read_tile(bytes: &[u8]) -> Option<Vec<Digest>> {
    let (chunks, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| chunks.iter().map(|chunk| Digest::from_bytes(*chunk)).collect())
}

pub(crate) fn write_tile(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// The published tree of a size, read from its tiles.
pub(crate) struct Tiles<'a> {
    store: &'a Store,
    size: u64,
    remembered: RefCell<HashMap<(u32, u64), Rc<Tile>>>,
}

/// Tiles of a tree that has grown, by level and index.
pub(super) type Grown = Vec<((u32, u64), Vec<Digest>)>;

/// A tile's hashes, and above them those of the complete subtrees over two, four, … of them.
struct Tile(Vec<Vec<Digest>>);

impl Tile {
    fn new(hashes: Vec<Digest>) -> Self {
        let mut rows = vec![hashes];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            let (pairs, _) = row.as_chunks::<2>();
            rows.push(pairs.iter().map(|[left, right]| parent(left, right)).collect());
        }
        Self(rows)
    }
}

impl<'a> Tiles<'a> {
    pub(crate) fn new(store: &'a Store, size: u64) -> Self {
        Self { store, size, remembered: RefCell::default() }
    }

    /// The tree when it has grown to a size, where these tiles are all that have changed: they are remembered, not read.
    pub(super) fn grown(mut self, size: u64, tiles: Grown) -> Self {
        let new = tiles.into_iter().map(|(place, hashes)| (place, Rc::new(Tile::new(hashes))));
        self.remembered.get_mut().extend(new);
        self.size = size;
        self
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of a tile as full as this size makes it.
    pub(crate) fn tile(&self, level: u32, index: u64) -> Result<Vec<Digest>, Error> {
        Ok(self.read(level, index)?.0.first().cloned().unwrap_or_default())
    }

    fn read(&self, level: u32, index: u64) -> Result<Rc<Tile>, Error> {
        if let Some(tile) = self.remembered.borrow().get(&(level, index)) {
            return Ok(Rc::clone(tile));
        }
        let row = self.size.checked_shr(TILE_HEIGHT * level).unwrap_or(0);
        let path = tile_path(level, index, width_of(index, row));
        let bytes = self.store.read(&path)?;
        let hashes = read_tile(&bytes).ok_or_else(|| Error::damaged(&path, "not a tile"))?;
        if u64::try_from(hashes.len()) != Ok(width_of(index, row)) {
            return Err(Error::damaged(path, "not as wide as its name says"));
        }
        let mut remembered = self.remembered.borrow_mut();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        let tile = Rc::new(Tile::new(hashes));
        remembered.insert((level, index), Rc::clone(&tile));
        Ok(tile)
    }
}

impl Nodes for Tiles<'_> {
    fn node(&self, level: u32, index: u64) -> Result<Digest, Error> {
        let within = level % TILE_HEIGHT;
        let first = index << within;
        let tile = self.read(level / TILE_HEIGHT, first / WIDTH)?;
        let row = tile.0.get(usize::try_from(within).unwrap_or(usize::MAX));
        let place = usize::try_from((first % WIDTH) >> within).unwrap_or(usize::MAX);
        let node = row.and_then(|row| row.get(place)).copied();
        node.ok_or_else(|| Error::damaged("log", "a node lies outside the published tree"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(tile_path(0, 1_234_067, 256), "log/public/tile/0/x001/x234/067");
        assert_eq!(tile_path(1, 0, 5), "log/public/tile/1/000.p/5");
        assert_eq!(bundle_path(273, 112), "log/public/tile/entries/273.p/112");
    }

    #[test]
    fn bundles_are_read_as_they_are_written() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bytes = write_bundle(entries.into_iter()).unwrap();
        assert_eq!(read_bundle(&bytes), Some(entries.to_vec()));
        assert_eq!(read_bundle(&bytes[..bytes.len() - 1]), None);
    }
}
