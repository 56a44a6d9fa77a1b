use jiff::Timestamp;

use super::changes::{self, Changes};
use super::coverage::{self, Coverage};
use super::fields::SignatureField;
use super::legacy::{self, Form};
use super::notes::{self, describe, fail, fail_as, note_trust};
use super::own::{self, Own};
use super::permissions;
use crate::algorithm::Hash;
use crate::chain::{self, Evidence, Path, Purpose, When};
use crate::cms::SignedData;
use crate::pdf::{Document, Object};
use crate::report::{Integrity, Level, Modification, SignatureKind, SignatureReport, Verdict};
use crate::store::Store;
use crate::{Certificate, Reason, Trust, oid, time, timestamp};

/// Judges the signatures of one file, the newest first: a document timestamp proves that all before it is older.
pub(super) struct Judge<'a, 'b> {
    document: &'b Document<'a>,
    trust: &'b Trust,
    now: Timestamp,
    /// What the file brings itself.
    embedded: Evidence,
    has_store: bool,
    /// What the file brings and what the verifier has.
    evidence: Evidence,
    /// The time at which everything that is still to be judged is proven to have existed.
    proven_at: Timestamp,
    has_archive_timestamp: bool,
    /// Whether a signature is of this house.
    has_own: bool,
    /// The certificates of all paths that were found.
    paths: Vec<Certificate>,
    /// What was added after signatures of this house.
    additions: Store,
}

impl<'a, 'b> Judge<'a, 'b> {
    pub(super) fn new(
        document: &'b Document<'a>,
        trust: &'b Trust,
        now: Timestamp,
        embedded: Evidence,
        has_store: bool,
    ) -> Self {
        let evidence = Evidence::of(trust);
        Self {
            document,
            trust,
            now,
            embedded,
            has_store,
            evidence,
            proven_at: now,
            has_archive_timestamp: false,
            has_own: false,
            paths: Vec::new(),
            additions: Store::default(),
        }
    }

    /// The reports, oldest first.
    pub(super) fn run(&mut self, fields: &[SignatureField]) -> Vec<SignatureReport> {
        let mut covered: Vec<(&SignatureField, Result<Coverage, Reason>)> =
            fields.iter().map(|field| (field, coverage::check(self.document.bytes(), field))).collect();
        covered.sort_by_key(|(_, coverage)| coverage.as_ref().map_or(usize::MAX, |coverage| coverage.end));
        for (_, coverage) in &covered {
            if let Some(signed) = coverage.as_ref().ok().and_then(|coverage| SignedData::read(&coverage.cms))
            {
                self.embedded.add_certificates(signed.certificates());
                signed.crls().into_iter().for_each(|crl| self.embedded.add_crl(crl));
                signed.ocsp_responses().into_iter().for_each(|response| self.embedded.add_response(response));
            }
        }
        self.evidence.add_all(&self.embedded);
        let ends: Vec<usize> =
            covered.iter().filter_map(|(_, coverage)| Some(coverage.as_ref().ok()?.end)).collect();
        let mut reports: Vec<SignatureReport> =
            covered.iter().rev().map(|(field, coverage)| self.judge(field, coverage, &ends)).collect();
        reports.reverse();
        reports
    }

    /// Whether a signature of the file is of this house.
    pub(super) fn has_own(&self) -> bool {
        self.has_own
    }

    /// Whether nothing is hidden in what was added after signatures of this house.
    pub(super) fn are_additions_needed(&self) -> bool {
        own::are_needed(&self.additions, &self.paths)
    }

