//! One page from pixels to what is written and recorded about it.

use muniment_record::{Finding, FindingKind, Page};

use crate::compact::Likeness;
use crate::copy::Copy;
use crate::facts::{Shares, findings, resolution};
use crate::jbig2::{self, Bits};
use crate::jpeg_encoder::{self, Chroma};
use crate::pdf::document::{EncodedImage, Layer, WrittenPage};
use crate::raster::{Channels, Orientation, Raster};
use crate::reading::{Placement, Reading};
use crate::source::PageImage;
use crate::{Error, Ocr, Options, Profile, compact, skew};

/// A page ready to be written, and its facts.
pub(crate) struct PreparedPage {
    pub(crate) written: WrittenPage,
    pub(crate) facts: Page,
    /// The judgement on the compact form, where it was tried and refused.
    pub(crate) refused: Option<Likeness>,
}

/// Measures, reads and encodes a page.
pub(crate) fn prepare(
    image: PageImage,
    profile: Profile,
    options: &Options,
    ocr: Option<&dyn Ocr>,
) -> Result<PreparedPage, Error> {
    let orientation = image.orientation;
    let stored_dpi = resolution(&image);
    let dpi = if orientation.size(1, 2) == (1, 2) { stored_dpi } else { (stored_dpi.1, stored_dpi.0) };
    let (width, height) = orientation.size(image.raster.width, image.raster.height);
    let size = (width as f32 * 72.0 / dpi.0, height as f32 * 72.0 / dpi.1);

    let examined = examine(&image.raster, orientation, dpi, size.1, ocr)?;
    let chosen = choose(image, dpi, size, profile, options)?;
    let facts = Page {
        width_px: width,
        height_px: height,
        dpi: ((dpi.0 + dpi.1) / 2.0).round() as u32,
        colour: examined.colour,
        skew_degrees: examined.skew,
        blank: examined.blank,
        confidence: examined.reading.confidence,
        findings: examined.findings,
        text: examined.reading.text,
    };
    Ok(PreparedPage {
        written: WrittenPage {
            width: size.0,
            height: size.1,
            layers: chosen.0,
            lines: examined.reading.lines,
            rotate: 0,
        },
        facts,
        refused: chosen.1,
    })
}

/// What measuring and reading a page gave.
pub(crate) struct Examined {
    pub(crate) reading: Reading,
    pub(crate) findings: Vec<Finding>,
    pub(crate) colour: bool,
    pub(crate) blank: bool,
    pub(crate) skew: f32,
}

/// Measures and reads a page on a copy that is turned and straightened.
pub(crate) fn examine(
    raster: &Raster,
    orientation: Orientation,
    dpi: (f32, f32),
    height_points: f32,
    ocr: Option<&dyn Ocr>,
) -> Result<Examined, Error> {
    let mean_dpi = ((dpi.0 + dpi.1) / 2.0).round() as u32;
    let stored = raster.red(mean_dpi);
    let shares = Shares::of(raster, &stored)?;
    let red = stored.oriented(orientation);
    let blank = shares.is_blank();
    let skew = if blank { 0.0 } else { skew::measure(&red)? };
    let mut reading = Reading::default();
    let mut failure = None;
    if !blank {
        match ocr {
            Some(ocr) => {
                let copy = Copy::of(&red, dpi, skew)?;
                let placement = Placement { dpi, height: height_points };
                // A recogniser that fails on one page costs that page's text, not the document.
                match ocr.read(&copy.image) {
                    Ok(words) => reading = Reading::of(words, &copy, skew, placement),
                    Err(error) => failure = Some(error.to_string()),
                }
            }
            None => failure = Some("not read: no text recogniser".to_owned()),
        }
    }
    let mut found = findings(mean_dpi, shares.is_colour(), skew, reading.confidence);
    found.extend(failure.map(|detail| Finding { kind: FindingKind::LowConfidence, detail }));
    Ok(Examined {
        blank: blank && reading.text.is_empty(),
        reading,
        findings: found,
        colour: shares.is_colour(),
        skew,
    })
}

/// Resolution from which masks are sharp enough to stand for the page.
const LEAST_COMPACT_DPI: f32 = 190.0;

/// The layers of a page by the profile; the compact form only where it is judged good enough and is smaller.
fn choose(
    image: PageImage,
    dpi: (f32, f32),
    size: (f32, f32),
    profile: Profile,
    options: &Options,
) -> Result<(Vec<Layer>, Option<Likeness>), Error> {
    let try_compact = profile == Profile::Compact && !image.bilevel && dpi.0.min(dpi.1) >= LEAST_COMPACT_DPI;
    if !try_compact {
        return Ok((vec![faithful(image, size, options)], None));
    }
    let compact = compact::layers(&image.raster, image.orientation.matrix(size.0, size.1))?;
    let bytes: usize = compact.layers.iter().map(Layer::bytes).sum();
    let is_smaller = image.jpeg.as_ref().is_none_or(|jpeg| bytes < jpeg.len());
    if compact.likeness.is_enough() && is_smaller {
        return Ok((compact.layers, None));
    }
    Ok((vec![faithful(image, size, options)], Some(compact.likeness)))
}

/// The whole page as one image: its own JPEG where it has one, bits where it is bilevel, a JPEG otherwise.
fn faithful(image: PageImage, size: (f32, f32), options: &Options) -> Layer {
    let raster = image.raster;
    let colours = match raster.channels {
        Channels::Gray => "DeviceGray",
        Channels::Rgb => "DeviceRGB",
    };
    let (filter, bits, data) = match image.jpeg {
        Some(jpeg) => ("/Filter/DCTDecode", 8, jpeg),
        None if image.bilevel && raster.channels == Channels::Gray => {
            ("/Filter/JBIG2Decode", 1, jbig2::encode(&bits(&raster)))
        }
        None => {
            let settings = jpeg_encoder::Settings {
                quality: options.jpeg_quality,
                chroma: Chroma::Full,
                dpi: image.dpi.map_or(300, |(x, _)| x.clamp(1.0, 10_000.0) as u16),
            };
            ("/Filter/DCTDecode", 8, jpeg_encoder::encode(&raster, settings))
        }
    };
    Layer {
        image: EncodedImage {
            width: raster.width,
            height: raster.height,
            colours: Some(colours),
            bits,
            filter,
            data,
        },
        matrix: image.orientation.matrix(size.0, size.1),
        mask: None,
        ink: None,
    }
}

/// Ink and paper of a bilevel page.
fn bits(raster: &Raster) -> Bits {
    Bits {
        width: raster.width,
        height: raster.height,
        samples: raster.samples.iter().map(|&sample| u8::from(sample < 128)).collect(),
    }
}
