use jiff::Timestamp;
use muniment_record::{Digest, SignatureFact};

use crate::uplift::uplifted_with_report;
use crate::{Error, RevocationSource, Trust};

/// A sealed PDF with the data behind it by which its signatures can be validated offline: what the archive accepts as
/// the next version of a record.
///
/// Only [`Uplifted::of`] makes one, from a file that it begins with.
#[derive(Clone, Debug)]
pub struct Uplifted {
    before: Digest,
    pdf: Vec<u8>,
    sha256: Digest,
    signatures: Vec<SignatureFact>,
}

impl Uplifted {
    /// Uplifts a file; nothing where it holds all that already.
    ///
    /// # Errors
    ///
    /// As [`uplift`](crate::uplift).
    pub fn of(
        pdf: &[u8],
        trust: &Trust,
        source: Option<&dyn RevocationSource>,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let Some((uplifted, report)) = uplifted_with_report(pdf, trust, source, now)? else {
            return Ok(None);
        };
        if !uplifted.starts_with(pdf) {
            return Err(Error::SelfCheck("the bytes that were there before have changed".to_owned()));
        }
        let (before, sha256, signatures) = (Digest::of(pdf), report.sha256, report.facts());
        Ok(Some(Self { before, pdf: uplifted, sha256, signatures }))
    }

    /// Digest of the file that it was made of.
    pub fn before(&self) -> Digest {
        self.before
    }

    /// The file.
    pub fn pdf(&self) -> &[u8] {
        &self.pdf
    }

    /// Digest of the file.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Its signatures, oldest first.
    pub fn signatures(&self) -> &[SignatureFact] {
        &self.signatures
    }
}
