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
/// The most edges, words and letters of a word, and steps that are gone for them.
const MOST_EDGES: usize = 1 << 21;
const MOST_WORDS: usize = 1 << 18;
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
        let mut steps = 0;
        let mut open: Vec<(usize, String)> = vec![(0, String::new())];
        while let Some((node, begun)) = open.pop() {
            for &edge in self.edges.get(node..).unwrap_or_default() {
                steps += 1;
                if steps > MOST_STEPS || words.len() > MOST_WORDS {
                    return Err(Error::damaged("its words never end"));
                }
                let flag = |bit: u32| edge >> (self.flags + bit) & 1 == 1;
                let letter = (edge & ((1 << self.flags) - 1)) as usize;
                let letter = characters.get(letter).ok_or_else(|| Error::damaged("a letter of a word"))?;
                let word = format!("{begun}{letter}");
                if flag(2) {
                    words.insert(word.to_lowercase());
                }
                let next = (edge >> (self.flags + 3)) as usize;
                if next != 0 && word.chars().count() < MOST_LETTERS {
                    open.push((next, word));
                }
                if flag(0) {
                    break;
                }
            }
        }
        Ok(())
    }
}
