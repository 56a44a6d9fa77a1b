//! TIFF 6.0 with several pages, down to 8-bit gray or RGB.

mod chunks;

use std::collections::HashSet;
use std::io::{BufReader, Read, Seek, SeekFrom};

use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::{ByteOrder, Tag};
use tiff::{ColorType, TiffError};

use super::held::{HeldFile, HeldReader};
use super::jpeg::{self, rgb_of_ycc};
use super::{PageImage, png};
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::{Error, Limits};
use chunks::Layout;

/// Counts the pages by following the chain of directories, each visited once.
///
/// # Errors
///
/// A chain that returns to itself is damage; one that leaves the file is a cut.
pub(crate) fn count_pages(name: &str, file: &HeldFile, limits: &Limits) -> Result<u32, Error> {
    let mut reader = Reader::open(name, file, limits)?;
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
        reader.decoder.next_image().map_err(|error| convert(name, error))?;
        reader.check_page()?;
    }
}

/// One thread's way through a file; pages are cheapest in ascending order.
pub(crate) struct Reader {
    name: String,
    decoder: Decoder<BufReader<HeldReader>>,
    limits: Limits,
}

impl Reader {
    /// Opens the file and reads its first directory.
    pub(crate) fn open(name: &str, file: &HeldFile, limits: &Limits) -> Result<Self, Error> {
        let mut bounds = tiff::decoder::Limits::default();
        let bytes = usize::try_from(limits.expanded_bytes).unwrap_or(usize::MAX);
        bounds.decoding_buffer_size = bytes;
        bounds.intermediate_buffer_size = bytes;
        bounds.ifd_value_size = 16 << 20;
        let decoder = Decoder::new(BufReader::new(file.reader())).map_err(|error| convert(name, error))?;
        Ok(Self { name: name.to_owned(), decoder: decoder.with_limits(bounds), limits: limits.clone() })
    }

    fn damaged(&self, detail: &str) -> Error {
        Error::Damaged { name: self.name.clone(), detail: detail.to_owned() }
    }

    fn unsupported(&self, detail: String) -> Error {
        Error::Unsupported { name: self.name.clone(), detail }
    }

    fn cut(&self, detail: &str) -> Error {
        Error::Truncated { name: self.name.clone(), detail: detail.to_owned() }
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
        let is_jpeg = self.number(Tag::Compression)? == Some(7);
        let is_ycc = self.number(Tag::PhotometricInterpretation)? == Some(6);
        let (channels, samples, bilevel) = if is_jpeg || is_ycc {
            self.check_jpegs(is_jpeg)?;
            let (channels, samples) = self.image()?;
            (channels, samples, false)
        } else {
            let layout = Layout::of(self, width, height)?;
            let samples = layout.read(self)?;
            let (channels, samples) = self.coloured(&layout, samples)?;
            (channels, samples, layout.bits == 1 && channels == Channels::Gray)
        };
        let orientation = self.number(Tag::Orientation)?.unwrap_or(1);
        Ok(PageImage {
            raster: Raster::new(&self.name, width, height, channels, samples)?,
            dpi: self.dpi(),
            bilevel,
            jpeg: None,
            orientation: Orientation::from_exif(u16::try_from(orientation).unwrap_or(1)),
        })
    }

    fn byte_order(&self) -> ByteOrder {
        self.decoder.byte_order()
    }

    /// A tag's first value as a number.
    fn number(&mut self, tag: Tag) -> Result<Option<u32>, Error> {
        let values = self.numbers(tag)?.unwrap_or_default();
        Ok(values.first().and_then(|value| u32::try_from(*value).ok()))
    }

