//! Mixed raster content: sharp masks for ink and for stamps over a coarse picture of the paper.
//!
//! A page is taken apart into a background at a fraction of its resolution, a picture of the coloured marks seen
//! through a lossless mask, and the dark ink as a lossless mask, in one colour or, where pens and print differ, seen
//! over a picture of its own. Two masks, because one blends a signature into the stamp under it. What comes out is
//! compared with the page: where marks, tints or patterns were harmed, the page is taken apart more finely, and kept as
//! one image where that does not help.

mod fill;
mod half;
mod judge;
pub mod kernels;
mod masks;
mod morphology;
mod paper;

use half::{Picture, Shown};
use masks::Masks;

pub(crate) use judge::Likeness;

use crate::Error;
use crate::bits::Bits;
use crate::jpeg_encoder::{self, Chroma, Settings};
use crate::pdf::document::{EncodedImage, Layer};
use crate::raster::Raster;

/// Pixels of the page across one pixel of the coloured marks.
const COLOUR_STEP: usize = 4;

/// Pixels of the page across one pixel of the ink's colours: strokes of one pen are longer.
const INK_STEP: usize = 16;

/// How finely a page is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fineness {
    background_step: Step,
    /// JPEG quality of luminance in all pictures.
    quality: u8,
    /// JPEG quality of chrominance: a wrong tint is seen on large areas.
    chroma_quality: u8,
}

/// The resolution of the background, of that of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Third,
    Fourth,
}

impl Step {
    /// Pixels of the page across one of the background.
    const fn pixels(self) -> usize {
        match self {
            Self::Third => 3,
            Self::Fourth => 4,
        }
    }
}

/// For paper that is all but plain: a background at 75 dpi is as like as one at 100 that takes half as much again.
const PLAIN: Fineness = Fineness { background_step: Step::Fourth, quality: 34, chroma_quality: 40 };

/// For patterns and pale stamps.
const FINE: Fineness = Fineness { background_step: Step::Third, quality: 30, chroma_quality: 40 };

/// For what is harmed otherwise; still a tenth of a page that is one JPEG.
const FINEST: Fineness = Fineness { background_step: Step::Third, quality: 60, chroma_quality: 65 };

/// A page as layers, painted in order.
pub(crate) struct Compact {
    pub(crate) layers: Vec<Layer>,
    pub(crate) likeness: Likeness,
}

/// Takes a page apart as coarsely as its judgement allows; `matrix` places its image.
///
/// The caller looks at the likeness: where it is not enough, nothing finer was left to try.
pub(crate) fn layers(raster: &Raster, matrix: [f32; 6]) -> Result<Compact, Error> {
    let parts = Parts::of(raster);
    let plain = parts.encoded(raster, matrix, PLAIN)?;
    if plain.likeness.is_good() {
        return Ok(plain);
    }
    let fine = parts.encoded(raster, matrix, FINE)?;
    if fine.likeness.is_enough() { Ok(fine) } else { parts.encoded(raster, matrix, FINEST) }
}

/// A page taken apart, not yet encoded.
struct Parts {
    masks: Masks,
    /// The coloured marks and their mask.
    colours: Option<(Raster, EncodedImage)>,
    ink: Ink,
    ink_mask: EncodedImage,
    scan: judge::Scan,
}

/// The colour of the ink.
enum Ink {
    /// There is none.
    None,
    /// All of it is one ink.
    One([u8; 3]),
    /// Pens beside print.
    Several(Raster),
}

impl Parts {
    fn of(raster: &Raster) -> Self {
        let masks = Masks::of(raster);
        let colours = (!masks.colour.is_empty())
            .then(|| (fill::picture::<COLOUR_STEP>(raster, &masks.colour), stencil(&masks.colour)));
        let ink = if masks.ink.is_empty() {
            Ink::None
        } else if masks.has_pens(raster) {
            Ink::Several(fill::picture::<INK_STEP>(raster, &masks.inner))
        } else {
            Ink::One(masks.ink_colour(raster))
        };
        Self { colours, ink, ink_mask: stencil(&masks.ink), scan: judge::Scan::of(raster), masks }
    }

    /// The layers, and what comes of decoding them.
    fn encoded(&self, raster: &Raster, matrix: [f32; 6], fineness: Fineness) -> Result<Compact, Error> {
        let paper = match fineness.background_step {
            Step::Third => fill::picture::<3>(raster, &self.masks.paper),
            Step::Fourth => fill::picture::<4>(raster, &self.masks.paper),
        };
        let shown = |file: &[u8], step| Ok(Picture::of(&decoded(file)?, step, raster.width));
        let background = jpeg(&paper, fineness, Chroma::Halved);
        let mut page = Shown {
            background: shown(&background, fineness.background_step.pixels())?,
            colours: None,
            ink: None,
        };
        let mut layers = vec![picture(&paper, background, matrix, None)];
        if let Some((colours, mask)) = &self.colours {
            let encoded = jpeg(colours, fineness, Chroma::Halved);
            page.colours = Some((shown(&encoded, COLOUR_STEP)?, &self.masks.colour));
            layers.push(picture(colours, encoded, matrix, Some(mask.clone())));
        }
        match &self.ink {
            Ink::None => {}
            Ink::One(ink) => {
                page.ink = Some((Picture::plain(*ink, raster.width), &self.masks.ink));
                layers.push(Layer { image: self.ink_mask.clone(), matrix, mask: None, ink: Some(*ink) });
            }
            Ink::Several(inks) => {
                let encoded = jpeg(inks, fineness, Chroma::Full);
                page.ink = Some((shown(&encoded, INK_STEP)?, &self.masks.ink));
                layers.push(picture(inks, encoded, matrix, Some(self.ink_mask.clone())));
            }
        }
        Ok(Compact { likeness: judge::likeness(&self.scan, &page), layers })
    }
}

/// The ink of a page, or nothing where it has coloured marks, which bits would lose.
pub(crate) fn black_and_white(raster: &Raster) -> Option<Bits> {
    /// One pixel in so many may have colour: a speck, or the fringe that a scanner draws along an edge.
    const FRINGE: u64 = 5_000;
    let masks = Masks::of(raster);
    let pixels = u64::from(raster.width) * u64::from(raster.height);
    let is_black = masks.colour.count() * FRINGE <= pixels && !masks.has_pens(raster);
    is_black.then_some(masks.ink)
}

fn jpeg(raster: &Raster, fineness: Fineness, chroma: Chroma) -> Vec<u8> {
    let Fineness { quality, chroma_quality, .. } = fineness;
    jpeg_encoder::encode(raster, Settings { quality, chroma_quality, chroma, drops_grain: true, dpi: 75 })
}

/// What a reader will see of a layer.
fn decoded(file: &[u8]) -> Result<Raster, Error> {
    let header = crate::source::jpeg::header("layer", file)?;
    crate::source::jpeg::decode("layer", file, &header)
}

fn picture(raster: &Raster, data: Vec<u8>, matrix: [f32; 6], mask: Option<EncodedImage>) -> Layer {
    Layer { image: EncodedImage::jpeg(raster, data), matrix, mask, ink: None }
}

fn stencil(mask: &Bits) -> EncodedImage {
    EncodedImage::jbig2(mask, None)
}
