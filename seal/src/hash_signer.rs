use std::fmt;

use muniment_record::Digest;

use crate::{Certificate, Error, Scheme, Signer, asn1, chain};

/// A key that takes a digest and never sees what is signed: in a device, or behind a service.
///
/// `sign_hash` returns the signature value as CMS wants it: DER for ECDSA ([`ecdsa_to_der`] makes it of the two plain
/// numbers), the plain number for RSA. It may be called from several threads at once and bounds the time that a call
/// takes. A failed call spoils nothing, so that the caller may try again.
pub trait HashKey: Send + Sync {
    /// Signs a SHA-256 digest.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where the key could not be used.
    fn sign_hash(&self, scheme: Scheme, digest: &Digest) -> Result<Vec<u8>, Error>;
}

/// A signer whose key takes digests: the message is digested here and only the digest goes to the key.
pub struct HashSigner {
    key: Box<dyn HashKey>,
    chain: Vec<Certificate>,
    scheme: Scheme,
}

impl HashSigner {
    /// Takes a key and its certificate chain, the signer's certificate first. An RSA key signs with PSS; see
    /// [`HashSigner::with_pkcs1`].
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where there is no certificate, or its key is of a kind that Muniment does not sign with.
    pub fn new(key: Box<dyn HashKey>, chain: &[Certificate]) -> Result<Self, Error> {
        let certificate = chain.first().ok_or(Error::Credential("a certificate chain"))?;
        let scheme = Scheme::for_key(certificate.spki())
            .ok_or(Error::Credential("a certificate's key: ECDSA P-256, or RSA from 2048 bits"))?;
        let chain = chain::linked(certificate.clone(), chain);
        Ok(Self { key, chain, scheme })
    }

    /// Makes an RSA key sign with PKCS#1 v1.5. Other keys stay as they are.
    #[must_use]
    pub fn with_pkcs1(self) -> Self {
        let scheme = if self.scheme == Scheme::RsaPss { Scheme::RsaPkcs1 } else { self.scheme };
        Self { scheme, ..self }
    }
}

impl Signer for HashSigner {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign_hash(self.scheme, &Digest::of(message))
    }
}

/// A key does not show in debug output.
impl fmt::Debug for HashSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashSigner({:?}, {:?})", self.scheme, self.chain.first())
    }
}

/// Makes the DER value (RFC 3279, 2.2.3) of an ECDSA signature of the two numbers `r || s` of equal length, as devices
/// give them.
///
/// # Errors
///
/// [`Error::Signer`] where the value is no such pair.
pub fn ecdsa_to_der(plain: &[u8]) -> Result<Vec<u8>, Error> {
    if plain.is_empty() || !plain.len().is_multiple_of(2) {
        return Err(Error::Signer("the device's ECDSA value is no pair of numbers".to_owned()));
    }
    let (r, s) = plain.split_at(plain.len() / 2);
    Ok(asn1::sequence(&[&asn1::integer(r), &asn1::integer(s)]))
}
