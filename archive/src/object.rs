//! One record as an OCFL object: how it is composed and how it is read back.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use muniment_record::{Digest, Receipt, Record, RecordId, RetentionRule};

use crate::catalogue::{Entering, Fence};
use crate::events::Events;
use crate::inventory::{INVENTORY, Inventory, OBJECT_NAMASTE, SIDECAR, sha512, sidecar};
use crate::layout::{object_id, object_path};
use crate::log::{Entry, Salt};
use crate::store::{Content, Store, Tree};
use crate::version_file::{Unusable, VERSION_JSON, VersionFile};
use crate::{Error, ErrorKind};

/// A version of a record, composed and not yet written.
pub(crate) struct Composed {
    version_json: Vec<u8>,
    inventory_json: Vec<u8>,
    /// What it will be once it is written.
    object: StoredObject,
}

impl Composed {
    /// Composes the object of a record whose PDF has these bytes.
    ///
    /// # Errors
    ///
    /// Where the events do not end.
    pub(crate) fn new(record: &Record, pdf: &[u8], events: Events) -> Result<Self, Error> {
        let archived_at =
            events.archived_at().ok_or(Error::Mismatch { record: record.id, what: "the events" })?;
        Self::of(record, pdf, (events, archived_at), |files| {
            Inventory::first(object_id(record.id), archived_at, "archived", files)
        })
    }

    /// Composes the next version of an object: of the record as it is now, with a PDF of these bytes.
    pub(crate) fn next(
        before: &StoredObject,
        record: &Record,
        pdf: &[u8],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let events = Events::of_uplift(record, before.events.arrival.clone(), now);
        Self::of(record, pdf, (events, now), |files| before.inventory.next(now, "uplifted", files))
    }

    fn of(
        record: &Record,
        pdf: &[u8],
        (events, archived_at): (Events, Timestamp),
        inventory: impl FnOnce(&[(String, String)]) -> Inventory,
    ) -> Result<Self, Error> {
        let version_json = pretty(VERSION_JSON, &VersionFile::new(record.clone(), events.clone()))?;
        let files = [(pdf_name(record), sha512(pdf)), (VERSION_JSON.to_owned(), sha512(&version_json))];
        let inventory = inventory(&files);
        Ok(Self {
            inventory_json: pretty("inventory.json", &inventory)?,
            version_json,
            object: StoredObject { inventory, record: record.clone(), events, archived_at },
        })
    }

    /// The version's files in the order in which they are written: what they describe comes before what describes it. With them
    /// comes what loading the object will give when they are written.
    pub(crate) fn into_tree(self, pdf: Content) -> (Tree, StoredObject) {
        let record = &self.object.record;
        let version = &self.object.inventory.head;
        let sidecar = sidecar(&self.inventory_json).into_bytes();
        let memory = Content::Memory;
        let mut files = vec![
            (format!("{version}/content/{}", pdf_name(record)), pdf),
            (format!("{version}/content/{VERSION_JSON}"), memory(self.version_json)),
        ];
        let grows = version != "v1";
        if !grows {
            files.push((OBJECT_NAMASTE.to_owned(), memory(b"ocfl_object_1.1\n".to_vec())));
        }
        files.push((SIDECAR.to_owned(), memory(sidecar)));
        files.push((INVENTORY.to_owned(), memory(self.inventory_json)));
        let (directory, retained_until) = (name_of(record.id), retained_until(record));
        let tree = Tree { directory, files, grows, retained_until, agreed: false, vacant: false };
        (tree, self.object)
    }
}

/// An object as it stands in storage: its inventory and what it says of its newest version, each checked against the digest it is known by.
#[derive(Debug)]
pub(crate) struct StoredObject {
    pub inventory: Inventory,
    pub record: Record,
    pub events: Events,
    pub archived_at: Timestamp,
}

impl StoredObject {
    /// Reads the object of this record.
    pub(crate) fn load(store: &Store, id: RecordId) -> Result<Self, Error> {
        let object = object_id(id);
        Self::load_at(store, &object_path(&object), &object)
    }

