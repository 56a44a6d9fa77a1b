//! From typed text to clauses.

use muniment_record::{AgencyCode, ProcedureCode};

use super::fields::{FieldName, read_name};
use super::{Clause, Place, Query, Wanted, chunks, period};
use crate::Notice;
use crate::code::Code;
use crate::results::Status;
use crate::schema::Tag;
use crate::text::words;

/// Longer queries are cut: nobody types as much, and each word costs time.
const LONGEST_QUERY_BYTES: usize = 400;
const MOST_CLAUSES: usize = 24;

/// Words for the standings in law; the first that begins the value counts.
const STATUSES: &[(&str, Status)] = &[
    ("con hieu luc", Status::InForce),
    ("hieu luc", Status::InForce),
    ("in force", Status::InForce),
    ("da thu hoi", Status::Revoked),
    ("thu hoi", Status::Revoked),
    ("revoked", Status::Revoked),
    ("bi huy bo", Status::Annulled),
    ("huy bo", Status::Annulled),
    ("bi huy", Status::Annulled),
    ("huy", Status::Annulled),
    ("annulled", Status::Annulled),
    ("duoc thay the", Status::Superseded),
    ("bi thay the", Status::Superseded),
    ("thay the", Status::Superseded),
    ("superseded", Status::Superseded),
];

pub(super) fn parse(typed: &str) -> Query {
    let mut parser = Parser { rest: typed, free: String::new(), clauses: Vec::new(), notices: Vec::new() };
    if typed.len() > LONGEST_QUERY_BYTES {
        parser.rest = &typed[..typed.floor_char_boundary(LONGEST_QUERY_BYTES)];
        parser.notices.push(Notice::TooLong);
    }
    parser.run();
    let Parser { mut clauses, mut notices, .. } = parser;
    if clauses.len() > MOST_CLAUSES {
        clauses.truncate(MOST_CLAUSES);
        notices.push(Notice::TooLong);
    }
    if !clauses.is_empty() && clauses.iter().all(|clause| clause.excluded) {
        notices.push(Notice::OnlyExclusions);
    }
    let ends_in_words = matches!(clauses.last(), Some(Clause { excluded: false, wanted: Wanted::Words(..) }));
    let ends_in_letter = typed.chars().next_back().is_some_and(|c| !c.is_whitespace() && c != '"');
    Query {
        typed: typed.trim().to_owned(),
        clauses,
        last_word_is_open: ends_in_words && ends_in_letter,
        notices,
    }
}

struct Parser<'a> {
    rest: &'a str,
    /// Words outside any field that wait to be cut into clauses.
    free: String,
    clauses: Vec<Clause>,
    notices: Vec<Notice>,
}

impl<'a> Parser<'a> {
    fn run(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                break;
            }
            let excluded = is_exclusion(self.rest);
            let at = if excluded { &self.rest[1..] } else { self.rest };
            if let Some((name, length)) = read_name(at) {
                self.flush();
                let (typed_name, value) = at.split_at(length);
                self.rest = value[1..].trim_start();
                self.field(name, typed_name, excluded);
            } else if let Some(quoted) = open_quote(at) {
                self.flush();
                let phrase = self.quoted(quoted);
                self.push_phrase(Place::Anywhere, phrase, excluded);
            } else if excluded {
                self.flush();
                self.rest = at;
                let word = self.take_chunk();
                self.push_free(word, true);
            } else {
                let word = self.take_chunk();
                self.free.push(' ');
                self.free.push_str(word);
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        let free = std::mem::take(&mut self.free);
        self.push_free(&free, false);
    }

    fn push_free(&mut self, text: &str, excluded: bool) {
        let wanted = chunks::split(text);
        self.clauses.extend(wanted.into_iter().map(|wanted| Clause { excluded, wanted }));
    }

    fn push(&mut self, wanted: Wanted, excluded: bool) {
        self.clauses.push(Clause { excluded, wanted });
    }

    fn push_phrase(&mut self, place: Place, text: &str, excluded: bool) {
        let words = words(text);
        match words.len() {
            0 => {}
            1 => self.push(Wanted::Words(place, words), excluded),
            _ => self.push(Wanted::Phrase(place, words), excluded),
        }
    }

