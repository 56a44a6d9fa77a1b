//! The steps of the compact path one by one, for `cargo bench`: no interface of the crate.

use super::half::{Picture, Shown};
use super::masks::Masks;
use super::{COLOUR_STEP, PLAIN, decoded, fill, judge, stencil};
use crate::copy::Copy;
use crate::facts::Measures;
use crate::jpeg_encoder::Chroma;
use crate::raster::Raster;
use crate::{Error, Gray, skew, source};

/// A page's pixels.
#[derive(Debug)]
pub struct Page(Raster);

/// Its masks.
pub struct PageMasks(Masks);

/// A picture taken from some of its pixels.
#[derive(Debug)]
pub struct Taken(Raster);

/// What the judge knows of the scan.
pub struct Judged(judge::Scan);

impl Page {
    /// Decodes a JPEG.
    ///
    /// # Errors
    ///
    /// Fails where it is none.
    pub fn decode(file: &[u8]) -> Result<Self, Error> {
        let header = source::jpeg::header("page", file)?;
        source::jpeg::decode("page", file, &header).map(Self)
    }

    /// Finds ink and coloured marks.
    #[must_use]
    pub fn masks(&self) -> PageMasks {
        PageMasks(Masks::of(&self.0))
    }

    /// The background.
    #[must_use]
    pub fn background(&self, masks: &PageMasks) -> Taken {
        Taken(fill::picture::<4>(&self.0, &masks.0.paper))
    }

    /// The coloured marks.
    #[must_use]
    pub fn colours(&self, masks: &PageMasks) -> Taken {
        Taken(fill::picture::<COLOUR_STEP>(&self.0, &masks.0.colour))
    }

    /// The scan's side of the judgement.
    #[must_use]
    pub fn scan(&self) -> Judged {
        Judged(judge::Scan::of(&self.0))
    }

    /// All of it; gives the bytes of the layers.
    ///
    /// # Errors
    ///
    /// As [`Page::decode`].
    pub fn layers(&self) -> Result<usize, Error> {
        let made = super::layers(&self.0, [0.0; 6])?;
        Ok(made.layers.iter().map(crate::pdf::document::Layer::bytes).sum())
    }

    /// The channel that is read.
    #[must_use]
    pub fn red(&self) -> Gray {
        self.0.red(300)
    }

    /// Measures its quality; gives whether it is blank.
    ///
    /// # Errors
    ///
    /// Fails where a copy cannot be made.
    pub fn measure(&self, red: &Gray) -> Result<bool, Error> {
        Measures::of(&self.0, red).map(|measures| measures.is_blank())
    }
}

impl PageMasks {
    /// The ink as JBIG2; gives its bytes.
    #[must_use]
    pub fn jbig2(&self) -> usize {
        stencil(&self.0.ink).data.len()
    }
}

impl Taken {
    /// The picture as JPEG.
    #[must_use]
    pub fn jpeg(&self) -> Vec<u8> {
        super::jpeg(&self.0, PLAIN, Chroma::Halved)
    }
}

impl Judged {
    /// Judges a page of a background and black ink; gives the likeness of its marks.
    ///
    /// # Errors
    ///
    /// As [`Page::decode`].
    pub fn likeness(&self, page: &Page, masks: &PageMasks, background: &[u8]) -> Result<f32, Error> {
        let width = page.0.width;
        let shown = Shown {
            background: Picture::of(&decoded(background)?, 4, width),
            colours: None,
            ink: Some((Picture::plain([30; 3], width), &masks.0.ink)),
        };
        Ok(judge::likeness(&self.0, &shown).marks)
    }
}

/// Measures the lean of the lines, in degrees.
///
/// # Errors
///
/// Fails where a copy cannot be made.
pub fn skew(red: &Gray) -> Result<f32, Error> {
    skew::measure(red).map(|lines| lines.degrees)
}

/// The whitened copy that the recogniser sees.
///
/// # Errors
///
/// Fails where a copy cannot be made.
pub fn copy(red: &Gray) -> Result<Gray, Error> {
    Copy::of(red, (300.0, 300.0), 0.0, 300).map(|copy| copy.image)
}
