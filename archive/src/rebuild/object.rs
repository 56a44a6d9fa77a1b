//! One object, read for a rebuild.

use muniment_record::RecordId;

use crate::archive::whole_version;
use crate::catalogue::Restored;
use crate::inventory::{INVENTORY, Inventory};
use crate::object::{StoredObject, is_pdf, name_of};
use crate::store::Store;
use crate::{Error, ErrorKind};

/// What was read of an object.
pub(super) struct Loaded {
    pub restored: Restored,
    /// The number of a later version that a stop left half-written: it is to be removed, or ended.
    pub begins: Option<u32>,
}

/// Reads an object; its PDF must be there with the right length. Hashing it is the audit's work.
pub(super) fn load(store: &Store, id: RecordId) -> Result<Loaded, Error> {
    let (object, begins) = match StoredObject::load(store, id) {
        Ok(object) => (object, None),
        Err(error) if error.kind() == ErrorKind::Corrupt => match before_stopped_version(store, id)? {
            Some((object, begun)) => (object, Some(begun)),
            None => return Err(error),
        },
        Err(error) => return Err(error),
    };
    let root = name_of(id);
    let path = object.inventory.head_file(is_pdf).map(|(path, _)| format!("{root}/{path}"));
    let path = path.ok_or_else(|| Error::damaged(&root, "the inventory names no PDF"))?;
    match store.objects().head(&path)? {
        Some(bytes) if bytes == object.record.bytes => {}
        Some(_) => return Err(Error::damaged(path, "its length is not the one in record.json")),
        None => return Err(Error::damaged(path, "missing")),
    }
    let (earlier, receipt) = (object.earlier(store)?, object.receipt());
    let arrival = object.events.arrival;
    Ok(Loaded { restored: Restored { record: object.record, receipt, arrival, earlier }, begins })
}

/// The object as it is known by its root inventory, where its next version appears file by file and was stopped between the root's
/// sidecar and that inventory: whatever the inventory names is there and sound, and so is something of the next version. Gives that
/// version's number with it.
fn before_stopped_version(store: &Store, id: RecordId) -> Result<Option<(StoredObject, u32)>, Error> {
    let root = name_of(id);
    let bytes = match store.read(&format!("{root}/{INVENTORY}")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let Ok(inventory) = serde_json::from_slice::<Inventory>(&bytes) else { return Ok(None) };
    let Some(version) = inventory.head_number() else { return Ok(None) };
    if !store.has_below(&format!("{root}/v{}", version + 1))?
        || whole_version(store, id, version)?.as_ref() != Some(&bytes)
    {
        return Ok(None);
    }
    Ok(Some((StoredObject::by_inventory(store, id, inventory)?, version + 1)))
}
