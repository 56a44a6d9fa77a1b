//! One page from pixels to what is written and recorded about it.

use muniment_record::{Finding, FindingKind, KeptPage, Page};

use crate::copy::Copy;
use crate::encode::encode;
use crate::facts::{Shares, findings, resolution};
use crate::pdf::document::WrittenPage;
use crate::raster::{Orientation, Raster};
use crate::reading::{Placement, Reading};
use crate::source::PageImage;
use crate::{Error, Ocr, Options, skew};

/// A page ready to be written, and its facts.
pub(crate) struct PreparedPage {
    pub(crate) written: WrittenPage,
    pub(crate) facts: Page,
    /// How its image was kept.
    pub(crate) kept: KeptPage,
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
    let encoded = encode(image, dpi, size, options)?;
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
            layers: encoded.layers,
            lines: examined.reading.lines,
            rotate: 0,
        },
        facts,
        kept: encoded.kept,
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
