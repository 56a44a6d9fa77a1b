//! What is done to the shapes of masks, 64 pixels at a time.

use crate::bits::{Bits, after, before};

/// The mask without specks, and with its edges made straight.
pub(super) fn cleaned(mask: &Bits) -> Bits {
    smooth(&without_specks(mask))
}

/// A pixel's own word and the eight around it, each shifted so that one bit stands for one pixel in all of them.
struct Nine {
    above: [u64; 3],
    row: [u64; 3],
    below: [u64; 3],
}

/// Makes a mask of what `of` makes of each pixel and those around it; beyond the edges nothing is marked.
///
/// Words without a mark in them stay so: `of` is not asked.
fn each(mask: &Bits, of: impl Fn(&Nine) -> u64) -> Bits {
    let mut made = Bits::empty(mask.width, mask.height);
    let none = vec![0; mask.rows().next().map_or(0, <[u64]>::len)];
    for (y, to) in made.rows_mut().enumerate() {
        let [above, row, below] = [-1, 0, 1].map(|down| mask.beside(y, down).unwrap_or(&none));
        for (at, to) in to.iter_mut().enumerate() {
            if above[at] | row[at] | below[at] != 0 {
                let three = |row: &[u64]| [before(row, at), row[at], after(row, at)];
                *to = of(&Nine { above: three(above), row: three(row), below: three(below) });
            }
        }
    }
    made
}

/// Drops marks of a pixel or two, which are grain of the paper; a dot of a letter has a dozen.
fn without_specks(mask: &Bits) -> Bits {
    each(mask, |Nine { above, row, below }| {
        let (mut one, mut two) = (0, 0);
        for &neighbours in above.iter().chain([&row[0], &row[2]]).chain(below) {
            two |= one & neighbours;
            one |= neighbours;
        }
        row[1] & two
    })
}

/// Takes single pixels off straight edges and fills single dents: there the threshold only met the scanner's noise.
///
/// A pixel goes only where three marked ones lie under it and nothing beside it, so that strokes of one pixel, their
/// ends and every corner stay. It makes a dense page's mask 6 % smaller.
fn smooth(mask: &Bits) -> Bits {
    each(mask, |Nine { above, row, below }| {
        let [left, centre, right] = *row;
        let all = |three: [u64; 3]| three[0] & three[1] & three[2];
        let none = |three: [u64; 3]| !(three[0] | three[1] | three[2]);
        let (west, east) = ([above[0], left, below[0]], [above[2], right, below[2]]);
        // What lies on a straight edge between three marked pixels and three that are not.
        let upright = (all(*above) & none(*below)) | (all(*below) & none(*above));
        let sideways = (all(west) & none(east)) | (all(east) & none(west));
        let bump = (upright & !(left | right)) | (sideways & !(above[1] | below[1]));
        let dent = (upright & left & right) | (sideways & above[1] & below[1]);
        (centre & !bump) | dent
    })
}

/// Marked pixels with marked ones on both sides.
pub(super) fn inner(mask: &Bits) -> Bits {
    each(mask, |Nine { row, .. }| row[0] & row[1] & row[2])
}

/// The mask widened by two pixels across and down; bits behind the last pixel of a row may be set.
pub(super) fn widened(mask: &Bits) -> Bits {
    let mut across = Bits::empty(mask.width, mask.height);
    for (to, row) in across.rows_mut().zip(mask.rows()) {
        for (at, to) in to.iter_mut().enumerate() {
            let (left, right) = (before(row, at), after(row, at));
            let far_left = row[at] << 2 | at.checked_sub(1).map_or(0, |last| row[last] >> 62);
            let far_right = row[at] >> 2 | row.get(at + 1).map_or(0, |next| next << 62);
            *to = row[at] | left | right | far_left | far_right;
        }
    }
    let mut made = across.clone();
    for (y, to) in made.rows_mut().enumerate() {
        for row in [-2, -1, 1, 2].into_iter().filter_map(|down| across.beside(y, down)) {
            to.iter_mut().zip(row).for_each(|(to, word)| *to |= word);
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a mask eight wide, at the end of a word so that neighbours are in two of them.
    fn mask(rows: [&str; 6]) -> Bits {
        let samples = rows.map(|row| format!("{row:.>67}...")).concat();
        let samples: Vec<u8> = samples.bytes().map(|byte| u8::from(byte == b'#')).collect();
        Bits::of(70, 6, &samples)
    }

    fn drawn(mask: &Bits) -> Vec<String> {
        let row = |row: &[u8]| row[59..67].iter().map(|&bit| if bit == 1 { '#' } else { '.' }).collect();
        mask.samples().chunks_exact(70).map(row).collect()
    }

    #[test]
    fn edges_are_made_straight_and_nothing_else_changes() {
        let smoothed = |rows| drawn(&smooth(&mask(rows)));
        let bump = ["........", "...#....", "########", "########", "########", "........"];
        assert_eq!(smoothed(bump)[1], "........");
        let dent = ["........", "###.####", "########", "########", "........", "........"];
        assert_eq!(smoothed(dent)[1], "########");
        let strokes = ["........", ".#.####.", ".#.#..#.", ".#.#..#.", ".#.####.", "........"];
        assert_eq!(smoothed(strokes), strokes);
    }

    #[test]
    fn specks_go_and_dots_stay() {
        let before = ["#......#", "........", ".##..##.", ".....##.", "........", "#......."];
        let after = ["........", "........", ".....##.", ".....##.", "........", "........"];
        assert_eq!(drawn(&without_specks(&mask(before))), after);
    }

    #[test]
    fn marks_are_widened_by_two_and_narrowed_to_what_is_inside() {
        let before = ["........", "........", "........", "....#...", "........", "........"];
        let after = ["........", "..#####.", "..#####.", "..#####.", "..#####.", "..#####."];
        assert_eq!(drawn(&widened(&mask(before))), after);
        let row = ["........", ".######.", "........", "........", "........", "........"];
        assert_eq!(drawn(&inner(&mask(row)))[1], "..####..");
    }
}
