//! The algorithms in use, and the only place that checks a signature.
//!
//! What counts as strong is decided here (TT 15/2025/TT-BKHCN; ETSI TS 119 312): SHA-256 and above, ECDSA from 256 bits,
//! RSA from 2048. SHA-1 and shorter RSA keys are still checked, for what was signed long ago, but marked as legacy;
//! nothing that is legacy ever passes.

use der::asn1::ObjectIdentifier;
use ring::{digest, signature};

use crate::asn1::{self, Reader, Value};
use crate::oid;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn from_oid(bytes: &[u8]) -> Option<Self> {
        let known = [
            (oid::SHA256, Self::Sha256),
            (oid::SHA384, Self::Sha384),
            (oid::SHA512, Self::Sha512),
            (oid::SHA1, Self::Sha1),
        ];
        known.iter().find(|(oid, _)| oid.as_bytes() == bytes).map(|(_, hash)| *hash)
    }

    /// Reads an AlgorithmIdentifier that names a digest.
    pub(crate) fn from_identifier(identifier: &Value<'_>) -> Option<Self> {
        Self::from_oid(identifier.reader().expect(asn1::OID)?.content)
    }

    pub(crate) fn digest(self, bytes: &[u8]) -> digest::Digest {
        digest::digest(self.ring(), bytes)
    }

    pub(crate) fn ring(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// A signature algorithm with a public key it fits, as named in reports: `ECDSA P-256 SHA-256`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Algorithm {
    /// Its name.
    pub(crate) name: String,
    /// Whether it counts as too weak today.
    pub(crate) is_legacy: bool,
}

/// What came of checking a signature value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// The signature is right.
    Good(Algorithm),
    /// It is wrong.
    Bad(Algorithm),
    /// The algorithm, or the key, is not known here.
    Unsupported,
}

