//! What stands in storage, found by looking.

use std::fs;
use std::path::Path;

use muniment_record::RecordId;

use crate::Error;
use crate::inventory::ROOT_NAMASTE;
use crate::layout::{object_id, object_path};
use crate::store::Store;

/// What a walk over the OCFL storage root found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Records whose object's directory stands where its id puts it, in the order of their ids.
    pub objects: Vec<RecordId>,
    /// Everything else that does not belong there, relative to the archive.
    pub strays: Vec<String>,
}

impl Walk {
    /// Walks the storage root: three levels of directories by digest, below them the objects.
    pub(crate) fn over(store: &Store) -> Result<Self, Error> {
        let mut walk = Self::default();
        for name in names(store, "ocfl")? {
            match name.as_str() {
                ROOT_NAMASTE | "ocfl_layout.json" | "extensions" => {}
                _ => walk.descend(store, &name, 1)?,
            }
        }
        walk.objects.sort_unstable();
        Ok(walk)
    }

    fn descend(&mut self, store: &Store, path: &str, level: u32) -> Result<(), Error> {
        let full = format!("ocfl/{path}");
        if !store.root().join(&full).is_dir() {
            self.strays.push(full);
            return Ok(());
        }
        if level > 3 {
            match record_at(path) {
                Some(id) => self.objects.push(id),
                None => self.strays.push(full),
            }
            return Ok(());
        }
        for name in names(store, &full)? {
            self.descend(store, &format!("{path}/{name}"), level + 1)?;
        }
        Ok(())
    }
}

/// The files below a directory of the archive, as sorted paths relative to it.
pub(crate) fn files_below(store: &Store, directory: &str) -> Result<Vec<String>, Error> {
    let mut files = Vec::new();
    let mut ahead = vec![String::new()];
    while let Some(below) = ahead.pop() {
        for name in names(store, &format!("{directory}/{below}"))? {
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if store.root().join(directory).join(&path).is_dir() {
                ahead.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The record whose object belongs at this path of the storage root.
fn record_at(path: &str) -> Option<RecordId> {
    let encoded = Path::new(path).file_name()?.to_str()?;
    let id: RecordId = encoded.strip_prefix("urn%3auuid%3a")?.parse().ok()?;
    (object_path(&object_id(id)) == path).then_some(id)
}

fn names(store: &Store, directory: &str) -> Result<Vec<String>, Error> {
    let attempt = || format!("list {directory}");
    let mut names = Vec::new();
    for entry in fs::read_dir(store.root().join(directory)).map_err(Error::storage(attempt()))? {
        let entry = entry.map_err(Error::storage(attempt()))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}
