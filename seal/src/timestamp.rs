//! Timestamp tokens (RFC 3161): asking for one, and what one is over, when, and by whom.

mod request;

use jiff::Timestamp;

use crate::algorithm::Hash;
use crate::asn1::{self, Value};
use crate::cms::{Signature, SignedData};
use crate::{Certificate, Reason, oid, time};

pub use request::{TimestampRequest, TimestampToken};

/// A token whose signature is right and that is over the expected bytes. Whether its authority is trusted is another
/// question.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) time: Timestamp,
    pub(crate) signature: Signature,
    /// The certificates that came with it.
    pub(crate) certificates: Vec<Certificate>,
}

/// TSTInfo (RFC 3161, 2.4.2), with what is needed of it.
pub(crate) struct TstInfo<'a> {
    /// The authority's policy, an object identifier's bytes.
    pub(crate) policy: &'a [u8],
    pub(crate) hash: Hash,
    pub(crate) imprint: &'a [u8],
    pub(crate) time: Timestamp,
    /// The number that the request gave, as found.
    pub(crate) nonce: Option<&'a [u8]>,
}

impl<'a> TstInfo<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Value::only(bytes)?.reader();
        if fields.expect(asn1::INTEGER)?.small_integer()? != 1 {
            return None;
        }
        let policy = fields.expect(asn1::OID)?.content;
        let mut message = fields.sequence()?;
        let hash = Hash::from_identifier(&message.expect(asn1::SEQUENCE)?)?;
        let imprint = message.expect(asn1::OCTET_STRING)?.content;
        fields.expect(asn1::INTEGER)?;
        let time = time::from_asn1(&fields.expect(asn1::GENERALIZED_TIME)?)?;
        // Accuracy and ordering come before the nonce.
        fields.optional(asn1::SEQUENCE);
        fields.optional(asn1::BOOLEAN);
        let nonce = fields.optional(asn1::INTEGER).map(|value| value.content);
        Some(Self { policy, hash, imprint, time, nonce })
    }
}

/// Reads a token and checks its signature; `imprint` gives the digest that it must be over.
pub(crate) fn check(token: &[u8], imprint: &dyn Fn(Hash) -> Vec<u8>) -> Result<Token, Reason> {
    let (definite, used) = crate::cms::to_definite(token).ok_or(Reason::BadTimestamp)?;
    if used != token.len() {
        return Err(Reason::BadTimestamp);
    }
    let signed = SignedData::read(&definite).ok_or(Reason::BadTimestamp)?;
    check_signed(&signed, imprint)
}

/// As [`check`], of a token that was read.
pub(crate) fn check_signed(
    signed: &SignedData<'_>,
    imprint: &dyn Fn(Hash) -> Vec<u8>,
) -> Result<Token, Reason> {
    let content =
        signed.content.filter(|_| signed.is_content_type(oid::TST_INFO)).ok_or(Reason::BadTimestamp)?;
    let info = TstInfo::read(content).ok_or(Reason::BadTimestamp)?;
    let hash = signed.hash().ok_or(Reason::UnsupportedAlgorithm)?;
    let digest = hash.digest(content);
    let signature = signed.check(digest.as_ref(), &|| content.to_vec()).map_err(|(reason, _)| reason)?;
    if info.hash == Hash::Sha1 || hash == Hash::Sha1 || signature.algorithm.is_legacy {
        return Err(Reason::LegacyAlgorithm);
    }
    if imprint(info.hash) != info.imprint {
        return Err(Reason::ContentChanged);
    }
    Ok(Token { time: info.time, signature, certificates: signed.certificates().collect() })
}