enum Key<'a> {
    P256(&'a [u8]),
    P384(&'a [u8]),
    Rsa { pkcs1: &'a [u8], bits: usize },
    Ed25519(&'a [u8]),
}

impl<'a> Key<'a> {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    fn from_spki(spki: &'a [u8]) -> Option<Self> {
        let mut fields = Value::only(spki)?.reader();
        let mut identifier = fields.sequence()?;
        let algorithm = identifier.expect(asn1::OID)?.content;
        let key = fields.expect(asn1::BIT_STRING)?.bits()?;
        if algorithm == oid::EC_PUBLIC_KEY.as_bytes() {
            let curve = identifier.expect(asn1::OID)?.content;
            if curve == oid::P256.as_bytes() {
                return Some(Self::P256(key));
            }
            return (curve == oid::P384.as_bytes()).then_some(Self::P384(key));
        }
        if algorithm == oid::RSA.as_bytes() || algorithm == oid::RSA_PSS.as_bytes() {
            let modulus = Value::only(key)?.reader().expect(asn1::INTEGER)?.content;
            let start = modulus.iter().position(|byte| *byte != 0)?;
            let leading = usize::try_from(modulus.get(start)?.leading_zeros()).ok()?;
            let bits = (modulus.len() - start) * 8 - leading;
            return Some(Self::Rsa { pkcs1: key, bits });
        }
        (algorithm == oid::ED25519.as_bytes()).then_some(Self::Ed25519(key))
    }
}

/// The scheme that an AlgorithmIdentifier names, the digest filled in.
enum Named {
    Ecdsa(Hash),
    Pkcs1(Hash),
    Pss(Hash),
    Ed25519,
}

impl Named {
    /// Reads the AlgorithmIdentifier of a signature. CMS may leave the digest to another field: `digest`.
    fn read(identifier: &Value<'_>, digest: Option<Hash>) -> Option<Self> {
        let mut fields = identifier.reader();
        let algorithm = fields.expect(asn1::OID)?.content;
        let fixed: [(ObjectIdentifier, Self); 8] = [
            (oid::ECDSA_SHA256, Self::Ecdsa(Hash::Sha256)),
            (oid::ECDSA_SHA384, Self::Ecdsa(Hash::Sha384)),
            (oid::ECDSA_SHA512, Self::Ecdsa(Hash::Sha512)),
            (oid::ECDSA_SHA1, Self::Ecdsa(Hash::Sha1)),
            (oid::RSA_SHA256, Self::Pkcs1(Hash::Sha256)),
            (oid::RSA_SHA384, Self::Pkcs1(Hash::Sha384)),
            (oid::RSA_SHA512, Self::Pkcs1(Hash::Sha512)),
            (oid::RSA_SHA1, Self::Pkcs1(Hash::Sha1)),
        ];
        for (oid, named) in fixed {
            if oid.as_bytes() == algorithm {
                return Some(named);
            }
        }
        if algorithm == oid::RSA.as_bytes() {
            return digest.map(Self::Pkcs1);
        }
        if algorithm == oid::EC_PUBLIC_KEY.as_bytes() {
            return digest.map(Self::Ecdsa);
        }
        if algorithm == oid::RSA_PSS.as_bytes() {
            return read_pss(fields).map(Self::Pss);
        }
        (algorithm == oid::ED25519.as_bytes()).then_some(Self::Ed25519)
    }
}

/// The one form in which an AlgorithmIdentifier of a digest is kept (RFC 5754, 2: without parameters).
pub(crate) fn tight_digest(identifier: &Value<'_>) -> Option<Vec<u8>> {
    let algorithm = identifier.reader().expect(asn1::OID)?;
    Hash::from_identifier(identifier).map(|_| asn1::sequence(&[algorithm.whole]))
}

/// The one form in which an AlgorithmIdentifier of a signature is kept: RSA with NULL, PSS as it is, others without
/// parameters (RFC 4055, 5; RFC 5758, 3.2).
pub(crate) fn tight_signature(identifier: &Value<'_>, digest: Option<Hash>) -> Option<Vec<u8>> {
    let algorithm = identifier.reader().expect(asn1::OID)?;
    match Named::read(identifier, digest)? {
        Named::Pss(_) => Some(identifier.whole.to_vec()),
        Named::Pkcs1(_) => Some(asn1::sequence(&[algorithm.whole, &[asn1::NULL, 0]])),
        Named::Ecdsa(_) | Named::Ed25519 => Some(asn1::sequence(&[algorithm.whole])),
    }
}

/// Reads RSASSA-PSS-params (RFC 4055, 3.1), accepting what `ring` checks: MGF1 with the same digest, a salt as long.
fn read_pss(mut fields: Reader<'_>) -> Option<Hash> {
    let mut parameters = fields.sequence()?;
    let hash = match parameters.optional(asn1::context(0)) {
        Some(wrapped) => Hash::from_identifier(&wrapped.reader().expect(asn1::SEQUENCE)?)?,
        None => Hash::Sha1,
    };
    let mgf1 = parameters.optional(asn1::context(1))?;
    let mut mask = mgf1.reader().sequence()?;
    if mask.expect(asn1::OID)?.content != oid::RSA_MGF1.as_bytes()
        || Hash::from_identifier(&mask.expect(asn1::SEQUENCE)?)? != hash
    {
        return None;
    }
    let salt = match parameters.optional(asn1::context(2)) {
        Some(wrapped) => wrapped.reader().expect(asn1::INTEGER)?.small_integer()?,
        None => 20,
    };
    let is_whole = parameters.is_empty() && mask.is_empty() && fields.is_empty();
    (is_whole && usize::try_from(salt).ok()? == hash.ring().output_len()).then_some(hash)
}

/// Checks a signature over `message` with the key in `spki`.
///
/// `identifier` is the signature's AlgorithmIdentifier; `digest` fills in for one that names no digest.
pub(crate) fn check(
    spki: &[u8],
    identifier: &Value<'_>,
    digest: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Check {
    let (Some(key), Some(named)) = (Key::from_spki(spki), Named::read(identifier, digest)) else {
        return Check::Unsupported;
    };
    let Some((algorithm, bytes, name, is_legacy)) = select(&key, &named) else {
        return Check::Unsupported;
    };
    let algorithm_fact = Algorithm { name, is_legacy };
    match signature::UnparsedPublicKey::new(algorithm, bytes).verify(message, signature) {
        Ok(()) => Check::Good(algorithm_fact),
        Err(_) => Check::Bad(algorithm_fact),
    }
}

/// The algorithm of a signature with a key, if both are known here.
pub(crate) fn named(spki: &[u8], identifier: &Value<'_>) -> Option<Algorithm> {
    let (key, named) = (Key::from_spki(spki)?, Named::read(identifier, None)?);
    let (_, _, name, is_legacy) = select(&key, &named)?;
    Some(Algorithm { name, is_legacy })
}

type Selected<'a> = (&'static dyn signature::VerificationAlgorithm, &'a [u8], String, bool);

fn select<'a>(key: &Key<'a>, named: &Named) -> Option<Selected<'a>> {
    let selected: Selected<'a> = match (key, named) {
        (Key::P256(point), Named::Ecdsa(hash)) => {
            let algorithm: &dyn signature::VerificationAlgorithm = match hash {
                Hash::Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
                Hash::Sha384 => &signature::ECDSA_P256_SHA384_ASN1,
                _ => return None,
            };
            (algorithm, point, format!("ECDSA P-256 {}", hash.name()), false)
        }
        (Key::P384(point), Named::Ecdsa(hash)) => {
            let algorithm: &dyn signature::VerificationAlgorithm = match hash {
                Hash::Sha256 => &signature::ECDSA_P384_SHA256_ASN1,
                Hash::Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
                _ => return None,
            };
            (algorithm, point, format!("ECDSA P-384 {}", hash.name()), false)
        }
        (Key::Rsa { pkcs1, bits }, Named::Pkcs1(hash)) => {
            let is_short = *bits < 2048;
            let algorithm: &dyn signature::VerificationAlgorithm = match (hash, is_short) {
                (Hash::Sha1, _) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
                (Hash::Sha256, true) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                (Hash::Sha512, true) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
                (Hash::Sha384, true) => return None,
                (Hash::Sha256, false) => &signature::RSA_PKCS1_2048_8192_SHA256,
                (Hash::Sha384, false) => &signature::RSA_PKCS1_2048_8192_SHA384,
                (Hash::Sha512, false) => &signature::RSA_PKCS1_2048_8192_SHA512,
            };
            let is_legacy = is_short || *hash == Hash::Sha1;
            (algorithm, pkcs1, format!("RSA-{bits} PKCS#1 v1.5 {}", hash.name()), is_legacy)
        }
        (Key::Rsa { pkcs1, bits }, Named::Pss(hash)) => {
            let algorithm: &dyn signature::VerificationAlgorithm = match hash {
                Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
                Hash::Sha1 => return None,
            };
            (algorithm, pkcs1, format!("RSA-{bits} PSS {}", hash.name()), *bits < 2048)
        }
        (Key::Ed25519(key), Named::Ed25519) => (&signature::ED25519, key, "Ed25519".to_owned(), false),
        _ => return None,
    };
    Some(selected)
}

/// The ways in which Muniment signs. All digest with SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ECDSA on the curve P-256 (FIPS 186-5); the signature value is DER.
    EcdsaP256,
    /// RSASSA-PSS with MGF1 and a salt of 32 bytes (RFC 8017, 8.1), which TT 15/2025/TT-BKHCN asks for.
    RsaPss,
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2), for certificates and readers that know no PSS.
    RsaPkcs1,
}

