use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_record::{Digest, LookupToken, Receipt, Record, RecordId, ResultCode};
use tracing::info;

use crate::catalogue::{Alone, Catalogue, CatalogueAt, OutboxRow, Right, Settled};
use crate::log::PublishedLog;
use crate::object::{StoredObject, read_pdf};
use crate::store::{DiskStore, ObjectStore, Store};
use crate::{Arrival, BatchId, Error, Events, Ledger, Outcome, Registration, Totals, identity, point};

mod deposit;
mod group;
mod hold;
mod log;
mod queue;
mod revise;

#[cfg(test)]
pub(crate) use deposit::Content;
pub use deposit::RecoverReport;
pub use hold::HoldReport;
#[cfg(test)]
pub(crate) use revise::Revision;
pub(crate) use revise::whole_version;

use group::{Group, place_of};

/// An archive (kho lưu trữ): OCFL objects, working blobs and the published log in an [`ObjectStore`], and a catalogue.
///
/// What a call has acknowledged is durable. Many tasks, and many processes, may use one archive at a time, on as many machines
/// as reach its store and its catalogue; readers see a record once its transaction has ended. Cloning is cheap and gives a handle on the same archive.
#[derive(Clone, Debug)]
pub struct Archive {
    pub(crate) store: Arc<Store>,
    pub(crate) catalogue: Arc<dyn Catalogue>,
    group: Arc<Group>,
}

