//! A line in doubt is looked at again at other sizes: what the network misreads at one size, it often reads at another.

use crate::page::{Area, Word};

/// A word less sure than this is looked at again.
const DOUBT: f32 = 0.61;

/// Margins to look again with, on both sides of the usual one: parts of the line's height.
pub(crate) const MARGINS: [f32; 2] = [0.12, 0.19];

/// Words are the same where they share so much of what both cover.
const SAME: f32 = 0.7;

/// The stretches of a line that are in doubt: doubtful words with a word on either side, by which the network knows where it is.
pub(crate) fn stretches(words: &[Word], line: Area) -> Vec<Area> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for (number, _) in words.iter().enumerate().filter(|(_, word)| word.confidence < DOUBT) {
        let (first, last) = (number.saturating_sub(1), (number + 1).min(words.len() - 1));
        match stretches.last_mut() {
            Some(stretch) if first <= stretch.1 + 1 => stretch.1 = last,
            _ => stretches.push((first, last)),
        }
    }
    let area = |(first, last): (usize, usize)| Area {
        left: if first == 0 { line.left } else { words[first].area.left },
        right: if last + 1 == words.len() { line.right } else { words[last].area.right },
        ..line
    };
    stretches.into_iter().map(area).collect()
}

/// Takes over the words that are surer in another reading of a stretch of the line; whether one of it is still in doubt.
pub(crate) fn take_surer(words: &mut [Word], stretch: Area, others: Vec<Word>) -> bool {
    for other in others {
        let same = words.iter_mut().find(|word| shared(word, &other) >= SAME);
        if let Some(word) = same.filter(|word| word.confidence < other.confidence) {
            *word = other;
        }
    }
    let is_within = |word: &&Word| word.area.left >= stretch.left && word.area.right <= stretch.right;
    words.iter().filter(is_within).any(|word| word.confidence < DOUBT)
}

/// Of the columns that either of two words covers, those that both do.
fn shared(one: &Word, other: &Word) -> f32 {
    let both = one.area.right.min(other.area.right) - one.area.left.max(other.area.left);
    let either = one.area.right.max(other.area.right) - one.area.left.min(other.area.left);
    both.max(0.0) / either.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: f32, confidence: f32) -> Word {
        let area = Area { left, top: 0.0, right: left + 50.0, bottom: 30.0 };
        Word { text: text.to_owned(), area, confidence, letters: Vec::new() }
    }

    #[test]
    fn doubtful_words_are_seen_with_their_neighbours() {
        let line = Area { left: 0.0, top: 0.0, right: 360.0, bottom: 30.0 };
        let confidences = [0.9, 0.5, 0.9, 0.9, 0.9, 0.95];
        let words: Vec<Word> =
            (0..6).map(|number| word("từ", 60.0 * number as f32, confidences[number])).collect();
        assert_eq!(stretches(&words, line), [Area { right: 170.0, ..line }]);
        assert_eq!(stretches(&words[2..], line), []);
    }

    #[test]
    fn the_surer_reading_of_a_word_stands() {
        let mut words = vec![word("chỉ", 0.0, 0.5), word("tiết", 60.0, 0.9)];
        let line = Area { left: 0.0, top: 0.0, right: 200.0, bottom: 30.0 };
        let others = vec![word("chi", 2.0, 0.6), word("tiêt", 61.0, 0.8), word("x", 150.0, 1.0)];
        assert!(take_surer(&mut words, line, others), "both are still in doubt");
        assert_eq!(words, [word("chi", 2.0, 0.6), word("tiết", 60.0, 0.9)]);
    }
}
