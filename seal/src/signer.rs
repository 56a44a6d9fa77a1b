use std::fmt;

use p12_keystore::Pkcs12Archive;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair};

use crate::{Certificate, Error, Scheme, chain, pem};

/// A key that signs, wherever it lives: in memory, in a device, behind a service.
///
/// `sign` gets the message itself, not its digest (a few hundred bytes, never the document): devices differ in what
/// they take. It returns the signature value in the form that CMS wants: DER for ECDSA, the plain number for RSA. It may
/// be called from several threads at once. It holds no state that a failed call could spoil, so a caller may retry.
pub trait Signer: Send + Sync {
    /// The signer's certificate, then the ones above it, each the issuer of the one before; the trust anchor may be left
    /// out. Never empty.
    fn chain(&self) -> &[Certificate];

    /// How it signs.
    fn scheme(&self) -> Scheme;

    /// Signs a message.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where the key could not be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// A key in memory, used through `ring`.
pub struct SoftwareSigner {
    key: Key,
    chain: Vec<Certificate>,
    scheme: Scheme,
    random: SystemRandom,
}

enum Key {
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl SoftwareSigner {
    /// Takes a private key (PKCS#8, PEM) and its certificate chain (PEM, the signer's certificate first).
    ///
    /// An RSA key signs with PSS; see [`SoftwareSigner::with_pkcs1`].
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where the key or the chain cannot be read, [`Error::KeyMismatch`] where they do not
    /// belong together.
    pub fn from_pem(key_pkcs8_pem: &[u8], chain_pem: &[u8]) -> Result<Self, Error> {
        let keys = pem::blocks(key_pkcs8_pem, "PRIVATE KEY")?;
        let [key] = &keys[..] else {
            return Err(Error::Credential("a private key in PKCS#8"));
        };
        Self::from_der(key, Certificate::from_pem(chain_pem)?)
    }

    /// Takes a private key (PKCS#8, DER) and its certificate chain, the signer's certificate first.
    ///
    /// # Errors
    ///
    /// As [`SoftwareSigner::from_pem`].
    pub fn from_der(key_pkcs8: &[u8], chain: Vec<Certificate>) -> Result<Self, Error> {
        let certificate = chain.first().ok_or(Error::Credential("a certificate chain"))?;
        let random = SystemRandom::new();
        let ecdsa = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, key_pkcs8, &random);
        let (key, public, scheme) = match ecdsa {
            Ok(key) => {
                let public = key.public_key().as_ref().to_vec();
                (Key::Ecdsa(Box::new(key)), public, Scheme::EcdsaP256)
            }
            Err(_) => {
                let key = RsaKeyPair::from_pkcs8(key_pkcs8)
                    .map_err(|_| Error::Credential("a private key: ECDSA P-256, or RSA from 2048 bits"))?;
                let public = key.public_key().as_ref().to_vec();
                (Key::Rsa(Box::new(key)), public, Scheme::RsaPss)
            }
        };
        if certificate.public_key() != public {
            return Err(Error::KeyMismatch);
        }
        let chain = chain::linked(certificate.clone(), &chain);
        Ok(Self { key, chain, scheme, random })
    }

    /// Takes a PKCS#12 file (RFC 7292; `.p12`, `.pfx`) with one private key, its certificate and those above it, encrypted in
    /// today's way (PBES2 with AES) or in the older ones (3DES, RC2).
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where it cannot be read, the password is wrong, or it has not just one key;
    /// [`Error::KeyMismatch`] where it has no certificate for the key.
    pub fn from_pkcs12(pkcs12: &[u8], password: &str) -> Result<Self, Error> {
        const WHAT: Error = Error::Credential("a PKCS#12 file, or the password is wrong");
        let archive = Pkcs12Archive::from_pkcs12(pkcs12, password).map_err(|_| WHAT)?;
        let [key] = &archive.keys[..] else {
            return Err(Error::Credential("a PKCS#12 file with one private key"));
        };
        let certificates: Vec<Certificate> = archive
            .certs
            .iter()
            .map(|bag| Certificate::from_der(bag.cert.as_der()))
            .collect::<Result<_, _>>()?;
        for certificate in &certificates {
            let mut chain = vec![certificate.clone()];
            chain.extend(certificates.iter().filter(|other| *other != certificate).cloned());
            match Self::from_der(key.key.as_der(), chain) {
                Err(Error::KeyMismatch) => {}
                signer => return signer,
            }
        }
        Err(Error::KeyMismatch)
    }

    /// Makes an RSA key sign with PKCS#1 v1.5, for certificates and readers that know no PSS. Other keys stay as they are.
    #[must_use]
    pub fn with_pkcs1(mut self) -> Self {
        if self.scheme == Scheme::RsaPss {
            self.scheme = Scheme::RsaPkcs1;
        }
        self
    }
}

impl Signer for SoftwareSigner {
    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::Signer("the key in memory could not be used".to_owned());
        match &self.key {
            Key::Ecdsa(key) => Ok(key.sign(&self.random, message).map_err(failed)?.as_ref().to_vec()),
            Key::Rsa(key) => {
                let padding: &dyn signature::RsaEncoding = match self.scheme {
                    Scheme::RsaPkcs1 => &signature::RSA_PKCS1_SHA256,
                    _ => &signature::RSA_PSS_SHA256,
                };
                let mut value = vec![0; key.public().modulus_len()];
                key.sign(padding, &self.random, message, &mut value).map_err(failed)?;
                Ok(value)
            }
        }
    }
}

/// A key does not show in debug output.
impl fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareSigner({:?}, {:?})", self.scheme, self.chain.first())
    }
}
