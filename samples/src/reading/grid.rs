//! A ruled table whose cells have several lines, drawn below what is set in type.

use crate::fonts::{Family, Fonts, Typeface};
use crate::page::{HEIGHT, Mark, Page};
use crate::random::Random;

use super::wording::{REMARKS, SENTENCES};

const LEFT: f32 = 82.0;
const RIGHT: f32 = 544.0;
/// Headings and widths in points; the last column ends at the right margin.
const COLUMNS: [(&str, f32); 4] =
    [("STT", 30.0), ("Nội dung công việc", 166.0), ("Căn cứ, ghi chú", 166.0), ("Kinh phí (đồng)", 100.0)];
const SIZE: f32 = 11.5;
const LEADING: f32 = 14.0;
const PADDING: f32 = 4.0;

/// Draws on a page.
pub(super) struct Pen<'p> {
    pub(super) fonts: &'p Fonts<'p>,
    pub(super) family: Family,
    pub(super) page: &'p mut Page,
}

impl Pen<'_> {
    /// A table below all that is on the page. Each row becomes one line of the truth: its cells, each with all of its lines.
    pub(super) fn table(&mut self, random: &mut Random) {
        let mut y = self.lowest() + 16.0;
        let (top, is_centred) = (y, random.once_in(2));
        let headings = COLUMNS.map(|(heading, _)| heading.to_owned());
        y = self.row(y, &headings, true, true);
        for number in 1..=random.whole(4, 8) {
            let stock: &[&str] = if random.once_in(3) { &SENTENCES } else { &REMARKS };
            let cells = [
                number.to_string(),
                super::layout::one_of(random, &REMARKS),
                super::layout::one_of(random, stock),
                format!("{}.{:03}.000", random.whole(1, 90), random.whole(0, 999)),
            ];
            if y > HEIGHT - 160.0 {
                break;
            }
            y = self.row(y, &cells, false, is_centred);
        }
        self.rule((LEFT, y), RIGHT - LEFT, 0.6);
        let mut x = LEFT;
        for width in COLUMNS.iter().map(|(_, width)| *width).chain([0.0]) {
            self.rule((x, top), 0.6, y - top);
            x += width;
        }
    }

    /// A row of cells from here on; where it ends.
    fn row(&mut self, y: f32, cells: &[String; 4], is_bold: bool, is_centred: bool) -> f32 {
        let typeface = self.family.face(is_bold, false);
        let lines: Vec<Vec<String>> = cells
            .iter()
            .zip(COLUMNS)
            .map(|(cell, (_, width))| self.wrapped(typeface, cell, width - 2.0 * PADDING))
            .collect();
        let most = lines.iter().map(Vec::len).max().unwrap_or(0) as f32;
        self.rule((LEFT, y), RIGHT - LEFT, 0.6);
        let mut x = LEFT;
        for (number, (lines, (_, width))) in lines.iter().zip(COLUMNS).enumerate() {
            let spare = if is_centred { (most - lines.len() as f32) * LEADING / 2.0 } else { 0.0 };
            for (place, line) in (0_u16..).zip(lines) {
                let indent = match number {
                    1 | 2 => PADDING,
                    _ => (width - self.width(typeface, SIZE, line)) / 2.0,
                };
                let base = y + spare + LEADING * (f32::from(place) + 1.0);
                self.text(typeface, SIZE, (x + indent, base), line);
            }
            x += width;
        }
        self.page.lines.push(lines.concat().join(" "));
        y + most * LEADING + 6.0
    }

    fn lowest(&self) -> f32 {
        let base = |mark: &Mark| if let Mark::Text { y, .. } = mark { *y } else { 0.0 };
        self.page.marks.iter().map(base).fold(0.0, f32::max)
    }

    fn wrapped(&self, typeface: Typeface, text: &str, measure: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(line) if self.width(typeface, SIZE, &format!("{line} {word}")) <= measure => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    fn width(&self, typeface: Typeface, size: f32, text: &str) -> f32 {
        self.fonts.width(typeface, self.family.narrowed(size), text)
    }

    fn text(&mut self, typeface: Typeface, size: f32, (x, y): (f32, f32), text: &str) {
        let size = self.family.narrowed(size);
        self.page.marks.push(Mark::Text { typeface, size, x, y, text: text.to_owned() });
    }

    fn rule(&mut self, (x, y): (f32, f32), width: f32, height: f32) {
        self.page.marks.push(Mark::Rule { x, y, width, height });
    }
}