impl Scheme {
    pub(crate) const ALL: [Self; 3] = [Self::EcdsaP256, Self::RsaPss, Self::RsaPkcs1];

    /// The scheme for a certificate's key: RSA signs with PSS. `None` for a key that Muniment does not sign with.
    pub(crate) fn for_key(spki: &[u8]) -> Option<Self> {
        match Key::from_spki(spki)? {
            Key::P256(_) => Some(Self::EcdsaP256),
            Key::Rsa { bits, .. } if bits >= 2048 => Some(Self::RsaPss),
            _ => None,
        }
    }

    /// The AlgorithmIdentifier of a signature made in this way.
    pub(crate) fn identifier(self) -> Vec<u8> {
        let oid = |oid: ObjectIdentifier| asn1::encode(asn1::OID, &[oid.as_bytes()]);
        let null = [asn1::NULL, 0];
        match self {
            Self::EcdsaP256 => asn1::sequence(&[&oid(oid::ECDSA_SHA256)]),
            Self::RsaPkcs1 => asn1::sequence(&[&oid(oid::RSA_SHA256), &null]),
            Self::RsaPss => {
                let hash = asn1::sequence(&[&oid(oid::SHA256), &null]);
                let mask = asn1::sequence(&[&oid(oid::RSA_MGF1), &hash]);
                let parameters = asn1::sequence(&[
                    &asn1::encode(asn1::context(0), &[&hash]),
                    &asn1::encode(asn1::context(1), &[&mask]),
                    &asn1::encode(asn1::context(2), &[&asn1::integer(&[32])]),
                ]);
                asn1::sequence(&[&oid(oid::RSA_PSS), &parameters])
            }
        }
    }
}
