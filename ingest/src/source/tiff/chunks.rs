//! The strips and tiles of a TIFF page, put together to samples of 8 bits.
//!
//! The TIFF reader knows neither palettes nor planes nor fax code; all compressions but JPEG are undone here, so that
//! one check holds for all of them: every sample of the page is there, or the page is cut off.

use hayro_ccitt::EncodingMode;
use tiff::tags::{ByteOrder, Tag};

use super::Reader;
use crate::Error;
use crate::raster::usize_of;
use crate::source::ccitt::{self, Coding};
use crate::source::expand;

/// How the samples of a page are laid out in the file.
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) compression: u32,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub(super) bits: u8,
    /// Samples of a pixel.
    pub(super) samples: usize,
    pub(super) photometric: u32,
    /// Whether each sample has a picture of its own.
    is_planar: bool,
    /// Whether samples are stored as differences.
    has_differences: bool,
    /// Whether bits are stored from the low end.
    is_reversed: bool,
    is_big_endian: bool,
    t4_options: u32,
    /// Width and height of a strip or tile.
    chunk: (usize, usize),
    is_tiled: bool,
}

impl Layout {
    /// Reads the tags of the present page.
    pub(super) fn of(reader: &mut Reader, width: u32, height: u32) -> Result<Self, Error> {
        let mut number = |tag, default| Ok(reader.number(tag)?.unwrap_or(default));
        let compression = number(Tag::Compression, 1)?;
        let samples = usize_of(number(Tag::SamplesPerPixel, 1)?);
        let tile = (number(Tag::TileWidth, 0)?, number(Tag::TileLength, 0)?);
        let is_tiled = tile.0 > 0 && tile.1 > 0;
        let rows = number(Tag::RowsPerStrip, height)?.clamp(1, height);
        let layout = Self {
            width: usize_of(width),
            height: usize_of(height),
            compression,
            bits: 0,
            samples,
            photometric: number(Tag::PhotometricInterpretation, 0)?,
            is_planar: number(Tag::PlanarConfiguration, 1)? == 2,
            has_differences: number(Tag::Predictor, 1)? == 2 && matches!(compression, 5 | 8 | 0x80b2),
            is_reversed: number(Tag::FillOrder, 1)? == 2,
            is_big_endian: false,
            // TIFF 6.0, section 11: bit 0 is two-dimensional coding, bit 2 byte-aligned end-of-line codes.
            t4_options: number(Tag::Unknown(292), 0)?,
            chunk: if is_tiled {
                (usize_of(tile.0), usize_of(tile.1))
            } else {
                (usize_of(width), usize_of(rows))
            },
            is_tiled,
        };
        let predictor = number(Tag::Predictor, 1)?;
        if layout.compression != 1 && predictor > 2 {
            return Err(reader.unsupported(format!("differences of kind {predictor}")));
        }
        let formats = reader.numbers(Tag::SampleFormat)?.unwrap_or_default();
        if formats.iter().any(|format| *format != 1) {
            return Err(reader.unsupported("samples that are not whole numbers".to_owned()));
        }
        let bits = reader.numbers(Tag::BitsPerSample)?.unwrap_or_else(|| vec![1]);
        let alike = bits.iter().all(|other| *other == bits[0]);
        let depth = bits.first().and_then(|bits| u8::try_from(*bits).ok()).filter(|_| alike).unwrap_or(0);
        if !matches!(depth, 1 | 2 | 4 | 8 | 16) || (layout.has_differences && depth < 8) {
            return Err(reader.unsupported(format!("samples of {bits:?} bits")));
        }
        let is_big_endian = matches!(reader.byte_order(), ByteOrder::BigEndian);
        let layout = Self { bits: depth, is_big_endian, ..layout };
        if layout.is_fax() && (layout.bits, layout.samples) != (1, 1) {
            return Err(reader.damaged("fax code of more than one bit a pixel"));
        }
        layout.check_size(reader).map(|()| layout)
    }

    pub(super) fn is_fax(&self) -> bool {
        matches!(self.compression, 2..=4)
    }

    /// Samples of a pixel in one chunk.
    fn samples_of_chunk(&self) -> usize {
        if self.is_planar { 1 } else { self.samples }
    }

    /// Checks what memory the page and one chunk of it will take.
    fn check_size(&self, reader: &Reader) -> Result<(), Error> {
        let bytes = |width: usize, height: usize, samples: usize| {
            width
                .checked_mul(height)
                .and_then(|pixels| pixels.checked_mul(samples))
                .map_or(u64::MAX, |bytes| bytes as u64)
        };
        let page = bytes(self.width, self.height, self.samples);
        let chunk = bytes(self.chunk.0, self.chunk.1, self.samples_of_chunk().saturating_mul(2));
        let limit = reader.limits.expanded_bytes;
        if self.samples == 0 || page > limit || chunk > limit.saturating_mul(2) {
            return Err(Error::TooLarge {
                name: reader.name.clone(),
                detail: format!(
                    "a page of {page} bytes in chunks of {}, over the limit of {limit}",
                    chunk / 2
                ),
            });
        }
        Ok(())
    }

