//! Square and cubic metres: the network does not know `²` and `³`, and reads a raised digit as one on the line or as a sign.

use crate::page::{Area, INK, Picture, Word};

/// Of the height of the letter before: how far above its foot a raised digit ends at least, and how high it is at least.
const RAISED: f32 = 0.3;
const LEAST_HEIGHT: f32 = 0.4;

/// A unit with something behind it that may be a raised digit.
pub(crate) struct Unit {
    /// The letters of the unit.
    letters: usize,
    /// The sign behind them as it was read.
    sign: char,
}

impl Unit {
    /// The unit that a word begins with.
    pub(crate) fn of(word: &Word) -> Option<Self> {
        let prefix = ["m", "km", "cm", "dm", "mm", "hm"].into_iter().find(|unit| {
            let rest = word.text.strip_prefix(unit);
            rest.and_then(|rest| rest.chars().next()).is_some_and(|next| !next.is_alphabetic())
        })?;
        Some(Self { letters: prefix.len(), sign: word.text[prefix.len()..].chars().next()? })
    }

    /// Where the raised digit stands, if there is one.
    pub(crate) fn raised(&self, page: &Picture<'_>, word: &Word) -> Option<Area> {
        let pieces = pieces(page, word.area);
        let (letter, sign) = (pieces.get(self.letters - 1)?, pieces.get(self.letters)?);
        let is_raised = sign.bottom <= letter.bottom - RAISED * letter.height()
            && sign.top < letter.top
            && sign.height() >= LEAST_HEIGHT * letter.height();
        is_raised.then_some(*sign)
    }

    /// Puts the raised digit into the word; `looked_at` is what the sign reads as by itself.
    pub(crate) fn raise(&self, word: &mut Word, looked_at: &str) {
        let digit = |text: &str| match text {
            "2" => Some('²'),
            "3" => Some('³'),
            _ => None,
        };
        let Some(raised) = digit(self.sign.encode_utf8(&mut [0; 4])).or_else(|| digit(looked_at)) else {
            return;
        };
        let (unit, rest) = word.text.split_at(self.letters);
        word.text = format!("{unit}{raised}{}", &rest[self.sign.len_utf8()..]);
    }
}

/// What a word is made of from left to right, as far as empty columns part it.
fn pieces(page: &Picture<'_>, area: Area) -> Vec<Area> {
    let (left, right) = (area.left.max(0.0) as usize, (area.right.ceil() as usize).min(page.width));
    let (top, bottom) = (area.top.max(0.0) as usize, (area.bottom.ceil() as usize).min(page.height));
    let mut pieces: Vec<Area> = Vec::new();
    let mut was_inked = false;
    for x in left..right {
        let is_ink = |&y: &usize| page.samples[y * page.width + x] < INK;
        let (first, last) = ((top..bottom).find(is_ink), (top..bottom).rev().find(is_ink));
        let (Some(first), Some(last)) = (first, last) else {
            was_inked = false;
            continue;
        };
        let column =
            Area { left: x as f32, top: first as f32, right: x as f32 + 1.0, bottom: last as f32 + 1.0 };
        match pieces.last_mut().filter(|_| was_inked) {
            Some(piece) => {
                piece.right = column.right;
                piece.top = piece.top.min(column.top);
                piece.bottom = piece.bottom.max(column.bottom);
            }
            None => pieces.push(column),
        }
        was_inked = true;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter 10 wide and 10 high, and beside it a digit of 5 by 8 whose foot is so far above the letter's.
    fn page(above: usize) -> Vec<u8> {
        let mut samples = vec![255; 40 * 30];
        for (left, width, top, height) in [(2, 10, 15, 10), (14, 5, 25 - above - 8, 8)] {
            (top..top + height).for_each(|y| samples[y * 40 + left..][..width].fill(0));
        }
        samples
    }

    fn word(text: &str) -> Word {
        let area = Area { left: 2.0, top: 0.0, right: 30.0, bottom: 30.0 };
        Word { text: text.to_owned(), area, confidence: 1.0, letters: Vec::new() }
    }

    #[test]
    fn a_raised_digit_is_told_from_one_on_the_line() {
        let area = |above: usize| {
            let samples = page(above);
            let page = Picture { width: 40, height: 30, dpi: 300.0, samples: &samples };
            Unit::of(&word("m?")).and_then(|unit| unit.raised(&page, &word("m?")))
        };
        assert_eq!(area(6), Some(Area { left: 14.0, top: 11.0, right: 19.0, bottom: 19.0 }));
        assert_eq!(area(0), None);
    }

    #[test]
    fn only_digits_are_raised() {
        for (text, looked_at, raised) in
            [("m?;", "2", "m²;"), ("km2", "", "km²"), ("m°", "3", "m³"), ("m°", "o", "m°")]
        {
            let mut word = word(text);
            if let Some(unit) = Unit::of(&word) {
                unit.raise(&mut word, looked_at);
            }
            assert_eq!(word.text, raised);
        }
        assert!(Unit::of(&word("mét")).is_none());
        assert!(Unit::of(&word("m")).is_none());
    }
}
