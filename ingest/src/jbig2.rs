//! Lossless bilevel coding: JBIG2 generic regions (ITU-T T.88) as PDF embeds them.
//!
//! Only the generic region with arithmetic coding is written. Symbol coding could swap look-alike characters, so it is
//! not here at all.

mod arithmetic;

use arithmetic::Encoder;

use crate::bits::Bits;
use crate::raster::usize_of;

/// Contexts of template 0, 6.2.5.3.
const CONTEXTS: usize = 1 << 16;

/// The context of the flag that a row repeats the one above, 6.2.5.7.
const REPEATED: usize = 0x9b25;

/// Encodes an image as the two segments that PDF wants: page information and one generic region (ISO 32000-1, 7.4.7).
pub(crate) fn encode(image: &Bits) -> Vec<u8> {
    let [width, height] = [image.width, image.height].map(u32::to_be_bytes);
    let region = region(image);
    let mut file = Vec::with_capacity(region.len() + 64);
    // 7.4.8: size, unknown resolution, no flags, no stripes.
    let page = [&width[..], &height[..], &[0; 11]].concat();
    segment(&mut file, 0, 48, &page);
    // 7.4.1 and 7.4.6: size and place of the region, template 0 with typical prediction, nominal adaptive pixels.
    let adaptive = [0x03, 0xff, 0xfd, 0xff, 0x02, 0xfe, 0xfe, 0xfe];
    let body = [&width[..], &height[..], &[0; 9], &[0x08], &adaptive, &region].concat();
    segment(&mut file, 1, 39, &body);
    file
}

/// 7.2: number, kind, no references, page 1, length.
fn segment(file: &mut Vec<u8>, number: u32, kind: u8, body: &[u8]) {
    file.extend_from_slice(&number.to_be_bytes());
    file.extend_from_slice(&[kind, 0, 1]);
    file.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend_from_slice(body);
}

/// 6.2.5.7, with the nominal places of the adaptive pixels.
fn region(image: &Bits) -> Vec<u8> {
    let mut encoder = Encoder::new(CONTEXTS);
    let paper = vec![0; image.rows().next().map_or(0, <[u64]>::len)];
    let (mut two_above, mut above) = (paper.as_slice(), paper.as_slice());
    let mut repeated = false;
    for row in image.rows() {
        let repeats = above == row;
        encoder.put(REPEATED, u8::from(repeats != repeated));
        repeated = repeats;
        if !repeats {
            Template { two_above, above, row }.put(usize_of(image.width), &mut encoder);
        }
        (two_above, above) = (above, row);
    }
    encoder.finish()
}

/// The rows that a pixel's context is taken from: five pixels two rows above, seven one row above, four before, the
/// leftmost in the highest bit.
struct Template<'a> {
    two_above: &'a [u64],
    above: &'a [u64],
    row: &'a [u64],
}

impl Template<'_> {
    fn put(&self, width: usize, encoder: &mut Encoder) {
        let mut x = 0;
        while x < width {
            // Where nothing is near, all pixels have the same context: they are put at once.
            let marked = self.next_mark(x.saturating_sub(4));
            let end = marked.saturating_sub(3).min(width);
            if end > x {
                encoder.put_run(0, 0, u32::try_from(end - x).unwrap_or(u32::MAX));
                x = end;
                continue;
            }
            x = self.put_pixels(x, width, encoder);
        }
    }

    /// Puts some pixels from `x` on; gives the place after the last.
    fn put_pixels(&self, x: usize, width: usize, encoder: &mut Encoder) -> usize {
        // The context of a pixel reaches three pixels ahead.
        let end = (x + Around::AHEAD - 3).min(width);
        let [two_above, above, row] = [self.two_above, self.above, self.row].map(|row| Around::of(row, x));
        // What stands before the first pixel, without the pixel that each step brings in.
        let mut two = two_above.window(2, 2);
        let mut one = above.window(3, 3);
        let mut before = row.window(4, 0);
        for at in 0..end - x {
            two = (two << 1 | two_above.bit(at + 2)) & 0x1f;
            one = (one << 1 | above.bit(at + 3)) & 0x7f;
            let pixel = row.bit(at);
            encoder.put(two << 11 | one << 4 | before, pixel as u8);
            before = (before << 1 | pixel) & 0x0f;
        }
        end
    }

    /// The first marked pixel of any row from `from` on; beyond the rows where there is none.
    fn next_mark(&self, from: usize) -> usize {
        let mut skipped = u64::MAX << (from % 64);
        let first = from / 64;
        let words = self.two_above.iter().zip(self.above).zip(self.row).enumerate().skip(first);
        for (at, ((two_above, above), row)) in words {
            let word = (two_above | above | row) & skipped;
            if word != 0 {
                return at * 64 + word.trailing_zeros() as usize;
            }
            skipped = u64::MAX;
        }
        usize::MAX
    }
}

