//! The audit of the log: the tree is made again from the entries, and the entries are held against the records.

use std::collections::HashMap;

use muniment_record::{Digest, RecordId};
use muniment_seal::note::NoteVerifier;

use super::files::audit_files;
use super::tiles::{Tiles, WIDTH, bundle_path, companion_path, read_bundle, tile_path, width_of};
use super::tree::{fold, leaf_hash, root};
use super::{Checkpoint, Leaf, PublishedLog, signed_checkpoint};
use crate::AuditProblem::{Changed, Missing, Signature, Unreadable};
use crate::finding::Findings;
use crate::store::Store;

/// What the published log says.
#[derive(Debug, Default)]
pub(crate) struct Logged {
    /// The PDF's digest of each record and version that it names.
    pub records: HashMap<(RecordId, u32), Digest>,
    /// The hash of each entry, by its position; those of a bundle that cannot be read are missing.
    pub hashes: HashMap<u64, Digest>,
    /// How many entries the checkpoint promises.
    pub size: u64,
}

/// Re-reads the published log, of which so many entries are known to have been published.
pub(crate) fn audit_log(store: &Store, published: u64, key: Option<&NoteVerifier>) -> (Findings, Logged) {
    let (mut findings, logged) = audit_tree(store, published, key);
    audit_files(store, &mut findings);
    (findings, logged)
}

fn audit_tree(store: &Store, published: u64, key: Option<&NoteVerifier>) -> (Findings, Logged) {
    let mut findings = Findings::on(None);
    let mut logged = Logged::default();
    let name = PublishedLog::checkpoint_name();
    let checkpoint = match PublishedLog::new(store).note() {
        Ok(None) => {
            if published > 0 {
                findings.add(name, Missing, format!("{published} entries of the log were published"));
            } else if store.has_below("log/public/tile").unwrap_or(false) {
                findings.add(name, Missing, "the log has tiles");
            }
            return (findings, logged);
        }
        Ok(Some(note)) => {
            if key.is_some_and(|key| signed_checkpoint(&note, key).is_err()) {
                findings.add(&name, Signature, "it is not signed by the log's key");
            }
            note.parse::<Checkpoint>()
        }
        Err(error) => Err(error),
    };
    let checkpoint = match checkpoint {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            findings.add(name, Unreadable, error.to_string());
            return (findings, logged);
        }
    };
    if checkpoint.size < published {
        let detail = format!("it is of size {}, but {published} entries were published", checkpoint.size);
        findings.add(&name, Changed, detail);
    }
    logged.size = checkpoint.size;
    let tiles = Tiles::new(store, checkpoint.size);
    let found = root(&tiles, checkpoint.size);
    let is_sound = found.as_ref().is_ok_and(|found| *found == checkpoint.root);
    match found {
        Ok(_) if is_sound => {}
        Ok(_) => findings.add(name, Changed, "the tiles do not lead to its root"),
        Err(error) => findings.add(name, Unreadable, error.to_string()),
    }
    for index in 0..checkpoint.size.div_ceil(WIDTH) {
        let width = width_of(index, checkpoint.size);
        audit_bundle(store, &tiles, index, width, is_sound, &mut findings, &mut logged);
    }
    audit_upper_tiles(&tiles, checkpoint.size, &mut findings);
    (findings, logged)
}

/// Holds a bundle of entries against its tile and its companions. Where entries and tile differ, the tile is believed if
/// the tiles lead to the checkpoint's root.
fn audit_bundle(
    store: &Store,
    tiles: &Tiles<'_>,
    index: u64,
    width: u64,
    is_sound: bool,
    findings: &mut Findings,
    logged: &mut Logged,
) {
    let (entries, companions) = (bundle_path(index, width), companion_path(index, width));
    let tile = match tiles.tile(0, index) {
        Ok(tile) => tile,
        Err(error) => {
            findings.add(tile_path(0, index, width), Unreadable, error.to_string());
            Vec::new()
        }
    };
    let bytes = match store.read(&entries) {
        Ok(bytes) => bytes,
        Err(error) => return findings.add(entries, Missing, error.to_string()),
    };
    let Some(leaves) = read_bundle(&bytes) else {
        return findings.add(entries, Changed, "not a bundle of entries");
    };
    let hashes: Vec<Digest> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    if !tile.is_empty() && hashes != tile {
        let changed = if is_sound { entries.clone() } else { tile_path(0, index, width) };
        findings.add(changed, Changed, "the entries do not hash to their tile");
    }
    logged.hashes.extend((index * WIDTH..).zip(hashes));
    let companion_bytes = store.read(&companions);
    if let Err(error) = &companion_bytes {
        findings.add(&companions, Missing, error.to_string());
    }
    let companion_bytes = companion_bytes.unwrap_or_default();
    let mut lines = companion_bytes.split(|byte| *byte == b'\n');
    for leaf in leaves {
        let Ok(leaf) = serde_json::from_slice::<Leaf>(leaf) else {
            findings.add(&entries, Unreadable, "an entry is not a leaf");
            continue;
        };
        let line = lines.next().unwrap_or_default();
        if !companion_bytes.is_empty() && Digest::of(line) != leaf.commitment {
            let detail = format!("not what the entry of record {} commits to", leaf.record);
            findings.add(&companions, Changed, detail);
        }
        logged.records.insert((leaf.record, leaf.version), leaf.sha256);
    }
}

/// Each full tile must fold to its hash in the level above.
fn audit_upper_tiles(tiles: &Tiles<'_>, size: u64, findings: &mut Findings) {
    let (mut level, mut row) = (1, size / WIDTH);
    while row > 0 {
        for index in 0..row.div_ceil(WIDTH) {
            let name = tile_path(level, index, width_of(index, row));
            let tile = match tiles.tile(level, index) {
                Ok(tile) => tile,
                Err(error) => {
                    findings.add(name, Unreadable, error.to_string());
                    continue;
                }
            };
            for (below, hash) in (index * WIDTH..).zip(&tile) {
                if tiles.tile(level - 1, below).is_ok_and(|tile| fold(&tile) != *hash) {
                    findings.add(&name, Changed, format!("does not agree with tile {below} below it"));
                }
            }
        }
        (level, row) = (level + 1, row / WIDTH);
    }
}
