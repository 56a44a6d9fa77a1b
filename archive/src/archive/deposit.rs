//! The way of a record into the archive: blobs, then the object, then one transaction of the catalogue.

use std::path::PathBuf;

use jiff::Timestamp;
use muniment_record::{Digest, Receipt, Record, RecordId, Source};
use muniment_seal::Sealed;
use tracing::{info, warn};

use super::Archive;
use super::group::Deposit;
use crate::catalogue::PendingArrival;
use crate::events::this_program;
use crate::layout::{object_id, object_path};
use crate::object::{StoredObject, name_of};
use crate::store::{self, Store};
use crate::{AuditFinding, AuditProblem, Error, ErrorKind, point};

/// What [`Archive::recover`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoverReport {
    /// Records of which an object, or a version, was in storage and not in the catalogue, and is now in both.
    pub finished: Vec<RecordId>,
    /// Records taken out of storage again, since another one had got their result code. They were never acknowledged;
    /// their rows in the ledger are pending.
    pub withdrawn: Vec<RecordId>,
    /// Objects that are damaged and were passed over. What is on its way in stays pending.
    pub damaged: Vec<AuditFinding>,
}

impl Archive {
    /// Keeps a sealed record. When this returns, the record, its sources and its text are durable and the ledger says
    /// so; when it fails, or the machine stops, a later call with the same record id or [`Archive::recover`] ends it.
    ///
    /// `scans` are the record's sources and where their bytes lie, `text` is the text of its pages with a form feed
    /// between two pages. A record that a stopped run had brought into storage already is finished as it stands there:
    /// the receipt is then for that one.
    ///
    /// # Errors
    ///
    /// [`Error::NotPending`] without a pending row in the ledger, [`Error::Mismatch`] where record, seal, scans and text
    /// do not agree, [`Error::ResultCodeTaken`]; otherwise errors of storage and catalogue, after which it may be
    /// tried again.
    pub async fn deposit(
        &self,
        record: Record,
        sealed: &Sealed,
        scans: &[(Source, PathBuf)],
        text: &str,
        now: Timestamp,
    ) -> Result<Receipt, Error> {
        if let Some(what) = disagreement_with_seal(&record, sealed) {
            return Err(Error::Mismatch { record: record.id, what });
        }
        let content =
            Content { pdf: sealed.pdf_path().to_owned(), scans: scans.to_vec(), text: text.to_owned() };
        self.deposit_content(record, content, now).await
    }

    pub(crate) async fn deposit_content(
        &self,
        record: Record,
        content: Content,
        now: Timestamp,
    ) -> Result<Receipt, Error> {
        let id = record.id;
        let pending = self.catalogue.pending(Some(id)).await?.pop();
        let pending = pending.ok_or(Error::NotPending { record: id })?;
        if let Some(what) = disagreement(&record, &content, &pending) {
            return Err(Error::Mismatch { record: id, what });
        }
        if let Some(code) = &record.description.result_code
            && let Some(holder) = self.catalogue.code_holder(code).await?
        {
            return Err(Error::ResultCodeTaken { holder });
        }
        let scan = |(source, path): (Source, PathBuf)| {
            (Store::blob_path(&source.sha256), store::Content::File(path, source.sha256))
        };
        let mut blobs: Vec<_> = content.scans.into_iter().map(scan).collect();
        let text = store::Content::Memory(content.text.into_bytes());
        blobs.push((Store::blob_path(&record.text_sha256), text));
        let arrival = pending.fact;
        let (pdf, agent) = (content.pdf, this_program());
        self.deposit_in_group(Deposit { record, pdf, blobs, arrival, now, agent, fence: None }).await
    }

