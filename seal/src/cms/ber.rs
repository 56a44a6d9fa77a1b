//! Turns BER into definite lengths (X.690, 8.1.3.6): old signers write CMS with indefinite lengths and split strings.

const DEEPEST: u32 = 32;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;

/// The first value in these bytes, rewritten with definite lengths, and how many bytes it took. What was already definite
/// throughout is copied as it is.
pub(crate) fn to_definite(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut out = Vec::with_capacity(bytes.len().min(1 << 20));
    let used = convert(bytes, &mut out, DEEPEST)?;
    Some((out, used))
}

/// Converts one value and returns its length in the input.
fn convert(bytes: &[u8], out: &mut Vec<u8>, depth: u32) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let tag = *bytes.first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let is_constructed = tag & 0x20 != 0;
    let (header, length) = header(bytes)?;
    let mut content = Vec::new();
    let used = match length {
        Some(length) => {
            let end = header.checked_add(length)?;
            let body = bytes.get(header..end)?;
            if !is_constructed || is_definite(body, depth) {
                out.extend_from_slice(bytes.get(..end)?);
                return Some(end);
            }
            let mut at = 0;
            while at < body.len() {
                at += convert(body.get(at..)?, &mut content, depth)?;
            }
            end
        }
        None if is_constructed => {
            let mut at = header;
            while bytes.get(at..at.checked_add(2)?)? != [0, 0] {
                at += convert(bytes.get(at..)?, &mut content, depth)?;
            }
            at + 2
        }
        None => return None,
    };
    if tag == CONSTRUCTED_OCTET_STRING {
        let joined: Vec<u8> =
            crate::asn1::Reader::new(&content).flat_map(|part| part.content.to_vec()).collect();
        out.extend(crate::asn1::encode(crate::asn1::OCTET_STRING, &[&joined]));
    } else {
        out.extend(crate::asn1::encode(tag, &[&content]));
    }
    Some(used)
}

/// Length of the header, and the length of the content unless it is indefinite.
fn header(bytes: &[u8]) -> Option<(usize, Option<usize>)> {
    let first = *bytes.get(1)?;
    match first {
        0x80 => Some((2, None)),
        0..=0x7f => Some((2, Some(usize::from(first)))),
        _ => {
            let count = usize::from(first & 0x7f);
            if count > 4 {
                return None;
            }
            let digits = bytes.get(2..2 + count)?;
            let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
            Some((2 + count, Some(length)))
        }
    }
}

/// Whether values follow one another here with definite lengths only, and no octet string is split.
fn is_definite(mut bytes: &[u8], depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    while !bytes.is_empty() {
        let Some((header, Some(length))) = header(bytes) else { return false };
        let tag = bytes[0];
        let Some(body) = header.checked_add(length).and_then(|end| bytes.get(header..end)) else {
            return false;
        };
        if tag == CONSTRUCTED_OCTET_STRING || (tag & 0x20 != 0 && !is_definite(body, depth)) {
            return false;
        }
        bytes = &bytes[header + length..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indefinite_lengths_and_split_strings_are_joined() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 7, 4, 2, 8, 9, 0, 0, 2, 1, 5, 0, 0, 0xff];
        assert_eq!(to_definite(&ber), Some((vec![0x30, 8, 4, 3, 7, 8, 9, 2, 1, 5], 18)));
        assert_eq!(to_definite(&[0x30, 0x80, 2, 1, 5]), None);
        let deep = [0x30, 0x80].repeat(10_000);
        assert_eq!(to_definite(&deep), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            to_definite(&bytes);
        }
    }
}
