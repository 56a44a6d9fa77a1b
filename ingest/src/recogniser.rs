use muniment_record::Word;
use serde::{Deserialize, Serialize};

use crate::{Error, Gray, Limits, Native, Ocr, Tesseract};

/// Mean confidence, of 100, below which a page that was read by the own recogniser is read by Tesseract too.
const SURE: f32 = 85.0;

/// Which recogniser reads pages, as it is told to a contained process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Recogniser {
    /// The own one.
    Native {
        /// By Tesseract's name: `vie`.
        language: String,
    },
    /// Tesseract.
    Tesseract(Tesseract),
    /// The own one, and Tesseract where that one is in doubt.
    Both {
        /// By Tesseract's name: `vie`.
        language: String,
        /// What reads in doubt.
        tesseract: Tesseract,
    },
}

impl Recogniser {
    /// The best that this machine has for a language, by Tesseract's name.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when neither is there.
    pub fn find(language: &str, limits: &Limits) -> Result<Self, Error> {
        let native = Self::native(language);
        match (native, Tesseract::find(language, limits)) {
            (Ok(_), Ok(tesseract)) => Ok(Self::Both { language: language.to_owned(), tesseract }),
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
    pub fn native(language: &str) -> Result<Self, Error> {
        Native::find(language).map(|_| Self::Native { language: language.to_owned() })
    }

    /// Makes it ready. The own recogniser reads up to so many lines of a page at a time, each on a thread.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when its data are gone.
    pub fn open(&self, lines_abreast: usize) -> Result<Box<dyn Ocr>, Error> {
        let native = |language: &str| Ok(Native::find(language)?.abreast(lines_abreast));
        Ok(match self {
            Self::Native { language } => Box::new(native(language)?),
            Self::Tesseract(tesseract) => Box::new(tesseract.clone()),
            Self::Both { language, tesseract } => {
                Box::new(Both { native: native(language)?, tesseract: tesseract.clone() })
            }
        })
    }

    /// Makes ready what [`Recogniser`] was described to a contained process, as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when it is not such a description, and as [`Recogniser::open`].
    pub fn open_described(description: &str, lines_abreast: usize) -> Result<Box<dyn Ocr>, Error> {
        serde_json::from_str::<Self>(description)
            .map_err(|error| Error::OcrMissing(error.to_string()))?
            .open(lines_abreast)
    }
}

struct Both {
    native: Native,
    tesseract: Tesseract,
}

impl Ocr for Both {
    fn name(&self) -> String {
        format!("{}, {}", self.native.name(), self.tesseract.name())
    }

    fn dpi(&self) -> u32 {
        self.native.dpi()
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        Ok(self.read_by(page)?.0)
    }

    fn read_by(&self, page: &Gray) -> Result<(Vec<Word>, Option<String>), Error> {
        let own = self.native.read(page)?;
        if confidence(&own) >= SURE {
            return Ok((own, None));
        }
        // What is there is better than nothing: a failure of the second reader is not one of the page.
        let other = self.tesseract.read(page).unwrap_or_default();
        Ok(if sureness(&other) > sureness(&own) { (other, Some(self.tesseract.name())) } else { (own, None) })
    }
}

/// Mean confidence of the letters.
fn confidence(words: &[Word]) -> f32 {
    let letters: usize = words.iter().map(|word| word.text.chars().count()).sum();
    if letters == 0 {
        return 0.0;
    }
    words.iter().map(|word| word.confidence * word.text.chars().count() as f32).sum::<f32>() / letters as f32
}

/// Letters that are likely to stand there, less those that are not: what is read where nothing is written counts against.
fn sureness(words: &[Word]) -> f32 {
    words.iter().map(|word| (word.confidence - 50.0) * word.text.chars().count() as f32).sum()
}
