//! Bounded expansion of compressed bytes.

use std::io::Read;

use flate2::read::ZlibDecoder;
use weezl::BitOrder;
use weezl::decode::Decoder as Lzw;

use crate::Error;

/// Expands one strip of a TIFF image to at most `room` bytes; `None` for a compression that is not known here.
pub(crate) fn strip(compression: u32, data: &[u8], room: usize) -> Option<Vec<u8>> {
    match compression {
        1 => Some(data[..data.len().min(room)].to_vec()),
        5 => Some(lzw(data, room)),
        8 | 0x80b2 => {
            let mut expanded = Vec::new();
            // What a damaged stream yields before its error counts; the caller judges by the length.
            let _ = ZlibDecoder::new(data)
                .take(u64::try_from(room).unwrap_or(u64::MAX))
                .read_to_end(&mut expanded);
            Some(expanded)
        }
        0x8005 => Some(pack_bits(data, room)),
        _ => None,
    }
}

fn lzw(data: &[u8], room: usize) -> Vec<u8> {
    let mut expanded = vec![0; room];
    let mut decoder = Lzw::with_tiff_size_switch(BitOrder::Msb, 8);
    let (mut read, mut written) = (0, 0);
    while written < room {
        let step = decoder.decode_bytes(&data[read..], &mut expanded[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        if step.status.is_err() || (step.consumed_in == 0 && step.consumed_out == 0) {
            break;
        }
    }
    expanded.truncate(written);
    expanded
}

/// TIFF 6.0, section 9.
fn pack_bits(data: &[u8], room: usize) -> Vec<u8> {
    let mut expanded = Vec::with_capacity(room.min(data.len().saturating_mul(64)));
    let mut at = 0;
    while expanded.len() < room {
        let Some(&count) = data.get(at) else { break };
        at += 1;
        match count {
            0..=127 => {
                let end = (at + usize::from(count) + 1).min(data.len());
                expanded.extend_from_slice(&data[at..end]);
                at = end;
            }
            128 => {}
            129.. => {
                let Some(&byte) = data.get(at) else { break };
                expanded.extend(std::iter::repeat_n(byte, 257 - usize::from(count)));
                at += 1;
            }
        }
    }
    expanded.truncate(room);
    expanded
}

/// Refuses a PDF in which one Flate stream expands beyond `limit`, before any reader expands it whole.
///
/// Every `stream` keyword is tried, whatever the cross-reference says, for a reader that repairs files may come to any
/// of them. Other filters expand by less than a flate stream, and are bounded by the limits on images and on memory.
pub(crate) fn check_streams(name: &str, bytes: &[u8], limit: u64) -> Result<(), Error> {
    const KEYWORD: &[u8] = b"stream";
    let mut at = 0;
    let mut chunk = vec![0; 64 << 10];
    while let Some(found) = find(&bytes[at..], KEYWORD) {
        at += found + KEYWORD.len();
        let start = at + bytes[at..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        // RFC 1950, 2.2: deflate, and a header that is a multiple of 31.
        let is_zlib = matches!(bytes.get(start..start + 2), Some(&[method, flags])
            if method & 0x0f == 8 && (u16::from(method) << 8 | u16::from(flags)) % 31 == 0);
        if start == at || !is_zlib {
            continue;
        }
        let mut decoder = ZlibDecoder::new(&bytes[start..]);
        let mut expanded = 0_u64;
        while let Ok(read @ 1..) = decoder.read(&mut chunk) {
            expanded += u64::try_from(read).unwrap_or(u64::MAX);
            if expanded > limit {
                return Err(Error::ExpandsTooFar { name: name.to_owned(), limit });
            }
        }
    }
    Ok(())
}

/// The first place of `needle` in `bytes`.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let mut at = 0;
    while let Some(found) = bytes.get(at..)?.iter().position(|&byte| byte == first) {
        at += found + 1;
        if bytes[at..].starts_with(rest) {
            return Some(at - 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_follows_the_example_of_the_specification() {
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let expanded = pack_bits(&packed, 1000);
        assert_eq!(expanded.len(), 24);
        assert_eq!(&expanded[..7], &[0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa]);
        assert_eq!(pack_bits(&packed, 5).len(), 5);
    }

    #[test]
    fn needles_are_found_where_they_begin() {
        assert_eq!(find(b"aab", b"ab"), Some(1));
        assert_eq!(find(b"aa", b"ab"), None);
    }
}
