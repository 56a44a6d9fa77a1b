//! Changes to values in DER that leave every length right, so that they reach what looks at the fields.

use proptest::prelude::*;
use proptest::sample::Index;

/// What is done to one value.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Drop,
    Double,
    /// Its n-th byte gets other bits.
    Flip(Index, u8),
    /// Bytes more at its end.
    Extend(Vec<u8>),
    Retag(u8),
    /// It changes places with the one after it.
    Swap,
    /// It is put in once more, under this tag.
    Again(u8),
}

pub(crate) fn changes() -> impl Strategy<Value = Change> {
    const TAGS: [u8; 11] = [0x02, 0x04, 0x05, 0x06, 0x30, 0x31, 0xa0, 0xa1, 0xa2, 0x80, 0x24];
    let tags = || prop::sample::select(&TAGS[..]);
    prop_oneof![
        Just(Change::Drop),
        Just(Change::Double),
        (any::<Index>(), 1_u8..=255).prop_map(|(at, bits)| Change::Flip(at, bits)),
        prop::collection::vec(any::<u8>(), 1..9).prop_map(Change::Extend),
        tags().prop_map(Change::Retag),
        Just(Change::Swap),
        tags().prop_map(Change::Again),
    ]
}

/// The length of a value's header and of its content, if it is whole.
fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(1)?);
    let (header, length) = match first {
        0..0x80 => (2, first),
        _ => {
            let digits = bytes.get(2..2 + (first & 0x7f))?;
            (2 + digits.len(), digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)))
        }
    };
    (header + length <= bytes.len()).then_some((header, length))
}

fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let digits = content.len().to_be_bytes();
    match content.len() {
        0..128 => bytes.extend(&digits[7..]),
        128..256 => bytes.extend([0x81, digits[7]]),
        _ => bytes.extend([0x82, digits[6], digits[7]]),
    }
    bytes.extend_from_slice(content);
    bytes
}

/// How many values there are, those within others too.
fn count(bytes: &[u8]) -> usize {
    let (mut at, mut sum) = (0, 0);
    while at < bytes.len()
        && let Some((header, length)) = measure(&bytes[at..])
    {
        sum += 1;
        if bytes[at] & 0x20 != 0 {
            sum += count(&bytes[at + header..at + header + length]);
        }
        at += header + length;
    }
    sum
}

/// Changes one value of the first in `bytes`, which may be followed by zeros.
pub(crate) fn change(bytes: &[u8], which: Index, change: &Change) -> Vec<u8> {
    let Some((header, length)) = measure(bytes) else { return bytes.to_vec() };
    let whole = &bytes[..header + length];
    let mut left = which.index(count(whole));
    walk(whole, &mut left, change)
}

/// Copies values, but for the one that `left` others come before.
fn walk(bytes: &[u8], left: &mut usize, change: &Change) -> Vec<u8> {
    let (mut at, mut out) = (0, Vec::new());
    while at < bytes.len() {
        let Some((header, length)) = measure(&bytes[at..]) else {
            out.extend_from_slice(&bytes[at..]);
            break;
        };
        let (tag, content) = (bytes[at], &bytes[at + header..at + header + length]);
        let whole = &bytes[at..at + header + length];
        at += header + length;
        let is_wanted = *left == 0;
        *left = left.wrapping_sub(1);
        if !is_wanted {
            match tag & 0x20 {
                0 => out.extend_from_slice(whole),
                _ => out.extend(encode(tag, &walk(content, left, change))),
            }
            continue;
        }
        match change {
            Change::Drop => {}
            Change::Double => out.extend([whole, whole].concat()),
            Change::Flip(place, bits) => {
                let mut content = content.to_vec();
                if !content.is_empty() {
                    let place = place.index(content.len());
                    content[place] ^= bits;
                }
                out.extend(encode(tag, &content));
            }
            Change::Extend(more) => out.extend(encode(tag, &[content, more].concat())),
            Change::Retag(tag) => out.extend(encode(*tag, content)),
            Change::Swap => {
                if let Some((header, length)) = measure(&bytes[at..]) {
                    out.extend_from_slice(&bytes[at..at + header + length]);
                    at += header + length;
                }
                out.extend_from_slice(whole);
            }
            Change::Again(tag) => out.extend([whole, &encode(*tag, content)].concat()),
        }
    }
    out
}