    /// Reads the object in this directory of the storage root.
    pub(crate) fn load_at(store: &Store, path: &str, id: &str) -> Result<Self, Error> {
        let root = format!("ocfl/{path}");
        let inventory = load_inventory(store, &root, id)?;
        Self::of_inventory(store, root, id, inventory)
    }

    /// Reads the object of this record as an inventory describes it, whatever the root's sidecar says.
    pub(crate) fn by_inventory(store: &Store, id: RecordId, inventory: Inventory) -> Result<Self, Error> {
        Self::of_inventory(store, name_of(id), &object_id(id), inventory)
    }

    fn of_inventory(store: &Store, root: String, id: &str, inventory: Inventory) -> Result<Self, Error> {
        let VersionFile { record, events, .. } = load_version(store, &root, &inventory, &inventory.head)?;
        let is_head = inventory.head_number() == Some(record.version);
        if object_id(record.id) != id
            || events.record != record.id
            || events.version != record.version
            || !is_head
        {
            return Err(Error::damaged(root, "what it says of its version belongs to another record"));
        }
        let archived_at = events
            .archived_at()
            .ok_or_else(|| Error::damaged(&root, "its events lack the end of ingestion"))?;
        Ok(Self { inventory, record, events, archived_at })
    }

    /// The receipt that was given for it: it follows from what is stored.
    pub(crate) fn receipt(&self) -> Receipt {
        receipt_of(&self.record, self.archived_at)
    }

    /// What the catalogue is to write of it; the fence is that of a worker that has it from the queue.
    pub(crate) fn entering(&self, fence: Option<Fence>) -> Result<Entering, Error> {
        Ok(Entering { record: self.record.clone(), receipt: self.receipt(), entry: self.log_entry()?, fence })
    }

    /// Its entry for the log, with a new salt.
    pub(crate) fn log_entry(&self) -> Result<Entry, Error> {
        Entry::new(&self.record, &self.events, self.archived_at, Salt::random()?)
    }

    /// The numbers of its versions before this one, and what their PDFs digest to.
    pub(crate) fn earlier(&self, store: &Store) -> Result<Vec<(u32, Digest)>, Error> {
        let root = name_of(self.record.id);
        (1..self.record.version)
            .map(|number| {
                let earlier = load_version(store, &root, &self.inventory, &format!("v{number}"))?;
                Ok((number, earlier.record.sha256))
            })
            .collect()
    }
}

/// The bytes of the PDF of a record's version, which must have this digest.
pub(crate) fn read_pdf(store: &Store, id: RecordId, version: u32, sha256: &Digest) -> Result<Vec<u8>, Error> {
    let root = name_of(id);
    // The digest is known from elsewhere, so the sidecar is not needed: on S3 it changes a moment before the inventory does.
    let inventory = read_inventory(store, &root, &object_id(id))?;
    let (path, _) = inventory
        .file(&format!("v{version}"), is_pdf)
        .ok_or_else(|| Error::damaged(&root, format!("the inventory names no PDF of version {version}")))?;
    let name = format!("{root}/{path}");
    let bytes = read_stored(store, &name)?;
    if Digest::of(&bytes) == *sha256 {
        Ok(bytes)
    } else {
        Err(Error::damaged(name, "its SHA-256 is not the one that the catalogue names"))
    }
}

/// The directory of a record's object, relative to the archive.
pub(crate) fn name_of(id: RecordId) -> String {
    format!("ocfl/{}", object_path(&object_id(id)))
}

/// The receipt for a record that was safely kept at this time.
pub(crate) fn receipt_of(record: &Record, archived_at: Timestamp) -> Receipt {
    Receipt {
        record: record.id,
        version: record.version,
        sha256: record.sha256,
        bytes: record.bytes,
        pages: u32::try_from(record.pages.len()).unwrap_or(u32::MAX),
        archived_at,
    }
}

/// Until when a record is retained where the store has locks: to the end of the last day of keeping. A record that is never due,
/// or of which nobody can say yet when, is retained for as long as servers allow, or until the earliest day that it may be due;
/// one that was due before it came in is not retained.
pub(crate) fn retained_until(record: &Record) -> Option<Timestamp> {
    retained_from(record, record.created_at)
}

