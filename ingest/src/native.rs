use muniment_ocr::{Picture, Reader};
use muniment_record::{Area, Word};

use crate::raster::usize_of;
use crate::{Error, Gray, LanguageData, Ocr};

/// Resolution that lines are read at: letters of a tenth of an inch then have about the height that the network wants.
const DPI: u32 = 300;

/// The recogniser of this house: Tesseract's network, without Tesseract around it.
///
/// It reads in this process, one line after the other on this thread unless told otherwise. A line takes memory and time in
/// proportion to its length; nothing in a page can make it loop or grow.
#[derive(Debug)]
pub struct Native {
    reader: Reader,
    language: String,
    lines_abreast: usize,
}

impl Native {
    /// Opens language data.
    ///
    /// # Errors
    ///
    /// [`Error::OcrMissing`] when the data are not there or are of another kind.
    pub fn open(data: &LanguageData) -> Result<Self, Error> {
        let reader = Reader::open(&data.file()).map_err(|error| Error::OcrMissing(with_cause(&error)))?;
        Ok(Self { reader, language: data.name().to_owned(), lines_abreast: 1 })
    }

    /// Reads up to so many lines of a page at a time, each on a thread; what is read is the same.
    pub fn abreast(self, lines: usize) -> Self {
        Self { lines_abreast: lines, ..self }
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

impl Ocr for Native {
    fn name(&self) -> String {
        format!("muniment-ocr {} {}", env!("CARGO_PKG_VERSION"), self.language)
    }

    fn dpi(&self) -> u32 {
        DPI
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        let picture = Picture {
            width: usize_of(page.width),
            height: usize_of(page.height),
            dpi: page.dpi as f32,
            samples: &page.samples,
        };
        let mut words = Vec::new();
        for (number, line) in (0..).zip(self.reader.read_abreast(&picture, self.lines_abreast)) {
            for word in line.words {
                let muniment_ocr::Area { left, top, right, bottom } = word.area;
                let place = Area { x: left, y: top, width: right - left, height: bottom - top };
                words.push(Word {
                    text: word.text,
                    place,
                    confidence: 100.0 * word.confidence,
                    line: number,
                });
            }
        }
        Ok(words)
    }
}
