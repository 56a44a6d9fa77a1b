use jiff::Timestamp;
use muniment_record::{Digest, Language, SignatureFact, SignerRole};
use serde::Serialize;

use crate::Reason;
use crate::time::iso8601;

/// What [`verify`](crate::verify) found in a file. Written as JSON it is the output of `muniment verify --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The rules that were applied.
    pub policy: Policy,
    /// The moment for which the answer holds.
    pub validated_at: Timestamp,
    /// Digest of the whole file.
    pub sha256: Digest,
    /// Length of the whole file.
    pub bytes: u64,
    /// The verdict on the whole file: the worst of its signatures'.
    pub verdict: Verdict,
    /// Why, where it is not [`Verdict::Passed`].
    pub reason: Option<Reason>,
    /// All signatures and document timestamps, oldest first.
    pub signatures: Vec<SignatureReport>,
    /// What a reader should know beside the verdict.
    pub warnings: Vec<Reason>,
}

/// The name and version of a set of verification rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// Its version; it grows with every change that can change a verdict.
    pub version: u32,
}

impl Policy {
    /// The rules of this version of the program.
    pub const CURRENT: Self = Self { name: "muniment-strict", version: 3 };
}

/// The indication of ETSI EN 319 102-1, 5.1.3, for a signature or a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Intact, trusted and not changed since (hợp lệ).
    #[serde(rename = "TOTAL-PASSED")]
    Passed,
    /// What is there does not suffice to tell (chưa đủ căn cứ kết luận).
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// Broken, forged or revoked (không hợp lệ).
    #[serde(rename = "TOTAL-FAILED")]
    Failed,
    /// No signature at all.
    #[serde(rename = "NOT-SIGNED")]
    NotSigned,
}

impl Verdict {
    /// The word of the standard: `TOTAL-PASSED`, `INDETERMINATE` or `TOTAL-FAILED`; else `NOT-SIGNED`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "TOTAL-PASSED",
            Self::Indeterminate => "INDETERMINATE",
            Self::Failed => "TOTAL-FAILED",
            Self::NotSigned => "NOT-SIGNED",
        }
    }
}

/// The sub-indications of ETSI EN 319 102-1, table 6, that are given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the standard's own, which defines them")]
pub enum SubIndication {
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CryptoConstraintsFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    Revoked,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNoPoe,
    NotYetValid,
    TryLater,
}

/// One signature or document timestamp.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureReport {
    /// The name of its field.
    pub field: String,
    /// What it is.
    pub kind: SignatureKind,
    /// In what role it was made, for one made by Muniment that passed; [`SignerRole::Issuer`] for all others.
    pub role: SignerRole,
    /// The indication.
    pub indication: Verdict,
    /// The sub-indication, where there is one.
    pub sub_indication: Option<SubIndication>,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// Whether the signed bytes are the ones that were signed.
    pub integrity: Integrity,
    /// What happened to the file after it was signed.
    pub modification: Modification,
    /// Whether the signer is known.
    pub trust: TrustStatus,
    /// Whose signer it is.
    pub domain: TrustDomain,
    /// The PAdES level that the file reaches for this signature.
    pub level: Level,
    /// The time that the signer claims.
    pub claimed_at: Option<Timestamp>,
    /// The earliest time at which the signature is proven to have existed, by a trusted timestamp.
    pub trusted_at: Option<Timestamp>,
    /// The common name in the certificate.
    pub signed_by: Option<String>,
    /// The organisation in the certificate.
    pub organisation: Option<String>,
    /// The whole subject of the certificate.
    pub subject: Option<String>,
    /// The certificate's issuer.
    pub issuer: Option<String>,
    /// The certificate's serial number, hexadecimal.
    pub serial: Option<String>,
    /// Digest of the certificate.
    pub certificate_sha256: Option<Digest>,
    /// First moment of the certificate's validity.
    pub valid_from: Option<Timestamp>,
    /// Last moment of the certificate's validity.
    pub valid_to: Option<Timestamp>,
    /// Subject of the trust anchor that the chain ends in.
    pub anchor: Option<String>,
    /// Signature algorithm: `ECDSA P-256 SHA-256`.
    pub algorithm: Option<String>,
    /// Which bytes it covers.
    pub scope: Scope,
    /// What a reader should know beside the indication.
    pub warnings: Vec<Reason>,
}

/// What kind of signature it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureKind {
    /// An approval signature or seal.
    Signature,
    /// A certifying signature: the first, which limits later changes (ISO 32000-1, 12.8.2.2).
    Certification,
    /// A document timestamp (ETSI EN 319 142-1, 5.4.3).
    DocumentTimestamp,
}

