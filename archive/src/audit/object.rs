//! The audit of one object.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use muniment_record::{Digest, Receipt, Record, RecordId};

use super::locks::read_locks;
use crate::AuditProblem::{Changed, Extra, Missing, Unlocked, Unreadable};
use crate::finding::Findings;
use crate::inventory::{INVENTORY, Inventory, OBJECT_NAMASTE, SIDECAR, sha512, sidecar};
use crate::layout::object_id;
use crate::object::{is_pdf, name_of, receipt_of};
use crate::store::{Locks, Store, side_by_side};
use crate::version_file::{Unusable, VersionFile, is_of_older_form};

/// What was read of an object.
pub(super) struct AuditedObject {
    pub findings: Findings,
    pub files: u64,
    pub bytes: u64,
    /// What the object says of its record, where that can be read.
    pub found: Option<Found>,
    /// The PDF, where it is there.
    pub pdf: Option<Pdf>,
    /// What the store says of each file's locks, where it has any.
    pub locks: Vec<(String, Locks)>,
}

pub(super) struct Found {
    pub record: Record,
    pub receipt: Receipt,
    pub arrived_at: Timestamp,
}

pub(super) struct Pdf {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl AuditedObject {
    /// Reads every file of an object, once more where something seems wrong: it may have got a version in between.
    pub(super) fn read_at_rest(store: &Store, id: RecordId) -> Self {
        let audited = Self::read(store, id);
        if audited.findings.list.is_empty() { audited } else { Self::read(store, id) }
    }

    /// Reads every file of an object.
    fn read(store: &Store, id: RecordId) -> Self {
        let mut audited = Self {
            findings: Findings::on(Some(id)),
            files: 0,
            bytes: 0,
            found: None,
            pdf: None,
            locks: Vec::new(),
        };
        let root = name_of(id);
        let names = match store.files_below(&root) {
            Ok(names) => names,
            Err(error) => {
                audited.findings.add(root, Unreadable, error.to_string());
                return audited;
            }
        };
        if names.is_empty() {
            audited.findings.add(root, Missing, "the object");
            return audited;
        }
        if store.objects().has_locks() {
            match read_locks(store, &root, &names) {
                Ok(locks) => audited.locks = locks,
                Err(error) => audited.findings.add(&root, Unlocked, error.to_string()),
            }
        }
        let mut files = BTreeMap::new();
        let read = |name: String| (store.read(&format!("{root}/{name}")), name);
        for (read, name) in side_by_side(store.objects().width(), names, read) {
            match read {
                Ok(bytes) => {
                    audited.files += 1;
                    audited.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    files.insert(name, bytes);
                }
                Err(error) => audited.findings.add(format!("{root}/{name}"), Unreadable, error.to_string()),
            }
        }
        audited.check(id, &root, files);
        audited
    }

    fn check(&mut self, id: RecordId, root: &str, mut files: BTreeMap<String, Vec<u8>>) {
        match files.get(OBJECT_NAMASTE) {
            Some(bytes) if bytes == b"ocfl_object_1.1\n" => {}
            Some(_) => self.findings.add(format!("{root}/{OBJECT_NAMASTE}"), Changed, "not the declaration"),
            None => self.findings.add(format!("{root}/{OBJECT_NAMASTE}"), Missing, "the declaration"),
        }
        let at_root = self.inventory(id, root, "", &files);
        let versions = versions_of(at_root.as_ref(), &files);
        let mut by_version = BTreeMap::new();
        for version in versions {
            if let Some(inventory) = self.inventory(id, root, &format!("{version}/"), &files) {
                by_version.insert(version, inventory);
            }
        }
        if let Some(inventory) = &at_root
            && by_version.get(&inventory.head).is_some_and(|head| head != inventory)
        {
            self.findings.add(format!("{root}/{INVENTORY}"), Changed, "not the head version's inventory");
        }
        // A root inventory that cannot be used is named above; the newest version's serves to check the rest.
        let Some(inventory) = at_root.or_else(|| newest(by_version)) else {
            return;
        };
        self.check_content(root, &inventory, &files);
        self.read_record(id, root, &inventory, &files);
        if let Some((path, _)) = inventory.head_file(is_pdf)
            && let Some(bytes) = files.remove(path)
        {
            self.check_pdf(format!("{root}/{path}"), bytes);
        }
    }

