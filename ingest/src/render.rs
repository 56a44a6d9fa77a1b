use std::io::Cursor;

use crate::jpeg_encoder::{Chroma, Settings, encode};
use crate::source::contained;
use crate::source::expand::skim;
use crate::source::pdf::{Reader, Scale};
use crate::{Error, Limits};

/// The widest page image that is made.
const MOST_WIDTH: u32 = 4_000;

/// Shows page `page` (from 1) of `pdf` as a JPEG `width_px` pixels wide, at most 4,000.
///
/// # Errors
///
/// Refuses a damaged document, a page that it does not have, and an image over the limits.
pub fn render_page(pdf: &[u8], page: u32, width_px: u32) -> Result<Vec<u8>, Error> {
    const NAME: &str = "the document";
    contained(NAME, || {
        let limits = Limits::default();
        skim(NAME, &mut Cursor::new(pdf), limits.expanded_bytes)?;
        let reader = Reader::open(NAME, pdf.to_vec(), &limits)?;
        let index = page.checked_sub(1).ok_or(Error::NoSuchPage(page))?;
        let raster = reader.render(index, Scale::Width(width_px.clamp(1, MOST_WIDTH)))?;
        Ok(encode(
            &raster,
            Settings { quality: 80, chroma_quality: 80, chroma: Chroma::Halved, drops_grain: false, dpi: 96 },
        ))
    })
}
