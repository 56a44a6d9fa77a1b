//! Ink like letters that nobody read: what a page's confidence, which is that of the words that were found, cannot tell.

use muniment_record::Word;

use crate::Gray;
use crate::raster::usize_of;

/// Samples darker than this are ink on a whitened page.
const INK: u32 = 173;

/// Height and width of letters and pieces of words, in inches: from a small `e` of 8 points to capitals of 20.
const HEIGHTS: (f32, f32) = (0.053, 0.27);
const WIDTHS: (f32, f32) = (0.02, 0.4);

/// A line of words reaches so much further up and down than they do, of their height.
const MARGIN: f32 = 0.3;

/// So much ink like letters must be unread, and be so large a part of what was read, for lines to be missing. On 68 pages of
/// which all lines were found there were at most 6 pieces; without a fifth of the lines, 37 at least, 5 % of the rest.
const LEAST_PIECES: usize = 30;
const LEAST_PART: f32 = 0.05;

/// Whether lines of the page are likely to be missing among the words that were read.
pub(crate) fn is_much(page: &Gray, words: &[Word]) -> bool {
    let lines: Vec<Frame> = words.chunk_by(|a, b| a.line == b.line).map(Frame::of).collect();
    let pieces = pieces(page);
    let is_read = |piece: &&Frame| lines.iter().any(|line| line.holds_middle_of(piece));
    let read = pieces.iter().filter(is_read).count();
    let unread = pieces.len() - read;
    unread >= LEAST_PIECES && unread as f32 >= LEAST_PART * read as f32
}

