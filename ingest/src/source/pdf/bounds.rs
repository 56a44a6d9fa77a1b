//! What the streams of a PDF expand to, found before a reader expands one of them whole.

use std::io::{self, BufReader, Read};

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_syntax::object::{Name, Stream};
use weezl::BitOrder;
use weezl::decode::Decoder as Lzw;

use super::filter::{Filter, filters, parameters};
use crate::source::{check_pixels, expand::is_zlib};
use crate::{Error, Limits};

/// Filters that one stream may go through; writers use two.
const MOST_FILTERS: usize = 6;

/// Checks one stream: what its filters make of it, and how large an image it says it is, outside and inside.
pub(super) fn check(name: &str, stream: &Stream<'_>, limits: &Limits) -> Result<(), Error> {
    let filters = filters(stream);
    if filters.len() > MOST_FILTERS {
        return Err(Error::Damaged {
            name: name.to_owned(),
            detail: "a stream of too many filters".to_owned(),
        });
    }
    let packed = filters.iter().take_while(|filter| most_growth(**filter).is_some()).count();
    let data = stream.raw_data();
    let plain_flate = filters == [Filter::Flate] && is_zlib(&data);
    // A plain Flate stream was checked when the file was skimmed, unless it is encrypted.
    if !plain_flate || matches!(data, std::borrow::Cow::Owned(_)) {
        check_growth(name, &data, &filters[..packed], limits.expanded_bytes)?;
    }
    check_image(name, stream, &data, &filters, packed, limits)
}

/// The most bytes that a filter makes of one; `None` for those that make images.
fn most_growth(filter: Filter) -> Option<u64> {
    match filter {
        Filter::AsciiHex | Filter::Crypt => Some(1),
        // `z` stands for four zeros.
        Filter::Ascii85 => Some(4),
        Filter::RunLength => Some(64),
        // A code of 12 bits stands for at most 3838 bytes.
        Filter::Lzw => Some(2560),
        // RFC 1951: 258 bytes in two bits.
        Filter::Flate => Some(1032),
        _ => None,
    }
}

/// Refuses a chain of filters of which one makes more than `limit` bytes.
fn check_growth(name: &str, data: &[u8], filters: &[Filter], limit: u64) -> Result<(), Error> {
    let mut bound = data.len() as u64;
    for (index, filter) in filters.iter().enumerate() {
        bound = bound.saturating_mul(most_growth(*filter).unwrap_or(1));
        if bound <= limit {
            continue;
        }
        let mut most = 0;
        for reading in READINGS {
            let mut expanded = unpack(data, &filters[..=index], reading).take(limit.saturating_add(1));
            // What comes before an error is what a reader would have taken memory for.
            let mut counter = Counter(0);
            let _ = io::copy(&mut expanded, &mut counter);
            most = counter.0.max(most);
        }
        if most > limit {
            return Err(Error::ExpandsTooFar { name: name.to_owned(), limit });
        }
        bound = most;
    }
    Ok(())
}

struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A way to read what is written in two dialects: deflate with and without the header of RFC 1950, and LZW whose codes
/// grow one code early, as most writers have it, or not.
#[derive(Clone, Copy)]
struct Reading {
    has_header: bool,
    grows_early: bool,
}

const READINGS: [Reading; 2] =
    [Reading { has_header: true, grows_early: true }, Reading { has_header: false, grows_early: false }];

fn unpack<'a>(data: &'a [u8], filters: &[Filter], reading: Reading) -> Box<dyn Read + 'a> {
    let mut reader: Box<dyn Read + 'a> = Box::new(data);
    for filter in filters {
        reader = match filter {
            Filter::AsciiHex => Box::new(Unpacker::new(reader, Hex::default())),
            Filter::Ascii85 => Box::new(Unpacker::new(reader, Base85::default())),
            Filter::RunLength => Box::new(Unpacker::new(reader, RunLength::default())),
            Filter::Lzw => Box::new(LzwReader::new(reader, reading.grows_early)),
            Filter::Flate if reading.has_header => Box::new(ZlibDecoder::new(reader)),
            Filter::Flate => Box::new(DeflateDecoder::new(reader)),
            _ => reader,
        };
    }
    reader
}

