//! What puts files right: from the other store, where its bytes are what inventory, log or name say.

use std::collections::BTreeSet;

use jiff::Timestamp;
use muniment_record::{Record, RecordId};
use muniment_seal::note::NoteVerifier;

use crate::finding::Findings;
use crate::inventory::{INVENTORY, Inventory, OBJECT_NAMASTE, SIDECAR, sha512, sidecar};
use crate::layout::{object_id, root_files};
use crate::log::{Logged, audit_log};
use crate::object::{name_of, retained_until};
use crate::store::Store;
use crate::version_file::{Unusable, VersionFile, is_of_older_form};
use crate::{AuditFinding, AuditProblem, Error};

/// Reads the storage root's own files, which are always the same, and where asked for writes them again.
pub(super) fn repair_root(
    copies: &[Store],
    repairs: bool,
) -> Result<(Vec<AuditFinding>, Vec<AuditFinding>), Error> {
    let mut all = Vec::new();
    for (number, copy) in copies.iter().enumerate() {
        let mut findings = Findings::on(None);
        for (name, expected) in root_files() {
            let name = format!("ocfl/{name}");
            match copy.read(&name) {
                Ok(bytes) if bytes == expected.as_bytes() => continue,
                Ok(_) => findings.add(&name, AuditProblem::Changed, "not as this program writes it"),
                Err(_) => findings.add(&name, AuditProblem::Missing, "part of the storage root"),
            }
            if repairs {
                copy.replace(&name, expected.as_bytes())?;
            }
        }
        all.append(&mut findings.in_store(number).list);
    }
    Ok(if repairs { (Vec::new(), all) } else { (all, Vec::new()) })
}

/// Puts the object of a record right in each store: there is an inventory that a sidecar vouches for and whose newest version is
/// what the catalogue says, and of each file that it names one copy with the right digest. Whatever neither store has so is left.
pub(super) fn repair_object(copies: &[Store], id: RecordId, row: &Record) -> Result<(), Error> {
    let object = Object { copies, root: name_of(id), until: retained_until(row) };
    let Some((inventory, bytes)) = object.inventory(id, row)? else { return Ok(()) };
    for (digest, paths) in &inventory.manifest {
        for path in paths {
            object.mend(path, |bytes| sha512(bytes) == *digest)?;
        }
    }
    for version in inventory.versions.keys().filter(|version| is_of_older_form(&inventory, version)) {
        object.mend_inventory_of(version, id)?;
    }
    object.write(OBJECT_NAMASTE, b"ocfl_object_1.1\n")?;
    object.write(SIDECAR, sidecar(&bytes).as_bytes())?;
    object.write(INVENTORY, &bytes)
}

/// One object in each store.
struct Object<'a> {
    copies: &'a [Store],
    root: String,
    until: Option<Timestamp>,
}

impl Object<'_> {
    fn read(&self, path: &str) -> impl Iterator<Item = Vec<u8>> {
        self.copies.iter().filter_map(move |copy| copy.read(&format!("{}/{path}", self.root)).ok())
    }

    /// Writes a file where it is not so already.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let name = format!("{}/{path}", self.root);
        for copy in self.copies {
            if copy.read(&name).is_ok_and(|there| there == bytes) {
                continue;
            }
            match self.until.filter(|_| copy.objects().has_locks()) {
                Some(until) => copy.objects().put_retained(&name, bytes, until)?,
                None => copy.replace(&name, bytes)?,
            }
        }
        Ok(())
    }

    /// Writes a file where it is not right, if it is somewhere.
    fn mend(&self, path: &str, is_right: impl Fn(&[u8]) -> bool) -> Result<(), Error> {
        match self.read(path).find(|bytes| is_right(bytes)) {
            Some(bytes) => self.write(path, &bytes),
            None => Ok(()),
        }
    }

    /// Mends a version's copy of the inventory: its sidecar, in either store, vouches for it.
    fn mend_inventory_of(&self, version: &str, id: RecordId) -> Result<(), Error> {
        let (path, sidecar_path) = (format!("{version}/{INVENTORY}"), format!("{version}/{SIDECAR}"));
        let vouched =
            self.vouched(std::slice::from_ref(&path), &[sidecar_path.clone(), SIDECAR.to_owned()], id);
        let bytes = vouched.into_iter().find(|(inventory, _)| inventory.head == version);
        let Some((_, bytes)) = bytes else { return Ok(()) };
        self.write(&path, &bytes)?;
        self.write(&sidecar_path, sidecar(&bytes).as_bytes())
    }

    /// The inventory of the version that the catalogue knows.
    fn inventory(&self, id: RecordId, row: &Record) -> Result<Option<(Inventory, Vec<u8>)>, Error> {
        let in_version = |name: &str| format!("v{}/{name}", row.version);
        let places = [INVENTORY.to_owned(), in_version(INVENTORY)];
        let sidecars = [SIDECAR.to_owned(), in_version(SIDECAR)];
        let vouched = self.vouched(&places, &sidecars, id);
        Ok(vouched.into_iter().find(|(inventory, _)| {
            inventory.head_number() == Some(row.version) && self.record(inventory).as_ref() == Some(row)
        }))
    }

    /// Inventories at some paths for which a sidecar at some paths vouches, of any store each.
    fn vouched(&self, places: &[String], sidecars: &[String], id: RecordId) -> Vec<(Inventory, Vec<u8>)> {
        let declared: BTreeSet<Vec<u8>> = sidecars.iter().flat_map(|path| self.read(path)).collect();
        let found = places.iter().flat_map(|path| self.read(path));
        let vouched = found.filter(|bytes| declared.contains(sidecar(bytes).as_bytes()));
        let parsed =
            vouched.filter_map(|bytes| Some((serde_json::from_slice::<Inventory>(&bytes).ok()?, bytes)));
        parsed.filter(|(inventory, _)| inventory.fault(&object_id(id)).is_none()).collect()
    }

    /// What an inventory's newest version says of the record, where a store has that whole.
    fn record(&self, inventory: &Inventory) -> Option<Record> {
        let loaded = VersionFile::load(inventory, &inventory.head, |path, expected| {
            let whole = self.read(path).find(|bytes| sha512(bytes) == expected);
            whole.ok_or_else(|| Unusable { path: None, why: String::new() })
        });
        loaded.ok().map(|version| version.record)
    }
}

