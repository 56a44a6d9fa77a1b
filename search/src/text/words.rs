use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::letter::{Piece, Quality, Tones, piece};

/// Longer words are cut: no word of a language is as long, and terms have a limit.
const LONGEST_WORD_BYTES: usize = 60;

/// Reads the words of a text one after the other, each in two forms.
///
/// A word is a maximal run of letters and digits of any script with their combining marks. Its *folded* form is the bare
/// letters. Its *exact* form keeps the letters ă â ê ô ơ ư đ and puts the tone behind the word, so that neither the
/// normalisation form (NFC, NFD) nor the place of the tone (hòa, hoà) makes a difference. In both a lone final y after a
/// consonant is an i (Lý, Lí).
pub(crate) struct WordReader<'a> {
    text: &'a str,
    at: usize,
    span: Range<usize>,
    folded: String,
    exact: String,
    tones: Tones,
    /// How long the exact form is, also where it is not made.
    length: usize,
    folds_only: bool,
}

impl<'a> WordReader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            span: 0..0,
            folded: String::new(),
            exact: String::new(),
            tones: Tones::NONE,
            length: 0,
            folds_only: false,
        }
    }

    /// Reads folded forms only, which is faster: exact forms stay empty.
    pub(crate) fn folding(text: &'a str) -> Self {
        Self { folds_only: true, ..Self::new(text) }
    }

    /// Goes to the next word; `false` where there is none.
    pub(crate) fn advance(&mut self) -> bool {
        self.folded.clear();
        self.exact.clear();
        self.length = 0;
        self.tones = Tones::NONE;
        let Some(start) = self.skip_gaps() else {
            return false;
        };
        let mut end = start;
        // The last letter waits for marks that may follow it.
        let mut waiting: Option<(u8, Quality)> = None;
        while let Some(byte) = self.text.as_bytes().get(end) {
            if byte.is_ascii() {
                if !byte.is_ascii_alphanumeric() {
                    break;
                }
                self.put(waiting.replace((byte.to_ascii_lowercase(), Quality::Plain)));
                end += 1;
                continue;
            }
            let Some(c) = self.text[end..].chars().next() else { break };
            match piece(c) {
                Piece::Gap => break,
                Piece::Letter { bare, quality, tones } => {
                    self.put(waiting.replace((bare, quality)));
                    self.tones = self.tones.and(tones);
                }
                Piece::Mark { quality, tones } => {
                    if let Some((_, waiting_quality)) = &mut waiting {
                        *waiting_quality = quality.max(*waiting_quality);
                    }
                    if waiting.is_some() {
                        self.tones = self.tones.and(tones);
                    }
                }
                Piece::Other => {
                    self.put(waiting.take());
                    self.put_other(c);
                }
            }
            end += c.len_utf8();
        }
        self.put(waiting);
        self.span = start..end;
        self.at = end;
        self.finish_word();
        true
    }

    /// Where the word stands, in bytes of the text, on character boundaries.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(crate) fn folded(&self) -> &str {
        &self.folded
    }

    pub(crate) fn exact(&self) -> &str {
        &self.exact
    }

    /// The place of the next letter or digit; marks without a letter are passed over.
    fn skip_gaps(&mut self) -> Option<usize> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            if byte.is_ascii_alphanumeric() {
                return Some(self.at);
            }
            if byte.is_ascii() {
                self.at += 1;
                continue;
            }
            let c = self.text.get(self.at..)?.chars().next()?;
            if matches!(piece(c), Piece::Letter { .. } | Piece::Other) {
                return Some(self.at);
            }
            self.at += c.len_utf8();
        }
        None
    }

    fn put(&mut self, letter: Option<(u8, Quality)>) {
        if let Some((bare, quality)) = letter {
            self.push(char::from(bare), quality.apply(bare));
        }
    }

    fn put_other(&mut self, c: char) {
        // Decomposed before and after it is made small, since capitals may come apart otherwise than small letters.
        let small = std::iter::once(c).nfd().flat_map(char::to_lowercase).nfd();
        for part in small.filter(|part| !is_combining_mark(*part)) {
            self.push(part, part);
        }
    }

    fn push(&mut self, folded: char, exact: char) {
        if self.length < LONGEST_WORD_BYTES {
            self.length += exact.len_utf8();
            self.folded.push(folded);
            if !self.folds_only {
                self.exact.push(exact);
            }
        }
    }

    fn finish_word(&mut self) {
        if ends_in_lone_y(self.folded.as_bytes()) {
            self.folded.pop();
            self.folded.push('i');
            if self.exact.pop().is_some() {
                self.exact.push('i');
            }
        }
        if self.folds_only {
            return;
        }
        self.exact.extend(self.tones.signs());
        self.exact.truncate(self.exact.floor_char_boundary(LONGEST_WORD_BYTES));
    }
}

