//! The way of a document through the queue: kept and entered, claimed, sealed, deposited.
//!
//! A worker may be stopped, or thought dead and wake up later, at any moment, so nothing that it does may harm what another has
//! done since. Its say in the catalogue is guarded by the fence of its claim. Its files are guarded by being the same, whoever writes
//! them: scans and sealed PDFs are named by their digests, and from the moment at which the catalogue has taken down what was
//! sealed, each claim composes the same object from it, byte for byte.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use muniment_record::{Digest, DigestWriter, LookupToken, Receipt, Record, RecordId, Source};
use muniment_seal::Sealed;
use tracing::{info, warn};

use super::Archive;
use super::group::{Deposit, place_of};
use crate::catalogue::{Claim, QueueCount, SetAside, Staged, Task};
use crate::events::this_program;
use crate::store::{Content, Parcel, Store};
use crate::{Arrival, BatchId, Error, ErrorKind, Outcome, Registration, point};

/// Bytes of a blob that are in memory at a time.
const PIECE: u64 = 8 << 20;

impl Archive {
    /// Keeps a document's files and enters it in the ledger and in the queue. When this returns, the document is safe: its files
    /// may be removed from where they came. It comes with the name that the ledger is to have for it, and its pages;
    /// `scans` are where the task's sources lie, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where a file is not what its source says; [`Error::InUse`] for a document that was handed in without the queue
    /// before, while somebody takes in so; otherwise errors of storage and catalogue, after which it may be tried again.
    pub async fn enqueue(
        &self,
        batch: &BatchId,
        (name, pages): (&str, u32),
        task: &Task,
        scans: &[PathBuf],
        offered: (RecordId, LookupToken),
        now: Timestamp,
    ) -> Result<Registration, Error> {
        let blob =
            |(source, path): (&Source, &PathBuf)| (source.sha256, Content::File(path.clone(), source.sha256));
        let blobs: Vec<_> = task.sources.iter().zip(scans).map(blob).collect();
        self.keep_blobs(blobs).await?;
        point::reached("scans-kept");
        let arrival = Arrival::new(name, &task.sources, pages);
        let enqueue =
            |offered, may_resume| self.catalogue.enqueue(batch, &arrival, offered, task, may_resume, now);
        let registration = match enqueue(offered.clone(), false).await {
            Err(Error::InUse { .. }) => {
                // Whoever takes in without the queue might be at it at this moment.
                let alone = self.take_in_alone().await?;
                let registration = enqueue(offered, true).await?;
                if let Registration::Resumed { id, .. } = registration {
                    self.clear_remains(id).await;
                }
                alone.give_up().await;
                registration
            }
            registered => registered?,
        };
        point::reached("queued");
        Ok(registration)
    }

