use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use muniment_record::{Digest, Form, Package, SignatureFact};

use crate::report::{Report, Verdict};
use crate::{Error, SealRequest, Signer, Trust, sign, verify};

/// A package whose PDF is signed and was verified: what the archive accepts.
///
/// Only [`seal`] and [`accept`] make one.
#[derive(Clone, Debug)]
pub struct Sealed {
    package: Package,
    pdf_path: PathBuf,
    sha256: Digest,
    bytes: u64,
    signatures: Vec<SignatureFact>,
}

impl Sealed {
    /// The package that was sealed.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Where the signed PDF is.
    pub fn pdf_path(&self) -> &Path {
        &self.pdf_path
    }

    /// Digest of the signed PDF.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Length of the signed PDF.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its signatures, oldest first.
    pub fn signatures(&self) -> &[SignatureFact] {
        &self.signatures
    }

    /// Takes it apart: the package, the path of the signed PDF and its signatures.
    pub fn into_parts(self) -> (Package, PathBuf, Vec<SignatureFact>) {
        (self.package, self.pdf_path, self.signatures)
    }

    fn new(package: Package, pdf_path: PathBuf, report: &Report) -> Self {
        Self { package, pdf_path, sha256: report.sha256, bytes: report.bytes, signatures: report.facts() }
    }
}

/// Seals a digitised package: signs its PDF, verifies the result and writes it to `staging/sealed.pdf`.
///
/// # Errors
///
/// [`Error::WrongForm`] for a signed original, [`Error::NotFlat`] for a PDF that could change what it shows,
/// [`Error::SelfCheck`] where the result does not verify; nothing is written then. Otherwise as [`sign`].
pub fn seal(
    package: Package,
    staging: &Path,
    request: &SealRequest,
    signer: &dyn Signer,
    trust: &Trust,
) -> Result<Sealed, Error> {
    if package.form != Form::Digitised {
        return Err(Error::WrongForm("a signed original is accepted as it is, never sealed"));
    }
    let unsigned = fs::read(&package.pdf).map_err(Error::io("read the prepared PDF"))?;
    let signed = sign(&unsigned, request, signer)?;
    let report = verify(&signed, trust, request.signed_at);
    let pdf_path = staging.join("sealed.pdf");
    fs::write(&pdf_path, &signed).map_err(Error::io("write the sealed PDF"))?;
    Ok(Sealed::new(package, pdf_path, &report))
}

/// Accepts a package that came in signed, byte for byte as it is.
///
/// # Errors
///
/// [`Error::WrongForm`] for a package that is not signed, [`Error::Forged`] where the verdict is
/// [`Verdict::Failed`]. One that is [`Verdict::Indeterminate`] is kept, with that indication.
pub fn accept(package: Package, trust: &Trust, at: Timestamp) -> Result<Sealed, Error> {
    if package.form != Form::SignedOriginal {
        return Err(Error::WrongForm("a digitised copy is sealed, not accepted as signed"));
    }
    let pdf = fs::read(&package.pdf).map_err(Error::io("read the signed PDF"))?;
    let report = verify(&pdf, trust, at);
    match report.verdict {
        Verdict::Passed | Verdict::Indeterminate => {
            let pdf_path = package.pdf.clone();
            Ok(Sealed::new(package, pdf_path, &report))
        }
        Verdict::Failed => Err(Error::Forged(report.sentence(muniment_record::Language::English))),
        Verdict::NotSigned => Err(Error::WrongForm("the PDF is not signed")),
    }
}
