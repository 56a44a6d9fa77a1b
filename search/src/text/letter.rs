//! Letters taken apart: the bare letter, the mark of its quality and the tone of its syllable.

use std::sync::LazyLock;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// What a character adds to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A letter or digit of ASCII, in lower case, with marks.
    Letter { bare: u8, quality: Quality, tone: Option<u8> },
    /// A mark on the letter before.
    Mark { quality: Quality, tone: Option<u8> },
    /// A letter or digit outside ASCII.
    Other,
    /// No part of a word.
    Gap,
}

/// The mark that makes another letter of a letter. Of several marks on one letter the greatest counts, in whatever order
/// they were typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quality {
    Plain,
    Circumflex,
    Breve,
    Horn,
    Stroke,
}

impl Quality {
    /// The letter with this mark, or the bare letter where Vietnamese has no such letter.
    pub(super) fn apply(self, bare: u8) -> char {
        match (bare, self) {
            (b'a', Self::Breve) => 'ă',
            (b'a', Self::Circumflex) => 'â',
            (b'e', Self::Circumflex) => 'ê',
            (b'o', Self::Circumflex) => 'ô',
            (b'o', Self::Horn) => 'ơ',
            (b'u', Self::Horn) => 'ư',
            (b'd', Self::Stroke) => 'đ',
            _ => char::from(bare),
        }
    }
}

/// Takes a character apart. Composed and decomposed spellings give the same pieces in sum.
pub(super) fn piece(c: char) -> Piece {
    let code = c as usize;
    match LATIN.get(code) {
        Some(piece) => *piece,
        None => analyse(c),
    }
}

/// The pieces of Latin letters and their marks, which are nearly all of what is read.
static LATIN: LazyLock<Vec<Piece>> = LazyLock::new(|| ('\0'..'\u{1f00}').map(analyse).collect());

fn analyse(c: char) -> Piece {
    if c.is_ascii_alphanumeric() {
        return Piece::Letter { bare: c.to_ascii_lowercase() as u8, quality: Quality::Plain, tone: None };
    }
    // Lists of names mix the letter đ with the Icelandic eth, which looks the same in capitals.
    if matches!(c, 'đ' | 'Đ' | 'ð' | 'Ð') {
        return Piece::Letter { bare: b'd', quality: Quality::Stroke, tone: None };
    }
    if !c.is_alphanumeric() && !is_combining_mark(c) {
        return Piece::Gap;
    }
    let mut letter = None;
    let mut quality = Quality::Plain;
    let mut tone = None;
    decompose_canonical(c, |part| {
        if is_combining_mark(part) {
            let (part_quality, part_tone) = mark(part);
            quality = quality.max(part_quality);
            tone = part_tone.or(tone);
        } else {
            letter = Some(part);
        }
    });
    match letter {
        // A mark, which may itself be made of several.
        None => Piece::Mark { quality, tone },
        Some(letter) if letter.is_ascii_alphanumeric() => {
            Piece::Letter { bare: letter.to_ascii_lowercase() as u8, quality, tone }
        }
        _ => Piece::Other,
    }
}

/// The marks of Vietnamese; all others count for nothing.
fn mark(c: char) -> (Quality, Option<u8>) {
    match c {
        '\u{302}' => (Quality::Circumflex, None),
        '\u{306}' => (Quality::Breve, None),
        '\u{31b}' => (Quality::Horn, None),
        '\u{300}' => (Quality::Plain, Some(b'`')),
        '\u{301}' => (Quality::Plain, Some(b'\'')),
        '\u{303}' => (Quality::Plain, Some(b'~')),
        '\u{309}' => (Quality::Plain, Some(b'?')),
        '\u{323}' => (Quality::Plain, Some(b'.')),
        _ => (Quality::Plain, None),
    }
}
