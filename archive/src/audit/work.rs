//! One audit at work: object by object, in each store.

use std::collections::HashSet;

use jiff::Timestamp;
use muniment_record::{Digest, Record, RecordId};
use muniment_seal::Verdict;
use muniment_seal::note::NoteVerifier;

use super::blobs::{audit_blobs, unnamed_blobs};
use super::locks::{compare_locks, retain_again};
use super::object::AuditedObject;
use super::repair::{repair_object, repair_root};
use super::{AuditMonitor, AuditReport, Verify};
use crate::catalogue::{CATALOGUE, HoldState, Right};
use crate::finding::Findings;
use crate::object::{name_of, retained_until};
use crate::store::Store;
use crate::walk::Walk;
use crate::{Archive, AuditFinding, AuditProblem, Error};

pub(super) struct Audit<'a> {
    pub(super) archive: &'a Archive,
    verify: &'a Verify<'a>,
    /// Whether what is found is put right, where it can be.
    pub(super) repairs: bool,
    pub(super) report: AuditReport,
}

/// What was found of one record's object.
#[derive(Default)]
struct Judged {
    findings: Vec<AuditFinding>,
    files: u64,
    bytes: u64,
    /// The catalogue's row.
    row: Option<Record>,
    /// What the object says of its record, or else the row.
    record: Option<Record>,
}

impl<'a> Audit<'a> {
    pub(super) fn new(archive: &'a Archive, verify: &'a Verify<'a>, repairs: bool, now: Timestamp) -> Self {
        Self { archive, verify, repairs, report: AuditReport::new(now) }
    }

    /// Reads everything.
    pub(super) async fn whole(
        mut self,
        log_key: Option<&NoteVerifier>,
        monitor: &dyn AuditMonitor,
    ) -> Result<AuditReport, Error> {
        // Storage is listed before the catalogue is read, so what comes in meanwhile is not missed but ignored.
        let walk = |store: &Store| store.copies().iter().map(Walk::over).collect();
        let walks: Vec<Walk> = self.archive.blocking(move |store| walk(store)).await?;
        self.root().await?;
        let mut general = Findings::on(None);
        for fault in self.archive.catalogue.faults().await? {
            general.add(CATALOGUE, AuditProblem::Changed, fault);
        }
        self.report.findings.append(&mut general.list);
        for (number, walk) in walks.iter().enumerate() {
            let mut strays = Findings::on(None);
            for stray in &walk.strays {
                strays.add(stray, AuditProblem::Extra, "does not belong in the storage root");
            }
            self.report.findings.append(&mut strays.in_store(number).list);
        }
        let objects = walks.first().map(|walk| walk.objects.as_slice()).unwrap_or_default();
        let count = u64::try_from(objects.len()).unwrap_or(u64::MAX);
        let mut blobs = HashSet::new();
        for &id in objects {
            blobs.extend(self.object(id).await?.iter().flat_map(blobs_of));
            self.report.objects += 1;
            monitor.object_done(self.report.objects, count);
        }
        blobs.extend(self.without_object(objects).await?);
        for walk in walks.iter().skip(1) {
            self.only_in_second(&walk.objects, objects).await?;
        }
        self.blobs(blobs.iter().copied().collect()).await?;
        self.unnamed_blobs(blobs).await?;
        self.log(log_key).await?;
        Ok(self.report)
    }

    /// Re-reads the object of one record in each store, and puts it right where that is asked for and possible. Gives what is
    /// known of the record.
    pub(super) async fn object(&mut self, id: RecordId) -> Result<Option<Record>, Error> {
        let mut judged = self.judge(id).await?;
        if self.repairs
            && !judged.findings.is_empty()
            && let Some(row) = judged.row.take()
        {
            // Nobody is to make a version meanwhile; where somebody does, the next repair sees to it.
            if let Some(right) = self.archive.catalogue.take(Right::Revise).await? {
                let mend = move |store: &Store| {
                    repair_object(&store.copies(), id, &row)?;
                    match retained_until(&row) {
                        Some(until) => retain_again(&store.copies(), &row, until),
                        None => Ok(()),
                    }
                };
                let mended = self.archive.blocking(mend).await;
                let held = self.archive.hold_version(id).await;
                right.give_up().await;
                mended?;
                held?;
            }
            let now = self.judge(id).await?;
            let is_gone = |finding: &AuditFinding| !now.findings.contains(finding);
            self.report.repaired.extend(judged.findings.into_iter().filter(is_gone));
            judged = now;
        }
        self.report.files += judged.files;
        self.report.bytes += judged.bytes;
        self.report.findings.append(&mut judged.findings);
        Ok(judged.record)
    }

