//! From the recogniser's words on the copy to the text of a page and to lines laid over its image.

use muniment_record::Word;

use crate::copy::Copy;
use crate::ocr::Reread;
use crate::pdf::text::{PlacedLine, PlacedWord};
use crate::turn::Turn;

/// Words read with less confidence than this, of 100, are noise more often than text where they stand alone.
const LEAST_CONFIDENCE: f32 = 25.0;

/// Mean confidence of the other words of a line from which a doubtful word is taken to be text, too: one letter in doubt,
/// as of a long symbol, makes its whole word doubtful.
const LEAST_CONFIDENCE_AROUND: f32 = 60.0;

/// What a letter of a number must have at least, in the mean, to be taken for text even where its line is not sure: how likely all
/// letters of a long number are right is the product of many.
const LEAST_CONFIDENCE_OF_DIGITS: f32 = 50.0;

/// Words without a letter or digit need more: stamps, rules and paper grain read as punctuation.
const LEAST_CONFIDENCE_OF_SIGNS: f32 = 60.0;

/// What was read on a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// The text, a line feed between lines.
    pub(crate) text: String,
    /// The lines on the page, in points.
    pub(crate) lines: Vec<PlacedLine>,
    /// Mean confidence of the words that were kept.
    pub(crate) confidence: Option<f32>,
    /// What of it another than the first of several recognisers read.
    pub(crate) reader: Option<Reread>,
}

/// Where the page image lies on the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Dots an inch, across and down.
    pub(crate) dpi: (f32, f32),
    /// Height of the page in points.
    pub(crate) height: f32,
    /// How it was turned before it was read, and its size in pixels after that.
    pub(crate) turn: Turn,
    pub(crate) upright: (f32, f32),
}

impl Placement {
    /// The point of the page, counted from its bottom left, that is at this pixel of the upright page.
    fn point(self, pixel: (f32, f32)) -> (f32, f32) {
        let (x, y) = self.turn.before(pixel, self.upright);
        (x * 72.0 / self.dpi.0, self.height - y * 72.0 / self.dpi.1)
    }
}

impl Reading {
    /// Takes what the recogniser answered for `copy`, the straightened copy of a page.
    pub(crate) fn of(words: &[Word], copy: &Copy, placement: Placement) -> Self {
        let lines = words.chunk_by(|a, b| a.line == b.line);
        let kept: Vec<Word> = lines.flat_map(text_of).cloned().collect();
        if kept.is_empty() {
            return Self::default();
        }
        let confidence = kept.iter().map(|word| word.confidence).sum::<f32>() / kept.len() as f32;
        let rows: Vec<&[Word]> = kept.chunk_by(|a, b| a.line == b.line).collect();
        let text = rows
            .iter()
            .map(|row| row.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join("\n");
        let mut lines = Vec::with_capacity(rows.len());
        let mut above: Option<Row> = None;
        for words in rows {
            let row = Row::of(words);
            let begins_paragraph = above.is_none_or(|above| row.is_apart_from(above));
            lines.push(placed(words, row, copy, placement, begins_paragraph));
            above = Some(row);
        }
        Self { text, lines, confidence: Some(confidence), reader: None }
    }
}

/// The words of a line that are likely to stand on the paper.
fn text_of(line: &[Word]) -> impl Iterator<Item = &Word> {
    let sum: f32 = line.iter().map(|word| word.confidence).sum();
    let others = line.len() as f32 - 1.0;
    line.iter().enumerate().filter_map(move |(number, word)| {
        let letters = word.text.chars().filter(|letter| letter.is_alphanumeric()).count();
        let is_among_sure = others > 0.0 && (sum - word.confidence) / others >= LEAST_CONFIDENCE_AROUND;
        // A list has a dash before each of its lines.
        let begins_list = number == 0 && is_among_sure && ["-", "–", "+"].contains(&word.text.as_str());
        let least = match letters {
            0 if begins_list => LEAST_CONFIDENCE,
            0 => LEAST_CONFIDENCE_OF_SIGNS,
            1 => LEAST_CONFIDENCE,
            _ if is_among_sure || is_number(word) => 0.0,
            _ => LEAST_CONFIDENCE,
        };
        let is_text = word.confidence >= least && word.place.width > 0.0 && word.place.height > 0.0;
        is_text.then_some(word)
    })
}

/// Whether a word has digits and its letters are likely right, each by itself.
fn is_number(word: &Word) -> bool {
    let letters = word.text.chars().count() as f32;
    let of_letter = 100.0 * (word.confidence / 100.0).max(0.0).powf(1.0 / letters.max(1.0));
    word.text.contains(|letter: char| letter.is_ascii_digit()) && of_letter >= LEAST_CONFIDENCE_OF_DIGITS
}

/// A line's extent in pixels of the copy.
#[derive(Clone, Copy, Debug)]
struct Row {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

impl Row {
    /// The extent of a line; single tall boxes, as of a bracket or a stroke of a stamp, do not stretch it.
    fn of(words: &[Word]) -> Self {
        let mut tops: Vec<f32> = words.iter().map(|word| word.place.y).collect();
        let mut bottoms: Vec<f32> = words.iter().map(|word| word.place.y + word.place.height).collect();
        tops.sort_by(f32::total_cmp);
        bottoms.sort_by(f32::total_cmp);
        let quarter = words.len() / 4;
        let edges = words.iter().map(|word| (word.place.x, word.place.x + word.place.width));
        let (left, right) =
            edges.fold((f32::MAX, f32::MIN), |(left, right), edge| (left.min(edge.0), right.max(edge.1)));
        Self { left, right, top: tops[quarter], bottom: bottoms[words.len() - 1 - quarter] }
    }

