use std::collections::HashMap;

use muniment_record::Digest;

use crate::crl::Crl;
use crate::{Certificate, Error, TrustDomain};

/// What a verifier believes without proof: trust anchors, and the certificates and revocation lists at hand.
///
/// Nothing in a file that is verified can add an anchor. Certificates and lists add no trust: each still has to lead to
/// an anchor by signatures.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    anchors: Vec<Certificate>,
    certificates: Vec<Certificate>,
    crls: Vec<Crl>,
    /// Digests of the certificates that this house signs with.
    own: Vec<Digest>,
    /// Of anchors, by their digests; others belong to no known domain.
    domains: HashMap<Digest, TrustDomain>,
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

    /// Adds a trust anchor of a domain.
    pub fn add_anchor_of(&mut self, domain: TrustDomain, certificate: Certificate) {
        self.domains.insert(certificate.sha256(), domain);
        self.anchors.push(certificate);
    }

    /// Adds what a further PEM file holds, as [`Trust::add_pem`], its anchors as those of a domain.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where a block cannot be read.
    pub fn add_pem_of(&mut self, domain: TrustDomain, pem: &[u8]) -> Result<(), Error> {
        let known = self.anchors.len();
        self.add_pem(pem)?;
        let added = self.anchors.iter().skip(known);
        self.domains.extend(added.map(|anchor| (anchor.sha256(), domain)));
        Ok(())
    }

    /// Says that a signer's certificate is one of this house: what is signed with it must be as Muniment makes it, flat,
    /// with nothing in it that the signature leaves open. It adds no trust: the certificate still has to lead to an anchor.
    pub fn add_own(&mut self, certificate: &Certificate) {
        self.own.push(certificate.sha256());
    }

    pub(crate) fn is_own(&self, certificate: &Certificate) -> bool {
        self.own.contains(&certificate.sha256())
    }

    /// The domain of a path from a certificate to an anchor.
    pub(crate) fn domain(&self, path: &[Certificate]) -> TrustDomain {
        match path {
            [first, ..] if self.is_own(first) => TrustDomain::Own,
            [.., anchor] => self.domains.get(&anchor.sha256()).copied().unwrap_or_default(),
            [] => TrustDomain::Unknown,
        }
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
