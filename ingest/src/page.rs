//! One page from pixels to what is written and recorded about it.

use muniment_record::{FindingKind, KeptPage, Page};

use crate::encode::encode;
use crate::examine::examine;
use crate::facts::resolution;
use crate::pdf::document::WrittenPage;
use crate::source::PageImage;
use crate::{Error, Ocr, Options, Profile, reread};

/// A page ready to be written, and its facts.
pub(crate) struct PreparedPage {
    pub(crate) written: WrittenPage,
    pub(crate) facts: Page,
    /// How its image was kept.
    pub(crate) kept: KeptPage,
}

/// Measures, reads and encodes a page; one that is `sampled` is read again as it will be archived.
pub(crate) fn prepare(
    image: PageImage,
    options: &Options,
    ocr: Option<&dyn Ocr>,
    sampled: bool,
) -> Result<PreparedPage, Error> {
    let orientation = image.orientation;
    let stored_dpi = resolution(&image);
    let dpi = if orientation.size(1, 2) == (1, 2) { stored_dpi } else { (stored_dpi.1, stored_dpi.0) };
    let (width, height) = orientation.size(image.raster.width, image.raster.height);
    let size = (width as f32 * 72.0 / dpi.0, height as f32 * 72.0 / dpi.1);

    let mut examined = examine(&image.raster, orientation, dpi, size.1, ocr)?;
    if options.profile == Profile::Bitonal {
        // Where black-and-white originals are expected, colour is not due.
        examined.findings.retain(|finding| finding.kind != FindingKind::NotColour);
    }
    let spare = (sampled && !examined.reading.text.is_empty()).then(|| image.clone());
    let encoded = encode(image, dpi, size, options)?;
    let mut kept = encoded.kept;
    let mut written =
        WrittenPage { width: size.0, height: size.1, layers: encoded.layers, lines: Vec::new(), rotate: 0 };
    if let (Some(spare), Some(ocr)) = (spare, ocr)
        && kept.profile != Profile::Faithful.name()
    {
        match reread::difference(&written, dpi, &examined, ocr, &options.limits) {
            Ok(difference) if difference > reread::MOST_DIFFERENCE => {
                let faithful = Options { profile: Profile::Faithful, ..options.clone() };
                let encoded = encode(spare, dpi, size, &faithful)?;
                written.layers = encoded.layers;
                let words = 100.0 * difference;
                let detail = format!("as {}, {words:.1} % of words were read otherwise", kept.profile);
                kept = KeptPage { detail, ..encoded.kept };
            }
            Ok(difference) => {
                let words = 100.0 * difference;
                kept.detail.push_str(&format!("; read again, {words:.1} % of words otherwise"));
            }
            Err(error) => kept.detail.push_str(&format!("; not read again: {error}")),
        }
    }
    if let Some(reread) = examined.reading.reader {
        reread.note(&mut kept);
    }
    written.lines = examined.reading.lines;
    written.rotate = examined.turn.degrees();
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
    Ok(PreparedPage { written, facts, kept })
}
