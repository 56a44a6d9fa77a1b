//! What holds for files of this house beyond what holds for all: nothing in them is left open, so that no byte of one can
//! be changed and the file still pass.

use crate::Certificate;
use crate::cms::SignedData;
use crate::crl::Crl;
use crate::ocsp::OcspResponse;
use crate::pdf::Document;
use crate::store::Store;
use crate::{Preparation, sign};

use super::coverage::Coverage;
use super::fields::SignatureField;
use super::legacy::Form;

/// How a signature is of this house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// It says that Muniment made it, so that its every byte is known.
    Marked,
    /// It is by a certificate of this house, made with another program.
    Pinned,
}

impl Own {
    /// Whether the signature is written as one of this house must be (strict rule 2): PAdES in DER, and beside what is
    /// signed nothing but timestamps.
    pub(super) fn is_in_form(
        self,
        bytes: &[u8],
        field: &SignatureField,
        signed: &SignedData<'_>,
        coverage: &Coverage,
    ) -> bool {
        let is_plain = coverage.is_definite && Form::of(&field.dictionary) == Some(Form::Pades);
        is_plain
            && match self {
                Self::Marked => {
                    let digits = bytes.get(coverage.gap.clone()).unwrap_or_default();
                    signed.is_as_assembled(&coverage.cms)
                        && !digits.iter().any(u8::is_ascii_uppercase)
                        && is_complete(signed, digits)
                }
                Self::Pinned => signed.holds_timestamps_only(),
            }
    }
}

/// Whether the room for the value, which the signature covers, is what its certificates and its timestamp were given: they
/// are covered by nothing, and could be taken away.
fn is_complete(signed: &SignedData<'_>, digits: &[u8]) -> bool {
    let certificates: usize = signed.certificates().map(|certificate| certificate.der().len()).sum();
    let room = digits.len().saturating_sub(2) / 2;
    let Some(room) = room.checked_sub(certificates + sign::CMS_OVERHEAD) else { return false };
    match signed.timestamps().first() {
        None => room == 0,
        // A token that was too long got room by its length.
        Some(token) => {
            room == Preparation::TIMESTAMP_ROOM
                || (room > Preparation::TIMESTAMP_ROOM && room <= token.len() + 2 * sign::TOKEN_SLACK)
        }
    }
}

/// Strict rule 3 to the byte: each revision after `end` is one of a signature, which is judged by itself, or is what
/// [`Store::append`] makes of the data in it. Returns what these add; `None` is: something else is there.
pub(super) fn additions(document: &Document<'_>, end: usize, signature_ends: &[usize]) -> Option<Store> {
    let bytes = document.bytes();
    let mut offsets: Vec<usize> = document.sections().iter().map(|section| section.offset).collect();
    offsets.sort_unstable();
    let mut additions = Store::default();
    let mut at = end;
    while at < bytes.len() {
        let mut later = offsets.iter().copied().filter(|offset| *offset >= at);
        let section = later.next()?;
        let limit = later.next().unwrap_or(bytes.len());
        if let Some(next) = signature_ends.iter().find(|next| (section + 1..=limit).contains(next)) {
            at = *next;
            continue;
        }
        let next = section + end_of_file(bytes.get(section..)?)?;
        let old = Document::open(bytes.get(..at)?).ok()?;
        let added = Store::read(&Document::open(bytes.get(..next)?).ok()?)?
            .without(&Store::read(&old).unwrap_or_default());
        (!added.is_empty()).then_some(())?;
        (added.append(&old).ok()?.as_slice() == bytes.get(..next)?).then_some(())?;
        additions.extend(added);
        at = next;
    }
    Some(additions)
}

/// Where the first end of file mark ends, its line feed included.
fn end_of_file(bytes: &[u8]) -> Option<usize> {
    const MARK: &[u8] = b"%%EOF\n";
    memchr::memmem::find(bytes, MARK).map(|at| at + MARK.len())
}

/// Whether every certificate, list and response is about these certificates, so that nothing is hidden in them.
pub(super) fn are_needed(additions: &Store, paths: &[Certificate]) -> bool {
    let is_path = |der: &Vec<u8>| paths.iter().any(|certificate| certificate.der() == der);
    let is_list =
        |der: &Vec<u8>| Crl::read(der).is_some_and(|list| paths.iter().any(|issuer| list.speaks_for(issuer)));
    let is_response = |der: &Vec<u8>| {
        let Some(response) = OcspResponse::read(der) else { return false };
        paths.iter().any(|certificate| {
            let mut issuers = paths.iter().filter(|issuer| issuer.subject_der() == certificate.issuer_der());
            issuers.any(|issuer| {
                response.answer(certificate, issuer).is_some()
                    && response.tightened(issuer).is_some_and(|tight| tight == *der)
            })
        })
    };
    additions.certificates.iter().all(is_path)
        && additions.crls.iter().all(is_list)
        && additions.responses.iter().all(is_response)
}
