//! A public-key infrastructure for development and tests: it has no legal value, and its names say so.
//!
//! Real certificates come from a licensed authority; nothing here is used with them. The hierarchy has the shape of a
//! real one, so that chains, revocation and roles are exercised: root - issuing authority - agency seal, officer,
//! time-stamping authority; each authority has its revocation list.

mod authority;

use jiff::{Timestamp, ToSpan};

pub use authority::{Authority, Identity, Profile, Subject};

use crate::Error;

const NO_LEGAL_VALUE: &str = "DEVELOPMENT – no legal value – không có giá trị pháp lý";
const DAYS_A_YEAR: i64 = 365;

/// Keys, certificates and revocation lists for development, all in PEM.
#[derive(Clone, Debug)]
pub struct DevelopmentPki {
    /// The trust anchor.
    pub root: Identity,
    /// The authority that issues to people, agencies and the time-stamping authority.
    pub issuing: Identity,
    /// The agency's seal.
    pub agency: Identity,
    /// The officer who digitises.
    pub officer: Identity,
    /// The time-stamping authority.
    pub tsa: Identity,
    /// The revocation lists of both authorities.
    pub crls_pem: String,
}

impl DevelopmentPki {
    /// What a verifier needs: the trust anchor and the revocation lists, for [`Trust::from_pem`](crate::Trust::from_pem).
    pub fn trust_pem(&self) -> String {
        format!("{}{}", self.root.certificate_pem(), self.crls_pem)
    }
}

/// Makes a new development PKI, valid from a day before `now` for five years; the authorities for twenty.
///
/// # Errors
///
/// [`Error::Signer`] where there is no randomness for keys.
pub fn development(now: Timestamp) -> Result<DevelopmentPki, Error> {
    let from = moved(now, -1)?;
    let long = moved(now, 20 * DAYS_A_YEAR)?;
    let until = moved(now, 5 * DAYS_A_YEAR)?;
    let authority_name = |name: &str| Subject::new(name, NO_LEGAL_VALUE);
    let root = Authority::root(&authority_name("Muniment DEVELOPMENT Root CA"), from, long)?;
    let issuing = root.subordinate(&authority_name("Muniment DEVELOPMENT Issuing CA"), from, long)?;
    let agency = Subject::new("Trung tâm Phục vụ hành chính công (MẪU)", NO_LEGAL_VALUE);
    let officer = Subject::new("Cán bộ số hóa (MẪU)", NO_LEGAL_VALUE);
    let tsa = authority_name("Muniment DEVELOPMENT Time-Stamping Authority");
    let crls_pem = format!("{}{}", root.crl_pem(&[], from, until)?, issuing.crl_pem(&[], from, until)?);
    Ok(DevelopmentPki {
        agency: issuing.issue(&agency, Profile::Signer, from, until)?,
        officer: issuing.issue(&officer, Profile::Signer, from, until)?,
        tsa: issuing.issue(&tsa, Profile::TimeStamping, from, until)?,
        root: root.identity()?,
        issuing: issuing.identity()?,
        crls_pem,
    })
}

/// A moment some days away.
fn moved(time: Timestamp, days: i64) -> Result<Timestamp, Error> {
    let hours = days.saturating_mul(24).hours();
    time.checked_add(hours).map_err(|_| Error::Signer("the time is out of range".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Check;
    use crate::{Certificate, SoftwareSigner, Trust};

    #[test]
    fn every_certificate_is_signed_by_the_one_above_and_named_as_worthless()
    -> Result<(), Box<dyn std::error::Error>> {
        let pki = development("2026-11-24T03:00:00Z".parse()?)?;
        let root = Certificate::from_pem(pki.root.chain_pem.as_bytes())?.remove(0);
        let issuing = Certificate::from_pem(pki.issuing.chain_pem.as_bytes())?.remove(0);
        assert!(matches!(root.is_signed_by(&root), Check::Good(_)));
        assert!(matches!(issuing.is_signed_by(&root), Check::Good(_)));
        for identity in [&pki.agency, &pki.officer, &pki.tsa] {
            let chain = Certificate::from_pem(identity.chain_pem.as_bytes())?;
            assert!(matches!(chain[0].is_signed_by(&issuing), Check::Good(_)));
            assert!(chain[0].subject().contains("no legal value"), "{}", chain[0].subject());
            assert_eq!(chain[0].authority_key_id(), issuing.subject_key_id());
            SoftwareSigner::from_pem(identity.key_pem.as_bytes(), identity.chain_pem.as_bytes())?;
        }
        let trust = Trust::from_pem(pki.trust_pem().as_bytes())?;
        assert_eq!((trust.anchors().len(), trust.crls().len()), (1, 2));
        assert!(trust.crls().iter().any(|crl| crl.speaks_for(&issuing)));
        assert!(trust.crls().iter().any(|crl| crl.speaks_for(&root)));
        Ok(())
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let pki = development("2026-11-24T03:00:00Z".parse()?)?;
        let mixed = SoftwareSigner::from_pem(pki.agency.key_pem.as_bytes(), pki.officer.chain_pem.as_bytes());
        assert_eq!(mixed.err().map(|error| error.code()), Some("key-mismatch"));
        Ok(())
    }
}
