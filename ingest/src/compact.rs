//! Mixed raster content: sharp masks for ink and for stamps over a coarse picture of the paper.
//!
//! A page is taken apart into a background at a third of its resolution, a picture of the coloured marks at a quarter
//! seen through a lossless mask, and the dark ink as a lossless mask in one colour. Two masks, because one blends a
//! signature into the stamp under it. What comes out is compared with the page: where marks were lost, the page is kept
//! as one image instead.

mod fill;
mod judge;
mod masks;

use fill::Sums;
use masks::Masks;

pub(crate) use judge::Likeness;

use crate::Error;
use crate::jbig2::{self, Bits};
use crate::jpeg_encoder::{self, Chroma, Settings};
use crate::pdf::document::{EncodedImage, Layer};
use crate::raster::{Raster, usize_of};

/// Pixels of the page across one pixel of the background.
const BACKGROUND_STEP: usize = 3;

/// Pixels of the page across one pixel of the coloured marks.
const COLOUR_STEP: usize = 4;

/// JPEG quality of the background and of the coloured marks.
const QUALITY: u8 = 24;

/// JPEG quality of a background that is busy all over, as with a guilloche.
const BUSY_QUALITY: u8 = 14;

/// Bytes of a background from which it counts as busy.
const BUSY_BYTES: usize = 24 << 10;

/// A page as layers, painted in order.
pub(crate) struct Compact {
    pub(crate) layers: Vec<Layer>,
    pub(crate) likeness: Likeness,
}

/// Takes a page apart and judges the result; `matrix` places its image.
pub(crate) fn layers(raster: &Raster, matrix: [f32; 6]) -> Result<Compact, Error> {
    let masks = Masks::of(raster);
    let (width, height) = (usize_of(raster.width), usize_of(raster.height));
    let mut background = Sums::new(width, height, BACKGROUND_STEP, raster.channels);
    let mut colours = Sums::new(width, height, COLOUR_STEP, raster.channels);
    background.add(raster, |at| masks.is_paper(at));
    let has_colour = masks.colour.contains(&1);
    if has_colour {
        colours.add(raster, |at| masks.colour[at] == 1);
    }
    let ink = masks.ink_colour(raster);
    let background = background.filled();
    let mut background_jpeg = jpeg(&background, QUALITY);
    if background_jpeg.len() > BUSY_BYTES {
        background_jpeg = jpeg(&background, BUSY_QUALITY);
    }
    let mut layers = vec![picture(&background, background_jpeg, matrix, None)];
    let mut colour_layer = None;
    if has_colour {
        let colours = colours.filled();
        let mask = stencil(raster, &masks.colour);
        let encoded = jpeg(&colours, QUALITY);
        colour_layer = Some(decoded(&encoded, &colours)?);
        layers.push(picture(&colours, encoded, matrix, Some(mask)));
    }
    let shown = judge::Shown {
        background: decoded(&layers[0].image.data, &background)?,
        colours: colour_layer,
        masks: &masks,
        ink,
    };
    let likeness = judge::likeness(raster, &shown);
    if masks.ink.contains(&1) {
        layers.push(Layer { image: stencil(raster, &masks.ink), matrix, mask: None, ink: Some(ink) });
    }
    Ok(Compact { layers, likeness })
}

/// The ink of a page, or nothing where it has coloured marks, which bits would lose.
pub(crate) fn black_and_white(raster: &Raster) -> Option<Bits> {
    /// One pixel in so many may have colour: a speck, or the fringe that a scanner draws along an edge.
    const FRINGE: usize = 5_000;
    let masks = Masks::of(raster);
    let coloured = masks.colour.iter().filter(|&&bit| bit == 1).count();
    (coloured * FRINGE <= masks.colour.len()).then_some(Bits {
        width: raster.width,
        height: raster.height,
        samples: masks.ink,
    })
}

fn jpeg(raster: &Raster, quality: u8) -> Vec<u8> {
    jpeg_encoder::encode(raster, Settings { quality, chroma: Chroma::Halved, dpi: 100 })
}

/// What a reader will see of a layer.
fn decoded(file: &[u8], like: &Raster) -> Result<Raster, Error> {
    let header = crate::source::jpeg::header("layer", file)?;
    let raster = crate::source::jpeg::decode("layer", file, &header)?;
    debug_assert_eq!((raster.width, raster.height), (like.width, like.height));
    Ok(raster)
}

fn picture(raster: &Raster, data: Vec<u8>, matrix: [f32; 6], mask: Option<EncodedImage>) -> Layer {
    let image = EncodedImage {
        width: raster.width,
        height: raster.height,
        colours: Some(raster.channels.colour_space()),
        bits: 8,
        filter: "/Filter/DCTDecode",
        data,
    };
    Layer { image, matrix, mask, ink: None }
}

fn stencil(raster: &Raster, samples: &[u8]) -> EncodedImage {
    let bits = Bits { width: raster.width, height: raster.height, samples: samples.to_vec() };
    EncodedImage {
        width: raster.width,
        height: raster.height,
        colours: None,
        bits: 1,
        filter: "/Filter/JBIG2Decode",
        data: jbig2::encode(&bits),
    }
}
