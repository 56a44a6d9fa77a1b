use muniment_record::Word;

use crate::{Error, Gray};

/// Reads the words on a page image.
///
/// An implementation gets an upright, straightened, single-channel copy of the page and answers in that copy's
/// pixels; the caller maps the boxes back to the archived image. It is called from several threads at a time. Its
/// memory and time are bounded by itself. Words come in reading order and are NFC.
pub trait Ocr: Send + Sync {
    /// The recogniser with version and language, for the record's history: `tesseract 5.3.0 vie`.
    fn name(&self) -> String;

    /// The resolution that it reads best, in dots an inch.
    fn dpi(&self) -> u32 {
        200
    }

    /// The words on `page`.
    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error>;

    /// The words on `page`, and of a recogniser that consists of several the one that read them, where it is not the first.
    fn read_by(&self, page: &Gray) -> Result<(Vec<Word>, Option<String>), Error> {
        Ok((self.read(page)?, None))
    }
}
