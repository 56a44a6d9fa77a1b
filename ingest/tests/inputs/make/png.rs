//! PNG, with the chunks as they are.

use super::{SIDE, deflate};

/// Chunks between header and image data, by type.
pub(crate) type Chunks<'a> = &'a [(&'a [u8; 4], Vec<u8>)];

/// A square picture of [`SIDE`] pixels: samples row by row without filter bytes.
pub(crate) fn file(depth: u8, colour: u8, chunks: Chunks<'_>, samples: &[u8]) -> Vec<u8> {
    let rows = samples.chunks(samples.len() / SIDE);
    let filtered: Vec<u8> = rows.flat_map(|row| [&[0], row].concat()).collect();
    assemble(SIDE, depth, colour, 0, chunks, &deflate(&filtered))
}

/// A file of the given header and compressed data.
pub(crate) fn assemble(
    side: usize,
    depth: u8,
    colour: u8,
    interlace: u8,
    chunks: Chunks<'_>,
    data: &[u8],
) -> Vec<u8> {
    let side = u32::try_from(side).unwrap().to_be_bytes();
    let header = [&side[..], &side, &[depth, colour, 0, 0, interlace]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &header));
    chunks.iter().for_each(|(kind, data)| file.extend(chunk(kind, data)));
    file.extend(chunk(b"IDAT", data));
    file.extend(chunk(b"IEND", &[]));
    file
}

/// The rows of an interlaced picture (ISO/IEC 15948, 8.2): seven passes over the pixels.
pub(crate) fn interlaced(pixel: impl Fn(usize, usize) -> Vec<u8>) -> Vec<u8> {
    const PASSES: [(usize, usize, usize, usize); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut rows = Vec::new();
    for (x0, y0, across, down) in PASSES {
        for y in (y0..SIDE).step_by(down) {
            rows.push(0);
            (x0..SIDE).step_by(across).for_each(|x| rows.extend(pixel(x, y)));
        }
    }
    deflate(&rows)
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend_from_slice(kind);
    chunk.extend_from_slice(data);
    let mut checksum = flate2::Crc::new();
    checksum.update(&chunk[4..]);
    chunk.extend_from_slice(&checksum.sum().to_be_bytes());
    chunk
}
