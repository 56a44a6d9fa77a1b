//! An image of a PDF as a page: its own JPEG where that shows the same, its pixels otherwise.

use hayro::hayro_interpret::{ImageData, RasterImage};
use hayro_syntax::object::{Array, Name, Object, Stream};

use super::filter::{Filter, filters};
use crate::Error;
use crate::raster::{Channels, Orientation, Raster, usize_of};
use crate::source::{PageImage, jpeg};

/// What an image is called in messages.
const NAME: &str = "an image";

/// The failure of an image.
pub(super) fn damaged(detail: &str) -> Error {
    Error::Damaged { name: NAME.to_owned(), detail: detail.to_owned() }
}

/// The pixels of an image, and its own JPEG stream where a page may show that unchanged; `None` where it has to be
/// rendered, for it is transparent in places, or is not decoded at all, which the interpreter complains of.
///
/// # Errors
///
/// An image that ends early, which readers fill up in silence.
pub(super) fn taken(image: &RasterImage<'_>) -> Result<Option<PageImage>, Error> {
    let stream = image.stream();
    let filters = filters(stream);
    let page = |raster, bilevel, jpeg| PageImage {
        raster,
        dpi: None,
        bilevel,
        jpeg,
        orientation: Orientation::UPRIGHT,
    };
    if filters == [Filter::Dct] {
        let bytes = stream.raw_data();
        let header = jpeg::header(NAME, &bytes)?;
        let is_whole = header.width == image.width() && header.height == image.height();
        if is_whole && header.components != 4 && is_plain(stream) {
            let raster = jpeg::decode(NAME, &bytes, &header)?;
            return Ok(Some(page(raster, false, Some(bytes.into_owned()))));
        }
    }
    let bilevel = stream.dict().get::<i32>("BitsPerComponent") == Some(1)
        || filters.iter().any(|filter| matches!(filter, Filter::CcittFax | Filter::Jbig2));
    // These know their own size, which may differ from the dictionary's.
    let knows_size = filters.iter().any(|filter| matches!(filter, Filter::Dct | Filter::Jpx | Filter::Jbig2));
    let mut result = Ok(None);
    image.with_rgba(
        |data, alpha| {
            let (width, mut height) = (data.width(), data.height());
            let (channels, mut samples) = match data {
                ImageData::Rgb(data) => (Channels::Rgb, data.data),
                ImageData::Luma(data) => (Channels::Gray, data.data),
            };
            let missing = if knows_size { 0 } else { image.height().saturating_sub(height) };
            if missing > image.height() / 50 {
                result = Err(Error::Truncated {
                    name: NAME.to_owned(),
                    detail: format!("{missing} of {} rows are missing", image.height()),
                });
                return;
            }
            height += missing;
            samples.resize(usize_of(width) * usize_of(height) * channels.count(), 255);
            if alpha.is_none() {
                let raster = Raster::new(NAME, width, height, channels, samples);
                result = raster.map(|raster| Some(page(raster, bilevel && channels == Channels::Gray, None)));
            }
        },
        None,
    );
    result
}

/// Whether nothing else in a JPEG's dictionary changes what it shows.
fn is_plain(stream: &Stream<'_>) -> bool {
    let dict = stream.dict();
    if ["Decode", "SMask", "Mask", "DecodeParms", "SMaskInData"].iter().any(|key| dict.contains_key(key)) {
        return false;
    }
    match dict.get::<Object<'_>>("ColorSpace") {
        Some(Object::Name(name)) => matches!(name.as_str(), "DeviceRGB" | "DeviceGray"),
        Some(Object::Array(array)) => is_icc(&array),
        _ => false,
    }
}

/// Whether a colour space is an ICC profile of one or three components: scanners write sRGB there.
fn is_icc(array: &Array<'_>) -> bool {
    let mut items = array.flex_iter();
    let is_icc = items.next::<Name<'_>>().is_some_and(|name| name.as_str() == "ICCBased");
    is_icc
        && items
            .next::<Stream<'_>>()
            .is_some_and(|profile| matches!(profile.dict().get::<i32>("N"), Some(1 | 3)))
}
