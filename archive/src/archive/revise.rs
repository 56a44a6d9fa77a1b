//! The next version of a record: its intention in the catalogue, the object's new version, one transaction.

use jiff::Timestamp;
use muniment_record::{Receipt, Record, RecordId, SignatureFact};
use muniment_seal::Uplifted;
use tracing::info;

use super::{Archive, RecoverReport};
use crate::catalogue::{Held, Right};
use crate::inventory::{INVENTORY, Inventory, SIDECAR, sha512, sidecar};
use crate::layout::object_id;
use crate::object::{Composed, StoredObject, name_of};
use crate::store::{Content, Parcel, Store, Tree};
use crate::{Error, ErrorKind, point};

/// What takes the place of a record's PDF.
pub(crate) struct Revision {
    pub pdf: Vec<u8>,
    pub signatures: Vec<SignatureFact>,
}

impl Archive {
    /// Digitised copies behind `after` whose signatures are of level B-T and which were archived by a time: those that can
    /// be uplifted. Of `limit` that are looked at, those that are due.
    pub async fn to_uplift(
        &self,
        after: Option<RecordId>,
        archived_by: Timestamp,
        limit: u32,
    ) -> Result<Vec<Record>, Error> {
        self.catalogue.to_uplift(after, archived_by, limit).await
    }

    /// Keeps an uplifted PDF as the next version of its record; older versions stay. When this returns, the version is
    /// durable; when it fails, or the machine stops, [`Archive::recover`] ends it or nothing has changed.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] where it was not made of the record's present PDF, [`Error::InUse`] while another process makes
    /// versions; otherwise errors of storage and catalogue, after which it may be tried again.
    pub async fn uplift(&self, id: RecordId, uplifted: &Uplifted, now: Timestamp) -> Result<Receipt, Error> {
        if self.record(id).await?.sha256 != uplifted.before() {
            return Err(Error::Mismatch { record: id, what: "the PDF that was uplifted" });
        }
        let revision = Revision { pdf: uplifted.pdf().to_vec(), signatures: uplifted.signatures().to_vec() };
        self.revise(id, revision, now).await
    }

    pub(crate) async fn revise(
        &self,
        id: RecordId,
        revision: Revision,
        now: Timestamp,
    ) -> Result<Receipt, Error> {
        let right = self.catalogue.take(Right::Revise).await?;
        let right = right.ok_or_else(|| Error::InUse { path: self.catalogue.place() })?;
        let revised = self.revise_alone(id, revision, now, &right).await;
        right.give_up().await;
        revised
    }

    async fn revise_alone(
        &self,
        id: RecordId,
        revision: Revision,
        now: Timestamp,
        right: &Held,
    ) -> Result<Receipt, Error> {
        let version = self.record(id).await?.version + 1;
        let mark = self.catalogue.begin_revision(id, version, now).await?;
        point::reached("revision-begun");
        let made = self.make_version((id, version), revision, (now, mark), right).await;
        if matches!(made, Err(Error::InUse { .. }))
            && !self.catalogue.revisions().await?.iter().any(|(begun, _)| *begun == id)
        {
            // Somebody cleared up before the last of it was written: recovery is to look again.
            self.catalogue.begin_revision(id, version, now).await?;
        }
        made
    }

    async fn make_version(
        &self,
        (id, version): (RecordId, u32),
        revision: Revision,
        (now, mark): (Timestamp, Timestamp),
        right: &Held,
    ) -> Result<Receipt, Error> {
        let (content, inventory, object) = self
            .blocking(move |store| {
                let before = StoredObject::load(store, id)?;
                if before.record.version + 1 != version {
                    return Err(Error::damaged(
                        name_of(id),
                        "it is of another version than the catalogue says",
                    ));
                }
                let record = next(&before.record, &revision);
                let composed = Composed::next(&before, &record, &revision.pdf, now)?;
                let (tree, object) = composed.into_tree(Content::Memory(revision.pdf));
                let (content, inventory) = parts(store, tree);
                Ok((content, inventory, object))
            })
            .await?;
        if let Some(content) = content {
            self.write_tree(content).await?;
        }
        // Whoever has the right by now has removed what there is of the version, since no inventory names it.
        self.require(right).await?;
        self.write_tree(inventory).await?;
        self.end_revision(&object, mark).await
    }

    async fn write_tree(&self, tree: Tree) -> Result<(), Error> {
        self.blocking(move |store| {
            let written = store.objects().write(vec![Parcel { blobs: Vec::new(), tree: Some(tree) }])?;
            written.into_iter().collect()
        })
        .await
    }

    /// Fails where a right has been lost, as to a restart of the database, so that another may have it.
    pub(super) async fn require(&self, right: &Held) -> Result<(), Error> {
        if right.stands().await { Ok(()) } else { Err(Error::InUse { path: self.catalogue.place() }) }
    }

