//! Reading and writing ASN.1 values one by one (X.690), for structures whose original bytes matter.
//!
//! `der` and `x509-cert` decode whole structures and encode them anew. A signature covers bytes as they were sent, so
//! CMS, timestamps and revocation data are walked with these two small tools instead: nothing is copied, every
//! length is checked against what is there, and nothing recurses.

/// An ASN.1 value: its tag and its bytes as found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    /// The content, without tag and length.
    pub(crate) content: &'a [u8],
    /// The whole value, with tag and length.
    pub(crate) whole: &'a [u8],
}

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag `[number]` on a constructed value.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The tag `[number]` on a primitive value.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Reads values one after the other. All reading is by `Option`: `None` is malformed or absent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, of any tag.
    pub(crate) fn value(&mut self) -> Option<Value<'a>> {
        let (&tag, after_tag) = self.rest.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, after_first) = after_tag.split_first()?;
        let (length, body) = if first < 0x80 {
            (usize::from(first), after_first)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return None;
            }
            let (digits, body) = after_first.split_at_checked(count)?;
            let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
            (length, body)
        };
        let (content, rest) = body.split_at_checked(length)?;
        let whole = self.rest.get(..self.rest.len() - rest.len())?;
        self.rest = rest;
        Some(Value { tag, content, whole })
    }

    /// The next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<Value<'a>> {
        self.optional(tag)
    }

    /// The next value if it has this tag; otherwise nothing is taken.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Value<'a>> {
        if *self.rest.first()? != tag {
            return None;
        }
        self.value()
    }

    /// A reader of the content of the next value, which must be a SEQUENCE.
    pub(crate) fn sequence(&mut self) -> Option<Reader<'a>> {
        Some(self.expect(SEQUENCE)?.reader())
    }
}

impl<'a> Value<'a> {
    /// Reads exactly one value from these bytes.
    pub(crate) fn only(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let value = reader.value()?;
        reader.is_empty().then_some(value)
    }

    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The bits of a BIT STRING that is a whole number of bytes.
    pub(crate) fn bits(&self) -> Option<&'a [u8]> {
        match self.content.split_first()? {
            (0, bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A small, non-negative INTEGER or ENUMERATED.
    pub(crate) fn small_integer(&self) -> Option<u32> {
        match self.content {
            [first, ..] if self.content.len() <= 4 && *first < 0x80 => {
                Some(self.content.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
            }
            _ => None,
        }
    }
}

/// An iterator over the values in a constructed value; it ends early where the bytes are malformed.
impl<'a> Iterator for Reader<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.value()
    }
}

/// Encodes a value in DER: its tag and the parts of its content.
pub(crate) fn encode(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    let digits = length.to_be_bytes();
    let significant = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len() - 1);
    let digits = &digits[significant..];
    match digits {
        [only] if *only < 0x80 => bytes.push(*only),
        _ => {
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            bytes.extend_from_slice(digits);
        }
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Encodes a SEQUENCE of these parts.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(SEQUENCE, parts)
}

/// Encodes a SET OF in DER: its members in ascending order of their bytes (X.690, 11.6).
pub(crate) fn set_of(mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    let parts: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
    encode(SET, &parts)
}

/// Encodes a non-negative INTEGER from its big-endian bytes.
pub(crate) fn integer(magnitude: &[u8]) -> Vec<u8> {
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len());
    let digits = &magnitude[start..];
    match digits.first() {
        None => encode(INTEGER, &[&[0]]),
        Some(first) if *first >= 0x80 => encode(INTEGER, &[&[0], digits]),
        Some(_) => encode(INTEGER, &[digits]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_back() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7_u8; length];
            let bytes = encode(OCTET_STRING, &[&content]);
            assert_eq!(Value::only(&bytes).map(|value| value.content), Some(&content[..]), "{length}");
        }
        assert_eq!(integer(&[0, 0, 0x80]), [INTEGER, 2, 0, 0x80]);
        assert_eq!(integer(&[0, 0]), [INTEGER, 1, 0]);
    }

    #[test]
    fn lengths_beyond_the_bytes_are_refused() {
        for bytes in
            [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x30, 5, 0], &[0x30, 0x80, 0, 0], &[0x30], &[]]
        {
            assert_eq!(Value::only(bytes), None);
        }
    }
}
