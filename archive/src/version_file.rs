//! `version.json`: all that is known of one version of a record, in one file beside its PDF.
//!
//! Older versions have the two parts as files of their own, `record.json` and `events.json`. Both forms are read; one form
//! is written.

use muniment_record::Record;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Events;
use crate::inventory::Inventory;

/// The logical name of the file.
pub(crate) const VERSION_JSON: &str = "version.json";
/// The logical name of the record alone, in the older form.
pub(crate) const RECORD_JSON: &str = "record.json";
/// The logical name of the events alone, in the older form.
pub(crate) const EVENTS_JSON: &str = "events.json";

/// What is known of a version, and how it came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionFile {
    /// The version of this form of writing: [`VersionFile::FORMAT`].
    pub format: String,
    pub record: Record,
    pub events: Events,
}

/// Why a version's file cannot be used.
pub(crate) struct Unusable {
    /// The file, relative to the object; nothing where the inventory names none.
    pub path: Option<String>,
    /// The cause, without any value of the file: that may be personal data.
    pub why: String,
}

impl VersionFile {
    /// The form of writing of this version of the program.
    pub(crate) const FORMAT: &str = "muniment.version/1";

    pub(crate) fn new(record: Record, events: Events) -> Self {
        Self { format: Self::FORMAT.to_owned(), record, events }
    }

    /// Reads what is known of a version from its files in either form. `read` gives the bytes at a path of the object if they
    /// have a SHA-512, and else says why not.
    pub(crate) fn load<E: From<Unusable>>(
        inventory: &Inventory,
        version: &str,
        read: impl Fn(&str, &str) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        if is_of_older_form(inventory, version) {
            let record = parse(inventory, version, RECORD_JSON, &read)?;
            let events = parse(inventory, version, EVENTS_JSON, &read)?;
            return Ok(Self::new(record, events));
        }
        let file: Self = parse(inventory, version, VERSION_JSON, &read)?;
        if file.format == Self::FORMAT {
            return Ok(file);
        }
        let path = inventory.file(version, |name| name == VERSION_JSON).map(|(path, _)| path.to_owned());
        Err(Unusable { path, why: "a format that this program does not know".to_owned() }.into())
    }
}

/// Whether a version has the two files, and a copy of the inventory in its directory.
pub(crate) fn is_of_older_form(inventory: &Inventory, version: &str) -> bool {
    inventory.file(version, |name| name == RECORD_JSON).is_some()
}

fn parse<T: DeserializeOwned, E: From<Unusable>>(
    inventory: &Inventory,
    version: &str,
    logical: &str,
    read: &impl Fn(&str, &str) -> Result<Vec<u8>, E>,
) -> Result<T, E> {
    let Some((path, sha512)) = inventory.file(version, |name| name == logical) else {
        return Err(Unusable { path: None, why: format!("the inventory names no {logical}") }.into());
    };
    serde_json::from_slice(&read(path, sha512)?).map_err(|cause| {
        let why = format!("cannot be read at line {}, column {}", cause.line(), cause.column());
        Unusable { path: Some(path.to_owned()), why }.into()
    })
}
