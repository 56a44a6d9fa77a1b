use std::path::PathBuf;

use muniment_record::{KeptPage, Word};

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

    /// Folders with files that it opens while it reads; behind walls it reaches no others but the system's.
    fn folders(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The words on `page`, which may lie on its side or its head: of a recogniser that consists of several, as the first has
    /// them.
    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error>;

    /// The words on a sheet that holds nothing but lines of one page under one another.
    fn read_lines(&self, sheet: &Gray) -> Result<Vec<Word>, Error> {
        self.read(sheet)
    }

    /// What it makes of an upright page that [`Ocr::read`] read as `words`, where it consists of several and the first was in
    /// doubt. It is asked once a page.
    fn read_again(&self, _page: &Gray, words: Vec<Word>) -> Again {
        Again::nothing_else(words)
    }
}

/// What became of words when they were looked at again.
#[derive(Debug)]
pub struct Again {
    /// The words of the page: as they were, or better.
    pub words: Vec<Word>,
    /// Whose words they are, where not the first's.
    pub reader: Option<Reread>,
    /// Why there was doubt and nobody else could be asked.
    pub failure: Option<Error>,
}

impl Again {
    /// The words stay.
    pub fn nothing_else(words: Vec<Word>) -> Self {
        Self { words, reader: None, failure: None }
    }
}

/// What another recogniser than the first read, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reread {
    /// The page.
    Page(String),
    /// Some of its lines.
    Lines {
        /// The recogniser.
        reader: String,
        /// How many lines.
        count: usize,
        /// Of how many.
        of: usize,
    },
}

impl Reread {
    /// Notes it in the record.
    pub(crate) fn note(self, kept: &mut KeptPage) {
        match self {
            Self::Page(reader) => kept.reader = Some(reader),
            Self::Lines { reader, count, of } => {
                let separator = if kept.detail.is_empty() { "" } else { "; " };
                kept.detail.push_str(&format!("{separator}{count} of {of} lines read by {reader}"));
            }
        }
    }
}
