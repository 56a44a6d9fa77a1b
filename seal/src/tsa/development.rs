use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use muniment_record::Digest;
use ring::rand::{SecureRandom, SystemRandom};

use super::TimestampAuthority;
use crate::asn1::{self, Value, encode, sequence};
use crate::pki::Identity;
use crate::{Certificate, Error, Signer, SoftwareSigner, TimestampRequest, TimestampToken, cms, oid, time};

/// The policy that development timestamps name, below the number for examples (RFC 5612).
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3161");

/// A time-stamping authority for development and tests, in this process: it has no legal value.
///
/// It answers the requests of RFC 3161 byte for byte as a real one does, so that what asks it goes the real way.
#[derive(Debug)]
pub struct DevelopmentAuthority {
    signer: SoftwareSigner,
}

impl DevelopmentAuthority {
    /// Takes the authority's key and certificate.
    ///
    /// # Errors
    ///
    /// As [`SoftwareSigner::from_pem`].
    pub fn new(identity: &Identity) -> Result<Self, Error> {
        Ok(Self { signer: identity.signer()? })
    }

    /// Answers a request (TimeStampReq in DER) with a TimeStampResp that gives the time `now`.
    ///
    /// # Errors
    ///
    /// [`Error::Timestamp`] where the request is malformed, [`Error::Signer`] where the key cannot be used.
    pub fn answer(&self, request: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let malformed = || Error::Timestamp("the request is malformed".to_owned());
        let mut fields = Value::only(request).ok_or_else(malformed)?.reader();
        fields.expect(asn1::INTEGER).ok_or_else(malformed)?;
        let imprint = fields.expect(asn1::SEQUENCE).ok_or_else(malformed)?;
        fields.optional(asn1::OID);
        let nonce = fields.optional(asn1::INTEGER).map(|nonce| nonce.whole).unwrap_or_default();
        let token = self.token(imprint.whole, nonce, now)?;
        let granted = sequence(&[&asn1::integer(&[0])]);
        Ok(sequence(&[&granted, &token]))
    }

    fn token(&self, imprint: &[u8], nonce: &[u8], now: Timestamp) -> Result<Vec<u8>, Error> {
        let mut serial = [0; 16];
        let filled = SystemRandom::new().fill(&mut serial);
        filled.map_err(|_| Error::Timestamp("there is no randomness".to_owned()))?;
        let content = sequence(&[
            &asn1::integer(&[1]),
            &encode(asn1::OID, &[POLICY.as_bytes()]),
            imprint,
            &asn1::integer(&serial),
            &time::to_generalized(now),
            nonce,
        ]);
        let digest = Digest::of(&content);
        let chain = self.signer.chain();
        let certificate = chain.first().ok_or(Error::Credential("a certificate chain"))?;
        let attributes = cms::attributes_of(oid::TST_INFO, digest.as_bytes(), certificate);
        let value = self.signer.sign(&attributes)?;
        let content = cms::Content { kind: oid::TST_INFO, attached: Some(&content) };
        Ok(cms::assemble_content(&content, &attributes, self.signer.scheme(), &value, chain, None))
    }

    /// Its certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.signer.chain().first()
    }
}

impl TimestampAuthority for DevelopmentAuthority {
    fn stamp(&self, imprint: &Digest, now: Timestamp) -> Result<TimestampToken, Error> {
        let request = TimestampRequest::new(*imprint)?;
        request.read_response(&self.answer(&request.to_der(), now)?)
    }
}
