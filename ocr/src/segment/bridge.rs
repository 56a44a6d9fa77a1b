//! Pieces of one line that lie further apart than words do: a justified line of few words, or one that a signature crosses.

use super::Frame;
use super::chain::WORD_GAP;
use super::mask::Mask;
use super::rows::Rows;

/// The widest gap within a line, in heights of it: where lines above or below run on, and where something is drawn across.
const WIDEST: f32 = 4.0;
const WIDEST_CROSSED: f32 = 2.5;

/// The widest gap between words, in heights with accents.
const WORDS: f32 = 1.2;

/// How far the lines above and below may be, in heights.
const NEAR: f32 = 1.5;

/// Of a gap's columns, how many have ink where something is drawn across.
const CROSSED: f32 = 0.4;

/// Whether upright rules stand between two pieces, the first at the left, beside most of what both have of rows. Rules come by
/// their left edges.
pub(super) fn are_parted(one: &Frame, other: &Frame, rules: &[Frame]) -> bool {
    let (top, bottom) = (one.top.max(other.top), one.bottom.min(other.bottom));
    let first = rules.partition_point(|rule| rule.left + 2 < one.right);
    let before_other = rules[first..].iter().take_while(|rule| rule.left <= other.left + 2);
    // A rule that leans is one of several columns, one below the other; a thick one, of several side by side.
    let mut rows: Vec<(i32, i32)> = before_other
        .filter(|rule| rule.right <= other.left + 2)
        .map(|rule| (rule.top.max(top), rule.bottom.min(bottom)))
        .filter(|(from, to)| from < to)
        .collect();
    rows.sort_unstable();
    let (mut beside, mut seen) = (0, top);
    for (from, to) in rows {
        beside += (to - from.max(seen)).max(0);
        seen = seen.max(to);
    }
    beside > 0 && 4 * beside >= 3 * (bottom - top)
}

/// Joins the pieces of lines.
pub(super) fn bridged(mut lines: Vec<Frame>, rules: &[Frame], mask: &Mask) -> Vec<Frame> {
    lines.sort_unstable_by_key(|line| (line.left, line.top));
    let mut rows = Rows::default();
    lines.iter().enumerate().for_each(|(number, line)| rows.add(number, line));
    // Neighbours are looked for among the pieces as they came, so that the order of joining does not matter.
    let pieces = lines.clone();
    let mut lines: Vec<Option<Frame>> = lines.into_iter().map(Some).collect();
    for number in 0..pieces.len() {
        let near = rows.near(&pieces[number]);
        let is_behind = |&&other: &&usize| is_continued(&pieces[number], &pieces[other]);
        let Some(&next) = near.iter().filter(is_behind).min_by_key(|&&other| pieces[other].left) else {
            continue;
        };
        let gap = Gap::between(&pieces[number], &pieces[next]);
        let around = near.iter().map(|&other| &pieces[other]);
        if are_parted(&pieces[number], &pieces[next], rules)
            || !(gap.is_of_words() || gap.is_crossed(mask) || gap.is_within_text(around))
        {
            continue;
        }
        let (Some(one), Some(other)) = (lines[number].take(), lines[next].take()) else { continue };
        lines[next] = Some(one.union(&other));
    }
    lines.into_iter().flatten().collect()
}

/// Whether one piece may go on with another to its right.
fn is_continued(one: &Frame, other: &Frame) -> bool {
    let (low, high) = (one.height().min(other.height()), one.height().max(other.height()));
    let gap = (other.left - one.right) as f32;
    10 * one.rows_shared(other) >= 7 * low && high <= 2 * low && gap >= 0.0 && gap <= WIDEST * low as f32
}

/// What lies between two pieces.
struct Gap {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Gap {
    fn between(one: &Frame, other: &Frame) -> Self {
        Self {
            left: one.right,
            right: other.left,
            top: one.top.min(other.top),
            bottom: one.bottom.max(other.bottom),
        }
    }

    fn width(&self) -> i32 {
        self.right - self.left
    }

    fn height(&self) -> f32 {
        (self.bottom - self.top) as f32
    }

    /// Whether it is no wider than between words, now that they have their accents and punctuation.
    fn is_of_words(&self) -> bool {
        self.width() as f32 <= WORDS * self.height()
    }

    /// Whether ink that is no text goes across.
    fn is_crossed(&self, mask: &Mask) -> bool {
        let width = usize::try_from(self.width()).unwrap_or(0);
        if width as f32 > WIDEST_CROSSED * self.height() {
            return false;
        }
        let mut inked = vec![false; width];
        let (top, bottom) = (self.top.max(0) as usize, self.bottom.max(0) as usize);
        for &(from, to) in mask.rows.iter().take(bottom).skip(top).flatten() {
            let at = |column: u32| (column as i32 - self.left).clamp(0, self.width()) as usize;
            inked[at(from)..at(to)].fill(true);
        }
        inked.iter().filter(|&&inked| inked).count() as f32 >= CROSSED * width as f32
    }

    /// Whether a line above or below runs across, and none on either side has a gap there, as columns have.
    fn is_within_text<'a>(&self, around: impl Iterator<Item = &'a Frame>) -> bool {
        let reach = (NEAR * self.height()) as i32;
        let margin = self.height() as i32 / 2;
        let mut sides = [(false, false, false); 2];
        for line in around {
            let side = if line.bottom <= self.top + margin && line.bottom > self.top - reach {
                &mut sides[0]
            } else if line.top >= self.bottom - margin && line.top < self.bottom + reach {
                &mut sides[1]
            } else {
                continue;
            };
            let is_across = line.left < self.left - margin && line.right > self.right + margin;
            let least = (WORD_GAP * line.height() as f32) as i32 / 2;
            side.0 |= is_across;
            side.1 |= line.right > self.left - least && line.right < self.right + least;
            side.2 |= line.left < self.right + least && line.left > self.left - least;
        }
        sides.iter().any(|side| side.0) && !sides.iter().any(|side| side.1 && side.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(left: i32, top: i32, right: i32) -> Frame {
        Frame { left, top, right, bottom: top + 20 }
    }

    fn blank() -> Mask {
        Mask { rows: vec![Vec::new(); 300] }
    }

    #[test]
    fn a_justified_line_of_few_words_is_one() {
        let lines = vec![piece(100, 100, 160), piece(220, 101, 400), piece(100, 130, 400)];
        assert_eq!(bridged(lines.clone(), &[], &blank()).len(), 2);
        let rule = Frame { left: 190, top: 50, right: 191, bottom: 200 };
        assert_eq!(bridged(lines, &[rule], &blank()).len(), 3, "cells of a table");
    }

    #[test]
    fn columns_below_a_line_across_stay_apart() {
        let mut lines = vec![piece(100, 100, 800)];
        for row in 1..4 {
            lines.extend([piece(100, 100 + 30 * row, 430), piece(470, 100 + 30 * row, 800)]);
        }
        assert_eq!(bridged(lines.clone(), &[], &blank()).len(), lines.len());
    }

    #[test]
    fn a_line_that_a_signature_crosses_is_one() {
        let lines = vec![piece(100, 100, 160), piece(200, 100, 400)];
        assert_eq!(bridged(lines.clone(), &[], &blank()).len(), 2);
        let mut signature = blank();
        signature.rows[105] = vec![(150, 199)];
        assert_eq!(bridged(lines, &[], &signature), [piece(100, 100, 400)]);
    }
}
