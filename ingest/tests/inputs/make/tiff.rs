//! TIFF 6.0, little-endian, directory by directory.

use super::SIDE;

/// A page: tags with their values, and the strips or tiles.
#[derive(Clone)]
pub(crate) struct Page {
    tags: Vec<(u16, Vec<u32>)>,
    chunks: Vec<Vec<u8>>,
    is_tiled: bool,
}

pub(crate) const COMPRESSION: u16 = 259;
pub(crate) const PHOTOMETRIC: u16 = 262;
pub(crate) const FILL_ORDER: u16 = 266;
pub(crate) const ORIENTATION: u16 = 274;
pub(crate) const ROWS_PER_STRIP: u16 = 278;
pub(crate) const X_RESOLUTION: u16 = 282;
pub(crate) const Y_RESOLUTION: u16 = 283;
pub(crate) const PLANAR: u16 = 284;
pub(crate) const T4_OPTIONS: u16 = 292;
pub(crate) const RESOLUTION_UNIT: u16 = 296;
pub(crate) const PREDICTOR: u16 = 317;
pub(crate) const COLOUR_MAP: u16 = 320;
pub(crate) const EXTRA_SAMPLES: u16 = 338;
pub(crate) const JPEG_TABLES: u16 = 347;

impl Page {
    /// A square picture in one strip, of `samples` samples of `bits` bits, at 100 dots an inch.
    pub(crate) fn new(bits: u32, samples: u32, photometric: u32, strip: Vec<u8>) -> Self {
        let side = u32::try_from(SIDE).unwrap();
        let tags = vec![
            (256, vec![side]),
            (257, vec![side]),
            (258, vec![bits; usize::try_from(samples).unwrap()]),
            (COMPRESSION, vec![1]),
            (PHOTOMETRIC, vec![photometric]),
            (277, vec![samples]),
            (ROWS_PER_STRIP, vec![side]),
            (X_RESOLUTION, vec![100]),
            (Y_RESOLUTION, vec![100]),
            (RESOLUTION_UNIT, vec![2]),
        ];
        Self { tags, chunks: vec![strip], is_tiled: false }
    }

    /// With a tag of these values.
    pub(crate) fn with(mut self, tag: u16, values: impl Into<Vec<u32>>) -> Self {
        self.tags.retain(|(other, _)| *other != tag);
        self.tags.push((tag, values.into()));
        self
    }

    /// With these strips of as many rows each, or planes.
    pub(crate) fn strips(self, rows: u32, chunks: Vec<Vec<u8>>) -> Self {
        Self { chunks, ..self.with(ROWS_PER_STRIP, [rows]) }
    }

    /// With these tiles of a square of `side` pixels.
    pub(crate) fn tiles(self, side: u32, chunks: Vec<Vec<u8>>) -> Self {
        let mut page = self.with(322, [side]).with(323, [side]);
        page.tags.retain(|(tag, _)| *tag != ROWS_PER_STRIP);
        Self { chunks, is_tiled: true, ..page }
    }
}

/// Cuts a picture of `bytes` a pixel into tiles of 32 pixels.
pub(crate) fn tiled(picture: &[u8], bytes: usize) -> Vec<Vec<u8>> {
    const TILE: usize = 32;
    let tile = |index: usize| {
        let (x, y) = (index % (SIDE / TILE) * TILE, index / (SIDE / TILE) * TILE);
        let rows =
            (y..y + TILE).map(|row| &picture[(row * SIDE + x) * bytes..(row * SIDE + x + TILE) * bytes]);
        rows.collect::<Vec<_>>().concat()
    };
    (0..(SIDE / TILE) * (SIDE / TILE)).map(tile).collect()
}

/// Each sample less the one of the pixel before it (TIFF 6.0, section 14), in rows of `width` pixels of `samples`.
pub(crate) fn differences(picture: &[u8], width: usize, samples: usize) -> Vec<u8> {
    let mut different = picture.to_vec();
    for row in different.chunks_mut(width * samples) {
        (samples..row.len()).rev().for_each(|at| row[at] = row[at].wrapping_sub(row[at - samples]));
    }
    different
}

/// Sixteen bits a sample, little-endian.
pub(crate) fn wide(picture: &[u8]) -> Vec<u8> {
    picture.iter().flat_map(|sample| [*sample, *sample]).collect()
}

/// The file; where the last directory points after itself, it forms a circle.
pub(crate) fn file(pages: &[Page]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for page in pages {
        let number = |value: usize| u32::try_from(value).unwrap();
        let mut offsets = Vec::new();
        for chunk in &page.chunks {
            offsets.push(number(file.len()));
            file.extend_from_slice(chunk);
        }
        let lengths = page.chunks.iter().map(|chunk| number(chunk.len())).collect();
        let mut tags = page.tags.clone();
        tags.extend(if page.is_tiled {
            [(324, offsets), (325, lengths)]
        } else {
            [(273, offsets), (279, lengths)]
        });
        tags.sort();
        let entries: Vec<Vec<u8>> = tags.iter().map(|(tag, values)| entry(*tag, values, &mut file)).collect();
        file.resize(file.len().next_multiple_of(2), 0);
        let directory = number(file.len()).to_le_bytes();
        file[link..link + 4].copy_from_slice(&directory);
        file.extend_from_slice(&u16::try_from(entries.len()).unwrap().to_le_bytes());
        entries.iter().for_each(|entry| file.extend_from_slice(entry));
        link = file.len();
        file.extend_from_slice(&[0; 4]);
    }
    file
}

/// An entry; values that do not fit into it are appended to the file.
fn entry(tag: u16, values: &[u32], file: &mut Vec<u8>) -> Vec<u8> {
    // Short, long, rational, or undefined bytes.
    let (kind, data): (u16, Vec<u8>) = match tag {
        X_RESOLUTION | Y_RESOLUTION => {
            (5, values.iter().flat_map(|value| [*value, 1]).flat_map(u32::to_le_bytes).collect())
        }
        JPEG_TABLES => (7, values.iter().map(|value| u8::try_from(*value).unwrap()).collect()),
        256 | 257 | 273 | 279 | 324 | 325 | ROWS_PER_STRIP => {
            (4, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        }
        _ => (3, values.iter().flat_map(|value| u16::try_from(*value).unwrap().to_le_bytes()).collect()),
    };
    let mut entry = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
    entry.extend_from_slice(&u32::try_from(values.len()).unwrap().to_le_bytes());
    if data.len() <= 4 {
        entry.extend_from_slice(&data);
        entry.resize(12, 0);
    } else {
        file.resize(file.len().next_multiple_of(2), 0);
        entry.extend_from_slice(&u32::try_from(file.len()).unwrap().to_le_bytes());
        file.extend_from_slice(&data);
    }
    entry
}