    /// Re-reads blobs in each store.
    pub(super) async fn blobs(&mut self, digests: Vec<Digest>) -> Result<(), Error> {
        let repairs = self.repairs;
        let read = self.archive.blocking(move |store| audit_blobs(&store.copies(), digests, repairs)).await?;
        self.report.files += read.files;
        self.report.bytes += read.bytes;
        self.report.findings.extend(read.findings);
        self.report.repaired.extend(read.repaired);
        Ok(())
    }

    async fn unnamed_blobs(&mut self, named: HashSet<Digest>) -> Result<(), Error> {
        let read = move |store: &Store| unnamed_blobs(&store.copies(), &named);
        let (unnamed, mut strays) = self.archive.blocking(read).await?;
        self.report.unreferenced_blobs = unnamed;
        self.report.findings.append(&mut strays);
        Ok(())
    }

    async fn root(&mut self) -> Result<(), Error> {
        let repairs = self.repairs;
        let (findings, repaired) =
            self.archive.blocking(move |store| repair_root(&store.copies(), repairs)).await?;
        self.report.findings.extend(findings);
        self.report.repaired.extend(repaired);
        Ok(())
    }

    /// Reads the object of a record and holds it against the catalogue. What seems amiss is looked at once more: it may have come in,
    /// or got a version, between the readings.
    async fn judge(&self, id: RecordId) -> Result<Judged, Error> {
        let judged = self.judge_once(id).await?;
        if judged.findings.is_empty() { Ok(judged) } else { self.judge_once(id).await }
    }

    async fn judge_once(&self, id: RecordId) -> Result<Judged, Error> {
        let (row, copies) = self.read(id).await?;
        let mut judged = Judged {
            files: copies.iter().map(|audited| audited.files).sum(),
            bytes: copies.iter().map(|audited| audited.bytes).sum(),
            ..Judged::default()
        };
        let is_amiss = copies.iter().any(|audited| !audited.findings.list.is_empty());
        let is_ahead = |row: &Record| {
            let versions = copies.iter().filter_map(|audited| Some(audited.found.as_ref()?.record.version));
            versions.max().is_some_and(|version| version == row.version + 1)
        };
        let row = match row {
            Ok(None) if self.archive.catalogue.is_on_its_way(id).await? => return Ok(judged),
            // In a bucket a version appears file by file. What is amiss when it is done is named by the next audit; what is on
            // its way in, or was left so by a stop, recovery ends.
            Ok(Some(row)) if (is_amiss || is_ahead(&row)) && self.is_being_revised(id).await? => {
                return Ok(judged);
            }
            row => row,
        };
        for (number, audited) in copies.into_iter().enumerate() {
            if judged.record.is_none() {
                judged.record = audited.found.as_ref().map(|found| found.record.clone());
            }
            let findings = self.compare(id, &row, audited, number == 0).await?;
            judged.findings.append(&mut findings.in_store(number).list);
        }
        judged.row = row.unwrap_or_default();
        judged.record = judged.record.or_else(|| judged.row.clone());
        Ok(judged)
    }

    /// Reads an object in each store and its row, again where they differ: it may have got a version in between.
    async fn read(&self, id: RecordId) -> Result<(Result<Option<Record>, Error>, Vec<AuditedObject>), Error> {
        const TIMES: usize = 3;
        let mut times = 0;
        loop {
            let read = move |copy: &Store| AuditedObject::read_at_rest(copy, id);
            let copies: Vec<AuditedObject> =
                self.archive.blocking(move |store| Ok(store.copies().iter().map(read).collect())).await?;
            let row = self.archive.catalogue.record(id).await;
            let agree = match &row {
                Ok(Some(row)) => copies
                    .iter()
                    .all(|audited| audited.found.as_ref().is_none_or(|found| found.record == *row)),
                _ => true,
            };
            times += 1;
            if agree || times == TIMES {
                return Ok((row, copies));
            }
        }
    }

