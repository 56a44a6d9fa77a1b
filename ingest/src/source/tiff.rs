//! TIFF 6.0 with several pages, down to 8-bit gray or RGB.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use hayro_ccitt::EncodingMode;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::ccitt::{Coding, strip};
use super::{PageImage, png};
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::{Error, Limits};

/// Counts the pages by following the chain of directories, each visited once.
///
/// # Errors
///
/// A chain that returns to itself is damage; one that leaves the file is a cut.
pub(crate) fn count_pages(name: &str, path: &Path, limits: &Limits) -> Result<u32, Error> {
    let mut reader = Reader::open(name, path, limits)?;
    let mut pages = 1_u32;
    let mut seen = HashSet::new();
    reader.check_page()?;
    loop {
        if let Some(pointer) = reader.decoder.ifd_pointer()
            && !seen.insert(pointer.0)
        {
            return Err(reader.damaged("its directories form a circle"));
        }
        if !reader.decoder.more_images() {
            return Ok(pages);
        }
        pages += 1;
        if pages > limits.pages {
            return Err(Error::TooManyPages {
                name: name.to_owned(),
                pages: u64::from(pages),
                limit: limits.pages,
            });
        }
        reader.decoder.next_image().map_err(|error| reader.error(error))?;
        reader.check_page()?;
    }
}

/// One thread's way through a file; pages are cheapest in ascending order.
pub(crate) struct Reader {
    name: String,
    decoder: Decoder<BufReader<File>>,
    limits: Limits,
}

