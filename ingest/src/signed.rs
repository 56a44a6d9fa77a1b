//! Reading a page of a document that is kept as it came.

use muniment_record::Page;

use crate::examine::examine;
use crate::raster::Orientation;
use crate::source::pdf::{Reader, Scale};
use crate::{Error, Ocr, Reread};

/// Resolution at which such a page is looked at.
const DPI: f32 = 300.0;

/// The facts and the text of page `index`, from 0, and what of it another than the first recogniser read: the text is the file's own
/// where it has any, or what is read on it.
pub(crate) fn read_page(
    reader: &Reader,
    index: u32,
    ocr: Option<&dyn Ocr>,
) -> Result<(Page, Option<Reread>), Error> {
    let ((width, height), own) = reader.text(index)?;
    let own = muniment_record::nfc(&own);
    let has_text = own.chars().filter(|letter| letter.is_alphanumeric()).count() >= 20;
    let raster = reader.render(index, Scale::Dpi(DPI))?;
    let ocr = ocr.filter(|_| !has_text);
    let examined = examine(&raster, Orientation::UPRIGHT, (DPI, DPI), height, ocr)?;
    let pixels = |points: f32| (points * DPI / 72.0).round() as u32;
    let page = Page {
        width_px: pixels(width),
        height_px: pixels(height),
        dpi: DPI as u32,
        colour: examined.colour,
        skew_degrees: examined.skew,
        blank: examined.blank && !has_text,
        confidence: examined.reading.confidence,
        // A digital original is not scanned again: there is nothing for an officer to mend.
        findings: Vec::new(),
        text: if has_text { own } else { examined.reading.text },
    };
    Ok((page, examined.reading.reader))
}