/// The same, of a record that came in at a time.
pub(crate) fn retained_from(record: &Record, came_in: Timestamp) -> Option<Timestamp> {
    /// Servers refuse more than a hundred.
    const LONGEST_YEARS: i16 = 99;
    let about = &record.description;
    let came_in = Offset::UTC.to_datetime(came_in).date();
    let last = match about.retention_rule {
        RetentionRule::Permanent | RetentionRule::WorkLife => {
            Date::new(came_in.year().saturating_add(LONGEST_YEARS), 12, 31).ok()?
        }
        // Without an end it is due no earlier than one that had ended on the day of issue.
        rule => rule.until(about.issued_on, about.valid_to.or(Some(about.issued_on)))?,
    };
    // The day ends earlier in Vietnam than in UTC.
    let end = Offset::UTC.to_timestamp(last.tomorrow().ok()?.at(0, 0, 0, 0)).ok()?;
    (last > came_in).then_some(end)
}

/// The name of a record's PDF: its result code, or its id where it has none.
pub(crate) fn pdf_name(record: &Record) -> String {
    match &record.description.result_code {
        Some(code) => format!("{code}.pdf"),
        None => format!("{}.pdf", record.id),
    }
}

pub(crate) fn is_pdf(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "pdf")
}

/// Reads and checks an object's root inventory.
pub(crate) fn load_inventory(store: &Store, root: &str, id: &str) -> Result<Inventory, Error> {
    let bytes = read_stored(store, &format!("{root}/{INVENTORY}"))?;
    let declared = read_stored(store, &format!("{root}/{SIDECAR}"))?;
    if declared != sidecar(&bytes).as_bytes() {
        return Err(Error::damaged(format!("{root}/{INVENTORY}"), "its SHA-512 is not the sidecar's"));
    }
    parse_inventory(&bytes, root, id)
}

fn read_inventory(store: &Store, root: &str, id: &str) -> Result<Inventory, Error> {
    parse_inventory(&read_stored(store, &format!("{root}/{INVENTORY}"))?, root, id)
}

fn parse_inventory(bytes: &[u8], root: &str, id: &str) -> Result<Inventory, Error> {
    let inventory: Inventory = serde_json::from_slice(bytes)
        .map_err(|cause| Error::damaged(format!("{root}/{INVENTORY}"), cause.to_string()))?;
    match inventory.fault(id) {
        None => Ok(inventory),
        Some(fault) => Err(Error::damaged(format!("{root}/{INVENTORY}"), fault)),
    }
}

/// Reads what is known of a version.
fn load_version(
    store: &Store,
    root: &str,
    inventory: &Inventory,
    version: &str,
) -> Result<VersionFile, Error> {
    let loaded = VersionFile::load(inventory, version, |path, expected| {
        let name = format!("{root}/{path}");
        let bytes = read_stored(store, &name)?;
        if sha512(&bytes) == expected {
            Ok(bytes)
        } else {
            Err(Fault::Store(Error::damaged(name, "its SHA-512 is not the inventory's")))
        }
    });
    loaded.map_err(|fault| match fault {
        Fault::Store(error) => error,
        Fault::Unusable(Unusable { path: Some(path), why }) => Error::damaged(format!("{root}/{path}"), why),
        Fault::Unusable(Unusable { path: None, why }) => Error::damaged(root, why),
    })
}

/// What may be wrong with a version's file: it cannot be had, or not be used.
enum Fault {
    Store(Error),
    Unusable(Unusable),
}

impl From<Unusable> for Fault {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable(unusable)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Reads a file that must be there.
fn read_stored(store: &Store, name: &str) -> Result<Vec<u8>, Error> {
    store.read(name).map_err(|error| match error {
        error if error.kind() == ErrorKind::NotFound => Error::damaged(name, "missing"),
        other => other,
    })
}

fn pretty<T: serde::Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::json(what))?;
    bytes.push(b'\n');
    Ok(bytes)
}
