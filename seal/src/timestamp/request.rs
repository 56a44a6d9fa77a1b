use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use muniment_record::Digest;
use ring::rand::{SecureRandom, SystemRandom};

use super::{TstInfo, check_signed};
use crate::asn1::{self, Value, encode, sequence};
use crate::chain::{self, Evidence, Purpose, When};
use crate::cms::{SignedData, to_definite};
use crate::{Certificate, Error, Reason, Trust, oid};

/// A request for a timestamp over a SHA-256 digest (RFC 3161, 2.4.1): it wants the authority's certificate with the
/// answer, and holds a random number that the answer has to repeat.
#[derive(Clone, Debug)]
pub struct TimestampRequest {
    imprint: Digest,
    nonce: [u8; 8],
    policy: Option<ObjectIdentifier>,
}

impl TimestampRequest {
    /// A request with a fresh number.
    ///
    /// # Errors
    ///
    /// [`Error::Timestamp`] where there is no randomness.
    pub fn new(imprint: Digest) -> Result<Self, Error> {
        let mut nonce = [0; 8];
        let filled = SystemRandom::new().fill(&mut nonce);
        filled.map_err(|_| Error::Timestamp("there is no randomness".to_owned()))?;
        // The first bit makes it positive, the second keeps it at its full length.
        nonce[0] = nonce[0] & 0x7f | 0x40;
        Ok(Self { imprint, nonce, policy: None })
    }

    /// Asks for a policy of the authority, as `1.2.3.4`; an answer under another one is refused.
    ///
    /// # Errors
    ///
    /// [`Error::Timestamp`] where that is no object identifier.
    pub fn with_policy(self, policy: &str) -> Result<Self, Error> {
        let policy = ObjectIdentifier::new(policy)
            .map_err(|_| Error::Timestamp("the policy is no object identifier".to_owned()))?;
        Ok(Self { policy: Some(policy), ..self })
    }

    /// TimeStampReq in DER, to be sent as `application/timestamp-query`.
    pub fn to_der(&self) -> Vec<u8> {
        let hash = sequence(&[&encode(asn1::OID, &[oid::SHA256.as_bytes()]), &[asn1::NULL, 0]]);
        let imprint = sequence(&[&hash, &encode(asn1::OCTET_STRING, &[self.imprint.as_bytes()])]);
        let policy = self.policy.map(|policy| encode(asn1::OID, &[policy.as_bytes()]));
        sequence(&[
            &asn1::integer(&[1]),
            &imprint,
            policy.as_deref().unwrap_or_default(),
            &asn1::integer(&self.nonce),
            &encode(asn1::BOOLEAN, &[&[0xff]]),
        ])
    }

    /// Reads the answer (TimeStampResp, RFC 3161, 2.4.2) and checks everything in it but whether the authority is
    /// trusted: status, imprint, number, policy, signature, the binding of the certificate and its one, critical use.
    ///
    /// # Errors
    ///
    /// [`Error::Timestamp`] says what is wrong.
    pub fn read_response(&self, response: &[u8]) -> Result<TimestampToken, Error> {
        let failed = |what: &str| Error::Timestamp(format!("the authority's answer {what}"));
        let malformed = || failed("is malformed");
        let (response, used) = to_definite(response).ok_or_else(malformed)?;
        let mut fields = Value::only(&response).filter(|_| used > 0).ok_or_else(malformed)?.reader();
        let mut status = fields.sequence().ok_or_else(malformed)?;
        let code = status.expect(asn1::INTEGER).and_then(|value| value.small_integer());
        // granted, granted with modifications
        match code.ok_or_else(malformed)? {
            0 | 1 => {}
            refused => return Err(failed(&format!("refuses, with status {refused}"))),
        }
        let token = fields.expect(asn1::SEQUENCE).ok_or_else(|| failed("holds no token"))?;
        let signed = SignedData::read(token.whole).ok_or_else(malformed)?;
        let checked = check_signed(&signed, &|hash| match hash {
            crate::algorithm::Hash::Sha256 => self.imprint.as_bytes().to_vec(),
            _ => Vec::new(),
        });
        let checked = checked.map_err(|reason| match reason {
            Reason::ContentChanged => failed("is over something else"),
            Reason::BadSignature => failed("has a wrong signature"),
            Reason::NoCertificate => failed("lacks the authority's certificate"),
            Reason::LegacyAlgorithm | Reason::UnsupportedAlgorithm => failed("is signed too weakly"),
            _ => malformed(),
        })?;
        let info = signed.content.and_then(TstInfo::read).ok_or_else(malformed)?;
        if info.nonce != Some(&self.nonce[..]) {
            return Err(failed("repeats another number than the request's"));
        }
        if self.policy.is_some_and(|policy| policy.as_bytes() != info.policy) {
            return Err(failed("follows another policy than was asked for"));
        }
        if !checked.signature.is_bound {
            return Err(failed("does not bind the authority's certificate"));
        }
        let authority = checked.signature.certificate;
        if !chain::is_fit(&authority, Purpose::TimeStamping) {
            return Err(failed("is signed with a certificate that is not meant for timestamps alone"));
        }
        let der = signed.tightened(&[]).ok_or_else(malformed)?;
        Ok(TimestampToken { der, time: checked.time, authority, certificates: checked.certificates })
    }
}

/// A timestamp token (dấu thời gian; RFC 3161, 2.4.2) that answers a request.
///
/// It keeps what the authority signed and the certificates that prove it; what else came along is dropped.
#[derive(Clone, Debug)]
pub struct TimestampToken {
    der: Vec<u8>,
    time: Timestamp,
    authority: Certificate,
    certificates: Vec<Certificate>,
}

impl TimestampToken {
    /// The token: a CMS message in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The time that it gives.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The certificate of the authority that signed it.
    pub fn authority(&self) -> &Certificate {
        &self.authority
    }

    /// The token with the certificates between the authority and its anchor, out of `trust`, where they did not come along:
    /// in a file of our own a token has them all.
    pub(crate) fn completed(self, trust: &Trust) -> Self {
        let read = SignedData::read(&self.der);
        let der = read.and_then(|signed| signed.tightened(trust.certificates()));
        match der {
            Some(der) => Self { der, ..self },
            None => self,
        }
    }

    /// Checks that the authority leads to a trust anchor and held at the token's time. Revocation data may be missing.
    ///
    /// # Errors
    ///
    /// [`Error::Timestamp`] where it does not.
    pub fn check_trust(&self, trust: &Trust) -> Result<(), Error> {
        let mut evidence = Evidence::of(trust);
        evidence.add_certificates(self.certificates.iter().cloned());
        let when = When { used_at: self.time, now: self.time };
        match chain::validate(&self.authority, Purpose::TimeStamping, when, trust, &evidence).outcome {
            Ok(()) | Err(Reason::NoRevocationData) => Ok(()),
            Err(reason) => {
                Err(Error::Timestamp(format!("the authority is not to be trusted: {}", reason.code())))
            }
        }
    }
}