    fn judge(
        &mut self,
        field: &SignatureField,
        coverage: &Result<Coverage, Reason>,
        ends: &[usize],
    ) -> SignatureReport {
        let mut report = notes::blank(self.document, field);
        let coverage = match coverage {
            Ok(coverage) => coverage,
            Err(reason) => {
                report.integrity = Integrity::Broken;
                fail(&mut report, *reason);
                return report;
            }
        };
        if !coverage.is_definite {
            report.warnings.push(Reason::NotDer);
        }
        let signed = SignedData::read(&coverage.cms);
        let own = self.own(field, signed.as_ref());
        self.has_own |= own.is_some();
        match changes_after(self.document, coverage.end) {
            Ok(changes) => self.note_changes(field, own, coverage, &changes, &mut report),
            Err(reason) => {
                report.modification = Modification::Modified;
                fail(&mut report, reason);
            }
        }
        if own == Some(Own::Marked) {
            match own::additions(self.document, coverage.end, ends) {
                Some(additions) => self.additions.extend(additions),
                None => {
                    report.modification = Modification::Modified;
                    fail(&mut report, Reason::Modified);
                }
            }
        }
        if Form::of(&field.dictionary) == Some(Form::Bare) && own.is_none() {
            self.judge_bare(field, coverage, &mut report);
            return report;
        }
        let is_in_form = |signed: &SignedData<'_>| {
            own.is_none_or(|own| own.is_in_form(self.document.bytes(), field, signed, coverage))
        };
        let Some(signed) = signed.filter(is_in_form) else {
            report.integrity = Integrity::Broken;
            fail(&mut report, Reason::MalformedCms);
            return report;
        };
        if report.kind == SignatureKind::DocumentTimestamp {
            self.judge_timestamp(&signed, coverage, &mut report);
        } else {
            self.judge_signature(field, own, &signed, coverage, &mut report);
        }
        // Until it has passed, that we made it is only what it says.
        if report.indication == Verdict::Passed
            && let Some(role) = field.our_role()
        {
            report.role = role;
        }
        report
    }

    /// Whether and how a signature is of this house; timestamps are of others.
    fn own(&self, field: &SignatureField, signed: Option<&SignedData<'_>>) -> Option<Own> {
        let is_pinned = || {
            let certificate = signed.and_then(SignedData::signer_certificate);
            certificate.is_some_and(|certificate| self.trust.is_own(&certificate))
        };
        if field.is_ours() {
            Some(Own::Marked)
        } else {
            (!field.is_timestamp() && is_pinned()).then_some(Own::Pinned)
        }
    }

    fn note_changes(
        &self,
        field: &SignatureField,
        own: Option<Own>,
        coverage: &Coverage,
        changes: &Changes,
        report: &mut SignatureReport,
    ) {
        let is_last = coverage.end == self.document.bytes().len();
        report.modification = if is_last { Modification::None } else { Modification::Permitted };
        // On a copy of our own nobody else has anything to show or to say.
        let is_foreign = changes.has_information || (own == Some(Own::Marked) && changes.has_foreign_widget);
        if own.is_some() && is_foreign {
            report.modification = Modification::Modified;
            fail(report, Reason::Modified);
        } else if changes.has_information {
            report.warnings.push(Reason::InformationUpdated);
        }
        if permissions::forbid(self.document, &field.dictionary, changes) {
            report.modification = Modification::Modified;
            fail(report, Reason::CertificationBroken);
        }
    }

    fn judge_timestamp(
        &mut self,
        signed: &SignedData<'_>,
        coverage: &Coverage,
        report: &mut SignatureReport,
    ) {
        let bytes = self.document.bytes();
        let token = match timestamp::check_signed(signed, &|hash| coverage.digest(bytes, hash)) {
            Ok(token) => token,
            Err(reason) => {
                report.integrity =
                    if reason.verdict() == Verdict::Failed { Integrity::Broken } else { Integrity::Unknown };
                fail(report, reason);
                return;
            }
        };
        report.integrity = Integrity::Intact;
        report.claimed_at = Some(token.time);
        describe(report, &token.signature.certificate);
        report.algorithm = Some(token.signature.algorithm.name.clone());
        let path = self.timestamp_path(&token);
        if path.outcome.is_ok() {
            report.trusted_at = Some(token.time);
            if report.indication == Verdict::Passed {
                self.proven_at = self.proven_at.min(token.time);
                self.has_archive_timestamp = true;
            }
        }
        note_trust(report, &path, self.trust);
        if let Err(reason) = path.outcome {
            fail(report, reason);
        }
        self.paths.extend(path.certificates);
    }

    /// A timestamp's time is relied on where its authority held then, and its certificate had not expired by the time at
    /// which the token is proven to have existed.
    fn timestamp_path(&self, token: &timestamp::Token) -> Path {
        let when = When { used_at: token.time, now: self.now };
        let evidence = self.evidence.preferring(token.certificates.iter().cloned());
        let certificate = &token.signature.certificate;
        let mut path = chain::validate(certificate, Purpose::TimeStamping, when, self.trust, &evidence);
        if path.outcome.is_ok() && certificate.not_after() < self.proven_at {
            path.outcome = Err(Reason::Expired);
        }
        if path.outcome.is_ok() && self.now < token.time {
            path.outcome = Err(Reason::FutureTime);
        }
        path
    }

    fn judge_signature(
        &mut self,
        field: &SignatureField,
        own: Option<Own>,
        signed: &SignedData<'_>,
        coverage: &Coverage,
        report: &mut SignatureReport,
    ) {
        let bytes = self.document.bytes();
        let Some(form) = Form::of(&field.dictionary) else {
            fail(report, Reason::UnsupportedAlgorithm);
            return;
        };
        // Detached content is absent, or empty; the older form holds the document's SHA-1.
        let content = signed.content.unwrap_or_default();
        let is_over_sha1 = form == Form::OverSha1;
        if !signed.is_content_type(oid::DATA) || (!is_over_sha1 && !content.is_empty()) {
            report.integrity = Integrity::Broken;
            fail(report, Reason::BadAttributes);
            return;
        }
        report.claimed_at = claimed_at(field).or_else(|| signed.signing_time());
        let Some(hash) = signed.hash() else {
            fail(report, Reason::UnsupportedAlgorithm);
            return;
        };
        let checked = if is_over_sha1 && coverage.digest(bytes, Hash::Sha1) != content {
            Err((Reason::ContentChanged, signed.signer_certificate()))
        } else if is_over_sha1 {
            signed.check(hash.digest(content).as_ref(), &|| content.to_vec())
        } else {
            signed.check(&coverage.digest(bytes, hash), &|| coverage.bytes(bytes))
        };
        let signature = match checked {
            Ok(signature) => signature,
            Err((reason, certificate)) => {
                note_broken(report, reason, certificate, own);
                return;
            }
        };
        report.integrity = Integrity::Intact;
        report.algorithm = Some(signature.algorithm.name.clone());
        describe(report, &signature.certificate);
        if is_over_sha1 || hash == Hash::Sha1 || signature.algorithm.is_legacy {
            fail(report, Reason::LegacyAlgorithm);
        }
        match (signature.is_bound, form) {
            (true, _) => {}
            (false, Form::Pades) if own.is_some() => fail_as(report, Reason::NotPades, Verdict::Failed),
            (false, Form::Pades) => fail(report, Reason::NotPades),
            (false, _) => report.warnings.push(Reason::NotPades),
        }
        let stamps = self.signature_stamps(signed, own.is_some(), report);
        let is_proven = stamps.trusted_at.is_some() || self.proven_at < self.now;
        let used_at = stamps.trusted_at.unwrap_or(self.proven_at).min(self.proven_at);
        report.trusted_at = is_proven.then_some(used_at);
        let evidence = self.evidence.preferring(signed.certificates());
        let path = self.judge_trust(&signature.certificate, &evidence, used_at, is_proven, report);
        if own.is_some()
            && path.outcome.is_ok()
            && !signed.certificates().all(|certificate| path.certificates.contains(&certificate))
        {
            fail(report, Reason::MalformedCms);
        }
        if report.claimed_at.is_some_and(|claimed| claimed > self.now) {
            report.warnings.push(Reason::FutureTime);
        }
        if form == Form::Pades && signature.is_bound {
            report.level = self.level(&path, used_at, &stamps);
        }
        self.paths.extend(path.certificates);
    }

    /// A bare PKCS#1 value: read for what was signed long ago, never passed.
    fn judge_bare(&mut self, field: &SignatureField, coverage: &Coverage, report: &mut SignatureReport) {
        let covered = coverage.bytes(self.document.bytes());
        report.claimed_at = claimed_at(field);
        match legacy::check_bare(self.document, &field.dictionary, &coverage.cms, &covered) {
            Ok((certificate, algorithm)) => {
                report.integrity = Integrity::Intact;
                report.algorithm = Some(algorithm.name);
                describe(report, &certificate);
                fail(report, Reason::LegacyAlgorithm);
                let is_proven = self.proven_at < self.now;
                self.judge_trust(&certificate, &self.evidence, self.proven_at, is_proven, report);
            }
            Err((reason, certificate)) => note_broken(report, reason, certificate, None),
        }
    }

    /// What the signature timestamps prove. In a signature of our own a timestamp is right, and holds the certificates
    /// of its path and no other.
    fn signature_stamps(
        &mut self,
        signed: &SignedData<'_>,
        is_own: bool,
        report: &mut SignatureReport,
    ) -> Stamps {
        let value = signed.signature_value();
        let mut stamps = Stamps::default();
        for token in signed.timestamps().into_iter().take(8) {
            let token = match timestamp::check(token, &|hash| hash.digest(value).as_ref().to_vec()) {
                Ok(token) => token,
                Err(_) if is_own => {
                    fail(report, Reason::BadTimestamp);
                    continue;
                }
                Err(_) => {
                    report.warnings.push(Reason::BadTimestamp);
                    continue;
                }
            };
            stamps.has_any = true;
            let path = self.timestamp_path(&token);
            let is_tight =
                token.certificates.iter().all(|certificate| path.certificates.contains(certificate));
            let is_whole = path
                .certificates
                .iter()
                .all(|certificate| certificate.is_self_issued() || token.certificates.contains(certificate));
            if is_own && path.outcome.is_ok() && !(is_tight && is_whole) {
                fail(report, Reason::BadTimestamp);
            }
            match path.outcome {
                Ok(()) => {
                    let known = stamps.trusted_at.unwrap_or(token.time);
                    stamps.trusted_at = Some(known.min(token.time));
                }
                Err(_) => report.warnings.push(Reason::UntrustedTimestamp),
            }
            self.paths.extend(path.certificates);
        }
        stamps
    }

    fn judge_trust(
        &self,
        certificate: &Certificate,
        evidence: &Evidence,
        used_at: Timestamp,
        is_proven: bool,
        report: &mut SignatureReport,
    ) -> Path {
        let when = When { used_at, now: self.now };
        let path = chain::validate(certificate, Purpose::Signing, when, self.trust, evidence);
        note_trust(report, &path, self.trust);
        let Err(reason) = path.outcome else { return path };
        // Revoked, and nothing proves when it was signed: only a claim to have signed later settles it
        // (ETSI EN 319 102-1, 5.3.4).
        let is_open = reason == Reason::Revoked
            && !is_proven
            && path
                .revocation
                .is_some_and(|revocation| report.claimed_at.is_none_or(|claimed| claimed < revocation.at));
        fail(report, if is_open { Reason::RevokedNoProof } else { reason });
        path
    }

    /// The level of the form: what is there, and where the chain is known, that it suffices.
    fn level(&self, path: &Path, used_at: Timestamp, stamps: &Stamps) -> Level {
        let has_chain = !path.certificates.is_empty();
        let is_stamped = if has_chain { stamps.trusted_at.is_some() } else { stamps.has_any };
        if !is_stamped && !self.has_archive_timestamp {
            return Level::B;
        }
        let when = When { used_at, now: self.now };
        let is_complete = self.has_store
            && match path.certificates.first() {
                Some(first) => {
                    let path = chain::validate(first, Purpose::Signing, when, self.trust, &self.embedded);
                    path.outcome.is_ok()
                }
                None => self.embedded.has_revocation(),
            };
        match (is_complete, self.has_archive_timestamp) {
            (true, true) => Level::Lta,
            (true, false) => Level::Lt,
            (false, _) => Level::T,
        }
    }
}