impl Reader {
    /// Opens the file and reads its first directory.
    pub(crate) fn open(name: &str, path: &Path, limits: &Limits) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| Error::reading(path, error))?;
        let mut bounds = tiff::decoder::Limits::default();
        let bytes = usize::try_from(limits.expanded_bytes).unwrap_or(usize::MAX);
        bounds.decoding_buffer_size = bytes;
        bounds.intermediate_buffer_size = bytes;
        bounds.ifd_value_size = 16 << 20;
        let decoder = Decoder::new(BufReader::new(file)).map_err(|error| convert(name, error))?;
        Ok(Self { name: name.to_owned(), decoder: decoder.with_limits(bounds), limits: limits.clone() })
    }

    fn error(&self, error: TiffError) -> Error {
        convert(&self.name, error)
    }

    fn damaged(&self, detail: &str) -> Error {
        Error::Damaged { name: self.name.clone(), detail: detail.to_owned() }
    }

    /// Checks the present page's size against the limits.
    fn check_page(&mut self) -> Result<(u32, u32), Error> {
        let (width, height) = self.decoder.dimensions().map_err(|error| convert(&self.name, error))?;
        if width == 0 || height == 0 {
            return Err(self.damaged("a page without pixels"));
        }
        super::check_pixels(&self.name, width, height, &self.limits)?;
        Ok((width, height))
    }

    /// Decodes page `index`, from 0.
    pub(crate) fn page(&mut self, index: u32) -> Result<PageImage, Error> {
        self.decoder.seek_to_image(usize_of(index)).map_err(|error| convert(&self.name, error))?;
        let (width, height) = self.check_page()?;
        let compression = self.number(Tag::Compression)?.unwrap_or(1);
        let bits = self.number(Tag::BitsPerSample)?.unwrap_or(1);
        let photometric = self.number(Tag::PhotometricInterpretation)?.unwrap_or(0);
        let (channels, samples) = match compression {
            2..=4 => (Channels::Gray, self.fax(width, height, compression, photometric)?),
            _ if photometric == 3 => self.palette(width, height)?,
            _ => self.image(width, height)?,
        };
        let orientation = self.number(Tag::Orientation)?.unwrap_or(1);
        Ok(PageImage {
            raster: Raster::new(&self.name, width, height, channels, samples)?,
            dpi: self.dpi(),
            bilevel: bits == 1 && channels == Channels::Gray,
            jpeg: None,
            orientation: Orientation::from_exif(u16::try_from(orientation).unwrap_or(1)),
        })
    }

    /// A tag's first value as a number.
    fn number(&mut self, tag: Tag) -> Result<Option<u32>, Error> {
        match self.decoder.find_tag_unsigned_vec::<u32>(tag) {
            Ok(values) => Ok(values.and_then(|values| values.first().copied())),
            Err(error) => Err(self.error(error)),
        }
    }

    fn dpi(&mut self) -> Option<(f32, f32)> {
        let x = rational(self.decoder.get_tag(Tag::XResolution).ok()?)?;
        let y = rational(self.decoder.get_tag(Tag::YResolution).ok()?)?;
        let unit = self.number(Tag::ResolutionUnit).ok().flatten().unwrap_or(2);
        match unit {
            2 => Some((x, y)),
            3 => Some((x * 2.54, y * 2.54)),
            _ => None,
        }
    }

    /// Decodes strips of fax code: T.4 in one or two dimensions, and T.6.
    fn fax(&mut self, width: u32, height: u32, compression: u32, photometric: u32) -> Result<Vec<u8>, Error> {
        let offsets = self.numbers(Tag::StripOffsets)?;
        let counts = self.numbers(Tag::StripByteCounts)?;
        let rows_per_strip = self.number(Tag::RowsPerStrip)?.unwrap_or(height).clamp(1, height);
        // TIFF 6.0, section 11: T4Options bit 0 is two-dimensional coding, bit 2 byte-aligned end-of-line codes.
        let options = self.number(Tag::Unknown(292))?.unwrap_or(0);
        let reversed = self.number(Tag::FillOrder)?.unwrap_or(1) == 2;
        let coding = Coding {
            mode: match compression {
                4 => EncodingMode::Group4,
                3 if options & 1 == 1 => EncodingMode::Group3_2D,
                _ => EncodingMode::Group3_1D,
            },
            aligned: compression == 2,
            end_of_line: compression == 3,
            // The decoder's black is ink where white is zero, and paper where black is zero.
            black: if photometric == 1 { 255 } else { 0 },
        };
        let mut samples = Vec::with_capacity(usize_of(width) * usize_of(height));
        let (mut missing, mut left) = (0, height);
        for (&offset, &count) in offsets.iter().zip(&counts) {
            let rows = rows_per_strip.min(left);
            if rows == 0 {
                break;
            }
            let mut data = self.bytes(offset, count)?;
            if reversed {
                data.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
            }
            let (decoded, covered) = strip(&data, usize_of(width), usize_of(rows), coding);
            samples.extend_from_slice(&decoded);
            missing += usize_of(rows) - covered;
            left -= rows;
        }
        missing += usize_of(left);
        if missing > usize_of(height) / 50 {
            return Err(Error::Truncated {
                name: self.name.clone(),
                detail: format!("{missing} of {height} rows of a fax-coded page are missing"),
            });
        }
        samples.resize(usize_of(width) * usize_of(height), !coding.black);
        Ok(samples)
    }

    fn numbers(&mut self, tag: Tag) -> Result<Vec<u64>, Error> {
        match self.decoder.find_tag_unsigned_vec::<u64>(tag) {
            Ok(Some(values)) => Ok(values),
            Ok(None) => Err(self.damaged("a page without strips")),
            Err(error) => Err(self.error(error)),
        }
    }

    fn bytes(&mut self, offset: u64, count: u64) -> Result<Vec<u8>, Error> {
        let cut = || Error::Truncated {
            name: self.name.clone(),
            detail: "a strip lies beyond the end of the file".to_owned(),
        };
        if count > self.limits.expanded_bytes {
            return Err(cut());
        }
        let mut data = Vec::new();
        let reader = self.decoder.inner();
        let read = reader
            .seek(SeekFrom::Start(offset))
            .and_then(|_| reader.by_ref().take(count).read_to_end(&mut data));
        match read {
            Ok(read) if u64::try_from(read) == Ok(count) => Ok(data),
            _ => Err(cut()),
        }
    }

    /// Decodes what the TIFF reader knows, and brings it to 8-bit gray or RGB.
    fn image(&mut self, width: u32, height: u32) -> Result<(Channels, Vec<u8>), Error> {
        let colour = self.decoder.colortype().map_err(|error| convert(&self.name, error))?;
        let decoded = self.decoder.read_image().map_err(|error| convert(&self.name, error))?;
        let samples = match decoded {
            DecodingResult::U8(samples) => samples,
            DecodingResult::U16(samples) => {
                samples.into_iter().map(|sample| sample.to_be_bytes()[0]).collect()
            }
            _ => return Err(self.damaged("samples that are not whole numbers of 8 or 16 bits")),
        };
        let pixels = usize_of(width) * usize_of(height);
        Ok(match colour {
            ColorType::Gray(8 | 16) => (Channels::Gray, samples),
            ColorType::Gray(bits @ (1 | 2 | 4)) => {
                (Channels::Gray, unpacked(&samples, usize_of(width), usize_of(height), bits))
            }
            ColorType::RGB(8 | 16) => (Channels::Rgb, samples),
            ColorType::RGBA(8 | 16) => (Channels::Rgb, png::on_white::<3>(&samples)),
            ColorType::GrayA(8 | 16) => (Channels::Gray, png::on_white::<1>(&samples)),
            ColorType::YCbCr(8) => (Channels::Rgb, samples.chunks_exact(3).flat_map(rgb_of_ycc).collect()),
            ColorType::CMYK(8 | 16) => {
                (Channels::Rgb, samples.chunks_exact(4).flat_map(rgb_of_cmyk).collect())
            }
            ColorType::CMYKA(8 | 16) => {
                (Channels::Rgb, samples.chunks_exact(5).flat_map(rgb_of_cmyk).collect())
            }
            // Gray with extra samples: the first is luminance.
            ColorType::Multiband { bit_depth: 8 | 16, num_samples } if num_samples > 0 => {
                let gray: Vec<u8> =
                    samples.chunks_exact(usize::from(num_samples)).map(|pixel| pixel[0]).collect();
                (Channels::Gray, gray.into_iter().take(pixels).collect())
            }
            other => return Err(self.damaged(&format!("pixels of kind {other:?} are not supported"))),
        })
    }

    /// Decodes palette images, which the TIFF reader refuses, from their bare strips.
    fn palette(&mut self, width: u32, height: u32) -> Result<(Channels, Vec<u8>), Error> {
        let map = match self.decoder.find_tag_unsigned_vec::<u16>(Tag::ColorMap) {
            Ok(Some(map)) => map,
            Ok(None) => return Err(self.damaged("its palette is missing")),
            Err(error) => return Err(self.error(error)),
        };
        let bits = self.number(Tag::BitsPerSample)?.unwrap_or(8);
        let compression = self.number(Tag::Compression)?.unwrap_or(1);
        let offsets = self.numbers(Tag::StripOffsets)?;
        let counts = self.numbers(Tag::StripByteCounts)?;
        if !matches!(bits, 1 | 2 | 4 | 8) || self.number(Tag::Predictor)?.unwrap_or(1) != 1 {
            return Err(self.damaged("this kind of palette image is not supported"));
        }
        let row = (usize_of(width) * usize_of(bits)).div_ceil(8);
        let whole = row * usize_of(height);
        let mut packed = Vec::with_capacity(whole);
        for (&offset, &count) in offsets.iter().zip(&counts) {
            let data = self.bytes(offset, count)?;
            let room = whole.saturating_sub(packed.len());
            match super::expand::strip(compression, &data, room) {
                Some(expanded) => packed.extend_from_slice(&expanded),
                None => return Err(self.damaged("this compression of a palette image is not supported")),
            }
        }
        if packed.len() < whole {
            return Err(Error::Truncated {
                name: self.name.clone(),
                detail: "a page's image data ends early".to_owned(),
            });
        }
        let colours = map.len() / 3;
        let bits = u8::try_from(bits).unwrap_or(8);
        let indices = indices(&packed, usize_of(width), usize_of(height), bits);
        let high = |at: usize| map.get(at).map_or(0, |value| value.to_be_bytes()[0]);
        let samples = indices
            .into_iter()
            .flat_map(|index| {
                let index = usize::from(index);
                [high(index), high(colours + index), high(2 * colours + index)]
            })
            .collect();
        Ok((Channels::Rgb, samples))
    }
}