    /// All samples of the page, pixel by pixel: values as they are for palettes, otherwise spread to 8 bits.
    pub(super) fn read(&self, reader: &mut Reader) -> Result<Vec<u8>, Error> {
        let (offsets, lengths) = if self.is_tiled {
            (Tag::TileOffsets, Tag::TileByteCounts)
        } else {
            (Tag::StripOffsets, Tag::StripByteCounts)
        };
        let (Some(offsets), Some(lengths)) = (reader.numbers(offsets)?, reader.numbers(lengths)?) else {
            return Err(reader.damaged("a page without strips or tiles"));
        };
        let mut places = offsets.into_iter().zip(lengths);
        let mut page = vec![0; self.width * self.height * self.samples];
        let mut missing_rows = 0;
        for plane in 0..self.samples / self.samples_of_chunk() {
            for y in (0..self.height).step_by(self.chunk.1) {
                for x in (0..self.width).step_by(self.chunk.0) {
                    let Some((offset, length)) = places.next() else {
                        return Err(reader.cut("strips or tiles are missing"));
                    };
                    let rows = if self.is_tiled { self.chunk.1 } else { self.chunk.1.min(self.height - y) };
                    let mut data = reader.bytes(offset, length)?;
                    if self.is_reversed {
                        data.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
                    }
                    let samples = if self.is_fax() {
                        let (samples, covered) = ccitt::strip(&data, self.chunk.0, rows, self.coding());
                        missing_rows += rows - covered;
                        samples
                    } else {
                        self.samples(&data, rows, reader)?
                    };
                    self.place(&mut page, &samples, plane, (x, y), rows);
                }
            }
        }
        // Fax machines lose rows; a fax without its last part is another matter.
        if missing_rows > self.height / 50 {
            return Err(reader
                .cut(&format!("{missing_rows} of {} rows of a fax-coded page are missing", self.height)));
        }
        Ok(page)
    }

    fn coding(&self) -> Coding {
        Coding {
            mode: match self.compression {
                4 => EncodingMode::Group4,
                3 if self.t4_options & 1 == 1 => EncodingMode::Group3_2D,
                _ => EncodingMode::Group3_1D,
            },
            aligned: self.compression == 2,
            end_of_line: self.compression == 3,
            // As samples are stored: ink is 0 where black is zero, and is turned round later where white is.
            black: 255,
        }
    }

    /// The samples of one chunk.
    fn samples(&self, data: &[u8], rows: usize, reader: &Reader) -> Result<Vec<u8>, Error> {
        let per_row = self.chunk.0 * self.samples_of_chunk();
        let row_bytes = (per_row * usize::from(self.bits)).div_ceil(8);
        let Some(mut packed) = expand::strip(self.compression, data, row_bytes * rows) else {
            return Err(reader.unsupported(format!("compression {}", self.compression)));
        };
        if packed.len() < row_bytes * rows {
            return Err(reader.cut("a page's image data ends early"));
        }
        let step = self.samples_of_chunk();
        Ok(match self.bits {
            16 => {
                let pair = |pair: &[u8]| {
                    let pair = [pair[0], pair[1]];
                    if self.is_big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
                };
                let mut wide: Vec<u16> = packed.chunks_exact(2).map(pair).collect();
                if self.has_differences {
                    for row in wide.chunks_exact_mut(per_row.max(1)) {
                        (step..row.len()).for_each(|at| row[at] = row[at].wrapping_add(row[at - step]));
                    }
                }
                wide.into_iter().map(|sample| sample.to_be_bytes()[0]).collect()
            }
            8 => {
                if self.has_differences {
                    for row in packed.chunks_exact_mut(per_row.max(1)) {
                        (step..row.len()).for_each(|at| row[at] = row[at].wrapping_add(row[at - step]));
                    }
                }
                packed
            }
            bits => {
                let scale = if self.photometric == 3 { 1 } else { u8::MAX / (u8::MAX >> (8 - bits)) };
                unpacked(&packed, per_row, rows, bits, scale)
            }
        })
    }

    /// Puts the samples of a chunk where they belong.
    fn place(&self, page: &mut [u8], samples: &[u8], plane: usize, (x, y): (usize, usize), rows: usize) {
        let step = self.samples_of_chunk();
        let pixels = self.chunk.0.min(self.width - x);
        for row in 0..rows.min(self.height - y) {
            let from = &samples[row * self.chunk.0 * step..][..pixels * step];
            let to = ((y + row) * self.width + x) * self.samples;
            if step == self.samples {
                page[to..to + from.len()].copy_from_slice(from);
            } else {
                let to = page[to + plane..].iter_mut().step_by(self.samples);
                to.zip(from).for_each(|(to, from)| *to = *from);
            }
        }
    }
}

/// The values of rows of packed bits, each times `scale`.
fn unpacked(packed: &[u8], width: usize, height: usize, bits: u8, scale: u8) -> Vec<u8> {
    let row = (width * usize::from(bits)).div_ceil(8);
    let mask = u8::MAX >> (8 - bits);
    let per_byte = 8 / usize::from(bits);
    let mut samples = Vec::with_capacity(width * height);
    for line in packed.chunks_exact(row.max(1)).take(height) {
        samples.extend((0..width).map(|x| {
            let place = per_byte - 1 - x % per_byte;
            (line[x / per_byte] >> (place * usize::from(bits)) & mask) * scale
        }));
    }
    samples
}