    /// Holds what was read of an object against the catalogue and, in the first store, its signature.
    async fn compare(
        &self,
        id: RecordId,
        row: &Result<Option<Record>, Error>,
        audited: AuditedObject,
        is_first: bool,
    ) -> Result<Findings, Error> {
        let mut findings = audited.findings;
        match (row, &audited.found) {
            (Err(error), _) => findings.add(row_name(id), AuditProblem::Catalogue, error.to_string()),
            (Ok(None), _) => {
                findings.add(row_name(id), AuditProblem::Catalogue, "the object is not in the catalogue");
            }
            (Ok(Some(row)), Some(found)) if *row != found.record => {
                findings.add(row_name(id), AuditProblem::Catalogue, "the row is not what the object says");
            }
            (Ok(Some(_)), _) => {}
        }
        if let Some(found) = &audited.found {
            match self.archive.catalogue.receipt(id, found.record.version).await {
                Ok(Some(receipt)) if receipt == found.receipt => {}
                _ if !matches!(row, Ok(Some(_))) => {}
                _ => findings.add(
                    row_name(id),
                    AuditProblem::Catalogue,
                    "the receipt is not the one that follows",
                ),
            }
            if !audited.locks.is_empty() {
                let hold = self.archive.catalogue.hold_on(id).await?;
                // One that is being set, or lifted, recovery carries out.
                let is_held = hold.is_some_and(|hold| hold.state == HoldState::Set);
                compare_locks(&audited.locks, found, is_held, self.report.audited_at, &mut findings);
            }
            // The second store's bytes are the same or a finding already.
            if is_first
                && let Some(pdf) = &audited.pdf
                && let Some(detail) =
                    weaker(&found.record, (self.verify)(&pdf.bytes, found.receipt.archived_at))
            {
                findings.add(&pdf.name, AuditProblem::Signature, detail);
            }
        }
        Ok(findings)
    }

    /// Reads the records of the catalogue whose objects were not listed; gives the blobs that they name.
    async fn without_object(&mut self, objects: &[RecordId]) -> Result<Vec<Digest>, Error> {
        const AT_ONCE: u32 = 1000;
        let mut blobs = Vec::new();
        let mut after = None;
        loop {
            let ids = self.archive.catalogue.ids(after, AT_ONCE).await?;
            let Some(last) = ids.last() else { return Ok(blobs) };
            after = Some(*last);
            for id in ids {
                self.report.records += 1;
                // What has come in since is sound, and read for nothing.
                if objects.binary_search(&id).is_err() {
                    blobs.extend(self.object(id).await?.iter().flat_map(blobs_of));
                }
            }
        }
    }

    /// Names objects of which only the second store has something, though nobody was told of them.
    async fn only_in_second(&mut self, second: &[RecordId], first: &[RecordId]) -> Result<(), Error> {
        for &id in second.iter().filter(|id| first.binary_search(id).is_err()) {
            let catalogue = &self.archive.catalogue;
            // In this order: it may come in in between.
            let is_known = catalogue.is_on_its_way(id).await? || catalogue.record(id).await?.is_some();
            if !is_known {
                let mut findings = Findings::on(Some(id));
                findings.add(name_of(id), AuditProblem::Extra, "remains of what was never acknowledged");
                self.report.findings.append(&mut findings.in_store(1).list);
            }
        }
        Ok(())
    }

    async fn is_being_revised(&self, id: RecordId) -> Result<bool, Error> {
        Ok(self.archive.catalogue.revisions().await?.iter().any(|(record, _)| *record == id))
    }
}

pub(super) fn blobs_of(record: &Record) -> impl Iterator<Item = Digest> {
    record.sources.iter().map(|source| source.sha256).chain([record.text_sha256])
}

pub(super) fn row_name(id: RecordId) -> String {
    format!("{CATALOGUE} record {id}")
}

/// In what the verdict is weaker than what was recorded when the PDF was archived.
fn weaker(record: &Record, verdict: Verdict) -> Option<String> {
    let recorded = |word: &str| record.signatures.iter().all(|signature| signature.indication == word);
    let fits = match verdict {
        Verdict::Passed => true,
        Verdict::Indeterminate => !recorded(Verdict::Passed.as_str()),
        Verdict::Failed | Verdict::NotSigned => false,
    };
    (!fits).then(|| format!("the verdict is {}", verdict.as_str()))
}
