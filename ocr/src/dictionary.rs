//! How likely a word is by its letters alone: Tesseract's list of words, and the rules of syllables where the language has them.

use std::collections::HashSet;

use crate::Error;
use crate::syllable::Syllables;
use crate::traineddata::Cursor;

/// Of a word's likeliness: what is left where it is not on the list but might be a syllable, and where it is neither.
const UNLISTED: f32 = 0.6;
const UNKNOWN: f32 = 0.15;

/// The magic number of Tesseract's graphs of words (`dict/dawg.h`).
const MAGIC: i16 = 42;
/// The most edges, words, bytes of all words and letters of one, and steps that are gone for them.
const MOST_EDGES: usize = 1 << 21;
const MOST_WORDS: usize = 1 << 18;
const MOST_BYTES: usize = 1 << 22;
const MOST_LETTERS: usize = 40;
const MOST_STEPS: usize = 1 << 22;

/// What is known of words.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    words: HashSet<String>,
    syllables: Option<Syllables>,
}

impl Dictionary {
    /// Reads Tesseract's graph of words (`squished dawg`); `characters` are named by their numbers.
    pub(crate) fn read(component: &[u8], characters: &[String]) -> Result<Self, Error> {
        let graph = Graph::read(component)?;
        let mut words = HashSet::new();
        graph.walk(characters, &mut words)?;
        let is_vietnamese = ["ơ", "ự", "đ"].iter().all(|letter| characters.iter().any(|text| text == letter));
        Ok(Self { words, syllables: is_vietnamese.then(Syllables::new) })
    }

    #[cfg(test)]
    pub(crate) fn of(words: &[&str]) -> Self {
        Self { words: words.iter().map(|&word| word.to_owned()).collect(), syllables: None }
    }

    /// What a word's likeliness is taken times. Only words of letters, small or with a capital in front, are judged: codes,
    /// numbers and names in capitals are what they are.
    pub(crate) fn weight(&self, word: &str) -> f32 {
        let is_small = |letter: char| letter.is_alphabetic() && !letter.is_uppercase();
        let mut letters = word.chars();
        let is_judged = letters.next().is_some_and(char::is_alphabetic)
            && letters.clone().count() > 0
            && letters.all(is_small);
        if self.words.is_empty() || !is_judged {
            return 1.0;
        }
        let small = word.to_lowercase();
        if self.words.contains(&small) {
            1.0
        } else if self.syllables.as_ref().is_some_and(|syllables| syllables.allow(&small)) {
            UNLISTED
        } else {
            UNKNOWN
        }
    }
}

/// Edges by node; a node is the place of its first edge.
struct Graph {
    edges: Vec<u64>,
    /// The bit of an edge at which what follows its letter begins: last of its node, backwards, ends a word, next node.
    flags: u32,
}

impl Graph {
    fn read(component: &[u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(component);
        if cursor.i16()? != MAGIC {
            return Err(Error::unsupported("a list of words of another form"));
        }
        let letters = cursor.count("letters of words")?;
        let count = cursor.count("edges of words")?;
        if count > MOST_EDGES || letters == 0 || letters > 1 << 20 {
            return Err(Error::damaged(format!("{count} edges of words of {letters} letters")));
        }
        let mut edges = Vec::with_capacity(count.min(component.len() / 8));
        for _ in 0..count {
            edges.push(cursor.u64()?);
        }
        // As many bits as the number of letters needs (`Dawg::init`).
        Ok(Self { edges, flags: usize::BITS - letters.leading_zeros() })
    }

    /// Collects all words, in small letters.
    fn walk(&self, characters: &[String], words: &mut HashSet<String>) -> Result<(), Error> {
        let (mut steps, mut bytes) = (0, 0);
        let mut word = String::new();
        // The edges to go on with, each with the length of what is spelled before it.
        let mut open: Vec<(usize, usize)> = vec![(0, 0)];
        while let Some((place, begun)) = open.pop() {
            let Some(&edge) = self.edges.get(place) else { continue };
            let flag = |bit: u32| edge >> (self.flags + bit) & 1 == 1;
            if !flag(0) {
                open.push((place + 1, begun));
            }
            let letter = (edge & ((1 << self.flags) - 1)) as usize;
            let letter = characters.get(letter).ok_or_else(|| Error::damaged("a letter of a word"))?;
            word.truncate(begun);
            word.push_str(letter);
            if flag(2) && words.insert(word.to_lowercase()) {
                bytes += word.len();
            }
            steps += 1;
            if steps > MOST_STEPS || words.len() > MOST_WORDS || bytes > MOST_BYTES {
                return Err(Error::damaged("its words never end"));
            }
            let next = (edge >> (self.flags + 3)) as usize;
            if next != 0 && word.chars().count() < MOST_LETTERS {
                open.push((next, word.len()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An edge of a graph of 255 letters at most: last of its node, ends a word, next node.
    fn edge(letter: u64, is_last: bool, is_end: bool, next: u64) -> [u8; 8] {
        (letter | u64::from(is_last) << 8 | u64::from(is_end) << 10 | next << 11).to_le_bytes()
    }

    fn read(edges: &[[u8; 8]], characters: &[&str]) -> Result<Dictionary, Error> {
        let characters: Vec<String> = characters.iter().map(|&text| text.to_owned()).collect();
        let head = [255, i32::try_from(edges.len()).unwrap()].map(i32::to_le_bytes).concat();
        Dictionary::read(&[&MAGIC.to_le_bytes()[..], &head, &edges.concat()].concat(), &characters)
    }

    #[test]
    fn words_are_the_ways_through_the_graph() {
        let edges = [
            edge(0, false, false, 2),
            edge(1, true, true, 2),
            edge(2, false, true, 0),
            edge(3, true, true, 0),
        ];
        let dictionary = read(&edges, &["S", "t", "a", "ố"]).unwrap();
        assert_eq!(dictionary.words, HashSet::from(["sa", "số", "t", "ta", "tố"].map(str::to_owned)));
    }

    #[test]
    fn words_without_end_are_refused() {
        let back = [edge(0, false, true, 0), edge(1, false, true, 1), edge(2, true, true, 1)];
        assert!(read(&back, &["a", "b", "c"]).is_err(), "more words than a language has");
        let long = "ơ".repeat(15);
        let all: Vec<[u8; 8]> = (0..2000).map(|_| edge(0, false, true, 0)).collect();
        assert!(read(&all, &[&long]).is_ok(), "the same word again and again is one");
    }
}