    fn height(self) -> f32 {
        (self.bottom - self.top).max(4.0)
    }

    /// Whether this line, read after `above`, belongs to another paragraph.
    fn is_apart_from(self, above: Self) -> bool {
        let gap = self.top - above.bottom;
        let height = self.height().min(above.height());
        let beside = self.left > above.right || self.right < above.left;
        gap > 0.9 * height || gap < -0.5 * height || beside
    }
}

fn placed(words: &[Word], row: Row, copy: &Copy, placement: Placement, begins_paragraph: bool) -> PlacedLine {
    let points = |x: f32, y: f32| placement.point(copy.on_page(x, y));
    let (scale, dpi) = (copy.scale(), placement.turn.swapped(placement.dpi.0, placement.dpi.1));
    let (across, down) = (72.0 / (dpi.0 * scale.0), 72.0 / (dpi.1 * scale.1));
    // Lines that lean clockwise on the page go down to the right; points count upwards.
    let (start, end) = (points(row.left, row.bottom), points(row.right, row.bottom));
    let length = ((end.0 - start.0).powi(2) + (end.1 - start.1).powi(2)).sqrt();
    let direction =
        if length <= 0.0 { (1.0, 0.0) } else { ((end.0 - start.0) / length, (end.1 - start.1) / length) };
    let words = words
        .iter()
        .map(|word| {
            let (x, y) = points(word.place.x, row.bottom);
            PlacedWord {
                text: word.text.clone(),
                x,
                y,
                width: word.place.width * across,
                height: row.height() * down,
            }
        })
        .collect();
    PlacedLine { words, direction, begins_paragraph }
}

#[cfg(test)]
mod tests {
    use muniment_record::Area;
    use proptest::prelude::*;

    use super::*;
    use crate::Gray;

    fn word(text: &str, x: f32, y: f32, confidence: f32, line: u32) -> Word {
        Word { text: text.to_owned(), place: Area { x, y, width: 40.0, height: 20.0 }, confidence, line }
    }

    fn read(words: Vec<Word>) -> Reading {
        let page = Gray { width: 2480, height: 3508, dpi: 300, samples: vec![255; 2480 * 3508] };
        let copy = Copy::of(&page, (300.0, 300.0), 0.0, 200).unwrap();
        let placement =
            Placement { dpi: (300.0, 300.0), height: 842.0, turn: Turn::None, upright: (2480.0, 3508.0) };
        Reading::of(&words, &copy, placement)
    }

    #[test]
    fn noise_is_left_out_and_lines_are_kept() {
        let reading = read(vec![
            word("Giấy", 100.0, 100.0, 95.0, 0),
            word("phép", 150.0, 100.0, 85.0, 0),
            word("~~", 300.0, 100.0, 40.0, 0),
            word("x", 300.0, 130.0, 10.0, 1),
            word("xây", 100.0, 130.0, 90.0, 2),
        ]);
        assert_eq!(reading.text, "Giấy phép\nxây");
        assert_eq!(reading.confidence, Some(90.0));
        assert!(!reading.lines[1].begins_paragraph);
    }

