//! The order in which lines are read.

use super::bridge::are_parted;
use super::{Frame, cells};

/// Columns are further apart than this, in heights of a line.
const GUTTER: f32 = 1.5;

/// Columns end where nothing is written across for more than this, in heights of a line.
const SECTION: f32 = 1.4;

/// Lines in reading order: bands from the top down, their columns from left to right; the rows of a table, and labels with their
/// values, across; all lines of a cell before those of the next. Dotted lines hold a row together.
pub(crate) fn reading_order(
    mut lines: Vec<Frame>,
    dotted: &[Frame],
    rules: &[Frame],
    level: &[Frame],
) -> Vec<Frame> {
    let mut ordered = Vec::with_capacity(lines.len() + dotted.len());
    lines.extend(dotted);
    let (cells, mut blocks) = cells::split(lines, rules, level);
    blocks.extend(cells.iter().map(|cell| cell.frame));
    let mut ordered_blocks = Vec::with_capacity(blocks.len());
    order(blocks, rules, &mut ordered_blocks, 0);
    for block in ordered_blocks {
        match cells.iter().find(|cell| cell.frame == block) {
            Some(cell) => order(cell.lines.clone(), rules, &mut ordered, 0),
            None => ordered.push(block),
        }
    }
    ordered.retain(|line| !dotted.contains(line));
    ordered
}

fn order(mut lines: Vec<Frame>, rules: &[Frame], ordered: &mut Vec<Frame>, depth: u32) {
    if lines.len() < 2 || depth > 16 {
        lines.sort_by_key(|line| (line.top, line.left));
        ordered.extend(lines);
        return;
    }
    for band in joined_by_columns(bands(lines), rules) {
        columns_of(band, rules, ordered, depth);
    }
}

fn columns_of(mut band: Vec<Frame>, rules: &[Frame], ordered: &mut Vec<Frame>, depth: u32) {
    match split_at_gutter(&band) {
        Some((left, right)) => {
            order(left, rules, ordered, depth + 1);
            order(right, rules, ordered, depth + 1);
        }
        None => {
            band.sort_by_key(|line| (line.top, line.left));
            for mut row in rows(band) {
                row.sort_by_key(|line| line.left);
                ordered.extend(row);
            }
        }
    }
}

/// Lines by the rows that they share, from the top down. The lowest of a row decides: cells may go over several.
fn rows(lines: Vec<Frame>) -> Vec<Vec<Frame>> {
    let mut rows: Vec<Vec<Frame>> = Vec::new();
    for line in lines {
        let shares = |row: &&mut Vec<Frame>| {
            let lowest = row.iter().min_by_key(|line| line.height());
            lowest.is_some_and(|lowest| 2 * line.rows_shared(lowest) > line.height().min(lowest.height()))
        };
        match rows.last_mut().filter(shares) {
            Some(row) => row.push(line),
            None => rows.push(vec![line]),
        }
    }
    rows
}

/// Lines that share no row with those of another band, from the top down.
fn bands(mut lines: Vec<Frame>) -> Vec<Vec<Frame>> {
    lines.sort_by_key(|line| line.top);
    let mut bands: Vec<Vec<Frame>> = Vec::new();
    let mut bottom = i32::MIN;
    for line in lines {
        // Marks of one line reach a little into the next.
        let inset = line.height() / 4;
        match bands.last_mut() {
            Some(band) if line.top + inset < bottom => band.push(line),
            _ => bands.push(vec![line]),
        }
        bottom = bottom.max(line.bottom - inset);
    }
    bands
}

/// Bands that follow each other and are parted by the same gutter are joined where they are columns of text.
fn joined_by_columns(bands: Vec<Vec<Frame>>, rules: &[Frame]) -> Vec<Vec<Frame>> {
    let mut joined = Vec::new();
    let mut rest = bands.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut run = vec![first];
        let mut all: Vec<Frame> = run.concat();
        while let Some(next) = rest.next_if(|next| {
            are_near(&all, next) && split_at_gutter(&[&all, next.as_slice()].concat()).is_some()
        }) {
            all.extend(&next);
            run.push(next);
        }
        if run.len() > 1 && are_columns(&all, rules) {
            joined.push(all);
        } else {
            joined.extend(run);
        }
    }
    joined
}

/// Whether a band follows so closely that it may go on with the columns above it.
fn are_near(above: &[Frame], band: &[Frame]) -> bool {
    let bottom = above.iter().map(|line| line.bottom).max().unwrap_or(0);
    let top = band.iter().map(|line| line.top).min().unwrap_or(0);
    let height = band.iter().map(Frame::height).max().unwrap_or(0);
    (top - bottom) as f32 <= SECTION * height as f32
}