/// A filter that works byte by byte.
trait Step {
    /// Takes one byte and appends what it makes; `false` ends the data.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool;
}

struct Unpacker<R, S> {
    from: BufReader<R>,
    step: S,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read, S: Step> Unpacker<R, S> {
    fn new(from: R, step: S) -> Self {
        Self { from: BufReader::new(from), step, out: Vec::new(), given: 0, ended: false }
    }
}

impl<R: Read, S: Step> Read for Unpacker<R, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            self.out.clear();
            self.given = 0;
            let mut chunk = [0; 4096];
            let read = self.from.read(&mut chunk)?;
            self.ended = read == 0;
            for &byte in &chunk[..read] {
                if !self.step.step(byte, &mut self.out) {
                    self.ended = true;
                    break;
                }
            }
        }
        let count = buffer.len().min(self.out.len() - self.given);
        buffer[..count].copy_from_slice(&self.out[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// ISO 32000-1, 7.4.2: two digits a byte.
#[derive(Default)]
struct Hex {
    digits: usize,
}

impl Step for Hex {
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if let Some(digit) = char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()) {
            self.digits += 1;
            if self.digits % 2 == 1 {
                out.push(digit << 4);
            } else if let Some(last) = out.last_mut() {
                // Where the first half has been given away already, it stays the half: only its place counts here.
                *last |= digit;
            }
        }
        byte != b'>'
    }
}

/// ISO 32000-1, 7.4.3: five digits to the base 85 for four bytes.
#[derive(Default)]
struct Base85 {
    digits: usize,
    value: u32,
}

impl Step for Base85 {
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        match byte {
            b'z' if self.digits == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                self.value = self.value.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                self.digits += 1;
                if self.digits == 5 {
                    out.extend_from_slice(&self.value.to_be_bytes());
                    (self.digits, self.value) = (0, 0);
                }
            }
            b'~' => {
                // A group that is cut stands for one byte less than it has digits.
                (self.digits..5).for_each(|_| self.value = self.value.wrapping_mul(85).wrapping_add(84));
                out.extend_from_slice(&self.value.to_be_bytes()[..self.digits.saturating_sub(1)]);
                return false;
            }
            _ => {}
        }
        true
    }
}

/// ISO 32000-1, 7.4.5.
#[derive(Default)]
struct RunLength {
    literal: u8,
    repeat: u8,
}

impl Step for RunLength {
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if self.literal > 0 {
            self.literal -= 1;
            out.push(byte);
        } else if self.repeat > 0 {
            out.extend(std::iter::repeat_n(byte, usize::from(self.repeat)));
            self.repeat = 0;
        } else {
            match byte {
                0..=127 => self.literal = byte + 1,
                128 => return false,
                129.. => self.repeat = 1 + (255 - byte) + 1,
            }
        }
        true
    }
}

/// ISO 32000-1, 7.4.4.
struct LzwReader<R> {
    from: R,
    decoder: Lzw,
    input: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R: Read> LzwReader<R> {
    fn new(from: R, grows_early: bool) -> Self {
        let decoder = if grows_early {
            Lzw::with_tiff_size_switch(BitOrder::Msb, 8)
        } else {
            Lzw::new(BitOrder::Msb, 8)
        };
        Self { from, decoder, input: Vec::new(), taken: 0, ended: false }
    }
}

impl<R: Read> Read for LzwReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.taken == self.input.len() && !self.ended {
                self.input.resize(8192, 0);
                self.taken = 0;
                let read = self.from.read(&mut self.input)?;
                self.input.truncate(read);
                self.ended = read == 0;
            }
            let step = self.decoder.decode_bytes(&self.input[self.taken..], buffer);
            self.taken += step.consumed_in;
            match step.status {
                Ok(_) if step.consumed_out > 0 || buffer.is_empty() => return Ok(step.consumed_out),
                Ok(weezl::LzwStatus::Ok) if step.consumed_in > 0 || !self.ended => {}
                _ => return Ok(step.consumed_out),
            }
        }
    }
}