/// Whether the signed bytes are the ones that were signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrity {
    /// They are.
    Intact,
    /// They are not, or the signature is not well formed.
    Broken,
    /// It cannot be told.
    Unknown,
}

/// What happened to the file after it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modification {
    /// Nothing.
    None,
    /// Only what may follow a signature: further signatures, timestamps and validation data.
    Permitted,
    /// Something that may not.
    Modified,
    /// It cannot be told.
    Unknown,
}

/// Whether the signer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustStatus {
    /// The chain leads to an anchor, every certificate was valid and none revoked.
    Trusted,
    /// It cannot be told.
    Unknown,
    /// The certificate was revoked or must not be used so.
    Untrusted,
}

/// Which part of the world a signer's certificate belongs to, by how the verifier was told to trust it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustDomain {
    /// This house: the certificate itself is known ([`Trust::add_own`](crate::Trust::add_own)).
    Own,
    /// The authority of the government and the Party (Ban Cơ yếu Chính phủ).
    Government,
    /// A public authority.
    Public,
    /// None of these, or no chain leads to an anchor.
    #[default]
    Unknown,
}

/// The PAdES baseline level (ETSI EN 319 142-1, 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// No PAdES signature.
    #[serde(rename = "none")]
    None,
    /// A signature alone.
    #[serde(rename = "B-B")]
    B,
    /// With a signature timestamp.
    #[serde(rename = "B-T")]
    T,
    /// With the data to validate it offline.
    #[serde(rename = "B-LT")]
    Lt,
    /// With a document timestamp over all that.
    #[serde(rename = "B-LTA")]
    Lta,
}

impl Level {
    /// Its name: `B-B`, `B-T`, `B-LT`, `B-LTA` or `none`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::B => "B-B",
            Self::T => "B-T",
            Self::Lt => "B-LT",
            Self::Lta => "B-LTA",
        }
    }
}

/// Which bytes a signature covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// `/ByteRange` as found.
    pub byte_range: Vec<u64>,
    /// Whether it reaches to the end of the file.
    pub whole_file: bool,
}

impl Report {
    /// The verdict on the whole file.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// One plain sentence: the verdict and the reason.
    pub fn sentence(&self, language: Language) -> String {
        let verdict = match self.verdict {
            Verdict::Passed => language.choose("Bản điện tử hợp lệ", "The electronic copy is valid"),
            Verdict::Failed => {
                language.choose("Bản điện tử KHÔNG hợp lệ", "The electronic copy is NOT valid")
            }
            Verdict::Indeterminate => {
                language.choose("Chưa đủ căn cứ kết luận", "There is not enough to tell")
            }
            Verdict::NotSigned => language.choose("Tệp không phải bản điện tử đã ký số", "Not a signed PDF"),
        };
        match (self.reason, self.verdict) {
            (Some(reason), _) => format!("{verdict}: {}.", reason.text(language)),
            (None, Verdict::Passed) => format!("{verdict}: {}.", self.passed_because(language)),
            (None, _) => format!("{verdict}."),
        }
    }

    fn passed_because(&self, language: Language) -> String {
        let unchanged = language.choose(
            "nội dung không bị thay đổi sau khi ký",
            "its content was not changed after it was signed",
        );
        let is_signature = |signature: &&SignatureReport| signature.kind != SignatureKind::DocumentTimestamp;
        let Some(last) = self.signatures.iter().rev().find(is_signature) else {
            return unchanged.to_owned();
        };
        let by = language.choose("người ký", "signed by");
        let name = last.signed_by.as_deref().unwrap_or_default();
        match last.trusted_at.or(last.claimed_at) {
            Some(at) => {
                let on = language.choose("thời điểm ký", "at");
                format!("{unchanged}; {by}: {name}; {on}: {}", iso8601(at))
            }
            None => format!("{unchanged}; {by}: {name}"),
        }
    }

    /// The signatures as facts for the record; document timestamps are left out.
    pub fn facts(&self) -> Vec<SignatureFact> {
        let signatures =
            self.signatures.iter().filter(|signature| signature.kind != SignatureKind::DocumentTimestamp);
        signatures.filter_map(SignatureReport::fact).collect()
    }
}

impl SignatureReport {
    fn fact(&self) -> Option<SignatureFact> {
        Some(SignatureFact {
            role: self.role,
            subject: self.subject.clone()?,
            certificate_sha256: self.certificate_sha256?,
            algorithm: self.algorithm.clone()?,
            level: self.level.as_str().to_owned(),
            claimed_at: self.claimed_at,
            indication: self.indication.as_str().to_owned(),
        })
    }
}
