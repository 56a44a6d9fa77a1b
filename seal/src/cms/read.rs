use der::asn1::ObjectIdentifier;

use crate::Reason;
use crate::Scheme;
use crate::algorithm::{self, Algorithm, Check, Hash};
use crate::asn1::{self, Reader, Value};
use crate::certificate::Certificate;
use crate::{chain, oid};

/// Certificates that are looked at in one message.
const MOST_CERTIFICATES: usize = 256;

/// A CMS SignedData of one signer (RFC 5652, 5), read but not believed.
#[derive(Debug)]
pub(crate) struct SignedData<'a> {
    /// The type of the content.
    content_type: &'a [u8],
    /// The content, where it is not detached.
    pub(crate) content: Option<&'a [u8]>,
    certificates: Vec<Certificate>,
    crls: Vec<&'a [u8]>,
    signer: SignerInfo<'a>,
}

#[derive(Debug)]
struct SignerInfo<'a> {
    id: Value<'a>,
    digest_algorithm: Value<'a>,
    hash: Option<Hash>,
    signed_attributes: Option<Value<'a>>,
    algorithm: Value<'a>,
    signature: &'a [u8],
    unsigned_attributes: Option<Value<'a>>,
}

/// A signature whose value fits its attributes and its certificate's key.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) certificate: Certificate,
    pub(crate) algorithm: Algorithm,
    /// Whether the certificate is bound by the signature (ESS signing-certificate, v1 or v2).
    pub(crate) is_bound: bool,
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo with a SignedData in definite lengths.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Value::only(bytes)?.reader();
        if info.expect(asn1::OID)?.content != oid::SIGNED_DATA.as_bytes() {
            return None;
        }
        let mut fields = info.expect(asn1::context(0))?.reader().sequence()?;
        fields.expect(asn1::INTEGER)?;
        fields.expect(asn1::SET)?;
        let mut encapsulated = fields.sequence()?;
        let content_type = encapsulated.expect(asn1::OID)?.content;
        let content = match encapsulated.optional(asn1::context(0)) {
            Some(wrapped) => Some(wrapped.reader().expect(asn1::OCTET_STRING)?.content),
            None => None,
        };
        let members = |set: Option<Value<'a>>| -> Vec<&'a [u8]> {
            let values = set.map(|set| set.reader()).into_iter().flatten();
            values.filter(|value| value.tag == asn1::SEQUENCE).map(|value| value.whole).collect()
        };
        let certificates = members(fields.optional(asn1::context(0)));
        let certificates =
            certificates.into_iter().take(MOST_CERTIFICATES).filter_map(Certificate::read).collect();
        let crls = members(fields.optional(asn1::context(1)));
        let mut signers = fields.expect(asn1::SET)?.reader();
        let signer = SignerInfo::read(signers.sequence()?)?;
        (signers.is_empty() && fields.is_empty() && info.is_empty()).then_some(Self {
            content_type,
            content,
            certificates,
            crls,
            signer,
        })
    }

    pub(crate) fn is_content_type(&self, wanted: ObjectIdentifier) -> bool {
        self.content_type == wanted.as_bytes()
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = Certificate> {
        self.certificates.iter().cloned()
    }

    /// Revocation lists in it, also those in Adobe's attribute.
    pub(crate) fn crls(&self) -> Vec<&'a [u8]> {
        let mut crls = self.crls.clone();
        if let Some(archive) = self.signed_attribute(oid::ADOBE_REVOCATION) {
            let lists = archive.reader().filter(|part| part.tag == asn1::context(0));
            let lists = lists.filter_map(|part| part.reader().sequence());
            crls.extend(lists.flat_map(|list| list.map(|crl| crl.whole)));
        }
        crls
    }

    /// OCSP responses in Adobe's attribute.
    pub(crate) fn ocsp_responses(&self) -> Vec<&'a [u8]> {
        let Some(archive) = self.signed_attribute(oid::ADOBE_REVOCATION) else {
            return Vec::new();
        };
        let lists = archive.reader().filter(|part| part.tag == asn1::context(1));
        let lists = lists.filter_map(|part| part.reader().sequence());
        lists.flat_map(|list| list.map(|response| response.whole)).collect()
    }

    /// Whether it holds, beside what its signature covers, certificates and signature timestamps, and nothing else.
    pub(crate) fn holds_timestamps_only(&self) -> bool {
        let attributes = self.signer.unsigned_attributes.map(|set| set.reader()).into_iter().flatten();
        let mut kinds = attributes.map(|attribute| attribute.reader().expect(asn1::OID));
        self.crls.is_empty()
            && kinds.all(|kind| kind.is_some_and(|kind| kind.content == oid::SIGNATURE_TIMESTAMP.as_bytes()))
    }

    /// Whether it is to the byte what [`assemble`](super::assemble) makes of its parts. What CMS leaves open, as the order of
    /// fields that nothing reads, is not open in a signature of our own; nor is it in the timestamp that stands in it.
    pub(crate) fn is_as_assembled(&self, bytes: &[u8]) -> bool {
        let scheme =
            Scheme::ALL.into_iter().find(|scheme| scheme.identifier() == self.signer.algorithm.whole);
        let (Some(scheme), Some(attributes), Some(chain)) =
            (scheme, self.signer.signed_attributes, self.linked())
        else {
            return false;
        };
        let attributes = asn1::encode(asn1::SET, &[attributes.content]);
        let timestamps = self.timestamps();
        let are_tight = timestamps.iter().all(|token| {
            Self::read(token).and_then(|token| token.tightened(&[])).is_some_and(|tight| tight == *token)
        });
        let timestamp = timestamps.first().copied();
        are_tight && super::assemble(&attributes, scheme, self.signer.signature, &chain, timestamp) == bytes
    }

    /// The message anew, of nothing but what the signature covers or what is proven by it: attached content, signed
    /// attributes, and the certificates that lead upwards from the signer's, found among its own and `others`; a root is
    /// left out. A timestamp is kept in this form, so that no byte of it can be changed without notice.
    pub(crate) fn tightened(&self, others: &[Certificate]) -> Option<Vec<u8>> {
        let mut all: Vec<Certificate> = self.certificates().collect();
        all.extend_from_slice(others);
        let linked = chain::linked(self.signer_certificate()?, &all);
        let needed = linked.iter().filter(|certificate| !certificate.is_self_issued());
        let mut certificates: Vec<&[u8]> = needed.map(Certificate::der).collect();
        certificates.sort_unstable();
        let signer = &self.signer;
        let certificate = linked.first()?;
        let id = asn1::sequence(&[
            certificate.issuer_der(),
            &asn1::encode(asn1::INTEGER, &[certificate.serial_bytes()]),
        ]);
        let attributes = signer.signed_attributes?;
        // Nothing else covers these, unless an attribute repeats them (RFC 6211).
        let (digest_algorithm, algorithm) = match self.signed_attribute(oid::ALGORITHM_PROTECTION) {
            Some(_) => (signer.digest_algorithm.whole.to_vec(), signer.algorithm.whole.to_vec()),
            None => (
                algorithm::tight_digest(&signer.digest_algorithm)?,
                algorithm::tight_signature(&signer.algorithm, signer.hash)?,
            ),
        };
        let information = asn1::sequence(&[
            // RFC 5652, 5.3: the version of one named by issuer and serial number.
            &asn1::integer(&[1]),
            &id,
            &digest_algorithm,
            attributes.whole,
            &algorithm,
            &asn1::encode(asn1::OCTET_STRING, &[signer.signature]),
        ]);
        let content = asn1::encode(asn1::OCTET_STRING, &[self.content?]);
        let encapsulated = asn1::sequence(&[
            &asn1::encode(asn1::OID, &[self.content_type]),
            &asn1::encode(asn1::context(0), &[&content]),
        ]);
        let signed_data = asn1::sequence(&[
            &asn1::integer(&[3]),
            &asn1::encode(asn1::SET, &[&digest_algorithm]),
            &encapsulated,
            &asn1::encode(asn1::context(0), &certificates),
            &asn1::encode(asn1::SET, &[&information]),
        ]);
        let kind = asn1::encode(asn1::OID, &[oid::SIGNED_DATA.as_bytes()]);
        Some(asn1::sequence(&[&kind, &asn1::encode(asn1::context(0), &[&signed_data])]))
    }

    /// The signer's certificate and those above it; `assemble` leaves out any others.
    fn linked(&self) -> Option<Vec<Certificate>> {
        let signer = self.signer_certificate()?;
        let all: Vec<Certificate> = self.certificates().collect();
        Some(chain::linked(signer, &all))
    }

    /// The signature value: what a signature timestamp is over.
    pub(crate) fn signature_value(&self) -> &'a [u8] {
        self.signer.signature
    }

    /// Signature timestamps (RFC 3161, appendix A).
    pub(crate) fn timestamps(&self) -> Vec<&'a [u8]> {
        let attributes = self.signer.unsigned_attributes.map(|set| set.reader()).into_iter().flatten();
        let tokens = attributes.filter_map(|attribute| {
            let mut fields = attribute.reader();
            let id = fields.expect(asn1::OID)?;
            (id.content == oid::SIGNATURE_TIMESTAMP.as_bytes()).then(|| fields.expect(asn1::SET))?
        });
        tokens.flat_map(|set| set.reader().map(|token| token.whole)).collect()
    }

    /// The digest algorithm of the content.
    pub(crate) fn hash(&self) -> Option<Hash> {
        self.signer.hash
    }

    /// The signing time in the signed attributes, which PAdES forbids but others use.
    pub(crate) fn signing_time(&self) -> Option<jiff::Timestamp> {
        crate::time::from_asn1(&self.signed_attribute(oid::SIGNING_TIME)?)
    }

    /// Checks the signature over content with this digest. `content` gives the content itself where the signature is
    /// right over it.
    pub(crate) fn check(
        &self,
        digest: &[u8],
        content: &dyn Fn() -> Vec<u8>,
    ) -> Result<Signature, (Reason, Option<Certificate>)> {
        let Some(certificate) = self.signer_certificate() else {
            return Err((Reason::NoCertificate, None));
        };
        let failed = |reason| Err((reason, Some(certificate.clone())));
        let mut is_bound = false;
        let message = match self.signer.signed_attributes {
            Some(attributes) => {
                let types = self.signed_attribute(oid::CONTENT_TYPE);
                if types.is_none_or(|value| value.tag != asn1::OID || value.content != self.content_type) {
                    return failed(Reason::BadAttributes);
                }
                let Some(signed_digest) = self.signed_attribute(oid::MESSAGE_DIGEST) else {
                    return failed(Reason::BadAttributes);
                };
                if signed_digest.content != digest {
                    return failed(Reason::ContentChanged);
                }
                if !self.algorithms_are_as_protected() {
                    return failed(Reason::BadAttributes);
                }
                match self.certificate_digests_fit(&certificate) {
                    Some(true) => is_bound = true,
                    Some(false) => return failed(Reason::CertificateMismatch),
                    None => {}
                }
                // The attributes are signed as a SET OF, not under the tag they carry here (RFC 5652, 5.4).
                asn1::encode(asn1::SET, &[attributes.content])
            }
            None => content(),
        };
        let signer = &self.signer;
        let check =
            algorithm::check(certificate.spki(), &signer.algorithm, signer.hash, &message, signer.signature);
        match check {
            Check::Good(algorithm) => Ok(Signature { certificate, algorithm, is_bound }),
            Check::Bad(_) => failed(Reason::BadSignature),
            Check::Unsupported => failed(Reason::UnsupportedAlgorithm),
        }
    }

    /// The certificate that the signer is named by, if it came along.
    pub(crate) fn signer_certificate(&self) -> Option<Certificate> {
        let id = self.signer.id;
        self.certificates().find(|certificate| {
            if id.tag == asn1::context_primitive(0) {
                return certificate.subject_key_id().is_some_and(|key_id| key_id == id.content);
            }
            let mut fields = id.reader();
            let issuer = fields.expect(asn1::SEQUENCE);
            let serial = fields.expect(asn1::INTEGER);
            id.tag == asn1::SEQUENCE
                && fields.is_empty()
                && issuer.is_some_and(|issuer| issuer.whole == certificate.issuer_der())
                && serial.is_some_and(|serial| serial.content == certificate.serial_bytes())
        })
    }

    /// Whether the attribute that repeats the algorithms (RFC 6211), where there is one, names the ones in use.
    fn algorithms_are_as_protected(&self) -> bool {
        let Some(value) = self.signed_attribute(oid::ALGORITHM_PROTECTION) else { return true };
        let mut fields = value.reader();
        let digest = fields.expect(asn1::SEQUENCE);
        let signature = fields.optional(asn1::context(1));
        digest.is_some_and(|digest| digest.whole == self.signer.digest_algorithm.whole)
            && signature.is_some_and(|signature| signature.content == self.signer.algorithm.content)
            && fields.is_empty()
    }

    /// Whether the first certificate of ESS signing-certificate(-v2) is this one; `None` where there is no such attribute.
    fn certificate_digests_fit(&self, certificate: &Certificate) -> Option<bool> {
        if let Some(value) = self.signed_attribute(oid::SIGNING_CERTIFICATE_V2) {
            let fits = || {
                let mut first = value.reader().sequence()?.sequence()?;
                let hash = match first.optional(asn1::SEQUENCE) {
                    Some(identifier) => Hash::from_identifier(&identifier)?,
                    None => Hash::Sha256,
                };
                let digest = first.expect(asn1::OCTET_STRING)?;
                Some(hash.digest(certificate.der()).as_ref() == digest.content)
            };
            return Some(fits().unwrap_or(false));
        }
        let value = self.signed_attribute(oid::SIGNING_CERTIFICATE)?;
        let fits = || {
            let digest = value.reader().sequence()?.sequence()?.expect(asn1::OCTET_STRING)?;
            Some(Hash::Sha1.digest(certificate.der()).as_ref() == digest.content)
        };
        Some(fits().unwrap_or(false))
    }

    /// The one value of a signed attribute. An attribute that stands twice, or has two values, counts as absent.
    fn signed_attribute(&self, wanted: ObjectIdentifier) -> Option<Value<'a>> {
        let mut found = None;
        for attribute in self.signer.signed_attributes?.reader() {
            let mut fields = attribute.reader();
            if fields.expect(asn1::OID)?.content != wanted.as_bytes() {
                continue;
            }
            let mut values = fields.expect(asn1::SET)?.reader();
            let value = values.value()?;
            if found.is_some() || !values.is_empty() {
                return None;
            }
            found = Some(value);
        }
        found
    }
}

impl<'a> SignerInfo<'a> {
    fn read(mut fields: Reader<'a>) -> Option<Self> {
        fields.expect(asn1::INTEGER)?;
        let id = fields.value()?;
        let digest_algorithm = fields.expect(asn1::SEQUENCE)?;
        let hash = Hash::from_identifier(&digest_algorithm);
        let signed_attributes = fields.optional(asn1::context(0));
        let algorithm = fields.expect(asn1::SEQUENCE)?;
        let signature = fields.expect(asn1::OCTET_STRING)?.content;
        let unsigned_attributes = fields.optional(asn1::context(1));
        fields.is_empty().then_some(Self {
            id,
            digest_algorithm,
            hash,
            signed_attributes,
            algorithm,
            signature,
            unsigned_attributes,
        })
    }
}
