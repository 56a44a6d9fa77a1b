use std::sync::Arc;

use jiff::Timestamp;
use muniment_record::Digest;

use crate::algorithm::Check;
use crate::asn1::{self, Reader, Value};
use crate::certificate::{Certificate, check_signed};
use crate::oid;
use crate::time::from_asn1;

/// A certificate revocation list (danh sách thu hồi; RFC 5280, 5), with its bytes as they came.
///
/// Entries are not copied out: a large list costs its bytes and no more, and is scanned when asked.
#[derive(Clone, Debug)]
pub(crate) struct Crl {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    der: Vec<u8>,
    sha256: Digest,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Whether it can speak for every certificate of its issuer: no delta, no part, no indirect entries.
    is_complete: bool,
}

/// When and why a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) at: Timestamp,
    /// Whether the key may have been in wrong hands, as where no reason is given: then no time that it gave is believed
    /// (RFC 3161, 4).
    pub(crate) is_compromise: bool,
}

struct Fields<'a> {
    issuer: &'a [u8],
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: Reader<'a>,
    extensions: Reader<'a>,
}

impl Crl {
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let fields = read_fields(der)?;
        let inner = Inner {
            sha256: Digest::of(der),
            issuer: fields.issuer.to_vec(),
            this_update: fields.this_update,
            next_update: fields.next_update,
            is_complete: is_complete(fields.extensions),
            der: der.to_vec(),
        };
        Some(Self { inner: Arc::new(inner) })
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.inner.der
    }

    pub(crate) fn sha256(&self) -> Digest {
        self.inner.sha256
    }

    pub(crate) fn this_update(&self) -> Timestamp {
        self.inner.this_update
    }

    /// Whether it was not yet due to be replaced at `time`; one without a next update is only good for its own moment.
    pub(crate) fn is_fresh_at(&self, time: Timestamp) -> bool {
        self.inner.next_update.unwrap_or(self.inner.this_update) >= time
    }

    /// Whether it is a complete list of `issuer`, signed by it with an algorithm that is good today.
    pub(crate) fn speaks_for(&self, issuer: &Certificate) -> bool {
        let may_sign = issuer.key_usage().is_none_or(|usage| usage.crl_sign());
        self.inner.is_complete
            && may_sign
            && self.inner.issuer == issuer.subject_der()
            && matches!(check_signed(&self.inner.der, issuer.spki()), Check::Good(algorithm) if !algorithm.is_legacy)
    }

    /// Looks a serial number up. `None` is: not on the list.
    pub(crate) fn find(&self, serial: &[u8]) -> Option<Revocation> {
        let wanted = strip(serial);
        for entry in read_fields(&self.inner.der)?.entries {
            let mut fields = entry.reader();
            let number = fields.expect(asn1::INTEGER)?;
            if strip(number.content) == wanted {
                // A listed certificate whose date cannot be read counts as revoked from the beginning.
                let at = fields.value().and_then(|value| from_asn1(&value)).unwrap_or(Timestamp::MIN);
                return revocation(at, fields);
            }
        }
        None
    }
}

fn strip(serial: &[u8]) -> &[u8] {
    let start = serial.iter().position(|byte| *byte != 0).unwrap_or(serial.len());
    &serial[start..]
}

fn revocation(at: Timestamp, mut rest: Reader<'_>) -> Option<Revocation> {
    const REMOVE_FROM_CRL: u32 = 8;
    let reason = rest.sequence().and_then(|extensions| {
        let value = find_extension(extensions, oid::CRL_REASON)?;
        Value::only(value)?.small_integer()
    });
    if reason == Some(REMOVE_FROM_CRL) {
        return None;
    }
    Some(Revocation { at, is_compromise: is_compromise(reason) })
}

/// Whether a reason (RFC 5280, 5.3.1) leaves it possible that others had the key: all but unspecified, changed affiliation,
/// superseded and ceased, and none at all (RFC 3161, 4).
pub(crate) fn is_compromise(reason: Option<u32>) -> bool {
    !matches!(reason, Some(0 | 3 | 4 | 5))
}

/// The value of an extension, out of the list of them.
pub(crate) fn find_extension(extensions: Reader<'_>, wanted: der::asn1::ObjectIdentifier) -> Option<&[u8]> {
    for extension in extensions {
        let mut fields = extension.reader();
        if fields.expect(asn1::OID)?.content == wanted.as_bytes() {
            fields.optional(asn1::BOOLEAN);
            return Some(fields.expect(asn1::OCTET_STRING)?.content);
        }
    }
    None
}

fn read_fields(der: &[u8]) -> Option<Fields<'_>> {
    let mut tbs = Value::only(der)?.reader().sequence()?;
    tbs.optional(asn1::INTEGER);
    tbs.expect(asn1::SEQUENCE)?;
    let issuer = tbs.expect(asn1::SEQUENCE)?.whole;
    let this_update = from_asn1(&tbs.value()?)?;
    let next_update = match tbs.optional(asn1::UTC_TIME).or_else(|| tbs.optional(asn1::GENERALIZED_TIME)) {
        Some(value) => Some(from_asn1(&value)?),
        None => None,
    };
    let empty = Reader::new(&[]);
    let entries = tbs.optional(asn1::SEQUENCE).map_or(empty, |list| list.reader());
    let extensions = match tbs.optional(asn1::context(0)) {
        Some(wrapped) => wrapped.reader().sequence()?,
        None => empty,
    };
    Some(Fields { issuer, this_update, next_update, entries, extensions })
}

/// Reads the extensions for anything that limits what the list says (RFC 5280, 5.2.4 and 5.2.5).
fn is_complete(extensions: Reader<'_>) -> bool {
    for extension in extensions {
        let mut fields = extension.reader();
        let Some(id) = fields.expect(asn1::OID) else {
            return false;
        };
        let critical = fields.optional(asn1::BOOLEAN).is_some_and(|value| value.content != [0]);
        if id.content == oid::DELTA_CRL.as_bytes() {
            return false;
        }
        if id.content == oid::ISSUING_DISTRIBUTION_POINT.as_bytes() {
            let Some(point) = fields.expect(asn1::OCTET_STRING).and_then(|value| Value::only(value.content))
            else {
                return false;
            };
            // [0] only says where the list is found; every other field limits it.
            if point.reader().any(|field| field.tag != asn1::context(0) && field.content != [0]) {
                return false;
            }
        } else if critical
            && id.content != oid::CRL_NUMBER.as_bytes()
            && id.content != oid::AUTHORITY_KEY_ID.as_bytes()
        {
            return false;
        }
    }
    true
}
