use serde::{Deserialize, Serialize};

use crate::both::Both;
use crate::{Error, LanguageData, Limits, Native, Ocr, Tesseract};

/// Which recogniser reads pages, as it is told to a contained process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Recogniser {
    /// The own one.
    Native(LanguageData),
    /// Tesseract.
    Tesseract(Tesseract),
    /// The own one, and Tesseract where that one is in doubt.
    Both(LanguageData, Tesseract),
}

impl Recogniser {
    /// The best that this machine has for a language.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when neither is there.
    pub fn find(data: &LanguageData, limits: &Limits) -> Result<Self, Error> {
        match (Self::native(data), Tesseract::find(data, limits)) {
            (Ok(_), Ok(tesseract)) => Ok(Self::Both(data.clone(), tesseract)),
            (Ok(native), Err(_)) => Ok(native),
            (Err(_), Ok(tesseract)) => Ok(Self::Tesseract(tesseract)),
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// The own recogniser for a language.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when its data are not there or are of another kind.
    pub fn native(data: &LanguageData) -> Result<Self, Error> {
        Native::open(data).map(|_| Self::Native(data.clone()))
    }

    /// Makes it ready.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when its data are gone.
    pub fn open(&self) -> Result<Box<dyn Ocr>, Error> {
        self.open_abreast(1)
    }

    /// Makes it ready. The own recogniser reads up to so many lines of a page at a time, each on a thread.
    ///
    /// # Errors
    ///
    /// As [`Recogniser::open`].
    pub fn open_abreast(&self, lines: usize) -> Result<Box<dyn Ocr>, Error> {
        let native =
            |data| -> Result<Box<dyn Ocr>, Error> { Ok(Box::new(Native::open(data)?.abreast(lines))) };
        match self {
            Self::Native(data) => native(data),
            Self::Tesseract(tesseract) => Ok(Box::new(tesseract.clone())),
            Self::Both(data, tesseract) => {
                Ok(Box::new(Both { first: native(data)?, second: Box::new(tesseract.clone()) }))
            }
        }
    }

    /// Makes ready what [`Recogniser`] was described to a contained process, as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when it is not such a description, and as [`Recogniser::open`].
    pub fn open_described(description: &str, lines_abreast: usize) -> Result<Box<dyn Ocr>, Error> {
        serde_json::from_str::<Self>(description)
            .map_err(|error| Error::OcrMissing(error.to_string()))?
            .open_abreast(lines_abreast)
    }
}