    /// Rolls forward what a stop left between storage and catalogue, and clears what it left half-written. To be called
    /// before intake; other processes may be at work meanwhile. What the queue holds is left to whoever claims it next.
    ///
    /// # Errors
    ///
    /// Those of storage and catalogue. A damaged object is reported, not an error: it does not keep others out.
    pub async fn recover(&self, now: Timestamp) -> Result<RecoverReport, Error> {
        self.blocking(|store| store.objects().sweep()).await?;
        let mut report = RecoverReport::default();
        for pending in self.catalogue.pending_outside_queue().await? {
            let id = pending.record;
            let object = self
                .blocking(move |store| {
                    let there = store.has_object(&object_path(&object_id(id)))?;
                    if !there {
                        return Ok(None);
                    }
                    // The stopped run may not have come to this.
                    store.objects().settle()?;
                    StoredObject::load(store, id).map(Some)
                })
                .await;
            let object = match object {
                Ok(Some(object)) => object,
                Ok(None) => continue,
                Err(error) => {
                    report.damaged.push(passed_over(id, error)?);
                    continue;
                }
            };
            match self.finish(object).await {
                Ok(_) => report.finished.push(id),
                Err(Error::ResultCodeTaken { .. }) => report.withdrawn.push(id),
                Err(error) => report.damaged.push(passed_over(id, error)?),
            }
        }
        self.recover_revisions(&mut report, now).await?;
        self.recover_holds(&mut report).await?;
        self.log_the_rest(&mut report).await?;
        let (finished, withdrawn, damaged) =
            (report.finished.len(), report.withdrawn.len(), report.damaged.len());
        info!(finished, withdrawn, damaged, "recovered at {now}");
        Ok(report)
    }

    /// Enters in the log the records that it lacks: those archived before there was a log, or lost to it.
    pub(super) async fn log_the_rest(&self, report: &mut RecoverReport) -> Result<(), Error> {
        const AT_ONCE: u32 = 256;
        let mut after = None;
        loop {
            let ids = self.catalogue.not_logged(after, AT_ONCE).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            let entries = self
                .blocking(move |store| {
                    let entry = |id| StoredObject::load(store, id).and_then(|object| object.log_entry());
                    Ok(ids.into_iter().map(|id| (id, entry(id))).collect::<Vec<_>>())
                })
                .await?;
            let mut sound = Vec::with_capacity(entries.len());
            for (id, entry) in entries {
                match entry {
                    Ok(entry) => sound.push(entry),
                    Err(error) => report.damaged.push(passed_over(id, error)?),
                }
            }
            // Another may be at the same.
            self.catalogue.append_missing(&sound).await?;
            point::reached("recovered-entries-committed");
        }
    }
}

/// Names an object that recovery can go on without, or gives the error back where it concerns all.
pub(super) fn passed_over(id: RecordId, error: Error) -> Result<AuditFinding, Error> {
    let (what, detail) = match error {
        Error::Damaged { object, what } => (AuditProblem::Unreadable, format!("{object}: {what}")),
        error if error.kind() == ErrorKind::AlreadyExists => (AuditProblem::Catalogue, error.to_string()),
        error => return Err(error),
    };
    warn!(record.id = %id, "passed over record {id}: its object is damaged");
    Ok(AuditFinding { record: Some(id), in_second: false, object: name_of(id), what, detail })
}

/// The bytes that come with a record.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub pdf: PathBuf,
    pub scans: Vec<(Source, PathBuf)>,
    pub text: String,
}

/// What does not agree between a record and its seal.
pub(super) fn disagreement_with_seal(record: &Record, sealed: &Sealed) -> Option<&'static str> {
    let agrees = sealed.sha256() == record.sha256
        && sealed.bytes() == record.bytes
        && sealed.signatures() == record.signatures
        && sealed.package().sources == record.sources
        && sealed.package().form == record.form;
    (!agrees).then_some("the seal")
}

/// What does not agree between a record and what comes with it.
fn disagreement(record: &Record, content: &Content, pending: &PendingArrival) -> Option<&'static str> {
    let scans_agree = record.sources.len() == content.scans.len()
        && record.sources.iter().zip(&content.scans).all(|(source, (scan, _))| source == scan);
    if record.format != Record::FORMAT {
        Some("the format")
    } else if record.version != 1 {
        Some("the version, which must be 1")
    } else if !scans_agree {
        Some("the scans")
    } else if record.text_sha256 != Digest::of(content.text.as_bytes()) {
        Some("the text")
    } else if record.batch != pending.fact.batch.as_str() {
        Some("the batch")
    } else if record.lookup_token != pending.token {
        Some("the look-up token")
    } else {
        None
    }
}
