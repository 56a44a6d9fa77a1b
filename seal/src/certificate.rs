use std::fmt;
use std::sync::Arc;

use der::{Decode, Encode, oid::AssociatedOid};
use jiff::Timestamp;
use muniment_record::Digest;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};

use crate::algorithm::Check;
use crate::asn1::{self, Value};
use crate::{Error, memo, oid};

/// Addresses of one kind that are read from a certificate.
const MOST_ADDRESSES: usize = 8;

/// An X.509 certificate (chứng thư chữ ký số; RFC 5280), with its bytes as they came.
///
/// Cheap to clone. Two certificates are equal when their bytes are.
#[derive(Clone)]
pub struct Certificate {
    inner: Arc<Inner>,
}

struct Inner {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    sha256: Digest,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    spki: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where it is no certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::read(der).ok_or(Error::Credential("a certificate"))
    }

    /// Reads the certificates of a PEM file in their order; other blocks are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] where a block is no certificate.
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, Error> {
        crate::pem::blocks(pem, "CERTIFICATE")?.iter().map(|der| Self::from_der(der)).collect()
    }

    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let parsed = x509_cert::Certificate::from_der(der).ok()?;
        let mut tbs = Value::only(der)?.reader().sequence()?;
        tbs.optional(asn1::context(0));
        tbs.expect(asn1::INTEGER)?;
        tbs.expect(asn1::SEQUENCE)?;
        let issuer = tbs.expect(asn1::SEQUENCE)?.whole.to_vec();
        let mut validity = tbs.sequence()?;
        let not_before = crate::time::from_asn1(&validity.value()?)?;
        let not_after = crate::time::from_asn1(&validity.value()?)?;
        let subject = tbs.expect(asn1::SEQUENCE)?.whole.to_vec();
        let spki = tbs.expect(asn1::SEQUENCE)?.whole.to_vec();
        let inner = Inner {
            der: der.to_vec(),
            parsed,
            sha256: Digest::of(der),
            subject,
            issuer,
            spki,
            not_before,
            not_after,
        };
        Some(Self { inner: Arc::new(inner) })
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.inner.der
    }

    /// Its bytes as a PEM block.
    pub fn to_pem(&self) -> String {
        crate::pem::encode("CERTIFICATE", self.der())
    }

    /// The digest of its bytes.
    pub fn sha256(&self) -> Digest {
        self.inner.sha256
    }

    /// Its subject as text (RFC 4514): `CN=...,O=...,C=VN`.
    pub fn subject(&self) -> String {
        self.inner.parsed.tbs_certificate.subject.to_string()
    }

    /// Its issuer as text (RFC 4514).
    pub fn issuer(&self) -> String {
        self.inner.parsed.tbs_certificate.issuer.to_string()
    }

    /// The common name of its subject: who signed, for people.
    pub fn common_name(&self) -> Option<String> {
        self.subject_attribute(oid::COMMON_NAME)
    }

    /// The organisation of its subject.
    pub fn organisation(&self) -> Option<String> {
        self.subject_attribute(oid::ORGANISATION)
    }

    /// Its serial number in hexadecimal.
    pub fn serial(&self) -> String {
        self.serial_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first moment of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.inner.not_before
    }

    /// The last moment of its validity.
    pub fn not_after(&self) -> Timestamp {
        self.inner.not_after
    }

    /// Whether its validity ends within so many days of `now`, or has ended.
    pub fn expires_within(&self, now: Timestamp, days: u32) -> bool {
        self.not_after().duration_since(now) < jiff::SignedDuration::from_hours(i64::from(days) * 24)
    }

    /// The addresses of its issuer's revocation lists (RFC 5280, 4.2.1.13).
    pub(crate) fn crl_urls(&self) -> Vec<String> {
        let mut urls = Vec::new();
        for point in self.extension_values(oid::CRL_DISTRIBUTION_POINTS) {
            let name = point.reader().optional(asn1::context(0));
            let full_name = name.and_then(|name| name.reader().optional(asn1::context(0)));
            urls.extend(full_name.into_iter().flat_map(|names| names.reader()).filter_map(|name| url(&name)));
        }
        urls
    }

    /// The addresses of its issuer's OCSP responders (RFC 5280, 4.2.2.1).
    pub(crate) fn ocsp_urls(&self) -> Vec<String> {
        let mut urls = Vec::new();
        for description in self.extension_values(oid::AUTHORITY_INFO_ACCESS) {
            let mut fields = description.reader();
            let method = fields.expect(asn1::OID);
            if method.is_some_and(|method| method.content == oid::OCSP.as_bytes()) {
                urls.extend(fields.value().and_then(|name| url(&name)));
            }
        }
        urls
    }

    /// Whether its issuer wants no revocation check of it (RFC 6960, 4.2.2.2.1).
    pub(crate) fn needs_no_revocation_check(&self) -> bool {
        self.extensions().iter().any(|extension| extension.extn_id == oid::OCSP_NO_CHECK)
    }

    /// The values in the SEQUENCE that an extension holds.
    fn extension_values(&self, wanted: der::asn1::ObjectIdentifier) -> Vec<Value<'_>> {
        let extension = self.extensions().iter().find(|extension| extension.extn_id == wanted);
        let list = extension.and_then(|extension| Value::only(extension.extn_value.as_bytes()));
        list.into_iter().flat_map(|list| list.reader()).take(MOST_ADDRESSES).collect()
    }

    /// The SubjectPublicKeyInfo, as found.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.inner.spki
    }

    /// The public key itself: the point, or the PKCS#1 key.
    pub(crate) fn public_key(&self) -> &[u8] {
        self.inner.parsed.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes()
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.inner.subject
    }

    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.inner.issuer
    }

    pub(crate) fn serial_bytes(&self) -> &[u8] {
        self.inner.parsed.tbs_certificate.serial_number.as_bytes()
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.inner.subject == self.inner.issuer
    }

    pub(crate) fn is_valid_at(&self, time: Timestamp) -> bool {
        self.inner.not_before <= time && time <= self.inner.not_after
    }

    pub(crate) fn subject_key_id(&self) -> Option<Vec<u8>> {
        let id: SubjectKeyIdentifier = self.extension()?;
        Some(id.0.as_bytes().to_vec())
    }

    pub(crate) fn authority_key_id(&self) -> Option<Vec<u8>> {
        let id: AuthorityKeyIdentifier = self.extension()?;
        Some(id.key_identifier?.as_bytes().to_vec())
    }

    pub(crate) fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extension()
    }

    /// Its key usage; a certificate without one may be used for anything.
    pub(crate) fn key_usage(&self) -> Option<KeyUsage> {
        self.extension()
    }

    /// Whether it may sign documents: by key usage, where there is one (RFC 5280, 4.2.1.3).
    pub(crate) fn may_sign_documents(&self) -> bool {
        self.key_usage().is_none_or(|usage| usage.digital_signature() || usage.non_repudiation())
    }

    /// Its extended key usages, and whether the extension is critical; none where it has no such extension.
    pub(crate) fn extended_key_usage(&self) -> Option<(bool, Vec<der::asn1::ObjectIdentifier>)> {
        let (critical, usages) = self.inner.parsed.tbs_certificate.get::<ExtendedKeyUsage>().ok()??;
        Some((critical, usages.0))
    }

    /// Whether every critical extension is one that path validation here understands (RFC 5280, 6.1.4 (o)).
    pub(crate) fn critical_extensions_are_known(&self) -> bool {
        const KNOWN: [der::asn1::ObjectIdentifier; 7] = [
            oid::BASIC_CONSTRAINTS,
            oid::KEY_USAGE,
            oid::EXTENDED_KEY_USAGE,
            oid::SUBJECT_ALT_NAME,
            oid::CERTIFICATE_POLICIES,
            oid::SUBJECT_KEY_ID,
            oid::AUTHORITY_KEY_ID,
        ];
        let mut critical = self.extensions().iter().filter(|extension| extension.critical);
        critical.all(|extension| KNOWN.contains(&extension.extn_id))
    }

    /// Checks that `issuer`'s key made the signature on this certificate.
    pub(crate) fn is_signed_by(&self, issuer: &Self) -> Check {
        check_signed(&self.inner.der, issuer.spki())
    }

    fn extensions(&self) -> &[x509_cert::ext::Extension] {
        self.inner.parsed.tbs_certificate.extensions.as_deref().unwrap_or_default()
    }

    fn extension<T: for<'a> Decode<'a> + AssociatedOid>(&self) -> Option<T> {
        let (_, value) = self.inner.parsed.tbs_certificate.get::<T>().ok()??;
        Some(value)
    }

    fn subject_attribute(&self, wanted: der::asn1::ObjectIdentifier) -> Option<String> {
        let subject = &self.inner.parsed.tbs_certificate.subject;
        let mut attributes = subject.0.iter().flat_map(|rdn| rdn.0.iter());
        let attribute = attributes.find(|attribute| attribute.oid == wanted)?;
        let value = attribute.value.to_der().ok()?;
        Some(String::from_utf8_lossy(Value::only(&value)?.content).into_owned())
    }
}

