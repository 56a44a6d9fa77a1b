//! A page, its lines and words.

/// Of a sample: what is darker is ink. The paper around it is white, as pages are whitened before they are read.
pub(crate) const INK: u8 = 173;

/// Resolutions that are taken as they are given, in dots an inch, and what is taken where there is none.
const LEAST_DPI: f32 = 36.0;
const MOST_DPI: f32 = 2400.0;
const USUAL_DPI: f32 = 300.0;

/// A page as it is read: one channel, upright and straight, ink dark on white.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels. Rows that the samples do not reach are not read.
    pub height: usize,
    /// Resolution in dots an inch; below 36 is taken for 36, above 2400 for 2400, and what is no number for 300.
    pub dpi: f32,
    /// `width * height` samples, 0 black, 255 white, rows from the top.
    pub samples: &'a [u8],
}

impl Picture<'_> {
    /// The picture with as many samples as it says and a resolution that there is; nothing where it has no pixel.
    pub(crate) fn as_far_as_sound(&self) -> Option<Self> {
        let height = self.height.min(self.samples.len().checked_div(self.width)?);
        let dpi = if self.dpi.is_nan() { USUAL_DPI } else { self.dpi.clamp(LEAST_DPI, MOST_DPI) };
        (height > 0).then(|| Self { height, dpi, samples: &self.samples[..self.width * height], ..*self })
    }
}

/// A rectangle in pixels of the page, origin at the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Bottom edge.
    pub bottom: f32,
}

impl Area {
    /// Height in pixels.
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Width in pixels.
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// What of it is on a page. An edge that is no number is that of the page.
    pub(crate) fn within(&self, page: &Picture<'_>) -> Option<Self> {
        let area = Self {
            left: self.left.max(0.0),
            top: self.top.max(0.0),
            right: self.right.min(page.width as f32),
            bottom: self.bottom.min(page.height as f32),
        };
        (area.left < area.right && area.top < area.bottom).then_some(area)
    }
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What its ink fills.
    pub area: Area,
    /// Its words from left to right.
    pub words: Vec<Word>,
}

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Its letters, NFC.
    pub text: String,
    /// Where it stands.
    pub area: Area,
    /// How likely all of its letters are right, of 1.
    pub confidence: f32,
    /// How likely each of its letters is right, of 1, as far as it was seen as one.
    pub letters: Vec<f32>,
}

impl Line {
    /// How likely a letter of it is right, of 1, in the mean; 0 where there is none.
    pub fn confidence(&self) -> f32 {
        let letters = || self.words.iter().flat_map(|word| &word.letters);
        letters().sum::<f32>() / letters().count().max(1) as f32
    }
}
