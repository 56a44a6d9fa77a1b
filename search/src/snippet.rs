//! The passage that shows why a record was found.

use std::collections::HashSet;
use std::ops::Range;

use crate::results::Snippet;
use crate::text::WordReader;

/// How many words a passage has.
const PASSAGE_WORDS: usize = 32;
/// How much of a text is looked at: a passage is worth no more time.
const MOST_BYTES: usize = 256 << 10;

/// The words that hits were found by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    /// Folded words.
    pub(crate) words: HashSet<String>,
    /// The beginning of a folded word.
    pub(crate) prefix: Option<String>,
}

impl Sought {
    fn matches(&self, folded: &str) -> bool {
        self.words.contains(folded) || self.prefix.as_deref().is_some_and(|prefix| folded.starts_with(prefix))
    }
}

/// A word of the text that was sought, or not.
struct Seen {
    span: Range<usize>,
    /// Which of the sought words it is; distinct words count for more than one word often.
    found: Option<u64>,
}

/// Makes the passage from the first text that has all sought words, or else from the one that has most.
pub(crate) fn snippet(texts: &[&str], sought: &Sought) -> Snippet {
    let mut best: Option<(usize, Snippet)> = None;
    for text in texts {
        let (distinct, passage) = passage(text, sought);
        if best.as_ref().is_none_or(|(most, _)| distinct > *most) {
            let is_all = distinct >= sought.words.len() && distinct > 0;
            best = Some((distinct, passage));
            if is_all {
                break;
            }
        }
    }
    best.map(|(_, passage)| passage).unwrap_or_default()
}

/// The passage with the most distinct sought words, and how many it has.
fn passage(text: &str, sought: &Sought) -> (usize, Snippet) {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let seen = read(text, sought);
    let Some(last) = seen.last() else { return (0, Snippet::default()) };
    let text_end = last.span.end;
    let mut best = (0, 0..seen.len().min(PASSAGE_WORDS));
    let hits: Vec<usize> = (0..seen.len()).filter(|place| seen[*place].found.is_some()).collect();
    for (nth, first) in hits.iter().enumerate() {
        let within = hits[nth..].iter().take_while(|place| **place < first + PASSAGE_WORDS);
        let found: HashSet<u64> = within.filter_map(|place| seen[*place].found).collect();
        if found.len() > best.0 {
            // A few words before the first hit, so that it reads.
            let start = first.saturating_sub(PASSAGE_WORDS / 6);
            best = (found.len(), start..seen.len().min(start + PASSAGE_WORDS));
        }
    }
    let (distinct, range) = best;
    let window = &seen[range.clone()];
    let start = window.first().map_or(0, |word| if range.start == 0 { 0 } else { word.span.start });
    let end = window.last().map_or(0, |word| word.span.end);
    let end = if end == text_end { text.trim_end().len().max(end) } else { end };
    let highlights = window.iter().filter(|word| word.found.is_some());
    let highlights = highlights.map(|word| word.span.start - start..word.span.end - start);
    let snippet = Snippet { text: text[start..end].to_owned(), highlights: highlights.collect() };
    (distinct, snippet)
}

fn read(text: &str, sought: &Sought) -> Vec<Seen> {
    let mut reader = WordReader::new(text);
    let mut seen = Vec::new();
    while reader.advance() {
        let found = sought.matches(reader.folded()).then(|| identity(reader.folded()));
        seen.push(Seen { span: reader.span(), found });
    }
    seen
}

/// Tells words apart; a rare clash costs a slightly worse passage.
fn identity(folded: &str) -> u64 {
    folded
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn sought(text: &str) -> Sought {
        Sought { words: words(text).into_iter().map(|word| word.folded).collect(), prefix: None }
    }

    #[test]
    fn highlights_stand_on_the_words_in_composed_and_decomposed_text() {
        let text = "Giấy phép xây dựng số 12";
        for text in [text.to_owned(), text.nfd().collect()] {
            let snippet = snippet(&[&text], &sought("xay giay"));
            let marked: Vec<String> =
                snippet.highlights.iter().map(|range| snippet.text[range.clone()].nfc().collect()).collect();
            assert_eq!(marked, ["Giấy", "xây"]);
            assert_eq!(snippet.text, text);
        }
    }

    #[test]
    fn the_passage_is_where_most_words_are() {
        let filler = "một hai ba bốn ".repeat(100);
        let text = format!("đúc {filler} nghệ nhân đúc đồng {filler}");
        let snippet = snippet(&["tiêu đề", &text], &sought("nghệ nhân đúc đồng"));
        assert!(snippet.text.contains("nghệ nhân đúc đồng"), "{}", snippet.text);
        assert_eq!(snippet.highlights.len(), 4);
        assert_eq!(snippet.pieces().concat_text(), snippet.text);
    }

    trait Concat {
        fn concat_text(&self) -> String;
    }

    impl Concat for Vec<(&str, bool)> {
        fn concat_text(&self) -> String {
            self.iter().map(|(text, _)| *text).collect()
        }
    }

    proptest! {
        #[test]
        fn highlights_are_on_character_boundaries_of_any_text(text: String, query: String) {
            let snippet = snippet(&[&text, &query], &sought(&query));
            let mut end = 0;
            for range in &snippet.highlights {
                prop_assert!(range.start >= end && snippet.text.get(range.clone()).is_some());
                end = range.end;
            }
        }
    }
}
