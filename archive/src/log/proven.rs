//! The published log as it can be believed: entries that lead to the checkpoint's root, companions that they commit to.
//!
//! Each file is taken from whichever store has it sound. Behind the checkpoint, entries have their positions already where a stop
//! came before it, and no root promises them: there they are held against their tile, where that was written, and each against its
//! companion.

use std::collections::HashMap;

use muniment_record::Digest;

use super::leaf::Companion;
use super::tiles::{
    TILE_HEIGHT, Tiles, WIDTH, bundle_path, companion_path, read_bundle, read_tile, tile_path, width_of,
};
use super::tree::{fold, leaf_hash, root};
use super::{Checkpoint, Entry, HoldCompanion, Leaf, PublishedLog};
use crate::Error;
use crate::object::name_of;
use crate::store::Store;

/// A bundle of the log: its entries, or the file of it that no store has sound and what is wrong with that.
pub(crate) type Bundle = Result<Vec<(Leaf, Entry)>, Fault>;

/// A file of the log that no store has sound.
#[derive(Debug)]
pub(crate) struct Fault {
    pub object: String,
    pub what: &'static str,
}

impl Fault {
    fn new(object: String, what: &'static str) -> Self {
        Self { object, what }
    }
}

/// Says whether an error tells of damage to the one file that was read. All others end the reading.
pub(crate) type IsDamage<'a> = &'a (dyn Fn(&Error) -> bool + Sync);

/// The published log, in one store or in two.
pub(crate) struct ProvenLog<'a> {
    copies: &'a [Store],
    is_damage: IsDamage<'a>,
    /// How many entries the checkpoint promises.
    size: u64,
    /// The tiles at the end of each level, where they are not full: together they lead to the checkpoint's root.
    ends: Vec<Vec<Digest>>,
    /// Full tiles of the levels above the lowest.
    full: HashMap<(u32, u64), Vec<Digest>>,
}

