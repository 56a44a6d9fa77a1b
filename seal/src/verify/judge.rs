use jiff::Timestamp;
use muniment_record::SignerRole;
use ring::digest::Context;

use super::changes::{self, Changes};
use super::coverage::{self, Coverage};
use super::fields::SignatureField;
use crate::algorithm::Hash;
use crate::chain::{self, Evidence, Path, Purpose, When};
use crate::cms::SignedData;
use crate::pdf::{Document, Object};
use crate::report::{
    Integrity, Level, Modification, Scope, SignatureKind, SignatureReport, TrustStatus, Verdict,
};
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
        let mut reports: Vec<SignatureReport> =
            covered.iter().rev().map(|(field, coverage)| self.judge(field, coverage)).collect();
        reports.reverse();
        reports
    }

    fn judge(&mut self, field: &SignatureField, coverage: &Result<Coverage, Reason>) -> SignatureReport {
        let mut report = blank(field, self.document.bytes().len());
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
        match changes_after(self.document, coverage.end) {
            Ok(changes) => self.note_changes(field, coverage, changes, &mut report),
            Err(reason) => {
                report.modification = Modification::Modified;
                fail(&mut report, reason);
            }
        }
        let Some(signed) = SignedData::read(&coverage.cms) else {
            report.integrity = Integrity::Broken;
            fail(&mut report, Reason::MalformedCms);
            return report;
        };
        if field.is_ours() && !signed.is_as_assembled(&coverage.cms) {
            report.integrity = Integrity::Broken;
            fail(&mut report, Reason::MalformedCms);
            return report;
        }
        if report.kind == SignatureKind::DocumentTimestamp {
            self.judge_timestamp(&signed, coverage, &mut report);
        } else {
            self.judge_signature(field, &signed, coverage, &mut report);
        }
        // Until it has passed, that we made it is only what it says.
        if report.indication == Verdict::Passed
            && let Some(role) = field.our_role()
        {
            report.role = role;
        }
        report
    }

    fn note_changes(
        &self,
        field: &SignatureField,
        coverage: &Coverage,
        changes: Changes,
        report: &mut SignatureReport,
    ) {
        let is_last = coverage.end == self.document.bytes().len();
        report.modification = if is_last { Modification::None } else { Modification::Permitted };
        // On a copy of our own nobody else has anything to show or to say.
        if field.is_ours() && (changes.has_information || changes.has_foreign_widget) {
            report.modification = Modification::Modified;
            fail(report, Reason::Modified);
        } else if changes.has_information {
            report.warnings.push(Reason::InformationUpdated);
        }
        if changes.has_signature && permissions(self.document, field) == Some(1) {
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
        let token = match timestamp::check_signed(signed, &|hash| digest(bytes, coverage, hash)) {
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
        note_trust(report, &path);
        if let Err(reason) = path.outcome {
            fail(report, reason);
        }
    }

    /// A timestamp's time is relied on where its authority held then, and its certificate had not expired by the time at
    /// which the token is proven to have existed.
    fn timestamp_path(&self, token: &timestamp::Token) -> Path {
        let when = When { used_at: token.time, now: self.now };
        let mut evidence = self.evidence.clone();
        evidence.add_certificates(token.certificates.iter().cloned());
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
        signed: &SignedData<'_>,
        coverage: &Coverage,
        report: &mut SignatureReport,
    ) {
        let bytes = self.document.bytes();
        let sub_filter = field.dictionary.name("SubFilter").unwrap_or_default();
        let is_pades = sub_filter == b"ETSI.CAdES.detached";
        if !is_pades && sub_filter != b"adbe.pkcs7.detached" {
            fail(report, Reason::UnsupportedAlgorithm);
            return;
        }
        if !signed.is_content_type(oid::DATA) || signed.content.is_some_and(|content| !content.is_empty()) {
            report.integrity = Integrity::Broken;
            fail(report, Reason::BadAttributes);
            return;
        }
        report.claimed_at = match field.dictionary.get("M") {
            Some(Object::String(text)) => time::from_pdf(&text.bytes),
            _ => signed.signing_time(),
        };
        let Some(hash) = signed.hash() else {
            fail(report, Reason::UnsupportedAlgorithm);
            return;
        };
        let signature = match signed.check(&digest(bytes, coverage, hash), &|| covered_bytes(bytes, coverage))
        {
            Ok(signature) => signature,
            Err((reason, certificate)) => {
                if let Some(certificate) = certificate {
                    describe(report, &certificate);
                }
                report.integrity =
                    if reason.verdict() == Verdict::Failed { Integrity::Broken } else { Integrity::Unknown };
                fail(report, reason);
                return;
            }
        };
        report.integrity = Integrity::Intact;
        report.algorithm = Some(signature.algorithm.name.clone());
        describe(report, &signature.certificate);
        if hash == Hash::Sha1 || signature.algorithm.is_legacy {
            fail(report, Reason::LegacyAlgorithm);
        }
        if !signature.is_bound {
            if is_pades {
                fail(report, Reason::BadAttributes);
            } else {
                report.warnings.push(Reason::NotPades);
            }
        }
        let trusted_at = self.signature_time(signed, field.is_ours(), report);
        let is_proven = trusted_at.is_some() || self.proven_at < self.now;
        let used_at = trusted_at.unwrap_or(self.proven_at).min(self.proven_at);
        report.trusted_at = is_proven.then_some(used_at);
        let path = self.judge_trust(&signature.certificate, used_at, is_proven, report);
        if field.is_ours()
            && path.outcome.is_ok()
            && !signed.certificates().all(|certificate| path.certificates.contains(&certificate))
        {
            fail(report, Reason::MalformedCms);
        }
        if report.claimed_at.is_some_and(|claimed| claimed > self.now) {
            report.warnings.push(Reason::FutureTime);
        }
        if is_pades && signature.is_bound {
            report.level = self.level(&signature.certificate, used_at, trusted_at.is_some());
        }
    }

    /// The earliest time that a trusted signature timestamp gives. In a signature of our own a timestamp is right, and
    /// holds no certificate that its path does not need.
    fn signature_time(
        &self,
        signed: &SignedData<'_>,
        is_ours: bool,
        report: &mut SignatureReport,
    ) -> Option<Timestamp> {
        let value = signed.signature_value();
        let mut earliest: Option<Timestamp> = None;
        for token in signed.timestamps().into_iter().take(8) {
            let time = timestamp::check(token, &|hash| hash.digest(value).as_ref().to_vec()).map(|token| {
                let path = self.timestamp_path(&token);
                let is_tight =
                    token.certificates.iter().all(|certificate| path.certificates.contains(certificate));
                if is_ours && path.outcome.is_ok() && !is_tight {
                    fail(report, Reason::BadTimestamp);
                }
                path.outcome.map(|()| token.time)
            });
            match time {
                Ok(Ok(time)) => earliest = Some(earliest.map_or(time, |known| known.min(time))),
                Ok(Err(_)) => report.warnings.push(Reason::UntrustedTimestamp),
                Err(_) if is_ours => fail(report, Reason::BadTimestamp),
                Err(_) => report.warnings.push(Reason::BadTimestamp),
            }
        }
        earliest
    }

    fn judge_trust(
        &self,
        certificate: &Certificate,
        used_at: Timestamp,
        is_proven: bool,
        report: &mut SignatureReport,
    ) -> Path {
        let when = When { used_at, now: self.now };
        let path = chain::validate(certificate, Purpose::Signing, when, self.trust, &self.evidence);
        note_trust(report, &path);
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

    fn level(&self, certificate: &Certificate, used_at: Timestamp, has_timestamp: bool) -> Level {
        if !has_timestamp {
            return Level::B;
        }
        let when = When { used_at, now: self.now };
        let is_complete = self.has_store
            && chain::validate(certificate, Purpose::Signing, when, self.trust, &self.embedded)
                .outcome
                .is_ok();
        match (is_complete, self.has_archive_timestamp) {
            (true, true) => Level::Lta,
            (true, false) => Level::Lt,
            (false, _) => Level::T,
        }
    }
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

/// What a certifying signature permits (ISO 32000-1, 12.8.2.2): 1 is nothing.
fn permissions(document: &Document<'_>, field: &SignatureField) -> Option<i64> {
    let references = document.get(&field.dictionary, "Reference")?;
    references.array()?.iter().find_map(|reference| {
        let reference = document.resolve(reference)?;
        let reference = reference.dictionary()?;
        if !reference.is_name("TransformMethod", "DocMDP") {
            return None;
        }
        let parameters = document.get_dictionary(reference, "TransformParams")?;
        Some(parameters.integer("P").unwrap_or(2))
    })
}

fn digest(bytes: &[u8], coverage: &Coverage, hash: Hash) -> Vec<u8> {
    let mut context = Context::new(hash.ring());
    context.update(bytes.get(..coverage.gap.start).unwrap_or_default());
    context.update(bytes.get(coverage.gap.end..coverage.end).unwrap_or_default());
    context.finish().as_ref().to_vec()
}

fn covered_bytes(bytes: &[u8], coverage: &Coverage) -> Vec<u8> {
    let mut covered = bytes.get(..coverage.gap.start).unwrap_or_default().to_vec();
    covered.extend_from_slice(bytes.get(coverage.gap.end..coverage.end).unwrap_or_default());
    covered
}

/// Notes a reason; the worst counts, and of equals the first.
fn fail(report: &mut SignatureReport, reason: Reason) {
    let verdict = reason.verdict();
    if report.indication == Verdict::Passed
        || (report.indication, verdict) == (Verdict::Indeterminate, Verdict::Failed)
    {
        report.indication = verdict;
        report.reason = Some(reason);
        report.sub_indication = reason.sub_indication();
    }
}

fn note_trust(report: &mut SignatureReport, path: &Path) {
    report.anchor = path.certificates.last().map(Certificate::subject);
    report.trust = match path.outcome {
        Ok(()) => TrustStatus::Trusted,
        Err(Reason::Revoked | Reason::WrongUsage) => TrustStatus::Untrusted,
        Err(_) => TrustStatus::Unknown,
    };
}

fn describe(report: &mut SignatureReport, certificate: &Certificate) {
    report.signed_by = certificate.common_name();
    report.organisation = certificate.organisation();
    report.subject = Some(certificate.subject());
    report.issuer = Some(certificate.issuer());
    report.serial = Some(certificate.serial());
    report.certificate_sha256 = Some(certificate.sha256());
    report.valid_from = Some(certificate.not_before());
    report.valid_to = Some(certificate.not_after());
}

fn blank(field: &SignatureField, length: usize) -> SignatureReport {
    let is_certification = field.dictionary.get("Reference").is_some();
    let kind = match (field.is_timestamp(), is_certification) {
        (true, _) => SignatureKind::DocumentTimestamp,
        (false, true) => SignatureKind::Certification,
        (false, false) => SignatureKind::Signature,
    };
    let byte_range = coverage::byte_range(field);
    let end = byte_range.get(2).copied().unwrap_or(0).saturating_add(byte_range.get(3).copied().unwrap_or(0));
    let whole_file = byte_range.first() == Some(&0) && end == length as u64;
    SignatureReport {
        field: field.name.clone(),
        kind,
        role: SignerRole::Issuer,
        indication: Verdict::Passed,
        sub_indication: None,
        reason: None,
        integrity: Integrity::Unknown,
        modification: Modification::Unknown,
        trust: TrustStatus::Unknown,
        level: Level::None,
        claimed_at: None,
        trusted_at: None,
        signed_by: None,
        organisation: None,
        subject: None,
        issuer: None,
        serial: None,
        certificate_sha256: None,
        valid_from: None,
        valid_to: None,
        anchor: None,
        algorithm: None,
        scope: Scope { byte_range, whole_file },
        warnings: Vec::new(),
    }
}
