use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::words::WordReader;

/// Which forms of words a field of the index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forms {
    /// Folded words.
    Folded,
    /// Exact words and exact pairs of neighbours.
    Exact,
    /// Folded pairs of neighbours.
    Pairs,
}

/// Cuts the text of a field into words for the engine.
#[derive(Clone, Debug)]
pub(crate) struct WordTokenizer(pub(crate) Forms);

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        WordStream {
            reader: WordReader::new(text),
            forms: self.0,
            token: Token::default(),
            former: String::new(),
            pair_is_due: false,
        }
    }
}

pub(crate) struct WordStream<'a> {
    reader: WordReader<'a>,
    forms: Forms,
    token: Token,
    former: String,
    pair_is_due: bool,
}

impl WordStream<'_> {
    fn emit_word(&mut self, exact: bool) {
        let word = if exact { self.reader.exact() } else { self.reader.folded() };
        self.token.text.clear();
        self.token.text.push_str(word);
        let span = self.reader.span();
        self.token.offset_from = span.start;
        self.token.offset_to = span.end;
        self.token.position = self.token.position.wrapping_add(1);
    }

    /// Makes a pair of the former word and this one, and keeps this one as the former.
    fn emit_pair(&mut self, exact: bool) {
        let word = if exact { self.reader.exact() } else { self.reader.folded() };
        self.token.text.clear();
        self.token.text.push_str(&self.former);
        self.token.text.push(' ');
        self.token.text.push_str(word);
        self.former.clear();
        self.former.push_str(word);
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        if self.pair_is_due {
            self.pair_is_due = false;
            self.emit_pair(true);
            return true;
        }
        if !self.reader.advance() {
            return false;
        }
        match self.forms {
            Forms::Folded => self.emit_word(false),
            Forms::Exact => {
                self.emit_word(true);
                if self.former.is_empty() {
                    self.former.push_str(self.reader.exact());
                } else {
                    self.pair_is_due = true;
                }
            }
            Forms::Pairs => {
                if self.former.is_empty() {
                    self.former.push_str(self.reader.folded());
                    return self.advance();
                }
                self.emit_pair(false);
                self.token.position = self.token.position.wrapping_add(1);
            }
        }
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
