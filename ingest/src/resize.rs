use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::raster::usize_of;
use crate::{Error, Gray};

/// How samples are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Means of areas: cheap, for measuring and for backgrounds.
    Box,
    /// Lanczos with three lobes: sharp, for text.
    Sharp,
}

/// The gray image at another size; the caller has checked both sizes.
pub(crate) fn gray(image: &Gray, width: u32, height: u32, filter: Filter) -> Result<Vec<u8>, Error> {
    samples(&image.samples, image.width, image.height, PixelType::U8, width, height, filter)
}

fn samples(
    source: &[u8],
    source_width: u32,
    source_height: u32,
    kind: PixelType,
    width: u32,
    height: u32,
    filter: Filter,
) -> Result<Vec<u8>, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("failed to resize a page: {error}"));
    let view = ImageRef::new(source_width, source_height, source, kind).map_err(|error| failed(&error))?;
    let bytes = usize_of(width) * usize_of(height) * kind.size();
    let mut target =
        Image::from_vec_u8(width, height, vec![0; bytes], kind).map_err(|error| failed(&error))?;
    let filter = match filter {
        Filter::Box => FilterType::Box,
        Filter::Sharp => FilterType::Lanczos3,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new().resize(&view, &mut target, &options).map_err(|error| failed(&error))?;
    Ok(target.into_vec())
}