    /// A tag's values as numbers.
    fn numbers(&mut self, tag: Tag) -> Result<Option<Vec<u64>>, Error> {
        self.decoder.find_tag_unsigned_vec::<u64>(tag).map_err(|error| convert(&self.name, error))
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

    fn bytes(&mut self, offset: u64, count: u64) -> Result<Vec<u8>, Error> {
        let beyond = "a strip lies beyond the end of the file";
        if count > self.limits.expanded_bytes {
            return Err(self.cut(beyond));
        }
        let mut data = Vec::new();
        let reader = self.decoder.inner();
        let read = reader
            .seek(SeekFrom::Start(offset))
            .and_then(|_| reader.by_ref().take(count).read_to_end(&mut data));
        match read {
            Ok(read) if u64::try_from(read) == Ok(count) => Ok(data),
            _ => Err(self.cut(beyond)),
        }
    }

    /// Checks that each JPEG of the page is whole and of a kind that is decoded, for the reader fills up in silence.
    fn check_jpegs(&mut self, is_jpeg: bool) -> Result<(), Error> {
        if !is_jpeg {
            return Ok(());
        }
        let tags = [(Tag::TileOffsets, Tag::TileByteCounts), (Tag::StripOffsets, Tag::StripByteCounts)];
        for (offsets, lengths) in tags {
            if let (Some(offsets), Some(lengths)) = (self.numbers(offsets)?, self.numbers(lengths)?) {
                for (offset, length) in offsets.into_iter().zip(lengths) {
                    let jpeg = self.bytes(offset, length)?;
                    super::within(&self.name, jpeg::header("a strip", &jpeg))?;
                }
                return Ok(());
            }
        }
        Err(self.damaged("a page without strips or tiles"))
    }

    /// Decodes JPEG and YCbCr, as the TIFF reader knows it.
    fn image(&mut self) -> Result<(Channels, Vec<u8>), Error> {
        let colour = self.decoder.colortype().map_err(|error| convert(&self.name, error))?;
        let decoded = self.decoder.read_image().map_err(|error| convert(&self.name, error))?;
        let DecodingResult::U8(samples) = decoded else {
            return Err(self.unsupported("JPEG samples that are not of 8 bits".to_owned()));
        };
        Ok(match colour {
            ColorType::Gray(8) => (Channels::Gray, samples),
            ColorType::RGB(8) => (Channels::Rgb, samples),
            ColorType::YCbCr(8) => {
                let pixels = samples.chunks_exact(3);
                (Channels::Rgb, pixels.flat_map(|pixel| rgb_of_ycc(pixel[0], pixel[1], pixel[2])).collect())
            }
            ColorType::CMYK(8) => (Channels::Rgb, samples.chunks_exact(4).flat_map(rgb_of_cmyk).collect()),
            other => return Err(self.unsupported(format!("JPEG pixels of kind {other:?}"))),
        })
    }

    /// Makes colours of samples (TIFF 6.0, `PhotometricInterpretation`).
    fn coloured(&mut self, layout: &Layout, samples: Vec<u8>) -> Result<(Channels, Vec<u8>), Error> {
        let count = layout.samples;
        let few = |least: usize| count < least;
        // Extra samples: 1 is opacity that colours are multiplied with, 2 is opacity, others say nothing.
        let extra = self.number(Tag::ExtraSamples)?;
        Ok(match layout.photometric {
            0 | 1 => {
                let white = if layout.photometric == 0 { u8::MAX } else { 0 };
                let gray = samples.into_iter().step_by(count).map(|sample| sample ^ white).collect();
                (Channels::Gray, gray)
            }
            2 if few(3) => return Err(self.damaged("colours of fewer than three samples")),
            2 => match extra {
                Some(2) if count == 4 => (Channels::Rgb, png::on_white::<3>(&samples)),
                Some(1) if count == 4 => {
                    let laid = |pixel: &[u8]| [0, 1, 2].map(|at| pixel[at].saturating_add(255 - pixel[3]));
                    (Channels::Rgb, samples.chunks_exact(4).flat_map(laid).collect())
                }
                _ => {
                    let colours = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2]];
                    (Channels::Rgb, samples.chunks_exact(count).flat_map(colours).collect())
                }
            },
            3 => {
                let map = self.numbers(Tag::ColorMap)?;
                let map = map.ok_or_else(|| self.damaged("its palette is missing"))?;
                let colours = map.len() / 3;
                // Parts of 16 bits, all reds first.
                let part = |at: usize| map.get(at).map_or(0, |part| part.to_be_bytes()[6]);
                let colour = |index: u8| [0, 1, 2].map(|plane| part(plane * colours + usize::from(index)));
                (Channels::Rgb, samples.into_iter().step_by(count).flat_map(colour).collect())
            }
            5 if few(4) => return Err(self.damaged("inks of fewer than four samples")),
            5 => (Channels::Rgb, samples.chunks_exact(count).flat_map(rgb_of_cmyk).collect()),
            other => return Err(self.unsupported(format!("colours of kind {other}"))),
        })
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
        TiffError::UnsupportedError(error) => Error::Unsupported { name, detail: error.to_string() },
        other => Error::Damaged { name, detail: other.to_string() },
    }
}
