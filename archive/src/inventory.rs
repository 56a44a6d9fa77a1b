//! The OCFL inventory (OCFL 1.1, 3.5): which files make up each version of an object, by their SHA-512.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ring::digest::{Context, SHA512};
use serde::{Deserialize, Serialize};

/// The conformance declaration of an object's root (OCFL 1.1, 3.3).
pub(crate) const OBJECT_NAMASTE: &str = "0=ocfl_object_1.1";
/// The conformance declaration of a storage root (OCFL 1.1, 4).
pub(crate) const ROOT_NAMASTE: &str = "0=ocfl_1.1";
/// The inventory's file name, in the object's root and in each version.
pub(crate) const INVENTORY: &str = "inventory.json";
/// The name of its sidecar.
pub(crate) const SIDECAR: &str = "inventory.json.sha512";

const TYPE: &str = "https://ocfl.io/1.1/spec/#inventory";
const ALGORITHM: &str = "sha512";

/// An object's inventory. Maps are sorted, so that an inventory has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inventory {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub digest_algorithm: String,
    pub head: String,
    pub manifest: BTreeMap<String, Vec<String>>,
    pub versions: BTreeMap<String, Version>,
}

/// One version of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub created: Timestamp,
    pub message: String,
    pub user: User,
    pub state: BTreeMap<String, Vec<String>>,
}

impl Version {
    fn new(created: Timestamp, message: &str, state: BTreeMap<String, Vec<String>>) -> Self {
        let user = User {
            name: concat!("muniment-archive ", env!("CARGO_PKG_VERSION")).to_owned(),
            address: "urn:muniment:archive".to_owned(),
        };
        Self { created, message: message.to_owned(), user, state }
    }
}

/// Who made a version: the program, never a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub name: String,
    pub address: String,
}

impl Inventory {
    /// The inventory of an object's first version: `files` are logical names and their SHA-512.
    pub(crate) fn first(id: String, created: Timestamp, message: &str, files: &[(String, String)]) -> Self {
        let mut manifest: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut state: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, sha512) in files {
            // Files with the same bytes are stored once (OCFL 1.1, 3.5.2: forward deltas within the version).
            manifest.entry(sha512.clone()).or_insert_with(|| vec![format!("v1/content/{name}")]);
            state.entry(sha512.clone()).or_default().push(name.clone());
        }
        let version = Version::new(created, message, state);
        Self {
            id,
            kind: TYPE.to_owned(),
            digest_algorithm: ALGORITHM.to_owned(),
            head: "v1".to_owned(),
            manifest,
            versions: BTreeMap::from([("v1".to_owned(), version)]),
        }
    }

    /// The inventory with one more version: `files` are logical names and their SHA-512, and all that it holds.
    pub(crate) fn next(&self, created: Timestamp, message: &str, files: &[(String, String)]) -> Self {
        let mut next = self.clone();
        next.head = format!("v{}", self.versions.len() + 1);
        let mut state: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, sha512) in files {
            // What an older version holds already is not stored again.
            let path = format!("{}/content/{name}", next.head);
            next.manifest.entry(sha512.clone()).or_insert_with(|| vec![path]);
            state.entry(sha512.clone()).or_default().push(name.clone());
        }
        next.versions.insert(next.head.clone(), Version::new(created, message, state));
        next
    }

    /// The number of the newest version.
    pub(crate) fn head_number(&self) -> Option<u32> {
        self.head.strip_prefix('v')?.parse().ok()
    }

    /// The content path, relative to the object's root, and the SHA-512 of a logical file of the head version.
    pub(crate) fn head_file(&self, fits: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
        self.file(&self.head, fits)
    }

    /// The same of another version, named `v1`.
    pub(crate) fn file(&self, version: &str, fits: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
        let version = self.versions.get(version)?;
        let (sha512, _) = version.state.iter().find(|(_, names)| names.iter().any(|name| fits(name)))?;
        let path = self.manifest.get(sha512)?.first()?;
        Some((path, sha512))
    }

    /// What is wrong with the inventory taken alone, as seen from the object with this id.
    pub(crate) fn fault(&self, expected_id: &str) -> Option<&'static str> {
        if self.id != expected_id {
            return Some("the inventory's id is not the object's");
        }
        if self.kind != TYPE || self.digest_algorithm != ALGORITHM {
            return Some("the inventory is not of OCFL 1.1 with sha512");
        }
        if !self.versions.contains_key(&self.head) {
            return Some("the inventory's head version is not described");
        }
        let known = |sha512: &String| self.manifest.contains_key(sha512);
        if !self.versions.values().all(|version| version.state.keys().all(known)) {
            return Some("a version names a digest that the manifest lacks");
        }
        None
    }
}

/// The SHA-512 of these bytes, in lower-case hexadecimal.
pub(crate) fn sha512(bytes: &[u8]) -> String {
    let mut context = Context::new(&SHA512);
    context.update(bytes);
    hex(context.finish().as_ref())
}

/// The sidecar of an inventory with these bytes (OCFL 1.1, 3.7).
pub(crate) fn sidecar(inventory: &[u8]) -> String {
    format!("{} {INVENTORY}\n", sha512(inventory))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
