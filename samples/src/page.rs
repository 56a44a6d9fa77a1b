use crate::fonts::Typeface;

/// Width of A4 in points.
pub(crate) const WIDTH: f32 = 595.28;
/// Height of A4 in points.
pub(crate) const HEIGHT: f32 = 841.89;

/// What is on one side of a sheet of A4: marks in points from the top left, and the text in reading order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub(crate) marks: Vec<Mark>,
    pub(crate) lines: Vec<String>,
}

impl Page {
    /// The lines of text in reading order, NFC. The watermark and the words in the seal do not count as text.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Whether nothing is on it.
    pub fn is_blank(&self) -> bool {
        self.marks.is_empty()
    }
}

/// Something drawn on a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
    /// Printed text; `y` is its base line.
    Text { typeface: Typeface, size: f32, x: f32, y: f32, text: String },
    /// A printed line, level or upright.
    Rule { x: f32, y: f32, width: f32, height: f32 },
    /// A red round seal around its centre.
    Seal { x: f32, y: f32, ring: String, seed: u64 },
    /// A signature in blue ink, from its left end on the base line.
    Signature { x: f32, y: f32, seed: u64 },
    /// A fine-line security background with a frame, over the whole page.
    Guilloche,
}
