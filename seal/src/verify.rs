//! Verification, in the order of ETSI EN 319 102-1: format, integrity, modification, then trust. It only reads the given
//! bytes: no network, no clock, no other file.

mod changes;
pub(crate) mod coverage;
pub(crate) mod fields;
pub(crate) mod flat;
mod judge;
mod legacy;
mod notes;
mod own;
mod permissions;
mod widget;

use jiff::Timestamp;
use memchr::memmem;
use muniment_record::Digest;

use crate::chain::Evidence;
use crate::pdf::{Document, Flaw};
use crate::report::{Policy, Report, SignatureKind, SignatureReport, Verdict};
use crate::store::Store;
use crate::{Reason, Trust};
use fields::SignatureField;

/// Verifies all signatures of a PDF as of the moment `at`. It always answers, whatever the bytes are.
pub fn verify(pdf: &[u8], trust: &Trust, at: Timestamp) -> Report {
    let mut report = Report {
        policy: Policy::CURRENT,
        validated_at: at,
        sha256: Digest::of(pdf),
        bytes: pdf.len() as u64,
        verdict: Verdict::NotSigned,
        reason: Some(Reason::NotSigned),
        signatures: Vec::new(),
        warnings: Vec::new(),
    };
    let byte_ranges = memmem::find_iter(pdf, b"/ByteRange").count();
    let document = match Document::open(pdf) {
        Ok(document) => document,
        Err(flaw) => {
            let is_signed = byte_ranges > 0 && flaw != Flaw::NotPdf;
            report.verdict = if is_signed { flaw.reason().verdict() } else { Verdict::NotSigned };
            report.reason = Some(flaw.reason());
            return report;
        }
    };
    if document.is_encrypted() {
        report.verdict = if byte_ranges > 0 { Verdict::Indeterminate } else { Verdict::NotSigned };
        report.reason = Some(Reason::Password);
        return report;
    }
    if flat::obstacle(&document).is_some() {
        report.warnings.push(Reason::NotFlat);
    }
    let fields = match fields::collect(&document) {
        Ok(fields) => fields,
        Err(reason) => {
            report.verdict = reason.verdict();
            report.reason = Some(reason);
            return report;
        }
    };
    if fields.is_empty() {
        if byte_ranges > 0 {
            report.verdict = Verdict::Failed;
            report.reason = Some(Reason::UnreachableSignature);
        }
        return report;
    }
    judge_file(&document, &fields, trust, &mut report);
    if byte_ranges > fields.len() {
        lower(&mut report, Reason::UnreachableSignature, Verdict::Indeterminate);
    }
    report
}

fn judge_file(document: &Document<'_>, fields: &[SignatureField], trust: &Trust, report: &mut Report) {
    let mut evidence = Evidence::default();
    let has_store = add_store(document, &mut evidence);
    let mut judge = judge::Judge::new(document, trust, report.validated_at, evidence, has_store);
    report.signatures = judge.run(fields);
    let (has_own, are_additions_needed) = (judge.has_own(), judge.are_additions_needed());
    let is_timestamp = |signature: &SignatureReport| signature.kind == SignatureKind::DocumentTimestamp;
    let has_signature = !report.signatures.iter().all(is_timestamp);
    report.verdict = Verdict::Passed;
    report.reason = None;
    // The worst counts, whoever made it: what nobody answers for may be what was put there to deceive.
    for signature in report.signatures.clone() {
        let Some(reason) = signature.reason else { continue };
        let is_open = signature.indication != Verdict::Failed;
        let is_beside = has_signature && is_timestamp(&signature) && is_open;
        lower(report, if is_beside { Reason::UntrustedTimestamp } else { reason }, signature.indication);
    }
    if has_own && report.warnings.contains(&Reason::NotFlat) {
        lower(report, Reason::NotFlat, Verdict::Indeterminate);
    }
    if report.verdict == Verdict::Passed && !are_additions_needed {
        lower(report, Reason::Modified, Verdict::Failed);
    }
    if has_trailing_bytes(document.bytes()) {
        lower(report, Reason::TrailingBytes, if has_own { Verdict::Failed } else { Verdict::Indeterminate });
    }
}

/// Takes the worse of two verdicts, and the first reason for it.
fn lower(report: &mut Report, reason: Reason, verdict: Verdict) {
    let badness = |verdict| match verdict {
        Verdict::Passed | Verdict::NotSigned => 0,
        Verdict::Indeterminate => 1,
        Verdict::Failed => 2,
    };
    if badness(verdict) > badness(report.verdict) {
        report.verdict = verdict;
        report.reason = Some(reason);
    } else if report.reason != Some(reason) && !report.warnings.contains(&reason) {
        report.warnings.push(reason);
    }
}

/// Takes certificates and revocation data out of the document security store. Whether there is one.
fn add_store(document: &Document<'_>, evidence: &mut Evidence) -> bool {
    let Some(store) = Store::read(document) else { return false };
    evidence.add_certificates(store.certificates.iter().filter_map(|der| crate::Certificate::read(der)));
    store.crls.iter().for_each(|crl| evidence.add_crl(crl));
    store.responses.iter().for_each(|response| evidence.add_response(response));
    true
}

/// Whether anything but white space follows the last end of file.
fn has_trailing_bytes(pdf: &[u8]) -> bool {
    const MARK: &[u8] = b"%%EOF";
    let last = memmem::rfind(pdf, MARK);
    last.is_none_or(|at| {
        pdf.iter().skip(at + MARK.len()).any(|byte| !byte.is_ascii_whitespace() && *byte != 0)
    })
}