/// Whether a folded word is consonants (a leading qu counts as one) and then a y.
fn ends_in_lone_y(folded: &[u8]) -> bool {
    let Some((b'y', onset)) = folded.split_last() else {
        return false;
    };
    let onset = onset.strip_prefix(b"qu").unwrap_or(onset);
    folded.len() > 1 && onset.iter().all(|byte| byte.is_ascii_lowercase() && !b"aeiouy".contains(byte))
}

/// A word of a text, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) span: Range<usize>,
    pub(crate) folded: String,
    pub(crate) exact: String,
}

impl Word {
    /// The exact form taken apart: its letters, and the sign of its tone, empty where it has none.
    pub(crate) fn letters_and_tone(&self) -> (&str, &str) {
        let letters = self.exact.trim_end_matches(|c: char| !c.is_alphanumeric());
        (letters, &self.exact[letters.len()..])
    }
}

/// All words of a text; for short texts.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut reader = WordReader::new(text);
    let mut words = Vec::new();
    while reader.advance() {
        words.push(Word { span: reader.span(), folded: reader.folded.clone(), exact: reader.exact.clone() });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn exact(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.exact).collect()
    }

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn spellings_of_one_word_are_one_word() {
        for (one, other) in [
            ("Hòa", "hoà"),
            ("Thủy", "THUỶ"),
            ("Giấy", "Gia\u{302}\u{301}y"),
            ("Lý", "Lí"),
            ("Quý", "quí"),
            ("Ðại", "Đại"),
            ("uỷ", "ủy"),
        ] {
            assert_eq!(exact(one), exact(other), "{one} {other}");
        }
    }

    #[test]
    fn other_words_stay_apart_in_exact_form_and_meet_in_folded_form() {
        for (one, other) in
            [("Mã", "Má"), ("Nguyễn", "Nguyên"), ("Ước", "Uốc"), ("Đình", "Dinh"), ("ban", "bàn")]
        {
            assert_ne!(exact(one), exact(other));
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("thuy"), folded("thui"));
        assert_ne!(folded("y"), folded("i"));
    }

    #[test]
    fn every_character_gives_equal_words_in_both_normalisation_forms() {
        for c in '\0'..=char::MAX {
            let text = format!("o{c}a");
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            if composed != decomposed {
                assert_eq!(exact(&composed), exact(&decomposed), "{c:?}");
                assert_eq!(folded(&composed), folded(&decomposed), "{c:?}");
            }
        }
    }

    #[test]
    fn a_mark_made_of_two_marks_counts_as_both() {
        assert_eq!(exact("a\u{344}"), exact("a\u{308}\u{301}"));
        assert_eq!(exact("\u{1e4c}"), exact("o\u{303}\u{301}"));
    }

    #[test]
    fn words_are_cut_at_everything_but_letters_digits_and_marks() {
        assert_eq!(folded("Số: 12/2020/QĐ-UBND"), ["so", "12", "2020", "qd", "ubnd"]);
        assert_eq!(exact("Giấy phép"), ["giây'", "phep'"]);
        assert_eq!(folded("≠ \u{301} …"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_has_words_on_its_character_boundaries(text: String) {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.span.start >= end && word.span.end > word.span.start);
                prop_assert!(text.get(word.span.clone()).is_some());
                prop_assert!(word.exact.len() <= LONGEST_WORD_BYTES && !word.folded.is_empty());
                end = word.span.end;
            }
            let mut reader = WordReader::folding(&text);
            let mut folded_only = Vec::new();
            while reader.advance() {
                folded_only.push((reader.span(), reader.folded().to_owned()));
            }
            let both: Vec<_> = words(&text).into_iter().map(|word| (word.span, word.folded)).collect();
            prop_assert_eq!(folded_only, both);
        }

        #[test]
        fn normalisation_forms_have_equal_words(text in r"(\PC|[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđĐÐ\u{300}-\u{345} ]){0,40}") {
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(exact(&composed), exact(&decomposed));
            prop_assert_eq!(folded(&composed), folded(&decomposed));
            prop_assert_eq!(exact(&composed), exact(&text));
        }
    }
}
