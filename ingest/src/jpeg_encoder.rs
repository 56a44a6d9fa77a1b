//! A baseline JPEG encoder (ITU-T T.81) with Huffman tables made for each image.
//!
//! Written here because the encoders at hand either use fixed tables, a fifth larger files, or carry a licence that is
//! not among the project's. Samples go in as gray or RGB; the file carries a JFIF header with the resolution.

mod bits;
mod dct;
mod huffman;

use bits::BitWriter;
use dct::Quantiser;
use huffman::{Frequencies, Table};

use crate::raster::{Channels, Raster, usize_of};

/// How chrominance is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chroma {
    /// As finely as luminance.
    Full,
    /// Halved both ways.
    Halved,
}

/// How an image is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// 1 to 100, the scale of the IJG library.
    pub(crate) quality: u8,
    /// The same for chrominance.
    pub(crate) chroma_quality: u8,
    pub(crate) chroma: Chroma,
    /// Whether coefficients of little more than half a step are dropped: that is what grain leaves.
    pub(crate) drops_grain: bool,
    /// Dots an inch, for the JFIF header.
    pub(crate) dpi: u16,
}

/// One colour component, padded to whole blocks, quantised.
struct Plane {
    /// Blocks across and down, padded to whole groups.
    blocks_wide: usize,
    blocks_high: usize,
    /// Blocks of this component in a group, each way.
    sampling: usize,
    /// Which quantisation and Huffman tables: 0 luminance, 1 chrominance.
    table: usize,
    /// 64 coefficients a block, in zigzag order.
    coefficients: Vec<i16>,
}

/// Encodes a raster; the caller has checked its size against the limits, and 65,535 pixels a side are the format's.
pub(crate) fn encode(raster: &Raster, settings: Settings) -> Vec<u8> {
    let (width, height) = (usize_of(raster.width), usize_of(raster.height));
    let tables = [
        Quantiser::new(&LUMINANCE, settings.quality, settings.drops_grain),
        Quantiser::new(&CHROMINANCE, settings.chroma_quality, settings.drops_grain),
    ];
    let planes = match raster.channels {
        Channels::Gray => vec![plane(&raster.samples, width, height, 1, 1, 0, &tables[0])],
        Channels::Rgb => colour_planes(raster, settings.chroma, &tables),
    };
    let groups_wide = planes[0].blocks_wide / planes[0].sampling;
    let groups_high = planes[0].blocks_high / planes[0].sampling;

    let mut frequencies: [[Frequencies; 2]; 2] = Default::default();
    walk(&planes, groups_wide, groups_high, |plane, block, previous| {
        let [dc, ac] = &mut frequencies[plane.table];
        symbols(
            block,
            previous,
            |is_dc, symbol, _, _| if is_dc { dc.count(symbol) } else { ac.count(symbol) },
        );
    });
    let huffman = frequencies.map(|pair| pair.map(|counts| counts.table()));

    let mut file = header(raster, settings, &tables, &huffman, &planes);
    let mut writer = BitWriter::new(&mut file);
    walk(&planes, groups_wide, groups_high, |plane, block, previous| {
        let [dc, ac] = &huffman[plane.table];
        symbols(block, previous, |is_dc, symbol, value, length| {
            let (code, code_length) = if is_dc { dc.code(symbol) } else { ac.code(symbol) };
            writer.put(u32::from(code), code_length);
            writer.put(value, length);
        });
    });
    writer.finish();
    // End of image.
    file.extend_from_slice(&[0xff, 0xd9]);
    file
}

/// Visits every block in the order of the scan (T.81, A.2), with the DC coefficient before it.
fn walk(
    planes: &[Plane],
    groups_wide: usize,
    groups_high: usize,
    mut visit: impl FnMut(&Plane, &[i16], i16),
) {
    let mut previous = [0_i16; 3];
    for group_y in 0..groups_high {
        for group_x in 0..groups_wide {
            for (plane, previous) in planes.iter().zip(&mut previous) {
                for y in 0..plane.sampling {
                    for x in 0..plane.sampling {
                        let index =
                            (group_y * plane.sampling + y) * plane.blocks_wide + group_x * plane.sampling + x;
                        let block = &plane.coefficients[index * 64..index * 64 + 64];
                        visit(plane, block, *previous);
                        *previous = block[0];
                    }
                }
            }
        }
    }
}