/// The pixels around a place of a row.
struct Around {
    /// Those before it, the last in the highest bit.
    behind: u64,
    /// Those from it on, the first in the lowest bit.
    ahead: u64,
}

impl Around {
    /// How far ahead pixels are known.
    const AHEAD: usize = 64;

    fn of(row: &[u64], x: usize) -> Self {
        let word = |at: Option<usize>| at.and_then(|at| row.get(at)).copied().map_or(0, u128::from);
        let (at, shift) = (x / 64, x % 64);
        let pair = |first, second| word(second) << 64 | word(first);
        Self {
            behind: (pair(at.checked_sub(1), Some(at)) >> shift) as u64,
            ahead: (pair(Some(at), Some(at + 1)) >> shift) as u64,
        }
    }

    /// The pixel `at` places on.
    fn bit(&self, at: usize) -> usize {
        (self.ahead >> at) as usize & 1
    }

    /// The pixels from `before` places before to `after` places on, that one not included; the leftmost in the highest bit.
    fn window(&self, before: u32, after: u32) -> usize {
        let (behind, ahead) = (self.behind.reverse_bits(), self.ahead.reverse_bits());
        let behind = behind & ((1 << before) - 1);
        (behind << after | ahead.checked_shr(64 - after).unwrap_or(0)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, ink: impl Fn(u32, u32) -> bool) -> Bits {
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let samples: Vec<u8> = samples.map(|(x, y)| u8::from(ink(x, y))).collect();
        Bits::of(width, height, &samples)
    }

    /// Decodes with a program that was not written here.
    fn decoded(file: &[u8]) -> Vec<u8> {
        struct Collected(Vec<u8>);
        impl hayro_jbig2::Decoder for Collected {
            fn push_pixel(&mut self, black: bool) {
                self.0.push(u8::from(black));
            }
            fn push_pixel_chunk(&mut self, black: bool, chunks: u32) {
                self.0.extend(std::iter::repeat_n(u8::from(black), usize_of(chunks) * 8));
            }
            fn next_line(&mut self) {}
        }
        let image =
            hayro_jbig2::Page::new_embedded(file, None, &hayro_jbig2::DecodeSettings { strict: true })
                .unwrap();
        let mut collected = Collected(Vec::new());
        image.decode(&mut collected).unwrap();
        collected.0
    }

    #[test]
    fn every_pixel_comes_back_at_every_width() {
        let dense = |x: u32, y: u32| (x * x + y * 7 + x * y) % 5 < 2 || y % 9 < 3;
        let sparse = |x: u32, y: u32| (x * 7 + y * 11) % 97 < 2;
        for width in [1, 2, 3, 4, 5, 7, 8, 9, 31, 63, 64, 65, 100, 127, 128, 129, 300] {
            for height in [1, 2, 3, 40] {
                for image in [picture(width, height, dense), picture(width, height, sparse)] {
                    assert_eq!(decoded(&encode(&image)), image.samples(), "{width} x {height}");
                }
            }
        }
    }

    #[test]
    fn an_empty_page_takes_next_to_nothing() {
        assert!(encode(&picture(2480, 3508, |_, _| false)).len() < 120);
    }
}
