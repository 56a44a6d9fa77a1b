//! Letters to lines.

use super::Frame;
use super::bridge::are_parted;
use super::components::{Component, join, root};
use super::dots::{self, Dotted};
use super::rows::Rows;

/// Sizes in pixels at 150 dpi: a speck, the tallest letter, and the lowest that a body can be.
const SPECK_PIXELS: f32 = 3.0;
const TALLEST: f32 = 80.0;
const LOWEST_BODY: f32 = 6.0;

/// Rules, frames and curves are at least this wide or high, in pixels at 150 dpi.
const WIDE: f32 = 40.0;

/// A rule that leans is at least so many times as wide as high.
const LEANING: f32 = 8.0;

/// Bodies lie between these parts of the page's middle height of letters; what is higher chains with its like.
const LOW: f32 = 0.55;
const HIGH: f32 = 1.9;

/// How many times as wide as high a mark is that no letter has at its foot, and at its head.
const FLAT_BELOW: i32 = 3;
const FLAT_ABOVE: i32 = 5;

/// The most letters, and the most marks, of a page. Where there are more, as on a peppered photocopy, those nearest to the middle
/// height and the largest marks are it.
const MOST_BODIES: usize = 20_000;
const MOST_MARKS: usize = 20_000;

/// Words of a line are closer than this, in heights of the line.
pub(super) const WORD_GAP: f32 = 1.6;

/// Small print is at least so many times as wide as high: less may be specks side by side.
const LEAST_SMALL: i32 = 3;

/// Of a wide component's frame: what has less ink is drawn, not written, as frames, curves and signatures are.
const LEAST_FILLED: f32 = 0.12;

/// The lines of a page, in no order, and dotted lines.
pub(crate) fn lines(components: &[Component], rules: &[Frame], unit: f32) -> (Vec<Frame>, Dotted) {
    let mut ink = Vec::new();
    for Component { frame, pixels } in components {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        if *pixels as f32 <= SPECK_PIXELS * unit * unit {
            continue;
        }
        let is_rule = width >= WIDE * unit && (height <= 4.0 * unit || width >= LEANING * height);
        let is_outline = width.max(height) >= WIDE * unit && (*pixels as f32) < LEAST_FILLED * width * height;
        if height <= TALLEST * unit && !is_outline && !is_rule {
            ink.push(*frame);
        }
    }
    let middle = middle_height(&ink, unit);
    let is_upright_rule =
        |frame: &Frame| frame.height() as f32 > HIGH * middle && frame.width() as f32 <= 5.0 * unit;
    let (mut marks, mut bodies, mut tall) = (Vec::new(), Vec::new(), Vec::new());
    for frame in ink {
        let height = frame.height() as f32;
        if is_upright_rule(&frame) {
            continue;
        }
        if height < (LOW * middle).max(LOWEST_BODY * unit) {
            marks.push(frame);
        } else if height <= HIGH * middle {
            bodies.push(frame);
        } else {
            tall.push(frame);
        }
    }
    keep_least(&mut bodies, MOST_BODIES, |body| (body.height() as f32 - middle).abs() as i32);
    keep_least(&mut tall, MOST_BODIES, Frame::height);
    keep_least(&mut marks, MOST_MARKS, |mark| -mark.width() * mark.height());
    let (marks, dotted) = dots::split(marks, middle);
    let mut lines = merged(chained(&bodies, rules), rules);
    lines.extend(merged(chained(&tall, rules), rules));
    let mut lines = absorbed(lines);
    let orphans = attach(&mut lines, marks);
    lines.extend(small_print(orphans, rules, unit));
    (lines, dotted)
}

/// Lines of marks that belong to no line: print that is small beside that of the page, as form codes and notes are.
fn small_print(marks: Vec<Frame>, rules: &[Frame], unit: f32) -> Vec<Frame> {
    let middle = middle_height(&marks, unit);
    let heights = (LOW * middle).max(LOWEST_BODY * unit)..=HIGH * middle;
    let (mut bodies, marks): (Vec<Frame>, Vec<Frame>) =
        marks.into_iter().partition(|mark| heights.contains(&(mark.height() as f32)));
    bodies.sort_unstable_by_key(|body| (body.left, body.top));
    let mut lines = merged(chained(&bodies, rules), rules);
    lines.retain(|line| line.width() > LEAST_SMALL * line.height());
    attach(&mut lines, marks);
    lines
}

/// Keeps the frames of which this is least, in the order in which they come, where there are too many.
fn keep_least(frames: &mut Vec<Frame>, most: usize, of: impl Fn(&Frame) -> i32) {
    if frames.len() > most {
        frames.sort_by_key(of);
        frames.truncate(most);
        frames.sort_by_key(|frame| (frame.left, frame.top));
    }
}

