//! A page, its lines and words.

/// Of a sample: what is darker is ink. The paper around it is white, as pages are whitened before they are read.
pub(crate) const INK: u8 = 173;

/// A page as it is read: one channel, upright and straight, ink dark on white.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// Width in pixels, at least 1.
    pub width: usize,
    /// Height in pixels, at least 1.
    pub height: usize,
    /// Resolution in dots an inch.
    pub dpi: f32,
    /// `width * height` samples, 0 black, 255 white, rows from the top.
    pub samples: &'a [u8],
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
