use crate::crl::Crl;
use crate::{Certificate, Error};

/// What a verifier believes without proof: trust anchors, and the certificates and revocation lists at hand.
///
/// Nothing in a file that is verified can add an anchor. Certificates and lists add no trust: each still has to lead to
/// an anchor by signatures.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    anchors: Vec<Certificate>,
    certificates: Vec<Certificate>,
    crls: Vec<Crl>,
}

impl Trust {
    /// Trusts nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a PEM file of `CERTIFICATE` and `X509 CRL` blocks.
    ///
    /// Self-issued certificates become anchors. The others only help to build chains, unless there is no self-issued
    /// one among them: then all of them are anchors.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where a block cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let mut trust = Self::none();
        trust.add_pem(pem)?;
        Ok(trust)
    }

    /// Adds what a further PEM file holds, by the rules of [`Trust::from_pem`].
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where a block cannot be read.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), Error> {
        let (roots, others): (Vec<_>, Vec<_>) =
            Certificate::from_pem(pem)?.into_iter().partition(Certificate::is_self_issued);
        if roots.is_empty() && self.anchors.is_empty() {
            self.anchors.extend(others);
        } else {
            self.anchors.extend(roots);
            self.certificates.extend(others);
        }
        for der in crate::pem::blocks(pem, "X509 CRL")? {
            self.add_der_crl(&der)?;
        }
        Ok(())
    }

    /// Adds a trust anchor.
    pub fn add_anchor(&mut self, certificate: Certificate) {
        self.anchors.push(certificate);
    }

    /// Adds a revocation list in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where it is none.
    pub fn add_der_crl(&mut self, der: &[u8]) -> Result<(), Error> {
        let crl = Crl::read(der).ok_or(Error::Credential("a revocation list"))?;
        self.crls.push(crl);
        Ok(())
    }

    /// The trust anchors.
    pub fn anchors(&self) -> &[Certificate] {
        &self.anchors
    }

    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    pub(crate) fn crls(&self) -> &[Crl] {
        &self.crls
    }
}
