//! What stands in storage, found by looking.

use std::collections::BTreeSet;

use muniment_record::RecordId;

use crate::Error;
use crate::inventory::ROOT_NAMASTE;
use crate::layout::{object_id, object_path};
use crate::store::Store;

/// What a walk over the OCFL storage root found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Records whose object's files stand where its id puts them, in the order of their ids.
    pub objects: Vec<RecordId>,
    /// Everything else that does not belong there, relative to the archive.
    pub strays: Vec<String>,
}

impl Walk {
    /// Walks the storage root: three levels of directories by digest, below them the objects.
    pub(crate) fn over(store: &Store) -> Result<Self, Error> {
        let (mut objects, mut strays) = (BTreeSet::new(), BTreeSet::new());
        store.objects().list("ocfl", &mut |name| {
            let path = name.strip_prefix("ocfl/").unwrap_or(name);
            match path.split('/').next() {
                Some(ROOT_NAMASTE | "ocfl_layout.json" | "extensions") => {}
                _ => match object_of(path) {
                    Some((_, Some(id))) => drop(objects.insert(id)),
                    Some((stray, None)) => drop(strays.insert(format!("ocfl/{stray}"))),
                    None => drop(strays.insert(name.to_owned())),
                },
            }
            true
        })?;
        Ok(Self { objects: objects.into_iter().collect(), strays: strays.into_iter().collect() })
    }
}

/// The directory in which a file of an object lies, and the record whose object belongs there; nothing where a file lies
/// above all objects.
fn object_of(path: &str) -> Option<(&str, Option<RecordId>)> {
    let (end, _) = path.match_indices('/').nth(3)?;
    let directory = &path[..end];
    Some((directory, record_at(directory)))
}

/// The record whose object belongs at this path of the storage root.
fn record_at(path: &str) -> Option<RecordId> {
    let (_, encoded) = path.rsplit_once('/')?;
    let id: RecordId = encoded.strip_prefix("urn%3auuid%3a")?.parse().ok()?;
    (object_path(&object_id(id)) == path).then_some(id)
}
