//! Two recognisers as one: the second reads what the first is in doubt about.

use std::path::PathBuf;

use muniment_record::Word;

use crate::ocr::{Again, Reread};
use crate::sheet::Sheet;
use crate::{Error, Gray, Ocr, unread};

/// Mean confidence, of 100, below which a page that was read by the first recogniser is read by the second too.
const SURE: f32 = 85.0;

/// The same of a line of a page that is sure. It is less: the second is surer of itself than it should be, and at 85 it took over
/// more lines that it read worse than lines that it read better.
const SURE_LINE: f32 = 60.0;

/// Letters and digits without which a line is not worth it: strokes of seals and frames, of which both make something else.
const LEAST_LETTERS: usize = 3;

/// A recogniser, and one that is asked where the first is in doubt.
pub(crate) struct Both {
    pub(crate) first: Box<dyn Ocr>,
    pub(crate) second: Box<dyn Ocr>,
}

impl Ocr for Both {
    fn name(&self) -> String {
        format!("{}, {}", self.first.name(), self.second.name())
    }

    fn dpi(&self) -> u32 {
        self.first.dpi()
    }

    fn folders(&self) -> Vec<PathBuf> {
        [self.first.folders(), self.second.folders()].concat()
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        self.first.read(page)
    }

    fn read_again(&self, page: &Gray, words: Vec<Word>) -> Again {
        let read = if confidence(&words) < SURE || unread::is_much(page, &words) {
            self.page_again(page, &words)
        } else {
            self.lines_again(page, &words)
        };
        match read {
            Ok(Some((words, reader))) => Again { words, reader: Some(reader), failure: None },
            Ok(None) => Again::nothing_else(words),
            // What is there is better than nothing: a failure of the second is not one of the page.
            Err(error) => Again { words, reader: None, failure: Some(error) },
        }
    }
}

impl Both {
    /// The page as the second reads it, where that is better.
    fn page_again(&self, page: &Gray, words: &[Word]) -> Result<Option<(Vec<Word>, Reread)>, Error> {
        let others = self.second.read(page)?;
        let is_better = sureness(&others) > sureness(words);
        Ok(is_better.then(|| (others, Reread::Page(self.second.name()))))
    }

    /// The page with those lines that the second reads better; it is shown all doubtful ones at once.
    fn lines_again(&self, page: &Gray, words: &[Word]) -> Result<Option<(Vec<Word>, Reread)>, Error> {
        let lines: Vec<&[Word]> = words.chunk_by(|a, b| a.line == b.line).collect();
        let doubtful = lines
            .iter()
            .copied()
            .filter(|line| confidence(line) < SURE_LINE && letters(line) >= LEAST_LETTERS);
        let sheet = Sheet::of(page, doubtful);
        if sheet.is_empty() {
            return Ok(None);
        }
        let others = sheet.on_page(&self.second.read_lines(&sheet.image)?);
        let (mut better, mut count) = (Vec::with_capacity(words.len()), 0);
        for line in &lines {
            let number = line[0].line;
            let other: Vec<Word> = others.iter().filter(|word| word.line == number).cloned().collect();
            if !other.is_empty() && sureness(&other) > sureness(line) {
                better.extend(other);
                count += 1;
            } else {
                better.extend_from_slice(line);
            }
        }
        let reader = Reread::Lines { reader: self.second.name(), count, of: lines.len() };
        Ok((count > 0).then_some((better, reader)))
    }
}

/// Mean confidence of the letters; 0 where there are none.
fn confidence(words: &[Word]) -> f32 {
    let letters: usize = words.iter().map(|word| word.text.chars().count()).sum();
    let sum: f32 = words.iter().map(|word| word.confidence * word.text.chars().count() as f32).sum();
    sum / letters.max(1) as f32
}

/// Letters and digits.
fn letters(words: &[Word]) -> usize {
    words.iter().flat_map(|word| word.text.chars()).filter(|letter| letter.is_alphanumeric()).count()
}

/// Letters that are likely to stand there, less those that are not: what is read where nothing is written counts against.
fn sureness(words: &[Word]) -> f32 {
    words.iter().map(|word| (word.confidence - 50.0) * word.text.chars().count() as f32).sum()
}

#[cfg(test)]
mod tests {
    use muniment_record::Area;