    fn field(&mut self, name: FieldName, typed_name: &str, excluded: bool) {
        if let Some(quoted) = open_quote(self.rest)
            && let FieldName::Words(place) = name
        {
            let phrase = self.quoted(quoted);
            self.push_phrase(place, phrase, excluded);
            return;
        }
        let value = match name {
            FieldName::Words(_) if excluded => self.take_chunk(),
            FieldName::Words(_) | FieldName::Status => self.take_until_field(|_| true),
            FieldName::Code(_) => self.take_until_field(is_part_of_code),
            FieldName::Date => self.take_date(),
        };
        if words(value).is_empty() && name != FieldName::Date {
            self.notices.push(Notice::NoValue { typed: typed_name.trim().to_owned() });
            return;
        }
        match name {
            FieldName::Words(place) => {
                let fact = match place {
                    Place::Agency => value.parse::<AgencyCode>().ok().map(Tag::Agency),
                    Place::Procedure => value.parse::<ProcedureCode>().ok().map(Tag::Procedure),
                    _ => None,
                };
                let wanted = fact.map_or_else(|| Wanted::Words(place, words(value)), Wanted::Fact);
                self.push(wanted, excluded);
            }
            FieldName::Code(kind) => self.push(Wanted::Code(kind, Code::new(value), words(value)), excluded),
            FieldName::Date if value.is_empty() => {
                self.notices.push(Notice::NoValue { typed: typed_name.trim().to_owned() });
            }
            FieldName::Date => match period::parse(value) {
                Some((first, last)) => self.push(Wanted::Period(first, last), excluded),
                None => self.notices.push(Notice::NotADate { typed: value.to_owned() }),
            },
            FieldName::Status => self.status(value, excluded),
        }
    }

    /// Reads a standing in law; words behind it are searched as any others.
    fn status(&mut self, value: &str, excluded: bool) {
        let typed = words(value);
        let folded: Vec<&str> = typed.iter().map(|word| word.folded.as_str()).collect();
        let found = STATUSES.iter().find_map(|(name, status)| {
            let name = words(name);
            let begins = name.len() <= folded.len()
                && name.iter().zip(&folded).all(|(word, typed)| word.folded == *typed);
            begins.then_some((*status, name.len()))
        });
        match found {
            Some((status, length)) => {
                self.push(Wanted::Fact(Tag::Status(status)), excluded);
                if let Some(next) = typed.get(length) {
                    self.push_free(&value[next.span.start..], false);
                }
            }
            None => self.notices.push(Notice::NotAStatus { typed: value.trim().to_owned() }),
        }
    }

    /// The text up to the closing quotation mark.
    fn quoted(&mut self, inner: &'a str) -> &'a str {
        match inner.find(is_quote) {
            Some(end) => {
                let mut rest = inner[end..].chars();
                rest.next();
                self.rest = rest.as_str();
                &inner[..end]
            }
            None => {
                self.notices.push(Notice::OpenQuotes);
                self.rest = "";
                inner
            }
        }
    }

    fn take_chunk(&mut self) -> &'a str {
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (chunk, rest) = self.rest.split_at(end);
        self.rest = rest;
        chunk
    }

    /// The chunks up to the next field, phrase or exclusion, as long as each belongs.
    fn take_until_field(&mut self, belongs: impl Fn(&str) -> bool) -> &'a str {
        let start = self.rest;
        let mut end = 0;
        loop {
            let rest = start[end..].trim_start();
            let chunk_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let chunk = &rest[..chunk_end];
            let stops = chunk.is_empty()
                || read_name(rest.strip_prefix('-').unwrap_or(rest)).is_some()
                || open_quote(rest).is_some()
                || (is_exclusion(rest) && end > 0 && !belongs_to_code(chunk, start, end))
                || (end > 0 && !belongs(chunk));
            if stops {
                break;
            }
            end = start.len() - rest.len() + chunk_end;
        }
        let (value, rest) = start.split_at(end);
        self.rest = rest;
        value
    }

    /// One date, or two with `..` between them, spaces or none.
    fn take_date(&mut self) -> &'a str {
        let start = self.rest;
        let mut length = 0;
        let mut joins = true;
        loop {
            let rest = start[length..].trim_start();
            let chunk_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let chunk = &rest[..chunk_end];
            let is_join = chunk.starts_with("..") || chunk.starts_with('…');
            if chunk.is_empty() || (!joins && !is_join) || read_name(rest).is_some() {
                break;
            }
            joins = chunk.ends_with("..") || chunk.ends_with('…');
            length = start.len() - rest.len() + chunk_end;
        }
        let (value, rest) = start.split_at(length);
        self.rest = rest;
        value
    }
}

/// In a code with spaces around its dashes, a dash is no exclusion: what came before ends in a digit or a dash.
fn belongs_to_code(chunk: &str, start: &str, end: usize) -> bool {
    chunk.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
        && start[..end].ends_with(|c: char| c.is_ascii_digit())
}

/// A chunk that may go on with a code: it has a digit, is all capitals, or is punctuation.
fn is_part_of_code(chunk: &str) -> bool {
    let has_digit = chunk.bytes().any(|byte| byte.is_ascii_digit());
    has_digit || !chunk.chars().any(char::is_lowercase)
}

fn is_exclusion(text: &str) -> bool {
    let mut signs = text.chars();
    signs.next() == Some('-') && signs.next().is_some_and(|c| c.is_alphanumeric() || is_quote(c))
}

fn open_quote(text: &str) -> Option<&str> {
    text.strip_prefix(is_quote)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}