/// A resolution, which TIFF 6.0 writes as a fraction.
fn rational(value: Value) -> Option<f32> {
    match value {
        Value::Rational(above, below) if below != 0 => Some(above as f32 / below as f32),
        Value::Float(value) => Some(value),
        _ => None,
    }
}

/// The sample values of rows of packed bits.
fn indices(packed: &[u8], width: usize, height: usize, bits: u8) -> Vec<u8> {
    let row = (width * usize::from(bits)).div_ceil(8);
    let mask = u8::MAX >> (8 - bits.clamp(1, 8));
    let per_byte = 8 / usize::from(bits.clamp(1, 8));
    let mut samples = Vec::with_capacity(width * height);
    for line in packed.chunks_exact(row.max(1)).take(height) {
        samples.extend((0..width).map(|x| {
            let place = per_byte - 1 - x % per_byte;
            line[x / per_byte] >> (place * usize::from(bits)) & mask
        }));
    }
    samples
}

/// Gray of 1, 2 or 4 bits a sample, as the TIFF reader leaves it: packed, with black as zero.
fn unpacked(packed: &[u8], width: usize, height: usize, bits: u8) -> Vec<u8> {
    let scale = u8::MAX / (u8::MAX >> (8 - bits.clamp(1, 8)));
    let mut samples = indices(packed, width, height, bits);
    for sample in &mut samples {
        *sample *= scale;
    }
    samples
}

fn rgb_of_ycc(pixel: &[u8]) -> [u8; 3] {
    super::jpeg::rgb_of_ycc(pixel[0], pixel[1], pixel[2])
}

fn rgb_of_cmyk(pixel: &[u8]) -> [u8; 3] {
    let paper = u16::from(255 - pixel[3]);
    [pixel[0], pixel[1], pixel[2]]
        .map(|ink| u8::try_from((u16::from(255 - ink) * paper + 127) / 255).unwrap_or(u8::MAX))
}

fn convert(name: &str, error: TiffError) -> Error {
    let name = name.to_owned();
    match error {
        TiffError::LimitsExceeded => {
            Error::TooLarge { name, detail: "an image or a directory entry is over the limit".to_owned() }
        }
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::Truncated { name, detail: "it ends before its content".to_owned() }
        }
        other => Error::Damaged { name, detail: other.to_string() },
    }
}
