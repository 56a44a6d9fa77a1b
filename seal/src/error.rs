use std::io;

/// Why something could not be signed, sealed or read.
///
/// A bad signature is no error: [`verify`](crate::verify) reports it as a value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PDF cannot be read as one: mend or rescan it.
    #[error("failed to read the PDF: {0}")]
    Pdf(&'static str),
    /// The PDF is encrypted.
    #[error("failed to read the PDF: it is protected with a password")]
    Password,
    /// The PDF holds something that could change what it shows after it was signed.
    #[error("refused to sign a PDF that is not flat: it holds {0}")]
    NotFlat(&'static str),
    /// The package is of the other form: a signed original is accepted, a digitised copy is sealed.
    #[error("refused a package of the wrong form: {0}")]
    WrongForm(&'static str),
    /// A file that came in as a signed original holds no signature: its signature fields are empty, or it is no PDF.
    #[error("refused a file that came in as signed: it holds no signature")]
    NotSigned,
    /// The visible text holds a character that the font has not.
    #[error("failed to write the visible text: the font has no character U+{:04X}", u32::from(*.0))]
    Text(char),
    /// A key, a certificate or a revocation list cannot be read.
    #[error("failed to read {0}")]
    Credential(&'static str),
    /// The key and the certificate do not belong together.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// The signing device or service did not sign.
    #[error("failed to sign: {0}")]
    Signer(String),
    /// The certificate must not be used to sign now.
    #[error("refused to sign: the certificate {0}")]
    Unfit(Unfit),
    /// The signed file failed its own verification and was not handed on.
    #[error("the signed file did not pass its own verification: {0}")]
    SelfCheck(String),
    /// A signature in a file that came in signed is broken or forged.
    #[error("refused a signed file: {0}")]
    Forged(String),
    /// No time-stamping authority gave a good answer; try again later.
    #[error("failed to get a timestamp: {0}")]
    Timestamp(String),
    /// Whether the certificate has been revoked could not be found out; try again later.
    #[error("failed to check whether the certificate has been revoked: {0}")]
    Revocation(String),
    /// A signature has no timestamp, so that it cannot be kept beyond its certificate's validity.
    #[error("failed to add validation data: a signature has no trusted timestamp")]
    NoTimestamp,
    /// A signed note, or its key, is malformed or not signed by the expected key.
    #[error("failed to check a signed note: {0}")]
    Note(&'static str),
    /// A file could not be read or written.
    #[error("failed to {what}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// Why a certificate must not be used to sign now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its validity has ended.
    #[error("has expired")]
    Expired,
    /// Its validity has not begun.
    #[error("is not yet valid")]
    NotYetValid,
    /// Its issuer has revoked it, or one above it.
    #[error("has been revoked")]
    Revoked,
    /// No chain leads from it to a trust anchor.
    #[error("has no chain to a trust anchor")]
    Untrusted,
    /// Its key usage does not allow signatures.
    #[error("is not meant for signatures")]
    WrongUsage,
}

impl Error {
    /// The stable word for the ledger and for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pdf(_) => "damaged-pdf",
            Self::Password => "password",
            Self::NotFlat(_) => "not-flat",
            Self::WrongForm(_) => "wrong-form",
            Self::NotSigned => "not-signed-after-all",
            Self::Text(_) => "bad-text",
            Self::Credential(_) => "bad-credential",
            Self::KeyMismatch => "key-mismatch",
            Self::Signer(_) => "signer-failed",
            Self::Unfit(Unfit::Expired) => "certificate-expired",
            Self::Unfit(Unfit::NotYetValid) => "certificate-not-yet-valid",
            Self::Unfit(Unfit::Revoked) => "certificate-revoked",
            Self::Unfit(Unfit::Untrusted) => "certificate-untrusted",
            Self::Unfit(Unfit::WrongUsage) => "certificate-wrong-usage",
            Self::SelfCheck(_) => "self-check",
            Self::Forged(_) => "forged",
            Self::Timestamp(_) => "timestamp-failed",
            Self::Revocation(_) => "revocation-unknown",
            Self::NoTimestamp => "no-timestamp",
            Self::Note(_) => "bad-note",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => "no-space",
            Self::Io { .. } => "io",
        }
    }

    /// Whether the same document may be signed later as things are: nothing is wrong with it, so it should wait.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Timestamp(_) | Self::Revocation(_) | Self::Signer(_) | Self::Io { .. })
    }

    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