impl Archive {
    /// Makes an empty archive in a directory and opens it. The directory may exist and hold other things.
    ///
    /// # Errors
    ///
    /// [`Error::ArchiveExists`] where there is one already.
    pub async fn create(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::storage("make the archive's directory"))?;
        Self::create_on(dir, Arc::new(DiskStore::open(dir)?)).await
    }

    /// Makes an empty archive in a store, with its catalogue in a directory or in PostgreSQL, and opens it.
    ///
    /// # Errors
    ///
    /// [`Error::ArchiveExists`] where there is one already, in the store or as a catalogue.
    pub async fn create_on(
        catalogue: impl Into<CatalogueAt>,
        objects: Arc<dyn ObjectStore>,
    ) -> Result<Self, Error> {
        let catalogue = catalogue.into();
        let mut is_taken = catalogue.is_taken().await? || Store::is_taken(objects.as_ref())?;
        // What a stopped `create` left is no archive yet.
        objects.list("ocfl", &mut |name| {
            is_taken |= !name.starts_with("ocfl/extensions/") && name != "ocfl/ocfl_layout.json";
            !is_taken
        })?;
        if is_taken {
            return Err(Error::ArchiveExists { path: catalogue.to_string() });
        }
        Store::create(objects.as_ref())?;
        catalogue.create().await?;
        Self::open_on(catalogue, objects).await
    }

    /// Opens the archive in a directory, and brings an older catalogue to this version's schema.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no archive, [`Error::CatalogueMissing`] where only the catalogue is not there
    /// ([`Archive::rebuild`] makes it), [`Error::InUse`] while it is rebuilt.
    pub async fn open(dir: &Path) -> Result<Self, Error> {
        if !dir.join("ocfl").is_dir() {
            return Err(Error::NotFound { what: format!("archive in {}", dir.display()) });
        }
        Self::open_on(dir, Arc::new(DiskStore::open(dir)?)).await
    }

    /// Opens the archive that lies in a store and has its catalogue in a directory or in PostgreSQL.
    ///
    /// # Errors
    ///
    /// Those of [`Archive::open`], those of the store, [`Error::CatalogueBehind`] and [`Error::Moved`].
    pub async fn open_on(
        catalogue: impl Into<CatalogueAt>,
        objects: Arc<dyn ObjectStore>,
    ) -> Result<Self, Error> {
        let catalogue = catalogue.into();
        let store = Store::open(&catalogue.to_string(), objects)?;
        // Read first: whatever is published from now on, the catalogue has had before.
        let published = PublishedLog::new(&store).size()?;
        let catalogue = catalogue.open().await?;
        identity::require_own(catalogue.as_ref(), store.objects()).await?;
        require_not_behind(catalogue.as_ref(), published).await?;
        Ok(Self { store: Arc::new(store), catalogue, group: Arc::default() })
    }

    /// Closes the catalogue. Dropping an archive loses nothing; closing it also tidies the catalogue's side files.
    pub async fn close(&self) {
        self.catalogue.close().await;
    }

    /// Takes the right to take in without the queue, which one process has at a time, on whatever machine: until it is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while another has it.
    pub async fn take_in_alone(&self) -> Result<Alone, Error> {
        let held = self.catalogue.take(Right::TakeIn).await?;
        held.map(Alone::new).ok_or_else(|| Error::InUse { path: self.catalogue.place() })
    }

    /// Opens a batch of intake.
    pub async fn open_batch(&self, now: Timestamp) -> Result<BatchId, Error> {
        let batch = self.catalogue.open_batch(now).await?;
        point::reached("batch-opened");
        info!(batch = %batch, "opened batch {batch}");
        Ok(batch)
    }

    /// All batches, oldest first.
    pub async fn batches(&self) -> Result<Vec<BatchId>, Error> {
        self.catalogue.batches().await
    }

    /// Enters a document in the ledger, before any work on it. What a stop left pending is taken up in this batch,
    /// under the id that it had.
    ///
    /// # Errors
    ///
    /// [`Error::NoDigest`] for a document that could not be read: settle it instead.
    pub async fn register(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        id: RecordId,
        token: LookupToken,
        now: Timestamp,
    ) -> Result<Registration, Error> {
        let registered = self.catalogue.register(batch, arrival, (id, token), now).await?;
        point::reached("registered");
        Ok(registered)
    }

    /// Enters in the ledger that a document was not archived, and why: settles its pending row, or makes a new one.
    ///
    /// Its object, which is in storage where only the catalogue failed, is taken out again: nobody would roll it forward once
    /// the row is settled. A stop before that leaves it to [`Archive::audit`] to name; no stop leaves a record without its object.
    ///
    /// A document that is archived though its depositor was told otherwise, as where the connection broke with the answer, stays as it
    /// is: handed in again it is a duplicate. So does one that the queue holds.
    pub async fn settle(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        let settled = self.catalogue.settle(batch, arrival, &outcome, now).await?;
        point::reached("settled");
        // Whoever settled the row keeps everybody from archiving the record; nobody else may touch its object.
        let Settled::Given(id) = settled else { return Ok(()) };
        self.blocking(move |store| {
            let place = place_of(id);
            if store.has_object(&place)? {
                store.withdraw_object(&place)?;
            }
            store.objects().clear_second(&format!("ocfl/{place}"))
        })
        .await
    }

    /// The ledger of a batch.
    pub async fn ledger(&self, batch: &BatchId) -> Result<Ledger, Error> {
        self.catalogue.ledger(batch).await
    }

    /// The sums of the ledgers of all batches.
    pub async fn totals(&self) -> Result<Totals, Error> {
        self.catalogue.totals().await
    }

    /// How many entries the log has, and how many of them are published.
    pub async fn log_sizes(&self) -> Result<(u64, u64), Error> {
        Ok((self.catalogue.log_size().await?, self.catalogue.published_size().await?))
    }

    /// The record that holds a result code.
    pub async fn code_holder(&self, code: &ResultCode) -> Result<Option<RecordId>, Error> {
        self.catalogue.code_holder(code).await
    }

    /// The newest version of a record.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none.
    pub async fn record(&self, id: RecordId) -> Result<Record, Error> {
        let record = self.catalogue.record(id).await?;
        record.ok_or_else(|| Error::NotFound { what: format!("record {id}") })
    }

    /// The records that a code names exactly: a record id, a result code, a dossier code, or a number and symbol.
    pub async fn find(&self, code: &str) -> Result<Vec<RecordId>, Error> {
        self.catalogue.find(code).await
    }

    /// Records in the order of their ids, those behind `after`, at most `limit`.
    pub async fn records(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<Record>, Error> {
        self.catalogue.records(after, limit).await
    }

    /// How many records there are.
    pub async fn count(&self) -> Result<u64, Error> {
        self.catalogue.count().await
    }

    /// The bytes of the PDF of a record's version, checked against its digest on every read.
    pub async fn pdf(&self, record: &Record) -> Result<Vec<u8>, Error> {
        let (id, version, sha256) = (record.id, record.version, record.sha256);
        self.blocking(move |store| read_pdf(store, id, version, &sha256)).await
    }

    /// The text of a record's pages, a form feed between two pages.
    pub async fn text(&self, record: &Record) -> Result<String, Error> {
        let bytes = self.blob(record.text_sha256).await?;
        let name = Store::blob_path(&record.text_sha256);
        String::from_utf8(bytes).map_err(|_| Error::damaged(name, "not UTF-8"))
    }

    /// How a record came to be, as written beside it.
    pub async fn events(&self, record: &Record) -> Result<Events, Error> {
        let id = record.id;
        self.blocking(move |store| Ok(StoredObject::load(store, id)?.events)).await
    }

    /// The record of which a version's PDF, the present one's or an older one's, has exactly these bytes.
    pub async fn holder_of(&self, pdf: &Digest) -> Result<Option<RecordId>, Error> {
        self.catalogue.holder_of(pdf).await
    }

    /// The record that holds a document with this digest ([`Arrival::digest_of`]), or is to hold it.
    pub async fn holder_of_source(&self, source: &Digest) -> Result<Option<RecordId>, Error> {
        self.catalogue.holder_of_source(source).await
    }

    /// The receipt for the newest version of a record.
    pub async fn receipt(&self, id: RecordId) -> Result<Receipt, Error> {
        let version = self.record(id).await?.version;
        let receipt = self.catalogue.receipt(id, version).await?;
        receipt.ok_or_else(|| Error::NotFound { what: format!("receipt for record {id}") })
    }

    /// Changes of records behind `after`, in order: what the index has yet to take up.
    pub async fn outbox(&self, after: u64, limit: u32) -> Result<Vec<OutboxRow>, Error> {
        self.catalogue.outbox(after, limit).await
    }

    /// Tries storage out, for a health check: writes a file to where objects and blobs lie, reads it back, removes it.
    pub async fn check_storage(&self) -> Result<(), Error> {
        self.blocking(|store| store.try_out()).await
    }

    async fn blob(&self, digest: Digest) -> Result<Vec<u8>, Error> {
        self.blocking(move |store| store.read_blob(&digest)).await
    }

    /// Runs file work where it may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.unwrap_or(Err(Error::Stopped))
    }
}

/// Refuses a catalogue that has an older one's place: what was archived since would be taken in twice, and its log could not go on.
async fn require_not_behind(catalogue: &dyn Catalogue, published: u64) -> Result<(), Error> {
    // One that was made again where the log could not be read knows at least how far that is published.
    let known = catalogue.log_size().await?.max(catalogue.published_size().await?);
    if known < published {
        return Err(Error::CatalogueBehind { path: catalogue.place(), known, published });
    }
    Ok(())
}
