//! JPEG (ITU-T T.81): headers read by hand, so that limits, cut files and orientation are known before decoding.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::PageImage;
use super::exif::Exif;
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::{Error, Limits};

/// What the marker segments of a JPEG file say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 gray, 3 colour, 4 CMYK.
    pub(crate) components: u8,
    /// The transform of an Adobe segment.
    adobe: Option<u8>,
    /// Whether the three components are labelled R, G and B.
    labelled_rgb: bool,
    orientation: Orientation,
    dpi: Option<(f32, f32)>,
}

/// Reads the marker segments of `bytes` through to the end of the image, decoding nothing.
///
/// # Errors
///
/// [`Error::Truncated`] when the end-of-image marker is missing: decoders would paint the rest grey.
pub(crate) fn header(name: &str, bytes: &[u8]) -> Result<Header, Error> {
    let cut = |detail: &str| Error::Truncated { name: name.to_owned(), detail: detail.to_owned() };
    let mut facts = Facts { name: name.to_owned(), ..Facts::default() };
    let mut at = 2;
    loop {
        let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) else {
            return Err(cut("the end-of-image marker is missing"));
        };
        at += found;
        // T.81, B.1.1.2: any marker may be preceded by fill bytes.
        while bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at + 1) else {
            return Err(cut("the end-of-image marker is missing"));
        };
        at += 2;
        match marker {
            // Stuffed zero, restart, start of image, temporary: no segment follows.
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            0xd9 => break,
            _ => {}
        }
        let Some(length) = bytes.get(at..at + 2).map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1]))
        else {
            return Err(cut("a marker segment is incomplete"));
        };
        if length < 2 {
            return Err(facts.damaged(format!("marker segment {marker:#04x} has length {length}")));
        }
        let Some(segment) = bytes.get(at + 2..at + length) else {
            return Err(cut("a marker segment is incomplete"));
        };
        facts.segment(marker, segment)?;
        at += length;
    }
    facts.header().ok_or_else(|| facts.damaged("it has no frame or no scan".to_owned()))
}

#[derive(Default)]
struct Facts {
    name: String,
    frame: Option<(u32, u32, u8, bool)>,
    scans: u32,
    adobe: Option<u8>,
    jfif_dpi: Option<(f32, f32)>,
    exif: Exif,
}

/// Scans of one image; a progressive image has about ten, a hostile one thousands.
const MOST_SCANS: u32 = 100;

impl Facts {
    fn damaged(&self, detail: String) -> Error {
        Error::Damaged { name: self.name.clone(), detail }
    }

    fn unsupported(&self, detail: String) -> Error {
        Error::Unsupported { name: self.name.clone(), detail }
    }

