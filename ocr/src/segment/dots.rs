//! Dotted lines, on which forms are filled in: no text.

use super::Frame;

/// A row of this many dots is a dotted line; less may be punctuation.
const LEAST_DOTS: usize = 6;

/// The largest dot, and the widest step from dot to dot, of the page's middle height of letters.
const DOT: f32 = 0.4;
const STEP: f32 = 1.5;

/// Dotted lines.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Dotted {
    pub(super) dots: Vec<Frame>,
    /// The lines, as high as letters that would stand on them.
    pub(super) lines: Vec<Frame>,
}

/// Parts marks into those that may be of letters, and dotted lines.
pub(super) fn split(mut marks: Vec<Frame>, middle: f32) -> (Vec<Frame>, Dotted) {
    marks.sort_unstable_by_key(|mark| (mark.left, mark.top));
    let is_dot = |mark: &Frame| mark.width().max(mark.height()) as f32 <= (DOT * middle).max(3.0);
    let mut taken = vec![false; marks.len()];
    let (mut others, mut dotted) = (Vec::new(), Dotted::default());
    for first in 0..marks.len() {
        if taken[first] || !is_dot(&marks[first]) {
            continue;
        }
        let mut row = vec![first];
        let mut pitch: Option<i32> = None;
        let mut last = marks[first];
        for (number, mark) in marks.iter().enumerate().skip(first + 1) {
            let step = mark.left - last.left;
            if step as f32 > STEP * middle {
                break;
            }
            // Corners of a mask are a pixel off here and there.
            let is_level = (mark.bottom - last.bottom).abs() <= 1 && (mark.top - last.top).abs() <= 2;
            let is_in_step = pitch.is_none_or(|pitch| (step - pitch).abs() <= 2);
            if !taken[number] && is_dot(mark) && is_level && is_in_step && mark.left > last.right {
                pitch = pitch.or(Some(step));
                row.push(number);
                last = *mark;
            }
        }
        if row.len() >= LEAST_DOTS {
            row.iter().for_each(|&number| taken[number] = true);
            let line = marks[first].union(&last);
            dotted.lines.push(Frame { top: line.bottom - middle as i32, ..line });
        }
    }
    for (mark, taken) in marks.into_iter().zip(taken) {
        if taken { dotted.dots.push(mark) } else { others.push(mark) }
    }
    (others, dotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(count: i32, pitch: i32) -> Vec<Frame> {
        (0..count)
            .map(|number| Frame {
                left: 50 + pitch * number + number % 2,
                top: 80 + number / 9,
                right: 53 + pitch * number + number % 2,
                bottom: 83 + number / 9,
            })
            .collect()
    }

    #[test]
    fn a_row_of_dots_is_a_dotted_line() {
        let accent = Frame { left: 60, top: 60, right: 66, bottom: 64 };
        let mut marks = row(30, 7);
        marks.push(accent);
        let line = Frame { left: 50, top: 72, right: 257, bottom: 86 };
        let dotted = Dotted { dots: row(30, 7), lines: vec![line] };
        assert_eq!(split(marks, 14.0), (vec![accent], dotted));
    }

    #[test]
    fn an_ellipsis_and_scattered_dots_are_not() {
        assert_eq!(split(row(3, 7), 14.0).1, Dotted::default());
        assert_eq!(split(row(8, 25), 14.0).1, Dotted::default());
    }
}
