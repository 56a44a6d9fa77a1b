//! What a word is, and when two words are the same: the analysis under everything else.

mod letter;
mod telex;
mod tokenizer;
mod words;

pub(crate) use telex::decode as decode_telex;
pub(crate) use tokenizer::{Forms, WordTokenizer};
pub(crate) use words::{Word, WordReader, words};

/// Names the rules of this module. Change it whenever the same text would give other tokens: the index is then built again.
pub(crate) const RULES: &str = "words/2";
