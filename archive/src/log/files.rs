//! The audit of the log's files by themselves: those that a later one has taken over from are still to be as they were.

use std::collections::BTreeMap;

use super::tiles::{WIDTH, bundle_path, companion_path, read_bundle, tile_path};
use crate::AuditProblem::{Changed, Extra, Unreadable};
use crate::finding::Findings;
use crate::store::Store;

/// The kinds of files of which a wider one begins with a narrower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Tile(u32),
    Entries,
    Companions,
}

impl Kind {
    fn path(self, index: u64, width: u64) -> String {
        match self {
            Self::Tile(level) => tile_path(level, index, width),
            Self::Entries => bundle_path(index, width),
            Self::Companions => companion_path(index, width),
        }
    }

    /// How many hashes, entries or companions a file holds; nothing where it is malformed.
    fn count(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Tile(_) => bytes.len().is_multiple_of(32).then_some(bytes.len() / 32),
            Self::Entries => read_bundle(bytes).map(|entries| entries.len()),
            Self::Companions => bytes.strip_suffix(b"\n").map(|lines| lines.split(|b| *b == b'\n').count()),
        }
    }
}

/// Names each file that is not as wide as its name says, that the next wider one does not begin with, or that does not
/// belong in the log. A file that is named already is passed over.
pub(super) fn audit_files(store: &Store, findings: &mut Findings) {
    let names = match store.files_below("log") {
        Ok(names) => names,
        Err(error) => return findings.add("log", Unreadable, error.to_string()),
    };
    let mut rows: BTreeMap<(Kind, u64), Vec<u64>> = BTreeMap::new();
    for name in names {
        let name = format!("log/{name}");
        match parse(&name) {
            Some((kind, index, width)) => rows.entry((kind, index)).or_default().push(width),
            None if matches!(name.as_str(), "log/lock" | "log/public/checkpoint") => {}
            None => findings.add(name, Extra, "does not belong in the log"),
        }
    }
    for ((kind, index), mut widths) in rows {
        widths.sort_unstable_by(|a, b| b.cmp(a));
        let mut wider: Option<Vec<u8>> = None;
        for width in widths {
            let name = kind.path(index, width);
            let is_named = findings.list.iter().any(|finding| finding.object == name);
            let bytes = match store.read(&name) {
                Ok(bytes) => bytes,
                Err(_) if is_named => continue,
                Err(error) => {
                    findings.add(name, Unreadable, error.to_string());
                    continue;
                }
            };
            let is_as_wide = kind.count(&bytes).and_then(|count| u64::try_from(count).ok()) == Some(width);
            if !is_named && !is_as_wide {
                findings.add(&name, Changed, "not as wide as its name says");
            } else if !is_named && wider.as_ref().is_some_and(|wider| !wider.starts_with(&bytes)) {
                findings.add(&name, Changed, "the next wider one does not begin with it");
            } else if !is_named {
                wider = Some(bytes);
            }
        }
    }
}

/// Reads the name of a file, relative to the archive.
fn parse(name: &str) -> Option<(Kind, u64, u64)> {
    let (kind, rest) = if let Some(rest) = name.strip_prefix("log/private/companions/") {
        (Kind::Companions, rest)
    } else {
        let (kind, rest) = name.strip_prefix("log/public/tile/")?.split_once('/')?;
        let kind = if kind == "entries" { Kind::Entries } else { Kind::Tile(kind.parse().ok()?) };
        (kind, rest)
    };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok()?),
        None => (rest, WIDTH),
    };
    let index = number.replace(['x', '/'], "").parse().ok()?;
    // Whatever is written in another way than the log's own is none of its files.
    (kind.path(index, width) == name).then_some((kind, index, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for kind in [Kind::Tile(0), Kind::Tile(2), Kind::Entries, Kind::Companions] {
            for (index, width) in [(0, 256), (0, 3), (999, 255), (1_234_067, 256), (1_234_067, 1)] {
                assert_eq!(parse(&kind.path(index, width)), Some((kind, index, width)));
            }
        }
        for name in
            ["log/public/tile/0/0", "log/public/tile/0/000.p/256", "log/public/tile/x/000", "log/public/note"]
        {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