/// The height of which half the ink, by width, is lower.
fn middle_height(ink: &[Frame], unit: f32) -> f32 {
    let mut heights: Vec<(i32, i32)> = ink
        .iter()
        .filter(|frame| frame.height() as f32 >= LOWEST_BODY * unit && frame.width() as f32 >= 3.0 * unit)
        .map(|frame| (frame.height(), frame.width().min(2 * frame.height())))
        .collect();
    heights.sort_unstable();
    let half = heights.iter().map(|(_, width)| width).sum::<i32>() / 2;
    let mut seen = 0;
    for (height, width) in heights {
        seen += width;
        if seen >= half {
            return height as f32;
        }
    }
    15.0 * unit
}

/// Each body joined with its nearest neighbour to the right in the same row. The bodies come by their left edges.
fn chained(bodies: &[Frame], rules: &[Frame]) -> Vec<Frame> {
    let widest = bodies.iter().map(Frame::width).max().unwrap_or(0);
    let mut parents: Vec<u32> = (0..bodies.len() as u32).collect();
    for (number, body) in bodies.iter().enumerate() {
        let mut nearest: Option<(i32, usize)> = None;
        let reach = (WORD_GAP * body.height() as f32) as i32 + widest;
        for (other, candidate) in bodies.iter().enumerate().skip(number + 1) {
            if candidate.left - body.right > reach {
                break;
            }
            let (low, high) = (body.height().min(candidate.height()), body.height().max(candidate.height()));
            let gap = candidate.left - body.right;
            if 2 * body.rows_shared(candidate) < low
                || gap as f32 > WORD_GAP * 0.75 * high as f32
                || nearest.is_some_and(|(least, _)| gap >= least)
                || are_parted(body, candidate, rules)
            {
                continue;
            }
            nearest = Some((gap, other));
        }
        if let Some((_, other)) = nearest {
            join(&mut parents, number as u32, other as u32);
        }
    }
    let mut frames: Vec<Option<Frame>> = vec![None; bodies.len()];
    for (number, body) in bodies.iter().enumerate() {
        let root = root(&mut parents, number as u32) as usize;
        frames[root] = Some(frames[root].map_or(*body, |known| known.union(body)));
    }
    frames.into_iter().flatten().collect()
}

/// Fragments of a row become one where they are as close as words.
fn merged(mut fragments: Vec<Frame>, rules: &[Frame]) -> Vec<Frame> {
    fragments.sort_unstable_by_key(|frame| frame.left);
    let mut lines: Vec<Frame> = Vec::new();
    let mut rows = Rows::default();
    for fragment in fragments {
        let fits = |&&number: &&usize| {
            let line = &lines[number];
            let (low, high) = (line.height().min(fragment.height()), line.height().max(fragment.height()));
            2 * line.rows_shared(&fragment) >= low
                && (line.gap(&fragment) as f32) < WORD_GAP * low as f32
                && high <= 3 * low
                && !are_parted(line, &fragment, rules)
        };
        let near = rows.near(&fragment);
        let number = match near.iter().filter(fits).max_by_key(|&&number| lines[number].right) {
            Some(&number) => {
                lines[number] = lines[number].union(&fragment);
                number
            }
            None => {
                lines.push(fragment);
                lines.len() - 1
            }
        };
        rows.add(number, &fragment);
    }
    lines
}

/// Lines that lie within others, as the marks of a headline, become part of them.
fn absorbed(mut lines: Vec<Frame>) -> Vec<Frame> {
    lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.width() * line.height()));
    let mut kept: Vec<Frame> = Vec::new();
    let mut rows = Rows::default();
    for line in lines {
        let near = rows.near(&line);
        let holder = near.into_iter().find(|&holder| {
            let holder = &kept[holder];
            let around = holder.height() / 2;
            let is_low = 2 * line.height() <= holder.height();
            let beside = holder.height();
            let inside = line.left >= holder.left - beside && line.right <= holder.right + beside;
            let near = line.bottom > holder.top - around / 2 && line.top < holder.bottom + around / 2;
            let shares = 4 * line.rows_shared(holder) >= 3 * line.height();
            inside && ((is_low && near) || shares)
        });
        match holder {
            Some(holder) => kept[holder] = kept[holder].union(&line),
            None => {
                rows.add(kept.len(), &line);
                kept.push(line);
            }
        }
    }
    kept
}

