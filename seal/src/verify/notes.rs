//! Filling in the report of one signature.

use muniment_record::SignerRole;

use super::fields::SignatureField;
use super::{coverage, permissions};
use crate::chain::Path;
use crate::pdf::Document;
use crate::report::{
    Integrity, Level, Modification, Scope, SignatureKind, SignatureReport, TrustDomain, TrustStatus, Verdict,
};
use crate::{Certificate, Reason, Trust};

/// Notes a reason; the worst counts, and of equals the first.
pub(super) fn fail(report: &mut SignatureReport, reason: Reason) {
    fail_as(report, reason, reason.verdict());
}

/// As [`fail`], with another indication than the reason has by itself.
pub(super) fn fail_as(report: &mut SignatureReport, reason: Reason, verdict: Verdict) {
    if report.indication == Verdict::Passed
        || (report.indication, verdict) == (Verdict::Indeterminate, Verdict::Failed)
    {
        report.indication = verdict;
        report.reason = Some(reason);
        report.sub_indication = reason.sub_indication();
    }
}

pub(super) fn note_trust(report: &mut SignatureReport, path: &Path, trust: &Trust) {
    report.domain = trust.domain(&path.certificates);
    report.anchor = path.certificates.last().map(Certificate::subject);
    report.trust = match path.outcome {
        Ok(()) => TrustStatus::Trusted,
        Err(Reason::Revoked | Reason::WrongUsage) => TrustStatus::Untrusted,
        Err(_) => TrustStatus::Unknown,
    };
}

pub(super) fn describe(report: &mut SignatureReport, certificate: &Certificate) {
    report.signed_by = certificate.common_name();
    report.organisation = certificate.organisation();
    report.subject = Some(certificate.subject());
    report.issuer = Some(certificate.issuer());
    report.serial = Some(certificate.serial());
    report.certificate_sha256 = Some(certificate.sha256());
    report.valid_from = Some(certificate.not_before());
    report.valid_to = Some(certificate.not_after());
}

pub(super) fn blank(document: &Document<'_>, field: &SignatureField) -> SignatureReport {
    let is_certification = permissions::is_certification(document, &field.dictionary);
    let length = document.bytes().len();
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
        domain: TrustDomain::Unknown,
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
