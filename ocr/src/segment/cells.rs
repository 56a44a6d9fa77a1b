//! The cells of ruled tables: the lines of one belong together, however many stand in the cells beside it.

use super::Frame;

/// Edges of one cell, seen from two of its lines, and lines that reach over them, are less than this apart, in pixels of the mask.
const SAME: i32 = 6;

/// A cell with text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// What rules enclose.
    pub(super) frame: Frame,
    pub(super) lines: Vec<Frame>,
}

/// Parts lines into cells and those that stand in none.
pub(super) fn split(lines: Vec<Frame>, upright: &[Frame], level: &[Frame]) -> (Vec<Cell>, Vec<Frame>) {
    let (mut cells, mut free) = (Vec::<Cell>::new(), Vec::new());
    for line in lines {
        let Some(frame) = around(&line, upright, level) else {
            free.push(line);
            continue;
        };
        match cells.iter_mut().find(|cell| is_same(&cell.frame, &frame)) {
            Some(cell) => cell.lines.push(line),
            None => cells.push(Cell { frame, lines: vec![line] }),
        }
    }
    (cells, free)
}

/// The cell that a line stands in: the nearest rules beside it, and those above and below that reach from one to the other.
fn around(line: &Frame, upright: &[Frame], level: &[Frame]) -> Option<Frame> {
    let (x, y) = (i32::midpoint(line.left, line.right), i32::midpoint(line.top, line.bottom));
    let beside = || upright.iter().filter(|rule| (rule.top..rule.bottom).contains(&y));
    let left = beside().filter(|rule| rule.right <= x).map(|rule| rule.right).max()?;
    let right = beside().filter(|rule| rule.left > x).map(|rule| rule.left).min()?;
    if line.left < left - SAME || line.right > right + SAME {
        return None;
    }
    let across = || level.iter().filter(|rule| rule.left <= left + SAME && rule.right >= right - SAME);
    let top = across().filter(|rule| rule.bottom <= y).map(|rule| rule.bottom).max()?;
    let bottom = across().filter(|rule| rule.top > y).map(|rule| rule.top).min()?;
    Some(Frame { left, top, right, bottom })
}

fn is_same(one: &Frame, other: &Frame) -> bool {
    let is_near = |one: i32, other: i32| (one - other).abs() < SAME;
    is_near(one.left, other.left)
        && is_near(one.right, other.right)
        && is_near(one.top, other.top)
        && is_near(one.bottom, other.bottom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(left: i32, top: i32, right: i32, bottom: i32) -> Frame {
        Frame { left, top, right, bottom }
    }

    #[test]
    fn lines_between_the_same_rules_are_of_one_cell() {
        let upright = [100, 300, 500].map(|x| frame(x, 100, x + 1, 220));
        let level = [100, 160, 220].map(|y| frame(100, y, 501, y + 2));
        let first = [frame(110, 106, 290, 126), frame(110, 132, 200, 152)];
        let (second, below) = (frame(310, 119, 480, 139), frame(110, 180, 290, 200));
        let outside = [frame(110, 240, 480, 260), frame(510, 119, 580, 139), frame(250, 110, 420, 130)];
        let lines = [&first[..], &[second, below], &outside].concat();
        let (cells, free) = split(lines, &upright, &level);
        let cell = |left, top, lines: &[Frame]| Cell {
            frame: frame(left, top, left + 199, top + 58),
            lines: lines.to_vec(),
        };
        assert_eq!(cells, [cell(101, 102, &first), cell(301, 102, &[second]), cell(101, 162, &[below])]);
        assert_eq!(free, outside);
    }
}