/// The symbols of one block: whether it is the DC symbol, the symbol, and the extra bits with their number (T.81, F.1.2).
fn symbols(block: &[i16], previous: i16, mut emit: impl FnMut(bool, u8, u32, u8)) {
    let (value, length) = magnitude(i32::from(block[0]) - i32::from(previous));
    emit(true, length, value, length);
    let mut zeros = 0_u8;
    for &coefficient in &block[1..] {
        if coefficient == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 {
            emit(false, 0xf0, 0, 0);
            zeros -= 16;
        }
        let (value, length) = magnitude(i32::from(coefficient));
        emit(false, zeros << 4 | length, value, length);
        zeros = 0;
    }
    if zeros > 0 {
        emit(false, 0, 0, 0);
    }
}

/// The extra bits of a value and their number: the category of T.81, F.1.2.1.
fn magnitude(value: i32) -> (u32, u8) {
    let length = 32 - value.unsigned_abs().leading_zeros();
    let offset = if value < 0 { (1_i32 << length) - 1 } else { 0 };
    let bits = u32::try_from(value + offset).unwrap_or(0);
    (bits, u8::try_from(length).unwrap_or(0))
}

/// Converts to YCbCr (JFIF 1.02) and transforms the three components.
fn colour_planes(raster: &Raster, chroma: Chroma, tables: &[Quantiser; 2]) -> Vec<Plane> {
    let (width, height) = (usize_of(raster.width), usize_of(raster.height));
    let mut components = [(); 3].map(|()| Vec::with_capacity(width * height));
    for pixel in raster.samples.chunks_exact(3) {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
        // Sixteen bits of fraction; the sums stay below 2^24 + 2^31.
        let luminance = (19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16;
        let blue = ((-11_059 * r - 21_709 * g + 32_768 * b + 32_767) >> 16) + 128;
        let red = ((32_768 * r - 27_439 * g - 5_329 * b + 32_767) >> 16) + 128;
        for (component, value) in components.iter_mut().zip([luminance, blue, red]) {
            component.push(value.clamp(0, 255) as u8);
        }
    }
    let [luminance, blue, red] = components;
    match chroma {
        Chroma::Full => vec![
            plane(&luminance, width, height, 1, 1, 0, &tables[0]),
            plane(&blue, width, height, 1, 1, 1, &tables[1]),
            plane(&red, width, height, 1, 1, 1, &tables[1]),
        ],
        Chroma::Halved => {
            let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
            vec![
                plane(&luminance, width, height, 2, 2, 0, &tables[0]),
                plane(&halved(&blue, width, height), half_width, half_height, 1, 1, 1, &tables[1]),
                plane(&halved(&red, width, height), half_width, half_height, 1, 1, 1, &tables[1]),
            ]
        }
    }
}

/// The means of two by two samples.
fn halved(samples: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut half = Vec::with_capacity(width.div_ceil(2) * height.div_ceil(2));
    for y in (0..height).step_by(2) {
        let above = &samples[y * width..(y + 1) * width];
        let below = if y + 1 < height { &samples[(y + 1) * width..(y + 2) * width] } else { above };
        for x in (0..width).step_by(2) {
            let right = (x + 1).min(width - 1);
            let sum =
                u16::from(above[x]) + u16::from(above[right]) + u16::from(below[x]) + u16::from(below[right]);
            half.push(((sum + 2) / 4) as u8);
        }
    }
    half
}

/// Transforms and quantises one component, repeating its last column and row to whole groups of blocks.
fn plane(
    samples: &[u8],
    width: usize,
    height: usize,
    sampling: usize,
    group: usize,
    table: usize,
    quantiser: &Quantiser,
) -> Plane {
    let blocks_wide = width.div_ceil(8 * group) * group;
    let blocks_high = height.div_ceil(8 * group) * group;
    let mut coefficients = Vec::with_capacity(blocks_wide * blocks_high * 64);
    let mut block = [0_f32; 64];
    for block_y in 0..blocks_high {
        for block_x in 0..blocks_wide {
            for (y, row) in block.chunks_exact_mut(8).enumerate() {
                let line = (block_y * 8 + y).min(height - 1) * width;
                let start = block_x * 8;
                match samples[line..line + width].get(start..start + 8) {
                    Some(source) => {
                        row.iter_mut().zip(source).for_each(|(to, &from)| *to = f32::from(from) - 128.0)
                    }
                    None => row.iter_mut().enumerate().for_each(|(x, to)| {
                        *to = f32::from(samples[line + (start + x).min(width - 1)]) - 128.0;
                    }),
                }
            }
            dct::forward(&mut block);
            coefficients.extend(ZIGZAG.iter().map(|&at| quantiser.quantised(usize::from(at), &block)));
        }
    }
    Plane { blocks_wide, blocks_high, sampling, table, coefficients }
}

/// Everything before the entropy-coded data.
fn header(
    raster: &Raster,
    settings: Settings,
    tables: &[Quantiser; 2],
    huffman: &[[Table; 2]; 2],
    planes: &[Plane],
) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    let used = if planes.len() == 1 { 1 } else { 2 };
    let [x, y] = settings.dpi.to_be_bytes();
    segment(&mut file, 0xe0, &[b'J', b'F', b'I', b'F', 0, 1, 2, 1, x, y, x, y, 0, 0]);
    for (number, table) in (0_u8..).zip(&tables[..used]) {
        let steps = table.steps();
        let mut body = vec![number];
        body.extend(ZIGZAG.iter().map(|&at| steps[usize::from(at)]));
        segment(&mut file, 0xdb, &body);
    }
    let [width, height] =
        [raster.width, raster.height].map(|side| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes());
    let count = planes.len() as u8;
    let mut frame = vec![8, height[0], height[1], width[0], width[1], count];
    let mut scan = vec![count];
    for (id, plane) in (1_u8..).zip(planes) {
        let (sampling, table) = (plane.sampling as u8, plane.table as u8);
        frame.extend([id, sampling << 4 | sampling, table]);
        scan.extend([id, table << 4 | table]);
    }
    scan.extend([0, 63, 0]);
    segment(&mut file, 0xc0, &frame);
    for (number, pair) in (0_u8..).zip(&huffman[..used]) {
        for (class, table) in (0_u8..).zip(pair) {
            let mut body = vec![class << 4 | number];
            body.extend_from_slice(&table.counts);
            body.extend_from_slice(&table.symbols);
            segment(&mut file, 0xc4, &body);
        }
    }
    segment(&mut file, 0xda, &scan);
    file
}

