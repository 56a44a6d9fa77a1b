use der::asn1::ObjectIdentifier;

use crate::asn1::{self, encode, integer, sequence, set_of};
use crate::{Certificate, Scheme, oid};

/// The signed attributes of a PAdES signature as the SET that is signed (RFC 5652, 5.4): content type, digest of the
/// content, and the certificate's digest (RFC 5035). There is no signing-time attribute: the time stands in the
/// signature dictionary (ETSI EN 319 142-1, 6.3).
pub(crate) fn signed_attributes(content_digest: &[u8], certificate: &Certificate) -> Vec<u8> {
    attributes_of(oid::DATA, content_digest, certificate)
}

/// As [`signed_attributes`], over content of any type.
pub(crate) fn attributes_of(
    kind: ObjectIdentifier,
    content_digest: &[u8],
    certificate: &Certificate,
) -> Vec<u8> {
    set_of(vec![
        attribute(oid::CONTENT_TYPE, &oid_der(kind)),
        attribute(oid::MESSAGE_DIGEST, &encode(asn1::OCTET_STRING, &[content_digest])),
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate(certificate)),
    ])
}

/// SigningCertificateV2 (RFC 5035, 3); the digest algorithm is left out, as SHA-256 is its default.
fn signing_certificate(certificate: &Certificate) -> Vec<u8> {
    const DIRECTORY_NAME: u8 = asn1::context(4);
    let names = sequence(&[&encode(DIRECTORY_NAME, &[certificate.issuer_der()])]);
    let issuer_serial = sequence(&[&names, &serial(certificate)]);
    let digest = encode(asn1::OCTET_STRING, &[certificate.sha256().as_bytes()]);
    sequence(&[&sequence(&[&sequence(&[&digest, &issuer_serial])])])
}

/// What a CMS message is over.
pub(crate) struct Content<'a> {
    pub(crate) kind: ObjectIdentifier,
    /// The content, where it is in the message.
    pub(crate) attached: Option<&'a [u8]>,
}

/// Puts a signature together: signed attributes as signed, the signature value, and a timestamp token over it, if any.
pub(crate) fn assemble(
    signed_attributes: &[u8],
    scheme: Scheme,
    value: &[u8],
    chain: &[Certificate],
    timestamp: Option<&[u8]>,
) -> Vec<u8> {
    let content = Content { kind: oid::DATA, attached: None };
    assemble_content(&content, signed_attributes, scheme, value, chain, timestamp)
}

/// As [`assemble`], over content of any type.
pub(crate) fn assemble_content(
    content: &Content<'_>,
    signed_attributes: &[u8],
    scheme: Scheme,
    value: &[u8],
    chain: &[Certificate],
    timestamp: Option<&[u8]>,
) -> Vec<u8> {
    let sha256 = sequence(&[&oid_der(oid::SHA256)]);
    let issuer = chain.first().map(Certificate::issuer_der).unwrap_or_default();
    let serial = chain.first().map(serial).unwrap_or_default();
    // In the message the SET carries an implicit tag instead of its own.
    let attributes = asn1::Value::only(signed_attributes).map(|set| set.content).unwrap_or_default();
    let unsigned = timestamp.map(|token| {
        let attribute = attribute(oid::SIGNATURE_TIMESTAMP, token);
        encode(asn1::context(1), &[&attribute])
    });
    let signer = sequence(&[
        &integer(&[1]),
        &sequence(&[issuer, &serial]),
        &sha256,
        &encode(asn1::context(0), &[attributes]),
        &scheme.identifier(),
        &encode(asn1::OCTET_STRING, &[value]),
        unsigned.as_deref().unwrap_or_default(),
    ]);
    let mut certificates: Vec<&[u8]> = chain.iter().map(Certificate::der).collect();
    certificates.sort_unstable();
    let attached = content.attached.map(|content| {
        let octets = encode(asn1::OCTET_STRING, &[content]);
        encode(asn1::context(0), &[&octets])
    });
    // RFC 5652, 5.1: content that is not plain data makes it version 3.
    let version = if content.kind == oid::DATA { 1 } else { 3 };
    let signed_data = sequence(&[
        &integer(&[version]),
        &encode(asn1::SET, &[&sha256]),
        &sequence(&[&oid_der(content.kind), attached.as_deref().unwrap_or_default()]),
        &encode(asn1::context(0), &certificates),
        &encode(asn1::SET, &[&signer]),
    ]);
    sequence(&[&oid_der(oid::SIGNED_DATA), &encode(asn1::context(0), &[&signed_data])])
}

fn attribute(id: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid_der(id), &encode(asn1::SET, &[value])])
}

fn oid_der(id: ObjectIdentifier) -> Vec<u8> {
    encode(asn1::OID, &[id.as_bytes()])
}

fn serial(certificate: &Certificate) -> Vec<u8> {
    encode(asn1::INTEGER, &[certificate.serial_bytes()])
}