/// Whether lines, all parted by one gutter, are columns of text and not rows of cells or of labels with values. Columns are
/// filled by their lines, or their lines stand at other heights than those beside them, or the right ones in the middle, as in
/// a letterhead and a signature block.
fn are_columns(all: &[Frame], rules: &[Frame]) -> bool {
    /// Of a column's width: what its lines fill, and how wide it is in heights of them.
    const FILLED: f32 = 0.75;
    const WIDE: i32 = 8;
    let Some((left, right)) = split_at_gutter(all) else { return false };
    let extent = |side: &[Frame]| side.iter().skip(1).fold(side[0], |whole, line| whole.union(line));
    let is_filled = |side: &[Frame]| {
        let whole = extent(side);
        let is_long = |line: &&Frame| {
            line.width() as f32 > FILLED * whole.width() as f32 && line.width() > WIDE * line.height()
        };
        2 * side.iter().filter(is_long).count() > side.len()
    };
    if extent(&left).rows_shared(&extent(&right)) < left[0].height() {
        return false;
    }
    if is_filled(&left) && is_filled(&right) {
        return true;
    }
    if are_parted(&extent(&left), &extent(&right), rules) {
        return false;
    }
    let is_level = |line: &&Frame| {
        right.iter().any(|other| {
            let (low, high) = (line.height().min(other.height()), line.height().max(other.height()));
            5 * line.rows_shared(other) >= 4 * low && 2 * high <= 3 * low
        })
    };
    let level = left.iter().filter(is_level).count();
    4 * level <= 3 * left.len() || are_centred(&right)
}

/// Whether lines of different lengths stand in the middle of one column.
fn are_centred(lines: &[Frame]) -> bool {
    let spread = |of: fn(&Frame) -> i32| {
        let places = || lines.iter().map(of);
        places().max().unwrap_or(0) - places().min().unwrap_or(0)
    };
    let height = lines.iter().map(Frame::height).max().unwrap_or(0);
    spread(|line| line.left) > height && spread(|line| i32::midpoint(line.left, line.right)) < height
}

/// Parts lines at the widest gap that no line crosses.
fn split_at_gutter(lines: &[Frame]) -> Option<(Vec<Frame>, Vec<Frame>)> {
    let mut by_left: Vec<Frame> = lines.to_vec();
    by_left.sort_by_key(|line| line.left);
    let mut heights: Vec<i32> = lines.iter().map(Frame::height).collect();
    heights.sort_unstable();
    let least = (GUTTER * heights[heights.len() / 2] as f32) as i32;
    let mut right = by_left.first()?.right;
    let mut widest: Option<(i32, usize)> = None;
    for (number, line) in by_left.iter().enumerate().skip(1) {
        let gap = line.left - right;
        if gap >= least && widest.is_none_or(|(most, _)| gap > most) {
            widest = Some((gap, number));
        }
        right = right.max(line.right);
    }
    let (_, number) = widest?;
    let after = by_left.split_off(number);
    Some((by_left, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(left: i32, top: i32, right: i32) -> Frame {
        Frame { left, top, right, bottom: top + 20 }
    }

    /// Lines in the order of a truth are found in it again, however they come.
    fn assert_order(truth: &[Frame]) {
        let mut shuffled: Vec<Frame> = truth.to_vec();
        shuffled.sort_by_key(|line| (line.right * 7919 + line.top * 104_729) % 1009);
        assert_eq!(reading_order(shuffled, &[], &[], &[]), truth);
    }

    #[test]
    fn a_letterhead_is_read_side_by_side_and_the_text_below_it() {
        assert_order(&[
            line(100, 100, 400),
            line(120, 130, 380),
            line(150, 170, 350),
            line(550, 104, 1100),
            line(600, 136, 1050),
            line(620, 176, 1100),
            line(300, 260, 900),
            line(100, 300, 1100),
            line(100, 330, 700),
        ]);
    }

    #[test]
    fn columns_of_text_are_read_one_after_the_other() {
        let column =
            |left: i32| (0..6).map(move |row| line(left, 100 + 30 * row, left + 480 - 40 * (row / 5)));
        let truth: Vec<Frame> = column(100).chain(column(640)).chain([line(100, 400, 1120)]).collect();
        assert_order(&truth);
    }

    #[test]
    fn a_table_is_read_row_by_row() {
        let truth: Vec<Frame> = (0..5)
            .flat_map(|row| {
                [(100, 130), (200, 330), (480, 600 - 20 * row)]
                    .map(|(left, right)| line(left, 100 + 40 * row, right))
            })
            .collect();
        assert_order(&truth);
    }

    #[test]
    fn cells_are_read_one_after_the_other_however_many_lines_they_have() {
        let upright = [90, 400, 710].map(|left| Frame { left, top: 90, right: left + 1, bottom: 250 });
        let level = [90, 170, 250].map(|top| Frame { left: 90, top, right: 711, bottom: top + 2 });
        let truth = [
            line(300, 50, 500),
            line(100, 100, 390),
            line(100, 126, 300),
            line(410, 100, 700),
            line(410, 126, 650),
            line(100, 206, 200),
            line(410, 180, 700),
            line(410, 206, 690),
            line(410, 230, 500),
            line(100, 280, 900),
        ];
        let mut shuffled = truth;
        shuffled.reverse();
        assert_eq!(reading_order(shuffled.to_vec(), &[], &upright, &level), truth);
    }

    #[test]
    fn a_label_is_read_with_its_value() {
        let truth: Vec<Frame> = (0..4)
            .flat_map(|row| {
                [line(100, 100 + 40 * row, 220 + 30 * row), line(500, 100 + 40 * row, 900 - 90 * row)]
            })
            .collect();
        assert_order(&truth);
    }

    #[test]
    fn a_signature_block_is_read_after_the_list_beside_it() {
        assert_order(&[
            line(100, 90, 1100),
            line(100, 150, 250),
            line(100, 178, 400),
            line(100, 206, 380),
            line(600, 160, 1000),
            line(620, 190, 980),
            line(650, 420, 950),
        ]);
    }
}
