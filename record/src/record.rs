use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Description, Digest, Form, LookupToken, Page, Provenance, RecordId, Source};

/// What the archive keeps about one digitised result (kết quả số hóa), written beside its PDF in `version.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this form of writing: [`Record::FORMAT`].
    pub format: String,
    /// The record's id.
    pub id: RecordId,
    /// Version of the record, from 1; each is kept.
    pub version: u32,
    /// The token on the holder's slip.
    pub lookup_token: LookupToken,
    /// When this version was made.
    pub created_at: Timestamp,
    /// The batch it came in with.
    pub batch: String,
    /// Descriptive metadata.
    pub description: Description,
    /// What came in.
    pub sources: Vec<Source>,
    /// How the PDF relates to what came in.
    pub form: Form,
    /// Digest of the PDF's final bytes.
    pub sha256: Digest,
    /// Length of the PDF.
    pub bytes: u64,
    /// Its pages.
    pub pages: Vec<Page>,
    /// Digest of the text of all pages (UTF-8, form feed between pages), kept as a working blob.
    pub text_sha256: Digest,
    /// How the PDF was made.
    pub provenance: Provenance,
    /// The PDF's signatures, in order.
    pub signatures: Vec<SignatureFact>,
}

impl Record {
    /// The form of writing of this version of the program.
    pub const FORMAT: &str = "muniment.record/1";
}

/// A signature in an archived PDF, as found when it was archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFact {
    /// Who signed, in what role.
    pub role: SignerRole,
    /// The certificate's subject.
    pub subject: String,
    /// Digest of the certificate (DER).
    pub certificate_sha256: Digest,
    /// Signature algorithm, as `ECDSA P-256 SHA-256`.
    pub algorithm: String,
    /// PAdES level: `B-B`, `B-T`, `B-LT`, `B-LTA`, or `none` where it is no PAdES signature.
    pub level: String,
    /// The time that the signer claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// The indication of ETSI EN 319 102-1: `TOTAL-PASSED`, `INDETERMINATE` or `TOTAL-FAILED`.
    pub indication: String,
}

/// In what role somebody signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerRole {
    /// The officer who digitised (chữ ký số cá nhân).
    Officer,
    /// The agency's seal (chữ ký số cơ quan).
    Agency,
    /// Whoever signed a result that came in signed.
    Issuer,
}