    #[test]
    fn a_doubtful_word_is_kept_where_its_line_is_sure() {
        let line =
            |around: f32| read(vec![word("số", 100.0, 100.0, around, 0), word("Kiểm", 150.0, 100.0, 9.0, 0)]);
        assert_eq!(line(90.0).text, "số Kiểm");
        assert_eq!(line(50.0).text, "số");
    }

    #[test]
    fn a_number_alone_and_the_dash_of_a_list_are_text() {
        assert_eq!(read(vec![word("66.069.000", 100.0, 100.0, 14.0, 0)]).text, "66.069.000");
        assert_eq!(read(vec![word("xX8", 100.0, 100.0, 9.0, 0)]).text, "");
        let list = |dash: f32| {
            read(vec![word("-", 100.0, 100.0, dash, 0), word("Lưu:", 150.0, 100.0, 95.0, 0)]).text
        };
        assert_eq!(list(30.0), "- Lưu:");
        assert_eq!(list(10.0), "Lưu:");
    }

    #[test]
    fn words_are_placed_in_points_from_the_bottom_left() {
        let reading = read(vec![word("Giấy", 200.0, 380.0, 95.0, 0)]);
        let placed = &reading.lines[0].words[0];
        assert!((placed.x - 72.0).abs() < 0.1, "{placed:?}");
        assert!((placed.y - (842.0 - 144.0)).abs() < 0.1, "{placed:?}");
        assert!((placed.width - 40.0 * 72.0 / 200.0).abs() < 0.05, "{placed:?}");
    }

    proptest! {
        /// Whatever the turn, the lean and the resolutions: back from its place in points, a word is where it was read.
        #[test]
        fn a_placed_word_is_found_again_on_the_copy(
            (width, height) in (40_u32..200, 40_u32..200),
            (x, y) in (0.0_f32..1.0, 0.0_f32..1.0),
            degrees in -8.0_f32..8.0,
            dpi in (100.0_f32..600.0, 100.0_f32..600.0),
            turn in proptest::sample::select(Turn::ALL.to_vec()),
        ) {
            let page = Gray { width, height, dpi: 300, samples: vec![255; 40_000] };
            let page = Gray { samples: page.samples[..(width * height) as usize].to_vec(), ..page };
            let copy = Copy::of(&page, turn.swapped(dpi.0, dpi.1), degrees, 200).unwrap();
            let size = (copy.image.width as f32, copy.image.height as f32);
            let (x, y) = (x * size.0, y * size.1);
            let seen = turn.swapped(width as f32, height as f32);
            let placement = Placement {
                dpi,
                height: seen.1 * 72.0 / dpi.1,
                turn,
                upright: (width as f32, height as f32),
            };
            let words = [word("chữ", x, y - 20.0, 90.0, 0)];
            let placed = Reading::of(&words, &copy, placement).lines.remove(0).words.remove(0);

            // To pixels of the page as it was scanned, then turned, then of the copy, then straightened.
            let scanned = (placed.x * dpi.0 / 72.0, seen.1 - placed.y * dpi.1 / 72.0);
            let (w, h) = (width as f32, height as f32);
            let upright = match turn {
                Turn::None => scanned,
                Turn::Right => (w - scanned.1, scanned.0),
                Turn::Over => (w - scanned.0, h - scanned.1),
                Turn::Left => (scanned.1, h - scanned.0),
            };
            let leaning = (upright.0 * size.0 / w - size.0 / 2.0, upright.1 * size.1 / h - size.1 / 2.0);
            let lean = if degrees.abs() < 0.35 { 0.0 } else { degrees.to_radians() };
            let (sine, cosine) = lean.sin_cos();
            let found = (
                cosine * leaning.0 + sine * leaning.1 + size.0 / 2.0,
                cosine * leaning.1 - sine * leaning.0 + size.1 / 2.0,
            );
            prop_assert!((found.0 - x).abs() < 0.1 && (found.1 - y).abs() < 0.1, "{:?} where ({}, {}) was", found, x, y);
        }
    }
}
