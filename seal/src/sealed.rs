use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use muniment_record::{Digest, Form, Language, Package, SignatureFact};

use crate::pdf::{Document, Flaw};
use crate::report::{Integrity, Modification, Report, Verdict};
use crate::verify::flat;
use crate::{Error, Reason, SealRequest, Signer, Trust, Unfit, sign, verify::verify};

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
/// [`Error::WrongForm`] for a signed original, [`Error::Unfit`] for a certificate that must not be used now,
/// [`Error::NotFlat`] for a PDF that could change what it shows,
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
    check_flat(&unsigned)?;
    let signed = sign(&unsigned, request, signer)?;
    let report = verify(&signed, trust, request.signed_at);
    check_own(&report)?;
    let pdf_path = staging.join("sealed.pdf");
    fs::write(&pdf_path, &signed).map_err(Error::io("write the sealed PDF"))?;
    let mut sealed = Sealed::new(package, pdf_path, &report);
    // The report gives our role to what has passed; here it is known who signed last, whatever could be looked up.
    if let Some(own) = sealed.signatures.last_mut() {
        own.role = request.role;
    }
    Ok(sealed)
}

/// Refuses a PDF that could change what it shows without breaking a signature.
fn check_flat(pdf: &[u8]) -> Result<(), Error> {
    let document = Document::open(pdf).map_err(Flaw::error)?;
    match flat::obstacle(&document) {
        Some(what) => Err(Error::NotFlat(what)),
        None => Ok(()),
    }
}

/// Judges a file that was just signed: intact, unmodified, flat, and by a certificate that leads to an anchor and holds.
/// Only revocation data may still be missing.
fn check_own(report: &Report) -> Result<(), Error> {
    let last =
        report.signatures.last().ok_or_else(|| Error::SelfCheck("it shows no signature".to_owned()))?;
    match last.reason {
        Some(Reason::NoChain) => return Err(Error::Unfit(Unfit::Untrusted)),
        Some(Reason::Expired) => return Err(Error::Unfit(Unfit::Expired)),
        Some(Reason::NotYetValid) => return Err(Error::Unfit(Unfit::NotYetValid)),
        Some(Reason::Revoked | Reason::RevokedNoProof) => return Err(Error::Unfit(Unfit::Revoked)),
        Some(Reason::WrongUsage) => return Err(Error::Unfit(Unfit::WrongUsage)),
        _ => {}
    }
    let is_open = report.verdict == Verdict::Indeterminate && report.reason == Some(Reason::NoRevocationData);
    let is_whole = last.integrity == Integrity::Intact
        && last.modification == Modification::None
        && last.scope.whole_file;
    if (report.verdict == Verdict::Passed || is_open)
        && is_whole
        && !report.warnings.contains(&Reason::NotFlat)
    {
        Ok(())
    } else {
        Err(Error::SelfCheck(report.sentence(Language::English)))
    }
}

/// Accepts a package that came in signed, byte for byte as it is.
///
/// # Errors
///
/// [`Error::WrongForm`] for a digitised package, [`Error::NotSigned`] for a file that holds no signature,
/// [`Error::Password`] for one that is encrypted, [`Error::Forged`] where the verdict is [`Verdict::Failed`]. One that is [`Verdict::Indeterminate`] is kept, with that indication.
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
        Verdict::Failed => Err(Error::Forged(report.sentence(Language::English))),
        Verdict::NotSigned if report.reason == Some(Reason::Password) => Err(Error::Password),
        Verdict::NotSigned => Err(Error::NotSigned),
    }
}
