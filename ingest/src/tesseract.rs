use muniment_record::Word;

use crate::{Error, Gray, Limits, Ocr};

/// The recogniser Tesseract 5, run as one contained process a page.
#[derive(Clone, Debug)]
pub struct Tesseract {
    name: String,
}

impl Tesseract {
    /// Finds the program and checks that it knows `language`.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when the program or the language is not installed.
    pub fn find(language: &str, limits: &Limits) -> Result<Self, Error> {
        let _ = limits;
        Err(Error::OcrMissing(format!("language {language}")))
    }
}

impl Ocr for Tesseract {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        let _ = page;
        Err(Error::OcrFailed("not yet".to_owned()))
    }
}
