//! Bounded expansion of compressed bytes.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

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

/// What a pass over all bytes of a PDF finds without any structure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skimmed {
    /// Whether a byte range, the mark of a signature, is written anywhere.
    pub(crate) has_byte_range: bool,
}

/// Bytes of a file that are looked at together.
const WINDOW: usize = 256 << 10;

/// The most bytes that belong to one find: a keyword, the end of its line, and two bytes.
const MOST_FIND: usize = 16;

/// Skims a PDF, and refuses it where one Flate stream expands beyond `limit`, before any reader expands it whole.
///
/// Every `stream` keyword is tried, whatever the cross-reference says, for a reader that repairs files may come to any
/// of them. Streams that other filters hide are found when the objects are looked at.
pub(crate) fn skim(name: &str, file: &mut (impl Read + Seek), limit: u64) -> Result<Skimmed, Error> {
    const KEYWORD: &[u8] = b"stream";
    let failed = |error| Error::reading(Path::new(name), error);
    let mut window = Vec::with_capacity(WINDOW + MOST_FIND);
    let mut chunk = vec![0; 64 << 10];
    let mut skimmed = Skimmed::default();
    // Where in the file the window begins.
    let mut start = 0;
    loop {
        file.seek(SeekFrom::Start(start + window.len() as u64)).map_err(failed)?;
        let read = file.by_ref().take(WINDOW as u64).read_to_end(&mut window).map_err(failed)?;
        skimmed.has_byte_range |= find(&window, b"/ByteRange").is_some();
        // What begins near the end is looked at with what follows.
        let whole = if read == 0 { window.len() } else { window.len().saturating_sub(MOST_FIND) };
        let mut at = 0;
        while let Some(found) = find(&window[at..], KEYWORD).filter(|found| at + found < whole) {
            at += found + KEYWORD.len();
            let line_end =
                window[at..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if line_end == 0 || !is_zlib(&window[at + line_end..]) {
                continue;
            }
            file.seek(SeekFrom::Start(start + (at + line_end) as u64)).map_err(failed)?;
            check_expansion(name, ZlibDecoder::new(BufReader::new(file.by_ref())), &mut chunk, limit)?;
        }
        if read == 0 {
            return Ok(skimmed);
        }
        window.drain(..whole);
        start += whole as u64;
    }
}

/// Whether bytes begin as RFC 1950, 2.2, demands: deflate, and a header that is a multiple of 31.
pub(super) fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, &[method, flags, ..]
        if method & 0x0f == 8 && (u16::from(method) << 8 | u16::from(flags)) % 31 == 0)
}

/// Expands to nowhere, until the end, an error, or the limit.
fn check_expansion(name: &str, mut from: impl Read, chunk: &mut [u8], limit: u64) -> Result<(), Error> {
    let mut expanded = 0_u64;
    while let Ok(read @ 1..) = from.read(chunk) {
        expanded += read as u64;
        if expanded > limit {
            return Err(Error::ExpandsTooFar { name: name.to_owned(), limit });
        }
    }
    Ok(())
}

/// The first place of `needle` in `bytes`.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
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
    fn a_find_is_seen_wherever_the_window_ends() {
        let bomb = {
            use std::io::Write;
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&vec![0; 1 << 20]).unwrap();
            encoder.finish().unwrap()
        };
        for before in (WINDOW - 40)..(WINDOW + 4) {
            let mut file = vec![b' '; before];
            file.extend_from_slice(b"stream\r\n");
            file.extend_from_slice(&bomb);
            let skim = |limit| skim("x", &mut std::io::Cursor::new(&file), limit);
            assert_eq!(skim(1 << 20).unwrap(), Skimmed { has_byte_range: false });
            assert_eq!(skim((1 << 20) - 1).unwrap_err().code(), "expands-too-far", "{before}");
            file[before - 10..before].copy_from_slice(b"/ByteRange");
            assert!(super::skim("x", &mut std::io::Cursor::new(&file), 1 << 20).unwrap().has_byte_range);
        }
    }
}