    fn segment(&mut self, marker: u8, segment: &[u8]) -> Result<(), Error> {
        match marker {
            // T.81, table B.1: baseline, extended sequential and progressive Huffman frames.
            0xc0..=0xc2 => self.frame(segment),
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => Err(self.unsupported(format!(
                "a JPEG of frame type {marker:#04x} (lossless, hierarchical or arithmetic)"
            ))),
            0xda => {
                self.scans += 1;
                if self.scans > MOST_SCANS {
                    return Err(self.damaged(format!("more than {MOST_SCANS} scans")));
                }
                Ok(())
            }
            0xe0 => {
                if let Some([unit, x1, x0, y1, y0]) =
                    segment.strip_prefix(b"JFIF\0").and_then(|rest| rest.get(2..7))
                {
                    let x = f32::from(u16::from_be_bytes([*x1, *x0]));
                    let y = f32::from(u16::from_be_bytes([*y1, *y0]));
                    self.jfif_dpi = match unit {
                        1 => Some((x, y)),
                        2 => Some((x * 2.54, y * 2.54)),
                        _ => None,
                    };
                }
                Ok(())
            }
            0xe1 => {
                if let Some(block) = segment.strip_prefix(b"Exif\0\0") {
                    self.exif = Exif::read(block);
                }
                Ok(())
            }
            0xee => {
                if segment.starts_with(b"Adobe") {
                    self.adobe = segment.get(11).copied();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn frame(&mut self, segment: &[u8]) -> Result<(), Error> {
        let Some(&[precision, h1, h0, w1, w0, components]) = segment.get(..6) else {
            return Err(self.damaged("the frame header is incomplete".to_owned()));
        };
        if precision != 8 {
            return Err(self.unsupported(format!("a JPEG of {precision} bits a sample")));
        }
        if self.frame.is_some() {
            return Err(self.damaged("it has two frames".to_owned()));
        }
        let (width, height) =
            (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
        if width == 0 || height == 0 || !matches!(components, 1 | 3 | 4) {
            return Err(
                self.damaged(format!("a frame of {width} x {height} pixels with {components} components"))
            );
        }
        let labels: Vec<u8> = segment[6..].chunks_exact(3).map(|component| component[0]).collect();
        self.frame = Some((width, height, components, labels == b"RGB"));
        Ok(())
    }

    fn header(&self) -> Option<Header> {
        let (width, height, components, labelled_rgb) = self.frame?;
        (self.scans > 0).then_some(Header {
            width,
            height,
            components,
            adobe: self.adobe,
            labelled_rgb,
            orientation: self.exif.orientation.unwrap_or(Orientation::UPRIGHT),
            dpi: self.jfif_dpi.or(self.exif.dpi),
        })
    }
}

/// Decodes the image; the limits are checked on its header first.
///
/// Where a PDF reader shows the file's own bytes as the decoder does, they are kept to be passed through.
pub(crate) fn load(name: &str, bytes: Vec<u8>, limits: &Limits) -> Result<PageImage, Error> {
    let header = header(name, &bytes)?;
    super::check_pixels(name, header.width, header.height, limits)?;
    let raster = decode(name, &bytes, &header)?;
    // A PDF reader takes three components for YCbCr unless an Adobe segment says otherwise (ISO 32000-1, 7.4.8);
    // labels alone are read by some readers only.
    let plain = header.components == 1
        || (header.components == 3 && (header.adobe.is_some() || !header.labelled_rgb));
    Ok(PageImage {
        raster,
        dpi: header.dpi,
        bilevel: false,
        jpeg: plain.then_some(bytes),
        orientation: header.orientation,
    })
}

/// Decodes to gray or RGB.
pub(crate) fn decode(name: &str, bytes: &[u8], header: &Header) -> Result<Raster, Error> {
    let damaged = |detail: String| Error::Damaged { name: name.to_owned(), detail };
    let channels = if header.components == 1 { Channels::Gray } else { Channels::Rgb };
    let wanted = match header.components {
        1 => ColorSpace::Luma,
        3 => ColorSpace::RGB,
        // Four components are taken as stored, and made to colours below.
        _ => match header.adobe {
            Some(2) => ColorSpace::YCCK,
            _ => ColorSpace::CMYK,
        },
    };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(wanted)
        .set_max_width(usize_of(header.width))
        .set_max_height(usize_of(header.height))
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let samples = decoder.decode().map_err(|error| damaged(error.to_string()))?;
    let samples = match header.components {
        4 => rgb_of_cmyk(&samples, header.adobe),
        _ => samples,
    };
    Raster::new(name, header.width, header.height, channels, samples)
}

/// Converts Adobe's inverted CMYK or YCCK, or plain CMYK where no Adobe segment is present.
fn rgb_of_cmyk(samples: &[u8], adobe: Option<u8>) -> Vec<u8> {
    samples
        .chunks_exact(4)
        .flat_map(|pixel| {
            let inverted: [u8; 4] = match adobe {
                Some(2) => {
                    let [r, g, b] = rgb_of_ycc(pixel[0], pixel[1], pixel[2]);
                    [255 - r, 255 - g, 255 - b, pixel[3]]
                }
                Some(_) => [pixel[0], pixel[1], pixel[2], pixel[3]],
                None => [255 - pixel[0], 255 - pixel[1], 255 - pixel[2], 255 - pixel[3]],
            };
            let [c, m, y, k] = inverted.map(u16::from);
            [c, m, y].map(|ink| u8::try_from((ink * k + 127) / 255).unwrap_or(u8::MAX))
        })
        .collect()
}

pub(super) fn rgb_of_ycc(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|value| value.round().clamp(0.0, 255.0) as u8)
}