    /// Brings a version that is whole and durable in storage into the catalogue.
    async fn end_revision(&self, object: &StoredObject, mark: Timestamp) -> Result<Receipt, Error> {
        let entering = object.entering(None)?;
        self.hold_version(object.record.id).await?;
        self.catalogue.replace(&entering, mark).await?;
        point::reached("revision-committed");
        let (id, version) = (object.record.id, object.record.version);
        info!(record.id = %id, version, "archived version {version} of record {id}");
        Ok(entering.receipt)
    }

    /// Ends the versions that a stop left between storage and catalogue, unless another process is at it.
    pub(super) async fn recover_revisions(
        &self,
        report: &mut RecoverReport,
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.catalogue.revisions().await?.is_empty() {
            return Ok(());
        }
        let Some(right) = self.catalogue.take(Right::Revise).await? else { return Ok(()) };
        let recovered = self.end_revisions(report, now, &right).await;
        right.give_up().await;
        recovered
    }

    async fn end_revisions(
        &self,
        report: &mut RecoverReport,
        now: Timestamp,
        right: &Held,
    ) -> Result<(), Error> {
        // Read again: whoever had the right before may have ended them, or begun others.
        for (id, version) in self.catalogue.revisions().await? {
            self.require(right).await?;
            // Whoever began it, and has lost the right, is told so when it comes to its end.
            let mark = self.catalogue.begin_revision(id, version, now).await?;
            let object = self
                .blocking(move |store| {
                    // The stopped run may not have come to this.
                    store.objects().settle()?;
                    mend(store, id, version)?;
                    StoredObject::load(store, id)
                })
                .await;
            match object {
                Ok(object) if object.record.version == version => {
                    self.end_revision(&object, mark).await?;
                    report.finished.push(id);
                }
                Ok(_) => self.catalogue.give_up_revision(id, mark).await?,
                Err(error) => report.damaged.push(super::deposit::passed_over(id, error)?),
            }
        }
        Ok(())
    }
}

/// What is written of a version before its inventory, and the rest: nothing and all of it where the version appears at once.
fn parts(store: &Store, mut tree: Tree) -> (Option<Tree>, Tree) {
    if store.objects().writes_together() {
        return (None, tree);
    }
    // The root's sidecar and its inventory.
    let last = tree.files.split_off(tree.files.len().saturating_sub(2));
    let rest = Tree { files: last, ..tree.clone() };
    (Some(tree), rest)
}

/// Puts an object right whose next version appears file by file and was stopped midway. Its root inventory is written last, so
/// where that is of the version before, nobody was told of the version, and what there is of it goes. Where versions appear at
/// once there is nothing to do.
fn mend(store: &Store, id: RecordId, version: u32) -> Result<(), Error> {
    let root = name_of(id);
    if StoredObject::load(store, id).is_ok_and(|object| object.record.version == version) {
        return Ok(());
    }
    // What is damaged besides is named when it is read.
    let Some(inventory) = whole_version(store, id, version - 1)? else { return Ok(()) };
    // Both are written: a second store may have got the version's.
    store.replace(&format!("{root}/{INVENTORY}"), &inventory)?;
    store.replace(&format!("{root}/{SIDECAR}"), sidecar(&inventory).as_bytes())?;
    let left = format!("{root}/v{version}");
    for name in store.files_below(&left)? {
        store.objects().delete(&format!("{left}/{name}"))?;
    }
    store.objects().clear_second(&left)
}

/// The root inventory, where it is of this version and all that it names is there and sound.
pub(crate) fn whole_version(store: &Store, id: RecordId, version: u32) -> Result<Option<Vec<u8>>, Error> {
    let root = name_of(id);
    let read = |path: &str| match store.read(&format!("{root}/{path}")) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let Some(bytes) = read(INVENTORY)? else { return Ok(None) };
    let inventory = serde_json::from_slice::<Inventory>(&bytes).ok();
    let Some(inventory) = inventory.filter(|inventory| {
        inventory.fault(&object_id(id)).is_none() && inventory.head_number() == Some(version)
    }) else {
        return Ok(None);
    };
    for (digest, paths) in &inventory.manifest {
        for path in paths {
            if read(path)?.is_none_or(|bytes| sha512(&bytes) != *digest) {
                return Ok(None);
            }
        }
    }
    Ok(Some(bytes))
}

/// The record's next version.
fn next(before: &Record, revision: &Revision) -> Record {
    let mut signatures = revision.signatures.clone();
    // In what role a signature was made is known from when it was made.
    for (now, then) in signatures.iter_mut().zip(&before.signatures) {
        if now.certificate_sha256 == then.certificate_sha256 {
            now.role = then.role;
        }
    }
    Record {
        version: before.version + 1,
        sha256: muniment_record::Digest::of(&revision.pdf),
        bytes: u64::try_from(revision.pdf.len()).unwrap_or(u64::MAX),
        signatures,
        ..before.clone()
    }
}