    /// Reads an inventory and its sidecar, in the object's root or in a version.
    fn inventory(
        &mut self,
        id: RecordId,
        root: &str,
        prefix: &str,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Option<Inventory> {
        let name = format!("{prefix}{INVENTORY}");
        let sidecar_name = format!("{prefix}{SIDECAR}");
        let Some(bytes) = files.get(&name) else {
            self.findings.add(format!("{root}/{name}"), Missing, "the inventory");
            if !files.contains_key(&sidecar_name) {
                self.findings.add(format!("{root}/{sidecar_name}"), Missing, "the inventory's sidecar");
            }
            return None;
        };
        match files.get(&sidecar_name) {
            Some(declared) if declared == sidecar(bytes).as_bytes() => {}
            Some(_) => {
                let detail = "inventory and sidecar do not agree";
                self.findings.add(format!("{root}/{sidecar_name}"), Changed, detail);
            }
            None => self.findings.add(format!("{root}/{sidecar_name}"), Missing, "the inventory's sidecar"),
        }
        match serde_json::from_slice::<Inventory>(bytes) {
            Ok(inventory) => match inventory.fault(&object_id(id)) {
                None => Some(inventory),
                Some(fault) => {
                    self.findings.add(format!("{root}/{name}"), Changed, fault);
                    None
                }
            },
            Err(cause) => {
                self.findings.add(format!("{root}/{name}"), Unreadable, cause.to_string());
                None
            }
        }
    }

    /// Holds every file against the inventory's manifest.
    fn check_content(&mut self, root: &str, inventory: &Inventory, files: &BTreeMap<String, Vec<u8>>) {
        let mut expected: BTreeSet<String> =
            [OBJECT_NAMASTE, INVENTORY, SIDECAR].into_iter().map(str::to_owned).collect();
        for version in inventory.versions.keys().filter(|version| is_of_older_form(inventory, version)) {
            expected.insert(format!("{version}/{INVENTORY}"));
            expected.insert(format!("{version}/{SIDECAR}"));
        }
        for (digest, paths) in &inventory.manifest {
            for path in paths {
                match files.get(path) {
                    None => self.findings.add(format!("{root}/{path}"), Missing, "the inventory names it"),
                    Some(bytes) if sha512(bytes) != *digest => {
                        let detail = "its SHA-512 is not the inventory's";
                        self.findings.add(format!("{root}/{path}"), Changed, detail);
                    }
                    Some(_) => {}
                }
                expected.insert(path.clone());
            }
        }
        for name in files.keys().filter(|name| !expected.contains(*name)) {
            self.findings.add(format!("{root}/{name}"), Extra, "the inventory does not name it");
        }
    }

    fn read_record(
        &mut self,
        id: RecordId,
        root: &str,
        inventory: &Inventory,
        files: &BTreeMap<String, Vec<u8>>,
    ) {
        let loaded = VersionFile::load(inventory, &inventory.head, |path, expected| {
            // What is not as archived is named already, and nothing it says is believed.
            let bytes = files.get(path).filter(|bytes| sha512(bytes) == expected);
            bytes.cloned().ok_or(Fault::Named)
        });
        let VersionFile { record, events, .. } = match loaded {
            Ok(version) => version,
            Err(Fault::Named) => return,
            Err(Fault::Unusable(Unusable { path: Some(path), why })) => {
                return self.findings.add(format!("{root}/{path}"), Unreadable, why);
            }
            Err(Fault::Unusable(Unusable { path: None, why })) => {
                return self.findings.add(format!("{root}/{INVENTORY}"), Missing, why);
            }
        };
        if record.id != id || events.record != id || events.version != record.version {
            return self.findings.add(root, Changed, "what it says of its version belongs to another record");
        }
        match events.archived_at() {
            Some(archived_at) => {
                let receipt = receipt_of(&record, archived_at);
                self.found = Some(Found { record, receipt, arrived_at: events.arrival.arrived_at });
            }
            None => self.findings.add(root, Changed, "its events lack the end of ingestion"),
        }
    }

    fn check_pdf(&mut self, name: String, bytes: Vec<u8>) {
        if let Some(found) = &self.found {
            if Digest::of(&bytes) != found.record.sha256 {
                self.findings.add(&name, Changed, "its SHA-256 is not the record's");
            }
            if u64::try_from(bytes.len()) != Ok(found.record.bytes) {
                self.findings.add(&name, Changed, "its length is not the record's");
            }
        }
        self.pdf = Some(Pdf { name, bytes });
    }
}

/// The versions that have an inventory in their directory, or should have one.
fn versions_of(inventory: Option<&Inventory>, files: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let there = files.keys().filter_map(|name| {
        let (version, file) = name.split_once('/')?;
        let number = version.strip_prefix('v')?;
        let is_inventory = matches!(file, INVENTORY | SIDECAR) && number.parse::<u32>().is_ok();
        is_inventory.then(|| version.to_owned())
    });
    let of_older_form = inventory.into_iter().flat_map(|inventory| {
        inventory.versions.keys().filter(|version| is_of_older_form(inventory, version)).cloned()
    });
    there.chain(of_older_form).collect()
}

/// Why nothing is known of a version.
enum Fault {
    /// Its file is a finding already.
    Named,
    Unusable(Unusable),
}

impl From<Unusable> for Fault {
    fn from(unusable: Unusable) -> Self {
        Self::Unusable(unusable)
    }
}

fn newest(by_version: BTreeMap<String, Inventory>) -> Option<Inventory> {
    let number = |version: &str| version.trim_start_matches('v').parse::<u32>().unwrap_or(0);
    by_version.into_iter().max_by_key(|(version, _)| number(version)).map(|(_, inventory)| inventory)
}
