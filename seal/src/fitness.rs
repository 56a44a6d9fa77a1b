//! The check before signing (TT 15/2025/TT-BKHCN): may this certificate be used to sign now?

use jiff::Timestamp;

use crate::chain::{self, Evidence, Purpose, When};
use crate::{Certificate, Error, Reason, RevocationSource, Trust, Unfit, revocation};

/// A certificate that may be used to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitness {
    /// When its validity ends.
    pub expires_at: Timestamp,
    /// Whether it is known that nobody has revoked it, or one above it.
    pub is_revocation_known: bool,
    /// What went wrong while revocation data was fetched, for the log.
    pub failures: Vec<String>,
}

impl Fitness {
    /// Insists on known revocation.
    ///
    /// # Errors
    ///
    /// [`Error::Revocation`] where it is not known; the same check may succeed later.
    pub fn require_revocation(self) -> Result<Self, Error> {
        if self.is_revocation_known {
            return Ok(self);
        }
        let failures = if self.failures.is_empty() {
            "there is no revocation data at hand".to_owned()
        } else {
            self.failures.join("; ")
        };
        Err(Error::Revocation(failures))
    }
}

/// Checks that a signer's certificate may be used at `now`: its validity, a chain to an anchor, its key usage, and
/// revocation by the lists in `trust` and, where there is a source, by what the issuers publish.
///
/// # Errors
///
/// [`Error::Unfit`] says why it must not be used.
pub fn check_signer(
    chain: &[Certificate],
    trust: &Trust,
    source: Option<&dyn RevocationSource>,
    now: Timestamp,
) -> Result<Fitness, Error> {
    let (certificate, above) = chain.split_first().ok_or(Error::Credential("a certificate chain"))?;
    if !certificate.is_valid_at(now) {
        let is_early = now < certificate.not_before();
        return Err(Error::Unfit(if is_early { Unfit::NotYetValid } else { Unfit::Expired }));
    }
    let when = When { used_at: now, now };
    let mut evidence = Evidence::of(trust);
    evidence.add_certificates(above.iter().cloned());
    let mut path = chain::validate(certificate, Purpose::Signing, when, trust, &evidence);
    let mut failures = Vec::new();
    if path.outcome == Err(Reason::NoRevocationData)
        && let Some(source) = source
    {
        failures = revocation::gather(&path.certificates, when, source, false, &mut evidence);
        path = chain::validate(certificate, Purpose::Signing, when, trust, &evidence);
    }
    let is_revocation_known = match path.outcome {
        Ok(()) => true,
        Err(Reason::NoRevocationData) => false,
        Err(Reason::Expired) => return Err(Error::Unfit(Unfit::Expired)),
        Err(Reason::NotYetValid) => return Err(Error::Unfit(Unfit::NotYetValid)),
        Err(Reason::Revoked | Reason::RevokedNoProof | Reason::AuthorityRevoked) => {
            return Err(Error::Unfit(Unfit::Revoked));
        }
        Err(Reason::WrongUsage) => return Err(Error::Unfit(Unfit::WrongUsage)),
        Err(_) => return Err(Error::Unfit(Unfit::Untrusted)),
    };
    Ok(Fitness { expires_at: certificate.not_after(), is_revocation_known, failures })
}
