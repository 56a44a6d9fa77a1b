//! Lossless bilevel coding: JBIG2 generic regions (ITU-T T.88) as PDF embeds them.
//!
//! Only the generic region with arithmetic coding is written. Symbol coding could swap look-alike characters, so it is
//! not here at all.

mod arithmetic;

use arithmetic::Encoder;

use crate::raster::usize_of;

/// A bilevel image: a byte a pixel, 1 for ink and 0 for paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) samples: Vec<u8>,
}

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

/// 6.2.5.7, with the nominal places of the adaptive pixels: five pixels two rows above, seven one row above, four
/// before, the leftmost in the highest bit.
fn region(image: &Bits) -> Vec<u8> {
    /// Paper on both sides of a row, so that no window leaves it.
    const MARGIN: usize = 4;
    let width = usize_of(image.width);
    let mut encoder = Encoder::new(CONTEXTS);
    let mut rows = [(); 3].map(|()| vec![0_u8; width + 2 * MARGIN]);
    let mut repeated = false;
    for source in image.samples.chunks_exact(width.max(1)) {
        rows.rotate_left(1);
        let [two_above, above, row] = &mut rows;
        row[MARGIN..MARGIN + width].copy_from_slice(source);
        let repeats = above == row;
        encoder.put(REPEATED, u8::from(repeats != repeated));
        repeated = repeats;
        if repeats {
            continue;
        }
        let window = |row: &[u8], pixels: usize| {
            row[..pixels].iter().fold(0, |bits, &bit| bits << 1 | usize::from(bit))
        };
        // What stands before the first pixel, without the pixel that each step brings in.
        let mut two = window(&two_above[MARGIN..], 2);
        let mut one = window(&above[MARGIN..], 3);
        let mut before = 0;
        let coming = two_above[MARGIN + 2..].iter().zip(&above[MARGIN + 3..]).zip(source);
        for ((&two_next, &one_next), &pixel) in coming {
            two = (two << 1 | usize::from(two_next)) & 0x1f;
            one = (one << 1 | usize::from(one_next)) & 0x7f;
            encoder.put(two << 11 | one << 4 | before, pixel);
            before = (before << 1 | usize::from(pixel)) & 0x0f;
        }
    }
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, ink: impl Fn(u32, u32) -> bool) -> Bits {
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Bits { width, height, samples: samples.map(|(x, y)| u8::from(ink(x, y))).collect() }
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
        for width in [1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 100] {
            for height in [1, 2, 3, 40] {
                let image = picture(width, height, |x, y| (x * x + y * 7 + x * y) % 5 < 2 || y % 9 < 3);
                assert_eq!(decoded(&encode(&image)), image.samples, "{width} x {height}");
            }
        }
    }

    #[test]
    fn an_empty_page_takes_next_to_nothing() {
        assert!(encode(&picture(2480, 3508, |_, _| false)).len() < 120);
    }
}
