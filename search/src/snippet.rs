//! The passage that shows why a record was found.

use std::ops::Range;

use crate::results::Snippet;
use crate::text::WordReader;

/// How many words a passage has.
const PASSAGE_WORDS: usize = 32;
/// A few of them stand before the first that was sought, so that it reads.
const LEAD_WORDS: usize = 5;
/// How much of a text is looked at: a passage is worth no more time.
const MOST_BYTES: usize = 256 << 10;

/// The words that hits were found by, in groups: whichever word of a group a text has, it has what was sought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    /// Folded words, each with its group.
    words: Vec<(String, usize)>,
    /// The beginning of a folded word, with its group.
    beginning: Option<(String, usize)>,
    groups: usize,
}

impl Sought {
    /// Adds a word, and gives its group.
    pub(crate) fn add(&mut self, folded: &str) -> usize {
        if let Some((_, group)) = self.words.iter().find(|(word, _)| word == folded) {
            return *group;
        }
        self.words.push((folded.to_owned(), self.groups));
        self.groups += 1;
        self.groups - 1
    }

    /// Adds a word that may have been meant instead of those of a group.
    pub(crate) fn add_to(&mut self, group: usize, folded: &str) {
        self.words.push((folded.to_owned(), group));
    }

    /// Takes words that begin so for words of a group.
    pub(crate) fn add_beginning(&mut self, group: usize, folded: &str) {
        self.beginning = Some((folded.to_owned(), group));
    }

    fn group(&self, folded: &str) -> Option<usize> {
        let word = self.words.iter().find(|(word, _)| word == folded);
        let begins = |(beginning, _): &&(String, usize)| folded.starts_with(beginning.as_str());
        word.or_else(|| self.beginning.as_ref().filter(begins)).map(|(_, group)| *group)
    }
}

/// A word of the text that was sought, or not.
struct Seen {
    span: Range<usize>,
    group: Option<usize>,
}

/// Makes the passage from the first text that has all sought words, or else from the one that has most.
pub(crate) fn snippet(texts: &[&str], sought: &Sought) -> Snippet {
    let mut best: Option<(usize, Snippet)> = None;
    for text in texts {
        let (distinct, passage) = passage(text, sought);
        if best.as_ref().is_none_or(|(most, _)| distinct > *most) {
            let is_all = distinct >= sought.groups && distinct > 0;
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
    let mut reader = WordReader::folding(&text[..text.floor_char_boundary(MOST_BYTES)]);
    let mut seen: Vec<Seen> = Vec::new();
    let mut hits: Vec<usize> = Vec::new();
    // How many distinct words the best passage has, and its first word.
    let (mut most, mut start) = (0, 0);
    let mut is_read = true;
    while reader.advance() {
        // No later passage has more words than all.
        if most == sought.groups && most > 0 && seen.len() >= start + PASSAGE_WORDS {
            is_read = false;
            break;
        }
        let group = sought.group(reader.folded());
        seen.push(Seen { span: reader.span(), group });
        if group.is_none() {
            continue;
        }
        hits.push(seen.len() - 1);
        let first = hits.partition_point(|hit| hit + PASSAGE_WORDS - LEAD_WORDS < seen.len());
        let distinct = distinct(hits[first..].iter().filter_map(|hit| seen[*hit].group));
        if distinct > most {
            (most, start) = (distinct, hits[first].saturating_sub(LEAD_WORDS));
        }
    }
    let window = &seen[start..seen.len().min(start + PASSAGE_WORDS)];
    let begin = window.first().map_or(0, |word| if start == 0 { 0 } else { word.span.start });
    let mut end = window.last().map_or(0, |word| word.span.end);
    if is_read && start + PASSAGE_WORDS >= seen.len() && end > 0 {
        end = text.trim_end().len().max(end);
    }
    let highlights = window.iter().filter(|word| word.group.is_some());
    let highlights = highlights.map(|word| word.span.start - begin..word.span.end - begin);
    (most, Snippet { text: text[begin..end].to_owned(), highlights: highlights.collect() })
}

/// How many groups there are; those from the last bit on count as one.
fn distinct(groups: impl Iterator<Item = usize>) -> usize {
    let bits = groups.fold(0_u128, |bits, group| bits | 1 << group.min(127));
    bits.count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn sought(text: &str) -> Sought {
        let mut sought = Sought::default();
        for word in words(text) {
            sought.add(&word.folded);
        }
        sought
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
