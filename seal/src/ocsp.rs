use jiff::Timestamp;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::algorithm::{self, Check, Hash};
use crate::asn1::{self, Reader, Value};
use crate::crl::{Revocation, is_compromise};
use crate::{Certificate, memo, oid, time};

/// Certificates of a response that are looked at.
const MOST_CERTIFICATES: usize = 8;

/// A basic OCSP response (RFC 6960, 4.2.1), read but not believed.
#[derive(Clone, Debug)]
pub(crate) struct OcspResponse {
    der: Vec<u8>,
}

/// What a response says about one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
    pub(crate) revocation: Option<Revocation>,
}

struct Fields<'a> {
    /// tbsResponseData, as signed.
    data: Value<'a>,
    algorithm: Value<'a>,
    signature: &'a [u8],
    certificates: Option<Reader<'a>>,
}

impl OcspResponse {
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let response = Self { der: der.to_vec() };
        response.fields()?;
        Some(response)
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    fn fields(&self) -> Option<Fields<'_>> {
        let mut outer = Value::only(&self.der)?.reader();
        if outer.expect(asn1::ENUMERATED)?.content != [0] {
            return None;
        }
        let mut bytes = outer.expect(asn1::context(0))?.reader().sequence()?;
        if bytes.expect(asn1::OID)?.content != oid::OCSP_BASIC.as_bytes() {
            return None;
        }
        let mut basic = Value::only(bytes.expect(asn1::OCTET_STRING)?.content)?.reader();
        let data = basic.expect(asn1::SEQUENCE)?;
        let algorithm = basic.expect(asn1::SEQUENCE)?;
        let signature = basic.expect(asn1::BIT_STRING)?.bits()?;
        let certificates = basic.optional(asn1::context(0)).and_then(|list| list.reader().sequence());
        Some(Fields { data, algorithm, signature, certificates })
    }

    /// The response anew, of nothing but what its signature covers and the responder's certificate, so that no byte of it
    /// can be changed without notice.
    pub(crate) fn tightened(&self, issuer: &Certificate) -> Option<Vec<u8>> {
        let fields = self.fields()?;
        let certificates = match self.delegate(issuer) {
            Some(delegate) => asn1::encode(asn1::context(0), &[&asn1::sequence(&[delegate.der()])]),
            None => Vec::new(),
        };
        let basic = asn1::sequence(&[
            fields.data.whole,
            &algorithm::tight_signature(&fields.algorithm, None)?,
            &asn1::encode(asn1::BIT_STRING, &[&[0], fields.signature]),
            &certificates,
        ]);
        let bytes = asn1::sequence(&[
            &asn1::encode(asn1::OID, &[oid::OCSP_BASIC.as_bytes()]),
            &asn1::encode(asn1::OCTET_STRING, &[&basic]),
        ]);
        Some(asn1::sequence(&[
            &asn1::encode(asn1::ENUMERATED, &[&[0]]),
            &asn1::encode(asn1::context(0), &[&bytes]),
        ]))
    }

    /// The certificate of the responder that signed it, where that is not the issuer itself.
    pub(crate) fn delegate(&self, issuer: &Certificate) -> Option<Certificate> {
        let fields = self.fields()?;
        if fields.is_signed_with(issuer) {
            return None;
        }
        fields.responders().find(|responder| fields.is_signed_with(responder))
    }

    /// What it says about a certificate of `issuer`, if it is signed by the issuer or by a responder that the issuer
    /// authorised (RFC 6960, 4.2.2.2).
    pub(crate) fn answer(&self, certificate: &Certificate, issuer: &Certificate) -> Option<Answer> {
        let fields = self.fields()?;
        let mut data = fields.data.reader();
        data.optional(asn1::context(0));
        data.value()?;
        let produced_at = time::from_asn1(&data.expect(asn1::GENERALIZED_TIME)?)?;
        let mut answers = data.sequence()?;
        let answer = answers.find_map(|single| read_answer(single, certificate, issuer))?;
        let is_authorised = |responder: &Certificate| {
            let may_answer =
                responder.extended_key_usage().is_some_and(|(_, usages)| usages.contains(&oid::OCSP_SIGNING));
            may_answer
                && responder.issuer_der() == issuer.subject_der()
                && responder.is_valid_at(produced_at)
                && matches!(responder.is_signed_by(issuer), Check::Good(algorithm) if !algorithm.is_legacy)
        };
        let is_signed = fields.is_signed_with(issuer)
            || fields
                .responders()
                .any(|responder| is_authorised(&responder) && fields.is_signed_with(&responder));
        is_signed.then_some(answer)
    }
}