/// What the timestamps of one signature prove.
#[derive(Debug, Default)]
struct Stamps {
    /// Whether there is one over the signature value, whoever made it.
    has_any: bool,
    /// The earliest time that a trusted one gives.
    trusted_at: Option<Timestamp>,
}

/// The time that the signature dictionary claims.
fn claimed_at(field: &SignatureField) -> Option<Timestamp> {
    match field.dictionary.get("M") {
        Some(Object::String(text)) => time::from_pdf(&text.bytes),
        _ => None,
    }
}

/// Notes why a signature value could not be confirmed.
fn note_broken(
    report: &mut SignatureReport,
    reason: Reason,
    certificate: Option<Certificate>,
    own: Option<Own>,
) {
    if let Some(certificate) = certificate {
        describe(report, &certificate);
    }
    let verdict = match (own, reason) {
        (Some(_), Reason::CertificateMismatch) => Verdict::Failed,
        _ => reason.verdict(),
    };
    report.integrity = if verdict == Verdict::Failed { Integrity::Broken } else { Integrity::Unknown };
    fail_as(report, reason, verdict);
}

fn changes_after(document: &Document<'_>, end: usize) -> Result<Changes, Reason> {
    let bytes = document.bytes();
    if end == bytes.len() {
        return Ok(Changes::default());
    }
    let signed = bytes.get(..end).ok_or(Reason::OddByteRange)?;
    let old = Document::open(signed).map_err(|flaw| flaw.reason())?;
    changes::compare(&old, document)
}
