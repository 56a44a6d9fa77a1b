//! Where the ink is.

use std::ops::Range;

use super::Frame;
use crate::page::{INK, Picture};

/// Ink that goes on for so long is a rule or dark ground, not a letter, level (0.6 inches at 150 dpi) and upright: a table of two
/// rows is as high.
const RULE: f32 = 90.0;
const UPRIGHT_RULE: f32 = 70.0;

/// What is left of a level rule is not higher than this, in pixels at 150 dpi.
const REST: f32 = 3.0;

/// Ink in rows, as runs.
#[derive(Debug)]
pub(crate) struct Mask {
    /// By row, from left to right: first column, and the one behind the last.
    pub(crate) rows: Vec<Vec<(u32, u32)>>,
}

/// The rules of a page.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The upright ones, a column each, by their left edges.
    pub(crate) upright: Vec<Frame>,
    /// The level ones, by row.
    level: Vec<Vec<(u32, u32)>>,
    rest_height: i32,
}

impl Rules {
    /// Whether ink is what is left of a level rule that leans: where that goes on in the next row, its ends are short.
    pub(crate) fn have_rest(&self, ink: &Frame) -> bool {
        let rows = (ink.top - 1).max(0) as usize..(ink.bottom + 1).max(0) as usize;
        let touches = |&(from, to): &(u32, u32)| from as i32 <= ink.right && to as i32 >= ink.left;
        ink.height() <= self.rest_height
            && self.level.iter().take(rows.end).skip(rows.start).flatten().any(touches)
    }

    /// The level ones: what goes on from row to row, as where they are thick or lean, is one.
    pub(crate) fn level_frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (row, runs) in self.level.iter().enumerate() {
            let top = row as i32;
            open.retain(|&number| frames[number].bottom == top);
            for &(from, to) in runs {
                let run = Frame { left: from as i32, top, right: to as i32, bottom: top + 1 };
                match open.iter().find(|&&number| frames[number].gap(&run) <= 1) {
                    Some(&number) => frames[number] = frames[number].union(&run),
                    None => {
                        open.push(frames.len());
                        frames.push(run);
                    }
                }
            }
        }
        frames
    }
}

impl Mask {
    /// The ink of a page, the mean of `factor` by `factor` pixels to one.
    pub(crate) fn of(page: &Picture<'_>, factor: usize) -> Self {
        let width = page.width / factor;
        let most = u32::from(INK) * (factor * factor) as u32;
        let mut sums = vec![0_u16; page.width];
        let mut rows = Vec::with_capacity(page.height / factor);
        for strip in page.samples.chunks_exact(page.width * factor) {
            sums.fill(0);
            for row in strip.chunks_exact(page.width) {
                sums.iter_mut().zip(row).for_each(|(sum, &sample)| *sum += u16::from(sample));
            }
            let mut runs = Vec::new();
            let mut start = None;
            for (column, group) in sums.chunks_exact(factor).enumerate() {
                let is_ink = group.iter().map(|&sum| u32::from(sum)).sum::<u32>() < most;
                match (is_ink, start) {
                    (true, None) => start = Some(column as u32),
                    (false, Some(from)) => {
                        runs.push((from, column as u32));
                        start = None;
                    }
                    _ => {}
                }
            }
            if let Some(from) = start {
                runs.push((from, width as u32));
            }
            rows.push(runs);
        }
        Self { rows }
    }

    /// Drops rules, level and upright: what is too long for letters.
    pub(crate) fn drop_rules(&mut self, unit: f32) -> Rules {
        let least = (RULE * unit) as u32;
        let mut upright = self.upright_rules((UPRIGHT_RULE * unit) as usize);
        let is_level = |(from, to): &mut (u32, u32)| *to - *from >= least;
        let level = self.rows.iter_mut().map(|runs| runs.extract_if(.., is_level).collect()).collect();
        upright.sort_unstable_by_key(|(column, rows)| (*column, rows.start));
        self.drop_columns(&upright);
        let frame = |(column, rows): (u32, Range<usize>)| Frame {
            left: column as i32,
            top: rows.start as i32,
            right: column as i32 + 1,
            bottom: rows.end as i32,
        };
        let upright = upright.into_iter().map(frame).collect();
        Rules { upright, level, rest_height: (REST * unit) as i32 }
    }