impl Fields<'_> {
    fn is_signed_with(&self, signer: &Certificate) -> bool {
        let check = memo::check(signer.spki(), &self.algorithm, self.data.whole, self.signature);
        matches!(check, Check::Good(algorithm) if !algorithm.is_legacy)
    }

    /// The certificates that came with it.
    fn responders(&self) -> impl Iterator<Item = Certificate> {
        let certificates = self.certificates.into_iter().flatten().take(MOST_CERTIFICATES);
        certificates.filter_map(|value| Certificate::read(value.whole))
    }
}

/// A request about one certificate (RFC 6960, 4.1.1), to be posted as `application/ocsp-request`. It names the
/// certificate by SHA-1, as every responder understands (RFC 5019, 2.1.1), and has no nonce, which many leave out of
/// their answers: an answer's times show how fresh it is.
pub(crate) fn request(certificate: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let octets = |bytes: &[u8]| asn1::encode(asn1::OCTET_STRING, &[bytes]);
    let hash = asn1::encode(asn1::OID, &[oid::SHA1.as_bytes()]);
    let id = asn1::sequence(&[
        &asn1::sequence(&[&hash, &[asn1::NULL, 0]]),
        &octets(digest(&SHA1_FOR_LEGACY_USE_ONLY, issuer.subject_der()).as_ref()),
        &octets(digest(&SHA1_FOR_LEGACY_USE_ONLY, issuer.public_key()).as_ref()),
        &asn1::encode(asn1::INTEGER, &[certificate.serial_bytes()]),
    ]);
    asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&id])])])])
}

fn read_answer(single: Value<'_>, certificate: &Certificate, issuer: &Certificate) -> Option<Answer> {
    let mut fields = single.reader();
    let mut id = fields.sequence()?;
    let hash = Hash::from_identifier(&id.expect(asn1::SEQUENCE)?)?;
    let name = id.expect(asn1::OCTET_STRING)?.content;
    let key = id.expect(asn1::OCTET_STRING)?.content;
    let serial = id.expect(asn1::INTEGER)?.content;
    // A certificate's identifier by SHA-1 is only a name here: the answer itself is signed.
    let digest_of = |bytes: &[u8]| match hash {
        Hash::Sha1 => digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes),
        other => other.digest(bytes),
    };
    if serial != certificate.serial_bytes()
        || digest_of(issuer.subject_der()).as_ref() != name
        || digest_of(issuer.public_key()).as_ref() != key
    {
        return None;
    }
    let status = fields.value()?;
    let revocation = match status.tag {
        tag if tag == asn1::context_primitive(0) => None,
        tag if tag == asn1::context(1) => {
            let mut details = status.reader();
            let at = details.value().and_then(|value| time::from_asn1(&value)).unwrap_or(Timestamp::MIN);
            let reason = details
                .optional(asn1::context(0))
                .and_then(|wrapped| wrapped.reader().value()?.small_integer());
            Some(Revocation { at, is_compromise: is_compromise(reason) })
        }
        _ => return None,
    };
    let this_update = time::from_asn1(&fields.expect(asn1::GENERALIZED_TIME)?)?;
    let next_update = match fields.optional(asn1::context(0)) {
        Some(wrapped) => Some(time::from_asn1(&wrapped.reader().value()?)?),
        None => None,
    };
    Some(Answer { this_update, next_update, revocation })
}
