//! Forms of signatures from before PAdES (ISO 32000-1, 12.8.3.2 and 12.8.3.3): they are read and checked, and never pass,
//! as both rest on SHA-1.

use crate::algorithm::{self, Algorithm, Check, Hash};
use crate::asn1::{self, Value};
use crate::pdf::{Dictionary, Document, Object};
use crate::{Certificate, Reason, oid};

/// How the value of a signature is written, by its sub-filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// PAdES.
    Pades,
    /// CMS over the document.
    Detached,
    /// CMS over the document's SHA-1.
    OverSha1,
    /// A PKCS#1 value alone; the certificate stands beside it.
    Bare,
}

impl Form {
    pub(super) fn of(signature: &Dictionary) -> Option<Self> {
        match signature.name("SubFilter")? {
            b"ETSI.CAdES.detached" => Some(Self::Pades),
            b"adbe.pkcs7.detached" => Some(Self::Detached),
            b"adbe.pkcs7.sha1" => Some(Self::OverSha1),
            b"adbe.x509.rsa_sha1" => Some(Self::Bare),
            _ => None,
        }
    }
}

/// Checks a bare PKCS#1 value, an OCTET STRING, over the covered bytes, with the first certificate of `/Cert`.
pub(super) fn check_bare(
    document: &Document<'_>,
    signature: &Dictionary,
    value: &[u8],
    covered: &[u8],
) -> Result<(Certificate, Algorithm), (Reason, Option<Certificate>)> {
    let first = match document.get(signature, "Cert") {
        Some(Object::Array(items)) => items.first().and_then(|first| document.resolve(first)),
        other => other,
    };
    let certificate = match first {
        Some(Object::String(text)) => Certificate::read(&text.bytes),
        _ => None,
    };
    let certificate = certificate.ok_or((Reason::NoCertificate, None))?;
    let failed = |reason| Err((reason, Some(certificate.clone())));
    let Some(value) = Value::only(value).filter(|value| value.tag == asn1::OCTET_STRING) else {
        return failed(Reason::MalformedCms);
    };
    let identifier = asn1::sequence(&[&asn1::encode(asn1::OID, &[oid::RSA.as_bytes()])]);
    let Some(identifier) = Value::only(&identifier) else { return failed(Reason::MalformedCms) };
    let mut is_unknown = true;
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        match algorithm::check(certificate.spki(), &identifier, Some(hash), covered, value.content) {
            Check::Good(algorithm) => return Ok((certificate, algorithm)),
            Check::Bad(_) => is_unknown = false,
            Check::Unsupported => {}
        }
    }
    failed(if is_unknown { Reason::UnsupportedAlgorithm } else { Reason::BadSignature })
}
