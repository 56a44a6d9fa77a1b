use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use muniment_record::{Digest, Form, Language, Package, SignatureFact};

use crate::pdf::{Document, Flaw};
use crate::report::{Integrity, Modification, Report, Verdict};
use crate::verify::flat;
use crate::{
    Error, Reason, SealRequest, Signer, TimestampAuthority, Trust, Unfit, sign, sign_with_timestamp,
    verify::verify,
};

/// How far the clocks of time-stamping authorities may be ahead of ours.
const SLACK: SignedDuration = SignedDuration::from_secs(300);

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

/// One signature to be made.
pub struct Signing<'a> {
    /// What it says and claims.
    pub request: SealRequest,
    /// The key.
    pub signer: &'a dyn Signer,
}

/// How a package is sealed.
pub struct Sealing<'a> {
    /// The signatures in their order: the officer's first, then the agency's (TT 01/2023/TT-VPCP, article 8). Never empty.
    pub signings: Vec<Signing<'a>>,
    /// Who gives timestamps; without one the signatures stay at the level B-B.
    pub timestamps: Option<&'a dyn TimestampAuthority>,
    /// What the result is verified with.
    pub trust: &'a Trust,
}

/// Seals a digitised package with one signature and no timestamp.
///
/// # Errors
///
/// As [`seal_with`].
pub fn seal(
    package: Package,
    staging: &Path,
    request: &SealRequest,
    signer: &dyn Signer,
    trust: &Trust,
) -> Result<Sealed, Error> {
    let signings = vec![Signing { request: request.clone(), signer }];
    seal_with(package, staging, &Sealing { signings, timestamps: None, trust })
}

/// Seals a package without signatures: signs its PDF, verifies the result and writes it to `staging/sealed.pdf`.
///
/// # Errors
///
/// [`Error::WrongForm`] for a signed original, [`Error::Unfit`] for a certificate that must not be used now,
/// [`Error::NotFlat`] for a PDF that could change what it shows, [`Error::Timestamp`] where no authority answers,
/// [`Error::SelfCheck`] where the result does not verify; nothing is written then. Otherwise as [`sign`].
pub fn seal_with(package: Package, staging: &Path, sealing: &Sealing<'_>) -> Result<Sealed, Error> {
    if package.form == Form::SignedOriginal {
        return Err(Error::WrongForm("a signed original is accepted as it is, never sealed"));
    }
    let last = sealing.signings.last().ok_or(Error::Credential("a signer"))?;
    let mut signed = fs::read(&package.pdf).map_err(Error::io("read the prepared PDF"))?;
    check_flat(&signed)?;
    for Signing { request, signer } in &sealing.signings {
        signed = match sealing.timestamps {
            Some(authority) => sign_with_timestamp(&signed, request, *signer, authority)?,
            None => sign(&signed, request, *signer)?,
        };
    }
    // A token may give a fraction of a second more than our clock.
    let at = last.request.signed_at;
    let at = sealing.timestamps.map_or(at, |_| at.checked_add(SLACK).unwrap_or(at));
    let report = verify(&signed, sealing.trust, at);
    check_own(&report)?;
    let pdf_path = staging.join("sealed.pdf");
    fs::write(&pdf_path, &signed).map_err(Error::io("write the sealed PDF"))?;
    let mut sealed = Sealed::new(package, pdf_path, &report);
    // The report gives our role to what has passed; here it is known who signed last, whatever could be looked up.
    let count = sealed.signatures.len();
    let own = sealed.signatures.iter_mut().skip(count.saturating_sub(sealing.signings.len()));
    for (fact, signing) in own.zip(&sealing.signings) {
        fact.role = signing.request.role;
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
        Some(Reason::Revoked | Reason::RevokedNoProof | Reason::AuthorityRevoked) => {
            return Err(Error::Unfit(Unfit::Revoked));
        }
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