/// What was found of the log in each store, and what of it was put right.
type AuditedLogs = (Vec<(Findings, Logged)>, Vec<AuditFinding>);

/// Re-reads the log in each store, and where asked for puts files that are amiss in one right from the other, where they are not.
pub(super) fn audit_logs(
    store: &Store,
    published: u64,
    key: Option<&NoteVerifier>,
    repairs: bool,
) -> Result<AuditedLogs, Error> {
    /// A missing checkpoint hides what bundles lack, and those hide companions.
    const ROUNDS: usize = 4;
    let copies = store.copies();
    let audit = || -> Result<Vec<(Findings, Logged)>, Error> {
        let mut logs: Vec<_> = copies.iter().map(|copy| audit_log(copy, published, key)).collect();
        if let ([first, second], [_, (findings, _)]) = (copies.as_slice(), logs.as_mut_slice()) {
            name_missing(first, second, findings)?;
        }
        Ok(logs)
    };
    let mut logs = audit()?;
    let is_amiss = logs.iter().any(|(findings, _)| !findings.list.is_empty());
    if !repairs || !is_amiss || copies.len() < 2 {
        return Ok((logs, Vec::new()));
    }
    let mut seen: Vec<Findings> = Vec::new();
    for _ in 0..ROUNDS {
        let has_written = mend_logs(&copies, &logs)?;
        seen.extend(logs.into_iter().enumerate().map(|(number, (findings, _))| findings.in_store(number)));
        logs = audit()?;
        if !has_written {
            break;
        }
    }
    let left: Vec<(usize, &str)> = logs
        .iter()
        .enumerate()
        .flat_map(|(number, (findings, _))| {
            findings.list.iter().map(move |left| (number, left.object.as_str()))
        })
        .collect();
    let mut repaired: Vec<AuditFinding> = Vec::new();
    for finding in seen.into_iter().flat_map(|findings| findings.list) {
        let is_left = left.contains(&(usize::from(finding.in_second), finding.object.as_str()));
        if !is_left && !repaired.iter().any(|known| is_same_file(known, &finding)) {
            repaired.push(finding);
        }
    }
    Ok((logs, repaired))
}

fn is_same_file(one: &AuditFinding, other: &AuditFinding) -> bool {
    one.object == other.object && one.in_second == other.in_second
}

/// Names files that the first store has and the second lacks: each is written to the second first.
fn name_missing(first: &Store, second: &Store, findings: &mut Findings) -> Result<(), Error> {
    let names = first.files_below("log")?;
    let there: BTreeSet<String> = second.files_below("log")?.into_iter().collect();
    for name in names.into_iter().filter(|name| name != "lock" && !there.contains(name)) {
        let name = format!("log/{name}");
        if findings.list.iter().all(|finding| finding.object != name) {
            findings.add(name, AuditProblem::Missing, "the first store has it");
        }
    }
    Ok(())
}

/// Writes to a store what is amiss in it and not in the other; says whether anything was.
fn mend_logs(copies: &[Store], logs: &[(Findings, Logged)]) -> Result<bool, Error> {
    let mut has_written = false;
    for (number, (findings, _)) in logs.iter().enumerate() {
        let other = 1 - number;
        for finding in &findings.list {
            let name = &finding.object;
            let is_amiss_there = logs[other].0.list.iter().any(|there| there.object == *name);
            if is_amiss_there {
                continue;
            }
            let Ok(bytes) = copies[other].read(name) else { continue };
            if copies[number].read(name).is_ok_and(|here| here == bytes) {
                continue;
            }
            copies[number].replace(name, &bytes)?;
            has_written = true;
        }
    }
    Ok(has_written)
}
