//! Letters taken apart: the bare letter, the mark of its quality and the tone of its syllable.

use std::sync::LazyLock;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// What a character adds to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A letter or digit of ASCII, in lower case, with marks.
    Letter { bare: u8, quality: Quality, tones: Tones },
    /// A mark on the letter before.
    Mark { quality: Quality, tones: Tones },
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

/// The tones of a letter or word, as a set: a word of one syllable has one at most, but any text must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tones(u8);

impl Tones {
    pub(super) const NONE: Self = Self(0);

    /// Their marks, and the signs that stand for them in exact words.
    const SIGNS: [(char, char); 5] =
        [('\u{300}', '`'), ('\u{301}', '\''), ('\u{303}', '~'), ('\u{309}', '?'), ('\u{323}', '.')];

    fn of_mark(c: char) -> Self {
        let place = Self::SIGNS.iter().position(|(mark, _)| *mark == c);
        place.map_or(Self::NONE, |place| Self(1 << place))
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The signs of the tones, in an order of their own.
    pub(super) fn signs(self) -> impl Iterator<Item = char> {
        let signs = Self::SIGNS.iter().enumerate();
        signs.filter(move |(place, _)| self.0 >> place & 1 == 1).map(|(_, (_, sign))| *sign)
    }
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
        return Piece::Letter {
            bare: c.to_ascii_lowercase() as u8,
            quality: Quality::Plain,
            tones: Tones::NONE,
        };
    }
    // Lists of names mix the letter đ with the Icelandic eth, which looks the same in capitals.
    if matches!(c, 'đ' | 'Đ' | 'ð' | 'Ð') {
        return Piece::Letter { bare: b'd', quality: Quality::Stroke, tones: Tones::NONE };
    }
    if !c.is_alphanumeric() && !is_combining_mark(c) {
        return Piece::Gap;
    }
    let mut letter = None;
    let mut quality = Quality::Plain;
    let mut tones = Tones::NONE;
    decompose_canonical(c, |part| {
        if is_combining_mark(part) {
            let (part_quality, part_tones) = mark(part);
            quality = quality.max(part_quality);
            tones = tones.and(part_tones);
        } else {
            letter = Some(part);
        }
    });
    match letter {
        // A mark, which may itself be made of several.
        None => Piece::Mark { quality, tones },
        Some(letter) if letter.is_ascii_alphanumeric() => {
            Piece::Letter { bare: letter.to_ascii_lowercase() as u8, quality, tones }
        }
        _ => Piece::Other,
    }
}

/// The marks of Vietnamese; all others count for nothing.
fn mark(c: char) -> (Quality, Tones) {
    match c {
        '\u{302}' => (Quality::Circumflex, Tones::NONE),
        '\u{306}' => (Quality::Breve, Tones::NONE),
        '\u{31b}' => (Quality::Horn, Tones::NONE),
        _ => (Quality::Plain, Tones::of_mark(c)),
    }
}