/// A GeneralName that is an address.
fn url(name: &Value<'_>) -> Option<String> {
    let text = std::str::from_utf8(name.content).ok()?;
    (name.tag == asn1::context_primitive(6)).then(|| text.to_owned())
}

/// Checks the outer signature of a certificate, a revocation list or the like: `SEQUENCE { tbs, algorithm, BIT STRING }`.
pub(crate) fn check_signed(der: &[u8], spki: &[u8]) -> Check {
    let parts = || {
        let mut fields = Value::only(der)?.reader();
        let tbs = fields.expect(asn1::SEQUENCE)?;
        let identifier = fields.expect(asn1::SEQUENCE)?;
        let signature = fields.expect(asn1::BIT_STRING)?.bits()?;
        // RFC 5280, 4.1.1.2 and 5.1.1.2: the signed part repeats the algorithm, which nothing else covers.
        let mut signed = tbs.reader();
        signed.optional(asn1::context(0));
        signed.optional(asn1::INTEGER);
        let is_repeated = signed.expect(asn1::SEQUENCE)?.whole == identifier.whole;
        (is_repeated && fields.is_empty()).then_some((tbs, identifier, signature))
    };
    match parts() {
        Some((tbs, identifier, signature)) => memo::check(spki, &identifier, tbs.whole, signature),
        None => Check::Unsupported,
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.inner.sha256 == other.inner.sha256
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject())
    }
}