/// Gives accents, dots and punctuation to the lines that they belong to, and gives back what belongs to none.
fn attach(lines: &mut [Frame], marks: Vec<Frame>) -> Vec<Frame> {
    let bodies: Vec<Frame> = lines.to_vec();
    let mut rows = Rows::default();
    bodies.iter().enumerate().for_each(|(number, line)| rows.add(number, line));
    let mut orphans = Vec::new();
    for mark in marks {
        let mut nearest: Option<(f32, usize)> = None;
        let middle = (mark.top + mark.bottom) as f32 / 2.0;
        for number in rows.near(&mark) {
            let line = &bodies[number];
            let height = line.height() as f32;
            let distance = (line.top as f32 - middle).max(middle - line.bottom as f32).max(0.0);
            let beside = line.gap(&mark).max(0) as f32;
            let reach = if distance > 0.0 { 0.3 } else { WORD_GAP };
            let below = middle > line.bottom as f32;
            // What is flat and beyond the letters is of a rule.
            let flat = if below { FLAT_BELOW } else { FLAT_ABOVE };
            if distance > 0.0 && mark.width() > flat * mark.height() {
                continue;
            }
            if distance > height * if below { 0.4 } else { 0.6 } || beside > reach * height {
                continue;
            }
            let cost = distance + beside / 4.0;
            if nearest.is_none_or(|(least, _)| cost < least) {
                nearest = Some((cost, number));
            }
        }
        match nearest {
            Some((_, number)) => lines[number] = lines[number].union(&mark),
            None => orphans.push(mark),
        }
    }
    orphans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(left: i32, top: i32, width: i32, height: i32) -> Component {
        let frame = Frame { left, top, right: left + width, bottom: top + height };
        Component { frame, pixels: (width * height) as u32 / 2 }
    }

    /// A line of letters ten wide and fourteen high, a space after every fifth.
    fn line(left: i32, top: i32, letters: i32) -> Vec<Component> {
        (0..letters).map(|number| letter(left + number * 12 + number / 5 * 8, top, 10, 14)).collect()
    }

    fn found(mut components: Vec<Component>) -> Vec<Frame> {
        components.sort_by_key(|component| component.frame.left);
        let (mut found, _) = lines(&components, &[], 1.0);
        found.sort_by_key(|line| (line.top, line.left));
        found
    }

    #[test]
    fn letters_and_their_marks_become_a_line() {
        let mut page = line(100, 100, 20);
        page.push(letter(126, 92, 6, 4));
        page.push(letter(150, 116, 3, 3));
        page.extend(line(100, 130, 20));
        let lines = found(page);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!((lines[0].top, lines[0].bottom, lines[0].left), (92, 119, 100));
        assert_eq!((lines[1].top, lines[1].bottom), (130, 144));
    }

    #[test]
    fn small_print_beside_large_is_a_line() {
        let large = |row: i32| (0..30).map(move |number| letter(100 + 26 * number, 200 + 60 * row, 20, 30));
        let mut page: Vec<Component> = (0..8).flat_map(large).collect();
        page.extend((0..30).map(|number| letter(100 + 12 * number, 60, 9, 13)));
        page.push(letter(203, 55, 4, 4));
        page.push(letter(900, 60, 5, 5));
        let lines = found(page);
        assert_eq!(lines.len(), 9, "{lines:?}");
        assert_eq!(lines[0], Frame { left: 100, top: 55, right: 457, bottom: 73 });
    }

    #[test]
    fn lines_of_a_peppered_page_are_found() {
        let mut page: Vec<Component> = (0..40).flat_map(|row| line(100, 100 + 40 * row, 60)).collect();
        let pepper = |number: i32| letter(7 * (number % 250), 5 * (number / 250), 4, 2);
        page.extend((0..70_000).map(pepper).filter(|mark| mark.frame.top % 40 > 30));
        page.extend((0..70_000).map(|number| letter(7 * (number % 250) + 3, 1800 + number / 250, 2, 3)));
        let lines = found(page);
        assert_eq!(lines.len(), 40);
    }

    #[test]
    fn a_page_of_more_letters_than_one_has_is_read_in_part() {
        let page: Vec<Component> = (0..400).flat_map(|row| line(100, 100 + 40 * row, 60)).collect();
        assert!(!found(page).is_empty());
    }

    #[test]
    fn two_columns_of_a_letterhead_stay_apart() {
        let mut page = line(100, 100, 10);
        page.extend(line(400, 103, 20));
        assert_eq!(found(page).len(), 2);
    }

    #[test]
    fn rules_frames_and_large_things_are_no_letters() {
        let mut page = line(100, 100, 10);
        page.push(letter(100, 120, 200, 2));
        page.push(letter(90, 60, 3, 70));
        page.push(letter(300, 60, 300, 280));
        let lines = found(page);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((lines[0].top, lines[0].bottom, lines[0].right), (100, 114, 226));
    }

    #[test]
    fn a_headline_of_large_letters_keeps_its_accents() {
        let mut page = line(100, 200, 40);
        page.extend((0..8).map(|number| letter(100 + number * 34, 100, 28, 40)));
        page.push(letter(136, 84, 16, 12));
        let lines = found(page);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!((lines[0].top, lines[0].bottom), (84, 140));
    }
}
