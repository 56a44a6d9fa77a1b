//! Lines cut out of a page and laid under one another, to be read apart from it.

use muniment_record::{Area, Word};

use crate::Gray;
use crate::raster::usize_of;

/// Paper around a line that goes with it: a part of its height.
const MARGIN: f32 = 0.3;

/// Paper between lines and at the edges, in inches.
const GAP: f32 = 0.13;

/// Lines of a page on a sheet of their own.
pub(crate) struct Sheet {
    pub(crate) image: Gray,
    gap: u32,
    strips: Vec<Strip>,
}

/// A line with its paper.
struct Strip {
    line: u32,
    /// Its corner on the page, and its size.
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    /// How far down the sheet it lies.
    down: u32,
}

impl Sheet {
    /// Lays lines of `page` under one another.
    pub(crate) fn of<'a>(page: &Gray, lines: impl Iterator<Item = &'a [Word]>) -> Self {
        let gap = (GAP * page.dpi as f32) as u32;
        let mut down = gap;
        let mut strips = Vec::new();
        for words in lines {
            let Some(mut strip) = Strip::of(page, words) else { continue };
            strip.down = down;
            down += strip.height + gap;
            strips.push(strip);
        }
        let width = strips.iter().map(|strip| strip.width).max().unwrap_or(0) + 2 * gap;
        let mut image = Gray { width, height: down, dpi: page.dpi, samples: Vec::new() };
        image.samples = vec![255; usize_of(width) * usize_of(down)];
        for strip in &strips {
            for row in 0..strip.height {
                let from = usize_of(strip.top + row) * usize_of(page.width) + usize_of(strip.left);
                let to = usize_of(strip.down + row) * usize_of(width) + usize_of(gap);
                let count = usize_of(strip.width);
                image.samples[to..to + count].copy_from_slice(&page.samples[from..from + count]);
            }
        }
        Self { image, gap, strips }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.strips.is_empty()
    }

    /// Words that were read on the sheet, where they are on the page and as words of its lines.
    pub(crate) fn on_page(&self, words: &[Word]) -> Vec<Word> {
        let at_home = |word: &Word| {
            let middle = word.place.y + word.place.height / 2.0;
            let reach = self.gap as f32 / 2.0;
            let is_of = |strip: &&Strip| {
                middle >= strip.down as f32 - reach && middle < (strip.down + strip.height) as f32 + reach
            };
            let strip = self.strips.iter().find(is_of)?;
            let x = word.place.x - self.gap as f32 + strip.left as f32;
            let y = word.place.y - strip.down as f32 + strip.top as f32;
            Some(Word { place: Area { x, y, ..word.place }, line: strip.line, ..word.clone() })
        };
        words.iter().filter_map(at_home).collect()
    }
}

impl Strip {
    /// The part of the page that holds these words of a line, as far as they lie on it.
    fn of(page: &Gray, words: &[Word]) -> Option<Self> {
        let places = || words.iter().map(|word| word.place);
        let line = words.first()?.line;
        let left = places().map(|place| place.x).fold(f32::MAX, f32::min);
        let top = places().map(|place| place.y).fold(f32::MAX, f32::min);
        let right = places().map(|place| place.x + place.width).fold(0.0, f32::max);
        let bottom = places().map(|place| place.y + place.height).fold(0.0, f32::max);
        let margin = MARGIN * (bottom - top).max(0.0);
        let inside = |at: f32, most: u32| (at.max(0.0) as u32).min(most);
        let (left, top) = (inside(left - margin, page.width), inside(top - margin, page.height));
        let width = inside(right + margin, page.width).checked_sub(left).filter(|&width| width > 0)?;
        let height = inside(bottom + margin, page.height).checked_sub(top).filter(|&height| height > 0)?;
        Some(Self { line, left, top, width, height, down: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(line: u32, x: f32, y: f32) -> Word {
        Word {
            text: "chữ".to_owned(),
            place: Area { x, y, width: 40.0, height: 20.0 },
            confidence: 50.0,
            line,
        }
    }

    /// A page with a dark field under each of these words.
    fn page(words: &[Word]) -> Gray {
        let mut page = Gray { width: 300, height: 400, dpi: 300, samples: vec![255; 120_000] };
        for word in words {
            for row in word.place.y as usize..(word.place.y + word.place.height) as usize {
                let from = row * 300 + word.place.x as usize;
                page.samples[from..from + word.place.width as usize].fill(0);
            }
        }
        page
    }

    /// The dark fields of the sheet, from the top, as words.
    fn seen(sheet: &Sheet) -> Vec<Word> {
        let image = &sheet.image;
        let is_dark = |x: u32, y: u32| image.samples[(y * image.width + x) as usize] == 0;
        let mut found = Vec::new();
        for y in 1..image.height {
            for x in 1..image.width {
                if is_dark(x, y) && !is_dark(x - 1, y) && !is_dark(x, y - 1) {
                    found.push(word(99, x as f32, y as f32));
                }
            }
        }
        found
    }

    #[test]
    fn what_is_read_on_a_sheet_is_placed_back_on_the_page() {
        let words = [word(3, 50.0, 60.0), word(3, 120.0, 60.0), word(8, 200.0, 300.0)];
        let page = page(&words);
        let sheet = Sheet::of(&page, words.chunk_by(|a, b| a.line == b.line));
        assert_eq!(sheet.on_page(&seen(&sheet)), words);
        assert!(!sheet.is_empty());
    }

    #[test]
    fn words_at_the_edge_of_the_page_or_beyond_it_are_cut() {
        let edge = [word(1, -10.0, -10.0), word(1, 290.0, 390.0)];
        assert_eq!(Sheet::of(&page(&[]), [&edge[..]].into_iter()).image.width, 300 + 2 * 39);
        let beyond = [word(1, 500.0, 500.0)];
        assert!(Sheet::of(&page(&[]), [&beyond[..]].into_iter()).is_empty());
    }
}
