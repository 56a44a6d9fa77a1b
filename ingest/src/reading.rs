//! From the recogniser's words on the copy to the text of a page and to lines laid over its image.

use muniment_record::Word;

use crate::copy::Copy;
use crate::pdf::text::{PlacedLine, PlacedWord};

/// Words read with less confidence than this, of 100, are noise more often than text.
const LEAST_CONFIDENCE: f32 = 25.0;

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
}

/// Where the page image lies on the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Dots an inch, across and down.
    pub(crate) dpi: (f32, f32),
    /// Height of the page in points.
    pub(crate) height: f32,
}

impl Reading {
    /// Takes what the recogniser answered for `copy`, the straightened copy of a page that leans by `degrees`.
    pub(crate) fn of(words: Vec<Word>, copy: &Copy, degrees: f32, placement: Placement) -> Self {
        let kept: Vec<Word> = words.into_iter().filter(is_text).collect();
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
            lines.push(placed(words, row, copy, degrees, placement, begins_paragraph));
            above = Some(row);
        }
        Self { text, lines, confidence: Some(confidence) }
    }
}

/// Whether a word is likely to stand on the paper.
fn is_text(word: &Word) -> bool {
    let least = if word.text.chars().any(char::is_alphanumeric) {
        LEAST_CONFIDENCE
    } else {
        LEAST_CONFIDENCE_OF_SIGNS
    };
    word.confidence >= least && word.place.width > 0.0 && word.place.height > 0.0
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

fn placed(
    words: &[Word],
    row: Row,
    copy: &Copy,
    degrees: f32,
    placement: Placement,
    begins_paragraph: bool,
) -> PlacedLine {
    let points = |x: f32, y: f32| {
        let (x, y) = copy.on_page(x, y);
        (x * 72.0 / placement.dpi.0, placement.height - y * 72.0 / placement.dpi.1)
    };
    let scale = copy.scale();
    let across = 72.0 / (placement.dpi.0 * scale.0);
    let down = 72.0 / (placement.dpi.1 * scale.1);
    // Lines that lean clockwise on the page go down to the right; points count upwards.
    let (start, end) = (points(row.left, row.bottom), points(row.right, row.bottom));
    let length = ((end.0 - start.0).powi(2) + (end.1 - start.1).powi(2)).sqrt();
    let direction = if degrees == 0.0 || length <= 0.0 {
        (1.0, 0.0)
    } else {
        ((end.0 - start.0) / length, (end.1 - start.1) / length)
    };
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

    use super::*;
    use crate::Gray;

    fn word(text: &str, x: f32, y: f32, confidence: f32, line: u32) -> Word {
        Word { text: text.to_owned(), place: Area { x, y, width: 40.0, height: 20.0 }, confidence, line }
    }

    fn read(words: Vec<Word>) -> Reading {
        let page = Gray { width: 2480, height: 3508, dpi: 300, samples: vec![255; 2480 * 3508] };
        let copy = Copy::of(&page, (300.0, 300.0), 0.0).unwrap();
        Reading::of(words, &copy, 0.0, Placement { dpi: (300.0, 300.0), height: 842.0 })
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
    fn words_are_placed_in_points_from_the_bottom_left() {
        let reading = read(vec![word("Giấy", 250.0, 480.0, 95.0, 0)]);
        let placed = &reading.lines[0].words[0];
        assert!((placed.x - 72.0).abs() < 0.1, "{placed:?}");
        assert!((placed.y - (842.0 - 144.0)).abs() < 0.1, "{placed:?}");
        assert!((placed.width - 40.0 * 72.0 / 250.0).abs() < 0.05, "{placed:?}");
    }
}