    /// Gives the job that has been due for longest to a worker, for as long as the lease; nothing where none is due. The name of the
    /// worker is for people.
    pub async fn claim(
        &self,
        worker: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Claim>, Error> {
        let claimed = self.catalogue.claim(worker, lease, now).await?;
        point::reached("claimed");
        Ok(claimed)
    }

    /// Prolongs a claim's lease, from now on; says whether it still is the newest claim.
    pub async fn renew(&self, claim: &Claim, lease: SignedDuration, now: Timestamp) -> Result<bool, Error> {
        self.catalogue.renew(claim.record, claim.fence, lease, now).await
    }

    /// Ends a claim without having tried, as when the worker is told to stop.
    pub async fn give_back(&self, claim: &Claim, now: Timestamp) -> Result<(), Error> {
        self.catalogue.let_go(claim.record, claim.fence, now, None).await.map(drop)
    }

    /// Ends a claim whose try failed for a reason that may pass; the job is due again at a time.
    pub async fn put_off(&self, claim: &Claim, why: &str, not_before: Timestamp) -> Result<(), Error> {
        self.catalogue.let_go(claim.record, claim.fence, not_before, Some(why)).await?;
        point::reached("put-off");
        Ok(())
    }

    /// Ends a claim and takes the document out of the queue: the ledger says why, its files are kept for a person to look at. An
    /// object that stands in storage already stays there: a later claim ends it, and an audit does not mind it.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`].
    pub async fn set_aside(&self, claim: &Claim, outcome: Outcome, now: Timestamp) -> Result<(), Error> {
        self.catalogue.set_aside(claim.record, claim.fence, &outcome, now).await?;
        point::reached("set-aside");
        Ok(())
    }

    /// The documents that were set aside, oldest first.
    pub async fn aside(&self) -> Result<Vec<SetAside>, Error> {
        self.catalogue.aside().await
    }

    /// Puts a document that was set aside back into the queue.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Taken`] where the same bytes were handed in again since.
    pub async fn retry(&self, id: RecordId, now: Timestamp) -> Result<(), Error> {
        self.catalogue.retry(id, now).await
    }

    /// How many jobs are in which state.
    pub async fn queue(&self, now: Timestamp) -> Result<QueueCount, Error> {
        self.catalogue.queue_count(now).await
    }

    /// Writes the files of a task into a directory, each below a directory of its own so that it keeps its name, and gives
    /// their paths in order.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where one is not what its source says.
    pub async fn fetch_scans(&self, task: &Task, directory: &Path) -> Result<Vec<PathBuf>, Error> {
        let (sources, directory) = (task.sources.clone(), directory.to_owned());
        self.blocking(move |store| {
            let fetch = |(number, source): (usize, &Source)| {
                let name = Path::new(&source.name).file_name().unwrap_or("scan".as_ref());
                let path = directory.join(number.to_string()).join(name);
                fetch(store, &source.sha256, &path).map(|()| path)
            };
            sources.iter().enumerate().map(fetch).collect()
        })
        .await
    }

    /// Keeps what a claim has sealed and takes it down in the catalogue, so that it is not sealed again whatever happens. It is
    /// not archived yet: [`Archive::deposit_staged`] does that.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] where record, seal and text do not agree; [`Error::LeaseLost`].
    pub async fn stage(
        &self,
        claim: &mut Claim,
        record: Record,
        sealed: &Sealed,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(what) = super::deposit::disagreement_with_seal(&record, sealed) {
            return Err(Error::Mismatch { record: record.id, what });
        }
        self.stage_content(claim, record, sealed.pdf_path(), text, now).await
    }

    pub(crate) async fn stage_content(
        &self,
        claim: &mut Claim,
        record: Record,
        pdf: &Path,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(what) = disagreement(&record, text, claim) {
            return Err(Error::Mismatch { record: record.id, what });
        }
        let blobs = vec![
            (record.sha256, Content::File(pdf.to_owned(), record.sha256)),
            (record.text_sha256, Content::Memory(text.as_bytes().to_vec())),
        ];
        self.keep_blobs(blobs).await?;
        point::reached("sealed-kept");
        let staged = Staged { record, archived_at: now, agent: this_program() };
        self.catalogue.stage(claim.record, claim.fence, &staged).await?;
        point::reached("staged");
        claim.staged = Some(staged);
        Ok(())
    }

    /// Archives what a claim, this one or one before it, has staged; the job ends in the transaction of the record. Whoever has just
    /// sealed the PDF says where it lies; else it is fetched into the directory.
    ///
    /// # Errors
    ///
    /// [`Error::NotPending`] where nothing is staged; those of [`Archive::deposit`]; [`Error::LeaseLost`].
    pub async fn deposit_staged(
        &self,
        claim: &Claim,
        sealed: Option<PathBuf>,
        directory: &Path,
    ) -> Result<Receipt, Error> {
        let staged = claim.staged.clone().ok_or(Error::NotPending { record: claim.record })?;
        let record = staged.record;
        if let Some(code) = &record.description.result_code
            && let Some(holder) = self.catalogue.code_holder(code).await?
            && holder != record.id
        {
            // Nobody can archive it any more, so what a stopped claim has put in place goes: a rebuild must not choose between the two.
            self.clear_object(record.id).await?;
            return Err(Error::ResultCodeTaken { holder });
        }
        let sha256 = record.sha256;
        let is_source = record.sources.iter().any(|source| source.sha256 == sha256);
        let pdf = match sealed {
            Some(pdf) => pdf,
            None => self.fetch_staged(claim.record, sha256, directory.join("sealed.pdf")).await?,
        };
        let deposit = Deposit {
            record,
            pdf,
            blobs: Vec::new(),
            arrival: claim.arrival.clone(),
            now: staged.archived_at,
            agent: staged.agent,
            fence: Some(claim.fence),
        };
        let receipt = self.deposit_in_group(deposit).await?;
        if !is_source {
            // The object holds it now. Where it cannot be removed it harms nobody: no record names it.
            let removed =
                self.blocking(move |store| store.objects().delete(&Store::blob_path(&sha256))).await;
            if let Err(error) = removed {
                warn!(error = error.code(), "left a sealed PDF among the blobs: {error}");
            }
        }
        info!(record.id = %claim.record, tries = claim.tries, "ended job of record {}", claim.record);
        Ok(receipt)
    }

    async fn fetch_staged(&self, id: RecordId, sha256: Digest, to: PathBuf) -> Result<PathBuf, Error> {
        let path = to.clone();
        match self.blocking(move |store| fetch(store, &sha256, &path)).await {
            // Whoever archived it has removed the blob.
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && self.catalogue.pending(Some(id)).await?.is_empty() =>
            {
                Err(Error::LeaseLost { record: id })
            }
            fetched => fetched.map(|()| to),
        }
    }

    async fn keep_blobs(&self, blobs: Vec<(Digest, Content)>) -> Result<(), Error> {
        self.blocking(move |store| {
            // What is there already, and sound in each store, is not sent again.
            let mut missing = Vec::with_capacity(blobs.len());
            for (digest, content) in blobs {
                let is_sound = |copy: &Store| copy.read_blob(&digest).is_ok();
                if !store.copies().iter().all(is_sound) {
                    missing.push((Store::blob_path(&digest), content));
                }
            }
            let written = store.objects().write(vec![Parcel { blobs: missing, tree: None }])?;
            written.into_iter().collect()
        })
        .await
    }

    async fn clear_object(&self, id: RecordId) -> Result<(), Error> {
        self.blocking(move |store| {
            let place = place_of(id);
            if store.has_object(&place)? { store.withdraw_object(&place) } else { Ok(()) }
        })
        .await
    }

    /// Removes what a stopped run left of an object without a root inventory: the queue will compose it anew. It is queued whatever comes
    /// of this: with remains in its way, a worker's tries fail and a person is shown why.
    async fn clear_remains(&self, id: RecordId) {
        let clear = move |store: &Store| {
            let place = place_of(id);
            if store.has_object(&place)? {
                return Ok(());
            }
            let directory = format!("ocfl/{place}");
            if store.has_below(&directory)? {
                store.withdraw_object(&place)?;
            }
            store.objects().clear_second(&directory)
        };
        if let Err(error) = self.blocking(clear).await {
            warn!(error = error.code(), "left remains of record {id} in storage: {error}");
        }
    }
}

/// What does not agree between a record and the claim that it is made for.
fn disagreement(record: &Record, text: &str, claim: &Claim) -> Option<&'static str> {
    if record.format != Record::FORMAT {
        Some("the format")
    } else if record.id != claim.record {
        Some("the id")
    } else if record.version != 1 {
        Some("the version, which must be 1")
    } else if record.sources != claim.task.sources {
        Some("the scans")
    } else if record.text_sha256 != Digest::of(text.as_bytes()) {
        Some("the text")
    } else if record.batch != claim.arrival.batch.as_str() {
        Some("the batch")
    } else if record.lookup_token != claim.token {
        Some("the look-up token")
    } else {
        None
    }
}

/// Writes a blob into a file, piece by piece, and holds it against its digest; from the second store where the first has it no more.
fn fetch(store: &Store, digest: &Digest, path: &Path) -> Result<(), Error> {
    let mut fetched = Err(Error::NotFound { what: Store::blob_path(digest) });
    for copy in store.copies() {
        fetched = fetch_from(&copy, digest, path);
        match &fetched {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Corrupt) => {}
            _ => break,
        }
    }
    fetched
}

fn fetch_from(store: &Store, digest: &Digest, path: &Path) -> Result<(), Error> {
    let attempt = || format!("write {}", path.display());
    let name = Store::blob_path(digest);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(Error::storage(attempt()))?;
    }
    let mut file = DigestWriter::new(File::create(path).map_err(Error::storage(attempt()))?);
    let mut start = 0;
    loop {
        let piece = store.objects().get_range(&name, start..start + PIECE)?;
        file.write_all(&piece).map_err(Error::storage(attempt()))?;
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        start += length;
        if length < PIECE {
            break;
        }
    }
    let (_, found, _) = file.finish();
    if found == *digest { Ok(()) } else { Err(Error::damaged(name, "its SHA-256 is not its name")) }
}
