//! The transparency log of an archive.

use muniment_record::RecordId;
use muniment_seal::note::NoteKey;
use tracing::info;

use super::Archive;
use crate::catalogue::{Held, Right};
use crate::log::{LogProof, PublishedLog, Tiles, WIDTH, consistency, inclusion, signed_checkpoint};
use crate::{Checkpoint, ConsistencyProof, Error, point};

/// The most entries that are integrated before a checkpoint is written.
const AT_ONCE: u64 = 64 * WIDTH;

impl Archive {
    /// Publishes what has happened since the last checkpoint: entries, tiles, then a checkpoint signed by the log's key,
    /// whose name is the log's origin. Repeatable at any point of a stop. Gives the checkpoint that now stands; there is
    /// none while there has been nothing to publish.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while another process publishes; [`Error::LogMissing`] where less stands published than had been, but for a
    /// checkpoint alone that has an older one of the same log in its place;
    /// [`Error::Damaged`] where the catalogue, the tiles or the
    /// checkpoint contradict what has been published, or another key has signed it. Nothing is signed then.
    pub async fn publish_log(&self, key: &NoteKey) -> Result<Option<Checkpoint>, Error> {
        let right = self.catalogue.take(Right::Publish).await?;
        let mut right = right.ok_or_else(|| Error::InUse { path: self.catalogue.place() })?;
        let published = self.publish_alone(key, &mut right).await;
        right.give_up().await;
        published
    }

    async fn publish_alone(&self, key: &NoteKey, right: &mut Held) -> Result<Option<Checkpoint>, Error> {
        let verifier = key.verifier();
        let mut published = match self.checkpoint().await? {
            // A checkpoint of an empty log promises nothing, and there are no tiles under it to go on from.
            Some(note) => Some(signed_checkpoint(&note, &verifier)?).filter(|checkpoint| checkpoint.size > 0),
            None => None,
        };
        let earlier = self.catalogue.published_size().await?;
        if published.as_ref().map_or(0, |checkpoint| checkpoint.size) < earlier
            && !self.goes_on(published.as_ref(), earlier).await?
        {
            return Err(Error::LogMissing { path: self.catalogue.place() });
        }
        let total = self.catalogue.log_size().await?;
        // One that is shorter than the log, or was at the last checkpoint, may have an older one's place: extending the log shows it.
        let mut is_known = published.as_ref().is_none_or(|known| known.size <= earlier.min(total));
        loop {
            let old_size = published.as_ref().map_or(0, |checkpoint: &Checkpoint| checkpoint.size);
            // What has come in since the total was read may be published with the rest.
            if old_size >= total && is_known {
                self.catalogue.note_published(old_size).await?;
                return Ok(published);
            }
            let first = old_size.saturating_sub(1) / WIDTH * WIDTH;
            let entries = self.catalogue.log_entries(first, AT_ONCE).await?;
            let old = published.clone();
            let (size, root) =
                self.blocking(move |store| PublishedLog::new(store).extend(old.as_ref(), &entries)).await?;
            is_known = true;
            if size == old_size {
                if size < total {
                    return Err(Error::damaged(
                        "catalogue",
                        "entries of the log are missing in it: rebuild it",
                    ));
                }
                continue;
            }
            point::reached("log-extended");
            let checkpoint = Checkpoint { origin: verifier.name().to_owned(), size, root };
            // Another may have gone on meanwhile: an older checkpoint must not take its checkpoint's place.
            if !right.stands().await {
                return Err(Error::InUse { path: self.catalogue.place() });
            }
            let note = key.sign(&checkpoint.to_string()).map_err(Error::Note)?;
            self.blocking(move |store| PublishedLog::new(store).sign_off(&note)).await?;
            point::reached("checkpoint-written");
            self.catalogue.note_published(size).await?;
            point::reached("published-noted");
            info!(size, "published the log at size {size}");
            published = Some(checkpoint);
        }
    }

    /// Whether a checkpoint of less than has been published may be gone on from: everything is there and begins with it.
    async fn goes_on(&self, standing: Option<&Checkpoint>, published: u64) -> Result<bool, Error> {
        let Some(standing) = standing.cloned() else { return Ok(false) };
        let first = (published - 1) / WIDTH * WIDTH;
        let entries = self.catalogue.log_entries(first, WIDTH).await?;
        self.blocking(move |store| PublishedLog::new(store).goes_on(&standing, published, &entries)).await
    }

    /// The newest published checkpoint, a C2SP signed note.
    pub async fn checkpoint(&self) -> Result<Option<String>, Error> {
        self.blocking(|store| PublishedLog::new(store).note()).await
    }

    /// The proof that the newest version of a record is in the published log.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where it is not, or not yet published.
    pub async fn prove(&self, id: RecordId) -> Result<LogProof, Error> {
        let missing = || Error::NotFound { what: format!("published log entry of record {id}") };
        let version = self.record(id).await?.version;
        let (index, entry) = self.catalogue.log_entry(id, version).await?.ok_or_else(missing)?;
        let checkpoint = self.checkpoint().await?.ok_or_else(missing)?;
        let size = checkpoint.parse::<Checkpoint>()?.size;
        if index >= size {
            return Err(missing());
        }
        let path = self.blocking(move |store| inclusion(&Tiles::new(store, size), index, size)).await?;
        let proof = LogProof { entry, index, path, checkpoint };
        if proof.leads_to_checkpoint() {
            Ok(proof)
        } else {
            Err(Error::damaged("log", format!("entry {index} does not lead to the checkpoint's root")))
        }
    }

    /// The proof that the log at an earlier size is the beginning of the log as published now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where the log is not that large.
    pub async fn prove_consistency(&self, old_size: u64) -> Result<ConsistencyProof, Error> {
        let missing = || Error::NotFound { what: format!("published log of size {old_size}") };
        let checkpoint = self.checkpoint().await?.ok_or_else(missing)?;
        let size = checkpoint.parse::<Checkpoint>()?.size;
        if old_size == 0 || old_size > size {
            return Err(missing());
        }
        let path = self.blocking(move |store| consistency(&Tiles::new(store, size), old_size, size)).await?;
        Ok(ConsistencyProof { old_size, path, checkpoint })
    }
}