/// Checks the size that an image's dictionary states and the one inside its data.
fn check_image(
    name: &str,
    stream: &Stream<'_>,
    data: &[u8],
    filters: &[Filter],
    packed: usize,
    limits: &Limits,
) -> Result<(), Error> {
    let dict = stream.dict();
    let (Some(width), Some(height)) = (dict.get::<u32>("Width"), dict.get::<u32>("Height")) else {
        return Ok(());
    };
    if dict.get::<Name<'_>>("Subtype").is_some_and(|kind| kind.as_str() != "Image") {
        return Ok(());
    }
    check_pixels(name, width, height, limits)?;
    let Some(coding) = filters.get(packed) else {
        return Ok(());
    };
    let mut unpacked = Vec::new();
    let data = if packed == 0 {
        data
    } else {
        let _ = unpack(data, &filters[..packed], READINGS[0])
            .take(limits.expanded_bytes)
            .read_to_end(&mut unpacked);
        &unpacked
    };
    let inside = match coding {
        Filter::CcittFax => {
            // Readers take the height from the dictionary, and the width from the parameters.
            let columns = parameters(stream, packed).and_then(|dict| dict.get::<u32>("Columns"));
            Some((columns.unwrap_or(1728), height))
        }
        Filter::Jbig2 => {
            let settings = hayro_jbig2::DecodeSettings { strict: false };
            let page = hayro_jbig2::Page::new_embedded(data, None, &settings).ok();
            page.map(|page| (page.width(), page.height()))
        }
        Filter::Jpx => {
            let settings = hayro_jpeg2000::DecodeSettings::default();
            let image = hayro_jpeg2000::Image::new(data, &settings).ok();
            image.map(|image| (image.width(), image.height()))
        }
        // Readers believe the dictionary where a JPEG says that it is larger.
        _ => None,
    };
    inside.map_or(Ok(()), |(width, height)| check_pixels(name, width, height, limits))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn unpacked(data: &[u8], filters: &[Filter]) -> Vec<u8> {
        let mut bytes = Vec::new();
        unpack(data, filters, READINGS[0]).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn each_filter_unpacks_as_its_clause_says() {
        assert_eq!(unpacked(b"4 1 42 4>xx", &[Filter::AsciiHex]), b"AB\x40");
        assert_eq!(unpacked(b"87cURD]i,\"Ebo80~>", &[Filter::Ascii85]), b"Hello World!");
        assert_eq!(unpacked(b"z87cUR~>", &[Filter::Ascii85]), b"\0\0\0\0Hell");
        assert_eq!(unpacked(b"\x02abc\xfdx\x80zz", &[Filter::RunLength]), b"abcxxxx");
        // The example of 7.4.4.2.
        let example = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(unpacked(&example, &[Filter::Lzw]), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
    }

    #[test]
    fn a_bomb_in_a_chain_is_found_at_the_filter_that_makes_it() {
        let flate = |bytes: &[u8]| {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let twice = flate(&flate(&vec![0; 4 << 20]));
        let chain = [Filter::Flate, Filter::Flate];
        assert!(check_growth("x", &twice, &chain, 4 << 20).is_ok());
        assert_eq!(check_growth("x", &twice, &chain, (4 << 20) - 1).unwrap_err().code(), "expands-too-far");
        let zeros = [b"z".repeat(1000), b"~>".to_vec()].concat();
        assert_eq!(
            check_growth("x", &zeros, &[Filter::Ascii85], 3999).unwrap_err().code(),
            "expands-too-far"
        );
        let runs = b"\x81\0".repeat(1000);
        let code =
            |limit| check_growth("x", &runs, &[Filter::RunLength], limit).map_err(|error| error.code());
        assert_eq!((code(128_000), code(127_999)), (Ok(()), Err("expands-too-far")));
    }
}