/// A rectangle in pixels of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Frame {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Frame {
    /// What a line of words fills.
    fn of(words: &[Word]) -> Self {
        let none = Self { left: f32::MAX, top: f32::MAX, right: 0.0, bottom: 0.0 };
        let frame = words.iter().map(|word| word.place).fold(none, |frame, place| Self {
            left: frame.left.min(place.x),
            top: frame.top.min(place.y),
            right: frame.right.max(place.x + place.width),
            bottom: frame.bottom.max(place.y + place.height),
        });
        let margin = MARGIN * (frame.bottom - frame.top);
        Self {
            left: frame.left - margin,
            top: frame.top - margin,
            right: frame.right + margin,
            bottom: frame.bottom + margin,
        }
    }

    fn holds_middle_of(&self, other: &Self) -> bool {
        let (x, y) = ((other.left + other.right) / 2.0, (other.top + other.bottom) / 2.0);
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }

    fn joined(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Pieces of ink that hang together, at about 150 dots an inch, and are as large as letters.
fn pieces(page: &Gray) -> Vec<Frame> {
    let factor = usize_of(page.dpi / 150).max(1);
    let side = factor as f32;
    // Each run of ink belongs to a piece, or to one that was joined to another: `parents` leads there.
    let (mut frames, mut parents) = (Vec::new(), Vec::<usize>::new());
    let (mut above, mut here) = (Vec::<(usize, usize, usize)>::new(), Vec::new());
    for (row, strip) in page.samples.chunks_exact(usize_of(page.width) * factor).enumerate() {
        here.clear();
        let mut first = 0;
        for (from, to) in runs(strip, usize_of(page.width), factor) {
            let label = parents.len();
            parents.push(label);
            let (left, right) = (from as f32 * side, to as f32 * side);
            frames.push(Frame { left, top: row as f32 * side, right, bottom: (row + 1) as f32 * side });
            while above.get(first).is_some_and(|run| run.1 < from) {
                first += 1;
            }
            for run in above[first..].iter().take_while(|run| run.0 <= to) {
                let (one, other) = (root(&mut parents, label), root(&mut parents, run.2));
                parents[one.max(other)] = one.min(other);
            }
            here.push((from, to, label));
        }
        std::mem::swap(&mut above, &mut here);
    }
    let mut whole: Vec<Option<Frame>> = vec![None; frames.len()];
    for (label, frame) in frames.into_iter().enumerate() {
        let root = root(&mut parents, label);
        whole[root] = Some(whole[root].map_or(frame, |known| known.joined(frame)));
    }
    let dpi = page.dpi as f32;
    let is_within = |size: f32, (least, most): (f32, f32)| size >= least * dpi && size <= most * dpi;
    let is_letter = |frame: &Frame| {
        is_within(frame.bottom - frame.top, HEIGHTS) && is_within(frame.right - frame.left, WIDTHS)
    };
    whole.into_iter().flatten().filter(is_letter).collect()
}

/// The runs of ink in `factor` rows of a page, as columns of so many pixels: the first, and the one behind the last.
fn runs(strip: &[u8], width: usize, factor: usize) -> Vec<(usize, usize)> {
    let most = INK * (factor * factor) as u32;
    let columns = width / factor;
    let is_ink = |column: usize| {
        let of_row = |row: usize| &strip[row * width + column * factor..][..factor];
        (0..factor).flat_map(of_row).map(|&sample| u32::from(sample)).sum::<u32>() < most
    };
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for column in (0..columns).filter(|&column| is_ink(column)) {
        match runs.last_mut() {
            Some(run) if run.1 == column => run.1 += 1,
            _ => runs.push((column, column + 1)),
        }
    }
    runs
}

fn root(parents: &mut [usize], mut label: usize) -> usize {
    while parents[label] != label {
        parents[label] = parents[parents[label]];
        label = parents[label];
    }
    label
}

#[cfg(test)]
mod tests {
    use muniment_record::Area;

    use super::*;

    /// A page of ten rows of twenty strokes like letters, and a line of words for each.
    fn page() -> (Gray, Vec<Word>) {
        let mut page = Gray { width: 1000, height: 1000, dpi: 300, samples: vec![255; 1_000_000] };
        let mut words = Vec::new();
        for line in 0..10 {
            let top = 50 + line * 90;
            for letter in 0..20 {
                let left = 50 + letter * 40;
                for row in top..top + 30 {
                    page.samples[row * 1000 + left..row * 1000 + left + 12].fill(0);
                }
            }
            let place = Area { x: 50.0, y: top as f32, width: 780.0, height: 30.0 };
            words.push(Word { text: "chữ".to_owned(), place, confidence: 99.0, line: line as u32 });
        }
        (page, words)
    }

    #[test]
    fn lines_that_are_missing_are_missed() {
        let (page, words) = page();
        assert!(!is_much(&page, &words));
        assert!(!is_much(&page, &words[1..]), "a line of 20 letters is too little");
        assert!(is_much(&page, &words[2..]));
        assert!(is_much(&page, &[]));
    }

    #[test]
    fn pieces_are_as_large_as_letters() {
        let mut page = Gray { width: 1000, height: 1000, dpi: 300, samples: vec![255; 1_000_000] };
        let mut fill = |left: usize, top: usize, right: usize, bottom: usize| {
            (top..bottom).for_each(|row| page.samples[row * 1000 + left..row * 1000 + right].fill(0));
        };
        fill(10, 10, 900, 14);
        fill(100, 100, 104, 104);
        fill(300, 300, 600, 600);
        // Two arms that a foot joins.
        fill(700, 700, 706, 740);
        fill(720, 700, 726, 740);
        fill(700, 734, 726, 740);
        assert_eq!(pieces(&page), [Frame { left: 700.0, top: 700.0, right: 726.0, bottom: 740.0 }]);
    }

    #[test]
    fn whatever_the_page_it_is_looked_at() {
        for (width, height, level) in [(1, 1, 0), (1, 400, 0), (400, 1, 0), (301, 299, 0), (301, 299, 255)] {
            let samples = vec![level; (width * height) as usize];
            assert!(!is_much(&Gray { width, height, dpi: 300, samples }, &[]));
        }
    }
}
