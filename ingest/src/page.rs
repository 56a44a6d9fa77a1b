//! One page from pixels to what is written and recorded about it.

use muniment_record::{Finding, FindingKind, Page};

use crate::copy::Copy;
use crate::facts::{Shares, findings, resolution};
use crate::jpeg_encoder::{self, Chroma};
use crate::pdf::document::{EncodedImage, Layer, WrittenPage};
use crate::pdf::file::deflate;
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::reading::{Placement, Reading};
use crate::source::PageImage;
use crate::{Error, Ocr, Options, skew};

/// A page ready to be written, and its facts.
pub(crate) struct PreparedPage {
    pub(crate) written: WrittenPage,
    pub(crate) facts: Page,
}

/// Measures, reads and encodes a page.
pub(crate) fn prepare(
    image: PageImage,
    options: &Options,
    ocr: Option<&dyn Ocr>,
) -> Result<PreparedPage, Error> {
    let orientation = image.orientation;
    let stored_dpi = resolution(&image);
    let dpi = if orientation.size(1, 2) == (1, 2) { stored_dpi } else { (stored_dpi.1, stored_dpi.0) };
    let (width, height) = orientation.size(image.raster.width, image.raster.height);
    let size = (width as f32 * 72.0 / dpi.0, height as f32 * 72.0 / dpi.1);

    let examined = examine(&image.raster, orientation, dpi, size.1, ocr)?;
    let layer = faithful(image, size, options)?;
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
            layers: vec![layer],
            lines: examined.reading.lines,
            rotate: 0,
        },
        facts,
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

/// The whole page as one image: its own JPEG where it has one, bits where it is bilevel, a JPEG otherwise.
fn faithful(image: PageImage, size: (f32, f32), options: &Options) -> Result<Layer, Error> {
    let raster = image.raster;
    let colours = match raster.channels {
        Channels::Gray => "DeviceGray",
        Channels::Rgb => "DeviceRGB",
    };
    let (filter, bits, data) = match image.jpeg {
        Some(jpeg) => ("/Filter/DCTDecode", 8, jpeg),
        None if image.bilevel && raster.channels == Channels::Gray => {
            let packed = deflate(&packed(&raster));
            let packed =
                packed.map_err(|error| Error::Internal(format!("failed to compress a page: {error}")))?;
            ("/Filter/FlateDecode", 1, packed)
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
    Ok(Layer {
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
    })
}

/// Eight pixels a byte, 1 white, rows padded to bytes.
fn packed(raster: &Raster) -> Vec<u8> {
    let width = usize_of(raster.width);
    let mut packed = Vec::with_capacity(width.div_ceil(8) * usize_of(raster.height));
    for row in raster.samples.chunks_exact(width) {
        packed.extend(row.chunks(8).map(|pixels| {
            pixels
                .iter()
                .enumerate()
                .fold(0_u8, |byte, (at, &sample)| byte | u8::from(sample >= 128) << (7 - at))
        }));
    }
    packed
}