/// Appends a marker segment; all that are written here are short.
fn segment(file: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    file.extend_from_slice(&[0xff, marker]);
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(body);
}

/// T.81, figure A.6: where each coefficient of the zigzag order stands in the block.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// T.81, table K.1.
const LUMINANCE: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// T.81, table K.2.
const CHROMINANCE: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::jpeg;

    fn picture(width: u32, height: u32, channels: Channels) -> Raster {
        let mut samples = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let value = |period: u32| ((x * 3 + y * 2) * 255 / (period + width * 3 + height * 2)) as u8;
                samples.extend([value(0), value(90), value(200)].iter().take(channels.count()));
            }
        }
        Raster::new("test", width, height, channels, samples).unwrap()
    }

    fn worst_difference(raster: &Raster, chroma: Chroma) -> u8 {
        let settings = Settings { quality: 95, chroma_quality: 95, chroma, drops_grain: false, dpi: 300 };
        let file = encode(raster, settings);
        let header = jpeg::header("test", &file).unwrap();
        let decoded = jpeg::decode("test", &file, &header).unwrap();
        assert_eq!((decoded.width, decoded.height), (raster.width, raster.height));
        let pairs = raster.samples.iter().zip(&decoded.samples);
        pairs.map(|(before, after)| before.abs_diff(*after)).max().unwrap()
    }

    #[test]
    fn an_independent_decoder_sees_the_picture_at_every_size() {
        for (width, height) in [(1, 1), (8, 8), (9, 7), (16, 16), (17, 33), (64, 48), (123, 45)] {
            for (channels, chroma) in [
                (Channels::Gray, Chroma::Full),
                (Channels::Rgb, Chroma::Full),
                (Channels::Rgb, Chroma::Halved),
            ] {
                let worst = worst_difference(&picture(width, height, channels), chroma);
                assert!(worst <= 24, "{width} x {height} {channels:?} {chroma:?} differs by {worst}");
            }
        }
    }

    #[test]
    fn values_have_the_categories_of_the_standard() {
        assert_eq!(magnitude(0), (0, 0));
        assert_eq!(magnitude(1), (1, 1));
        assert_eq!(magnitude(-1), (0, 1));
        assert_eq!(magnitude(-3), (0, 2));
        assert_eq!(magnitude(5), (5, 3));
        assert_eq!(magnitude(-1023), (0, 10));
    }
}