impl<'a> ProvenLog<'a> {
    /// Reads the checkpoint: the first to which the tiles of a store lead.
    ///
    /// # Errors
    ///
    /// Outer: where a store does not answer. Inner: the checkpoint, where it is damaged or no tiles lead to it.
    pub(crate) fn open(
        copies: &'a [Store],
        is_damage: IsDamage<'a>,
    ) -> Result<Result<ProvenLog<'a>, Fault>, Error> {
        let mut fault = None;
        for copy in copies {
            let read = PublishedLog::new(copy).note().and_then(|note| match note {
                Some(note) => note.parse::<Checkpoint>().map(Some),
                None => Ok(None),
            });
            let checkpoint = match read {
                Ok(Some(checkpoint)) => checkpoint,
                Ok(None) => continue,
                Err(error) if is_damage(&error) => {
                    fault.get_or_insert("it cannot be read");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let size = checkpoint.size;
            for store in copies {
                match ends_of(&Tiles::new(store, size), &checkpoint) {
                    Ok(Some(ends)) => {
                        return Ok(Ok(Self { copies, is_damage, size, ends, full: HashMap::new() }));
                    }
                    Err(error) if !is_damage(&error) => return Err(error),
                    _ => fault = Some("the tiles do not lead to its root"),
                }
            }
        }
        Ok(match fault {
            Some(what) => Err(Fault::new(PublishedLog::checkpoint_name(), what)),
            None => Ok(Self { copies, is_damage, size: 0, ends: Vec::new(), full: HashMap::new() }),
        })
    }

    /// Whether the checkpoint promises entries of the bundle with an index.
    pub(crate) fn promises(&self, index: u64) -> bool {
        width_of(index, self.size) > 0
    }

    /// Reads the bundle with an index; nothing where there is none.
    ///
    /// # Errors
    ///
    /// Where a store does not answer.
    pub(crate) fn bundle(&mut self, index: u64) -> Result<Option<Bundle>, Error> {
        let promised = width_of(index, self.size);
        let Some(width) = self.widest(index, promised)? else { return Ok(None) };
        self.read_bundle(index, promised, width).map(Some)
    }

    fn read_bundle(&mut self, index: u64, promised: u64, width: u64) -> Result<Bundle, Error> {
        let proven = match promised {
            0 => Vec::new(),
            _ => match self.tile(0, index)? {
                Some(hashes) => hashes,
                None => {
                    let name = tile_path(0, index, promised);
                    return Ok(Err(Fault::new(name, "it does not lead to the checkpoint's root")));
                }
            },
        };
        let (name, companions) = (bundle_path(index, width), companion_path(index, width));
        let mut expected = vec![proven];
        if width > promised {
            // Written behind the bundle, so it may not be there.
            expected.extend(self.any_tile(index, width)?);
        }
        let is_expected = |hashes: &[Digest]| expected.iter().all(|tile| hashes.starts_with(tile));
        let is_known = expected.last().is_some_and(|tile| u64::try_from(tile.len()) == Ok(width));
        let leaves = self.first_sound(&name, |bytes| {
            let leaves = read_leaves(&bytes).filter(|leaves| u64::try_from(leaves.len()) == Ok(width))?;
            let hashes: Vec<Digest> = leaves.iter().map(|(_, text)| leaf_hash(text.as_bytes())).collect();
            is_expected(&hashes).then_some(leaves)
        })?;
        let Some(leaves) = leaves else {
            return Ok(Err(Fault::new(name, "its entries are not those of the tree")));
        };
        let entries = self.first_sound(&companions, |bytes| {
            let lines = String::from_utf8(bytes).ok()?;
            let lines: Vec<&str> = lines.strip_suffix('\n')?.split('\n').collect();
            let is_committed =
                |((leaf, _), line): (&(Leaf, String), &&str)| leaf.commitment == Digest::of(line.as_bytes());
            (lines.len() == leaves.len() && leaves.iter().zip(&lines).all(is_committed)).then(|| {
                let pairs = leaves.iter().zip(lines);
                pairs.map(|((leaf, text), line)| (leaf.clone(), entry(leaf, text, line))).collect::<Vec<_>>()
            })
        })?;
        let Some(entries) = entries else {
            return Ok(Err(Fault::new(companions, "not what the entries commit to")));
        };
        let behind = usize::try_from(promised).unwrap_or(usize::MAX);
        if !is_known && !entries.iter().skip(behind).all(|(leaf, entry)| agrees(leaf, entry)) {
            return Ok(Err(Fault::new(name, "an entry says something else than its companion")));
        }
        Ok(Ok(entries))
    }

    /// What is made of a file's bytes in the first store where that can be done.
    fn first_sound<T>(&self, name: &str, make: impl Fn(Vec<u8>) -> Option<T>) -> Result<Option<T>, Error> {
        for copy in self.copies {
            match copy.read(name) {
                Ok(bytes) => {
                    if let Some(made) = make(bytes) {
                        return Ok(Some(made));
                    }
                }
                Err(error) if (self.is_damage)(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// A tile of the promised tree: one that is not full leads to the root, a full one to its hash in the tile above it.
    fn tile(&mut self, level: u32, index: u64) -> Result<Option<Vec<Digest>>, Error> {
        if width_of(index, row_of(self.size, level)) < WIDTH {
            return Ok(self.ends.get(usize::try_from(level).unwrap_or(usize::MAX)).cloned());
        }
        if let Some(known) = self.full.get(&(level, index)) {
            return Ok(Some(known.clone()));
        }
        let Some(above) = self.tile(level + 1, index / WIDTH)? else { return Ok(None) };
        let expected = usize::try_from(index % WIDTH).ok().and_then(|place| above.get(place)).copied();
        let sound = self.first_sound(&tile_path(level, index, WIDTH), |bytes| {
            read_tile(&bytes)
                .filter(|hashes| hashes.len() == WIDTH as usize && Some(fold(hashes)) == expected)
        })?;
        if level > 0
            && let Some(hashes) = &sound
        {
            self.full.insert((level, index), hashes.clone());
        }
        Ok(sound)
    }

    /// The lowest tile of this width, which nothing proves.
    fn any_tile(&self, index: u64, width: u64) -> Result<Option<Vec<Digest>>, Error> {
        self.first_sound(&tile_path(0, index, width), |bytes| {
            read_tile(&bytes).filter(|hashes| u64::try_from(hashes.len()) == Ok(width))
        })
    }

    /// How wide the widest bundle with this index is; at least as wide as is promised.
    fn widest(&self, index: u64, promised: u64) -> Result<Option<u64>, Error> {
        let mut widest = (promised > 0).then_some(promised);
        for copy in self.copies {
            if promised == WIDTH || copy.has(&bundle_path(index, WIDTH))? {
                return Ok(Some(WIDTH));
            }
            let partial = bundle_path(index, 1);
            let directory = partial.strip_suffix("/1").unwrap_or(&partial);
            let widths = copy.files_below(directory)?.into_iter().filter_map(|name| name.parse::<u64>().ok());
            widest = widest.max(widths.filter(|width| *width < WIDTH).max());
        }
        Ok(widest)
    }
}

/// How many hashes a level of tiles has.
fn row_of(size: u64, level: u32) -> u64 {
    size.checked_shr(TILE_HEIGHT * level).unwrap_or(0)
}

/// The tiles that are not full, of each level, where they lead to a checkpoint's root: it follows from them alone.
fn ends_of(tiles: &Tiles<'_>, checkpoint: &Checkpoint) -> Result<Option<Vec<Vec<Digest>>>, Error> {
    if root(tiles, checkpoint.size)? != checkpoint.root {
        return Ok(None);
    }
    let rows = (0..).map(|level| (level, row_of(checkpoint.size, level))).take_while(|(_, row)| *row > 0);
    // They are remembered as they were when the root was made of them.
    let end = |(level, row)| match row % WIDTH {
        0 => Ok(Vec::new()),
        _ => tiles.tile(level, row / WIDTH),
    };
    rows.map(end).collect::<Result<_, Error>>().map(Some)
}

/// The leaves of a bundle and how they are written; nothing where it is malformed, or one is of a form that is not known.
fn read_leaves(bytes: &[u8]) -> Option<Vec<(Leaf, String)>> {
    let leaf = |entry: &[u8]| {
        let text = String::from_utf8(entry.to_vec()).ok()?;
        Some((Leaf::from_entry(&text).ok()?, text))
    };
    read_bundle(bytes)?.into_iter().map(leaf).collect()
}

fn entry(leaf: &Leaf, text: &str, companion: &str) -> Entry {
    Entry {
        record: leaf.record,
        version: leaf.version,
        leaf: text.to_owned(),
        companion: companion.to_owned(),
    }
}

/// Whether an entry is written as leaves are, and says of its record what its companion does.
fn agrees(leaf: &Leaf, entry: &Entry) -> bool {
    let is_canonical = serde_json::to_string(leaf).is_ok_and(|text| text == entry.leaf);
    if !is_canonical || leaf.object != name_of(leaf.record) {
        return false;
    }
    if leaf.event.is_of_holds() {
        let companion = serde_json::from_str::<HoldCompanion>(&entry.companion);
        return companion.is_ok_and(|companion| companion.record == leaf.record);
    }
    let Ok(companion) = serde_json::from_str::<Companion>(&entry.companion) else { return false };
    let (record, signatures) = (&companion.record, &companion.record.signatures);
    (leaf.record, leaf.version, leaf.sha256, leaf.bytes)
        == (record.id, record.version, record.sha256, record.bytes)
        && Some(leaf.at) == companion.events.archived_at()
        && leaf.certificates.iter().eq(signatures.iter().map(|signature| &signature.certificate_sha256))
}