    use super::*;

    /// Reads always the same, or fails.
    struct Fake(&'static str, Option<Vec<Word>>);

    impl Ocr for Fake {
        fn name(&self) -> String {
            self.0.to_owned()
        }

        fn read(&self, _: &Gray) -> Result<Vec<Word>, Error> {
            self.1.clone().ok_or_else(|| Error::OcrFailed("it broke off".to_owned()))
        }
    }

    fn words(text: &str, confidence: f32) -> Vec<Word> {
        line(0, text, confidence)
    }

    /// A line as it is placed on a page, and the first on a sheet of doubtful ones.
    fn line(number: u8, text: &str, confidence: f32) -> Vec<Word> {
        let place = Area { x: 10.0, y: 10.0 + 30.0 * f32::from(number), width: 40.0, height: 20.0 };
        let word = |text: &str| Word { text: text.to_owned(), place, confidence, line: number.into() };
        text.split(' ').map(word).collect()
    }

    /// What two recognisers make of a page: of each what it reads, or `None` where it fails.
    fn read(first: Vec<Word>, second: Option<Vec<Word>>) -> Again {
        let first = Box::new(Fake("first", Some(first)));
        let both = Both { first, second: Box::new(Fake("second", second)) };
        let page = Gray { width: 100, height: 100, dpi: 300, samples: vec![255; 10_000] };
        let words = both.read(&page).unwrap();
        both.read_again(&page, words)
    }

    #[test]
    fn the_second_is_not_asked_about_a_page_that_is_sure() {
        let again = read(words("giấy phép", 90.0), None);
        assert_eq!(again.words, words("giấy phép", 90.0));
        assert!(again.reader.is_none() && again.failure.is_none());
    }

    #[test]
    fn the_surer_of_two_readings_is_kept_with_its_reader() {
        let better = read(words("giay phep", 70.0), Some(words("giấy phép", 92.0)));
        assert_eq!(better.words, words("giấy phép", 92.0));
        assert_eq!(better.reader, Some(Reread::Page("second".to_owned())));
        let worse = read(words("giấy phép", 80.0), Some(words("giay", 92.0)));
        assert_eq!((worse.words, worse.reader), (words("giấy phép", 80.0), None));
    }

    #[test]
    fn a_doubtful_line_of_a_sure_page_is_read_again_alone() {
        let sure = line(0, "cộng hòa xã hội chủ nghĩa việt nam", 99.0);
        let page = [sure.clone(), line(1, "giay phep", 55.0)].concat();
        // On the sheet, the doubtful line is the first; one that is hardly any is not on it.
        let page = [page, line(2, "| [", 20.0)].concat();
        let again = read(page.clone(), Some(line(0, "giấy phép", 92.0)));
        let words: Vec<(&str, u32)> =
            again.words.iter().map(|word| (word.text.as_str(), word.line)).collect();
        assert_eq!(words[8..], [("giấy", 1), ("phép", 1), ("|", 2), ("[", 2)]);
        assert_eq!(again.words[..8], sure);
        assert_eq!(again.reader, Some(Reread::Lines { reader: "second".to_owned(), count: 1, of: 3 }));
        let worse = read(page.clone(), Some(line(0, "il", 60.0)));
        assert_eq!((worse.words, worse.reader), (page.clone(), None));
        let nothing = read(page.clone(), Some(Vec::new()));
        assert_eq!((nothing.words, nothing.reader), (page, None));
    }

    #[test]
    fn a_second_that_fails_leaves_what_was_read_and_says_so() {
        let again = read(words("giấy phép", 70.0), None);
        assert_eq!((again.words, again.reader), (words("giấy phép", 70.0), None));
        assert_eq!(again.failure.unwrap().code(), "ocr-failed");
    }

    #[test]
    fn a_page_on_which_the_first_reads_nothing_is_shown_to_the_second() {
        let found = read(Vec::new(), Some(words("giấy", 92.0)));
        assert_eq!(found.words, words("giấy", 92.0));
        assert_eq!(found.reader, Some(Reread::Page("second".to_owned())));
        let empty = read(Vec::new(), Some(words("il", 30.0)));
        assert_eq!((empty.words, empty.reader), (Vec::new(), None));
    }
}