    fn drop_columns(&mut self, columns: &[(u32, Range<usize>)]) {
        let begin_and_end =
            |(column, rows): &(u32, Range<usize>)| [(rows.start, *column, true), (rows.end, *column, false)];
        let mut changes: Vec<(usize, u32, bool)> = columns.iter().flat_map(begin_and_end).collect();
        changes.sort_unstable();
        let width = columns.iter().map(|(column, _)| *column as usize + 1).max().unwrap_or(0);
        // By column, whether a rule goes through the row that is looked at, and how many do.
        let (mut ruled, mut count) = (vec![false; width], 0_usize);
        let mut changes = changes.into_iter().peekable();
        let mut kept = Vec::new();
        for (row, runs) in self.rows.iter_mut().enumerate() {
            while let Some((_, column, begins)) = changes.next_if(|(at, ..)| *at == row) {
                ruled[column as usize] = begins;
                count = if begins { count + 1 } else { count - 1 };
            }
            if count == 0 {
                continue;
            }
            kept.clear();
            for &(from, to) in runs.iter() {
                let mut start = from;
                for column in (from..to).filter(|&column| ruled.get(column as usize) == Some(&true)) {
                    kept.push((start, column));
                    start = column + 1;
                }
                kept.push((start, to));
            }
            kept.retain(|(from, to)| from < to);
            runs.clone_from(&kept);
        }
    }

    /// Columns in which ink goes on for at least so many rows, with those rows.
    fn upright_rules(&self, least: usize) -> Vec<(u32, Range<usize>)> {
        let width =
            self.rows.iter().filter_map(|runs| runs.last()).map(|run| run.1 as usize).max().unwrap_or(0);
        // By column, the row in which its ink began, and the one in which it was last seen.
        let mut begun = vec![(0, usize::MAX); width];
        let mut rules = Vec::new();
        let mut end = |column: usize, (first, last): (usize, usize)| {
            if last != usize::MAX && last + 1 - first >= least {
                rules.push((column as u32, first..last + 1));
            }
        };
        for (row, runs) in self.rows.iter().enumerate() {
            for &(from, to) in runs {
                let first = from as usize;
                for (number, rows) in begun[first..to as usize].iter_mut().enumerate() {
                    if rows.1.wrapping_add(1) == row {
                        rows.1 = row;
                    } else {
                        end(first + number, *rows);
                        *rows = (row, row);
                    }
                }
            }
        }
        begun.iter().enumerate().for_each(|(column, &rows)| end(column, rows));
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_are_dropped_in_time_to_their_ink() {
        let stripes: Vec<(u32, u32)> = (0..2500).map(|column| (2 * column, 2 * column + 1)).collect();
        let mut mask = Mask { rows: vec![stripes; 5000] };
        let started = std::time::Instant::now();
        let rules = mask.drop_rules(1.0);
        assert!(started.elapsed().as_secs() < 5);
        assert_eq!(rules.upright.len(), 2500);
        assert!(mask.rows.iter().all(Vec::is_empty));
    }

    #[test]
    fn rules_are_dropped_and_letters_are_kept() {
        let mut mask = Mask { rows: vec![vec![(10, 20), (50, 53)]; 100] };
        mask.rows[40] = vec![(5, 195)];
        mask.rows.push(vec![(10, 20)]);
        let rules = mask.drop_rules(1.0);
        assert_eq!(rules.upright[0], Frame { left: 10, top: 0, right: 11, bottom: 101 });
        assert!([0, 40, 100].iter().all(|&row| mask.rows[row].is_empty()));
        let ink = |left, top| Frame { left, top, right: left + 8, bottom: top + 2 };
        assert!(rules.have_rest(&ink(100, 41)) && rules.have_rest(&ink(195, 38)));
        assert!(!rules.have_rest(&ink(100, 43)) && !rules.have_rest(&ink(210, 40)));
        assert!(!rules.have_rest(&Frame { bottom: 60, ..ink(100, 41) }), "a letter on a rule");
        let letters = vec![vec![(10, 20), (50, 53)]; 60];
        let mut mask = Mask { rows: letters.clone() };
        mask.drop_rules(1.0);
        assert_eq!(mask.rows, letters);
    }
}
