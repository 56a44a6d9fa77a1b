//! Makers of input files: each format's own writer, so that every oddity and defect can be written.

pub(crate) mod fax;
pub(crate) mod jpeg;
pub(crate) mod pdf;
pub(crate) mod png;
pub(crate) mod tiff;

/// A colour.
pub(crate) type Rgb = [u8; 3];

pub(crate) const RED: Rgb = [200, 30, 40];
pub(crate) const GREEN: Rgb = [40, 150, 60];
pub(crate) const BLUE: Rgb = [30, 60, 180];
pub(crate) const PAPER: Rgb = [240, 235, 225];
pub(crate) const WHITE: Rgb = [255, 255, 255];
pub(crate) const BLACK: Rgb = [0, 0, 0];

/// Side of the square test picture, in pixels.
pub(crate) const SIDE: usize = 64;

/// The colours of the quarters of a picture: top left, top right, bottom left, bottom right.
pub(crate) type Quarters = [Rgb; 4];

/// In colour.
pub(crate) const COLOURS: Quarters = [RED, GREEN, BLUE, PAPER];

/// In gray.
pub(crate) const GRAYS: Quarters = [[30; 3], [90; 3], [160; 3], [240; 3]];

/// In ink and paper, as the fax maker writes it.
pub(crate) const INK: Quarters = [WHITE, BLACK, BLACK, WHITE];

/// The quarter in which a pixel lies.
pub(crate) fn quarter(x: usize, y: usize) -> usize {
    usize::from(x >= SIDE / 2) + 2 * usize::from(y >= SIDE / 2)
}

/// The pixels of a picture, row by row, each made by `pixel` of its quarter's number.
pub(crate) fn picture<const N: usize>(pixel: impl Fn(usize) -> [u8; N]) -> Vec<u8> {
    (0..SIDE * SIDE).flat_map(|at| pixel(quarter(at % SIDE, at / SIDE))).collect()
}

/// The pixels of [`COLOURS`].
pub(crate) fn rgb() -> Vec<u8> {
    picture(|quarter| COLOURS[quarter])
}

/// The pixels of [`GRAYS`], one byte each.
pub(crate) fn gray() -> Vec<u8> {
    picture(|quarter| [GRAYS[quarter][0]])
}

/// Numbers of quarters, `bits` each, packed from the high end.
pub(crate) fn indices(bits: usize) -> Vec<u8> {
    let numbers = picture(|quarter| [u8::try_from(quarter).unwrap()]);
    numbers
        .chunks(8 / bits)
        .map(|group| {
            group.iter().fold(0, |byte: u8, number| byte.unbounded_shl(bits.try_into().unwrap()) | number)
        })
        .collect()
}

/// Ink and paper, one bit each, 1 for white.
pub(crate) fn bits() -> Vec<u8> {
    let numbers = picture(|quarter| [INK[quarter][0] & 1]);
    numbers.chunks(8).map(|group| group.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

/// Compresses as zlib does.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compresses as TIFF and PDF have LZW.
pub(crate) fn lzw(bytes: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(bytes).unwrap()
}

/// `PackBits`, which PDF calls run-length coding; literals only beside runs of 128.
pub(crate) fn pack_bits(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for group in bytes.chunks(16) {
        if group.iter().all(|byte| *byte == group[0]) {
            packed.extend_from_slice(&[u8::try_from(257 - group.len()).unwrap(), group[0]]);
        } else {
            packed.push(u8::try_from(group.len() - 1).unwrap());
            packed.extend_from_slice(group);
        }
    }
    packed
}
