//! Free text cut into words and codes.

use crate::code::{Code, is_province};
use crate::query::{Place, Wanted};
use crate::text::words;

/// Cuts free text into runs of words and codes, in their order.
pub(super) fn split(text: &str) -> Vec<Wanted> {
    let chunks: Vec<&str> = text.split_whitespace().collect();
    let mut wanted = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while at < chunks.len() {
        let length = code_length(&chunks[at..]);
        if length == 0 {
            plain.push(' ');
            plain.push_str(chunks[at]);
            at += 1;
            continue;
        }
        flush(&mut plain, &mut wanted);
        let text = chunks[at..at + length].join(" ");
        wanted.push(Wanted::Code(None, Code::new(&text), words(&text)));
        at += length;
    }
    flush(&mut plain, &mut wanted);
    wanted
}

fn flush(plain: &mut String, wanted: &mut Vec<Wanted>) {
    let words = words(plain);
    plain.clear();
    if !words.is_empty() {
        wanted.push(Wanted::Words(Place::Anywhere, words));
    }
}

/// How many chunks from the first on are one code; 0 where they begin with none.
fn code_length(chunks: &[&str]) -> usize {
    let Some(first) = chunks.first() else { return 0 };
    // A serial: letters, then a number.
    if is_serial_letters(first) && chunks.get(1).is_some_and(|next| is_number(next) && next.len() >= 3) {
        return 2 + run_length(&chunks[2..], is_number);
    }
    if is_number(first) {
        let belongs = |chunk: &str| is_number(chunk) || is_code(chunk) || is_province(chunk);
        let length = 1 + run_length(&chunks[1..], belongs);
        let digits: usize = chunks[..length].iter().map(|chunk| chunk.len()).sum();
        let is_long = digits >= 6 || (digits >= 5 && length == 1);
        return if is_long { length } else { 0 };
    }
    // A dossier code from its province on: H05 260224 0017.
    let is_dossier =
        is_province(first) && chunks.get(1).is_some_and(|next| is_number(next) && next.len() >= 4);
    if is_code(first) || is_dossier {
        return 1 + run_length(&chunks[1..], |chunk| is_number(chunk) || is_joint(chunk));
    }
    0
}

/// How many chunks belong to a code that has begun; a dash between them belongs, one behind them does not.
fn run_length(chunks: &[&str], belongs: impl Fn(&str) -> bool) -> usize {
    let mut length = 0;
    let mut pending = 0;
    for chunk in chunks {
        if !chunk.chars().any(char::is_alphanumeric) {
            pending += 1;
        } else if belongs(chunk) || (pending > 0 && chunk.chars().any(|c| c.is_ascii_digit())) {
            length += pending + 1;
            pending = 0;
        } else {
            break;
        }
    }
    length
}

fn is_number(chunk: &str) -> bool {
    chunk.bytes().all(|byte| byte.is_ascii_digit())
}

/// A piece that goes on with a code behind a space: `-0001`, `/QĐ-UBND`.
fn is_joint(chunk: &str) -> bool {
    chunk.starts_with(['-', '/', '.', '–']) && chunk.chars().any(char::is_alphanumeric)
}

fn is_serial_letters(chunk: &str) -> bool {
    chunk.len() <= 3 && chunk.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Digits with letters or punctuation among them, long enough to be nobody's house number.
fn is_code(chunk: &str) -> bool {
    let digits = chunk.chars().filter(char::is_ascii_digit).count();
    let signs = chunk.chars().filter(|c| c.is_alphanumeric()).count();
    let trimmed = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    let is_cut = trimmed.contains(['/', '-', '.', '–', '_']);
    digits >= 1 && ((is_cut && signs >= 4) || signs >= 7 && digits >= 4)
}
