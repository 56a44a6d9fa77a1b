//! Where words stand: the network says about where it saw their letters, the ink says where they end.

use crate::page::{Area, INK, Picture};

/// The columns of a line, and in which rows they have ink.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    left: usize,
    /// By column: the first row with ink, and the one behind the last; the latter is 0 where there is none.
    ink: Vec<(u32, u32)>,
}

impl Columns {
    /// Looks at the columns of a line.
    pub(crate) fn look(&mut self, page: &Picture<'_>, line: Area) {
        let left = (line.left.max(0.0) as usize).min(page.width);
        let right = (line.right.ceil() as usize).clamp(left, page.width);
        let (top, bottom) = (line.top.max(0.0) as usize, (line.bottom.ceil() as usize).min(page.height));
        self.left = left;
        self.ink.clear();
        self.ink.resize(right - left, (u32::MAX, 0));
        for (y, row) in page.samples.chunks_exact(page.width).enumerate().take(bottom).skip(top) {
            let y = y as u32;
            for ((first, end), &sample) in self.ink.iter_mut().zip(&row[left..right]) {
                let is_ink = sample < INK;
                *first = (*first).min(if is_ink { y } else { u32::MAX });
                *end = if is_ink { y + 1 } else { *end };
            }
        }
    }

    fn has_ink(&self, at: usize) -> bool {
        self.ink[at].1 > 0
    }

    /// The rows that have ink between two places of a line.
    fn rows(&self, from: f32, to: f32) -> Option<(f32, f32)> {
        let ink = &self.ink[self.index(from)..self.index(to.ceil()).max(self.index(from))];
        let top = ink.iter().map(|(first, _)| *first).min()?;
        let bottom = ink.iter().map(|(_, end)| *end).max()?;
        (bottom > 0).then_some((top as f32, bottom as f32))
    }

    /// The middle of the widest gap between two places of a line, or of the two where there is none.
    fn gap(&self, from: f32, to: f32) -> f32 {
        let (start, end) = (self.index(from), self.index(to));
        let mut widest = 0..0;
        let mut begin = start;
        for at in start..=end {
            if at == end || self.has_ink(at) {
                if at - begin > widest.len() {
                    widest = begin..at;
                }
                begin = at + 1;
            }
        }
        if widest.is_empty() {
            f32::midpoint(from, to)
        } else {
            (self.left + widest.start) as f32 + widest.len() as f32 / 2.0
        }
    }

    /// From the first column with ink to behind the last one between two places.
    fn shrunk(&self, from: f32, to: f32) -> Option<(f32, f32)> {
        let (start, end) = (self.index(from), self.index(to));
        let first = (start..end).find(|&at| self.has_ink(at))?;
        let last = (start..end).rfind(|&at| self.has_ink(at))?;
        Some(((self.left + first) as f32, (self.left + last + 1) as f32))
    }

    fn index(&self, x: f32) -> usize {
        (x.max(0.0) as usize).saturating_sub(self.left).min(self.ink.len())
    }
}

/// Where words stand, of which the network saw the letters within `seen`: each reaches to the gap before and behind it, and ends
/// where its ink does, on all sides.
pub(crate) fn areas(columns: &Columns, line: Area, seen: &[(f32, f32)]) -> Vec<Area> {
    let mut from = line.left;
    let mut areas = Vec::with_capacity(seen.len());
    for (number, word) in seen.iter().enumerate() {
        let to = seen.get(number + 1).map_or(line.right, |next| columns.gap(word.1, next.0));
        let (least, most) = (from.min(word.0), to.max(word.1));
        let (left, right) = columns.shrunk(least, most).unwrap_or(*word);
        let (top, bottom) = columns.rows(left, right).unwrap_or((line.top, line.bottom));
        areas.push(Area { left, top, right, bottom });
        from = to;
    }
    areas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_their_ink_does() {
        // Two words with a gap of a letter in the first.
        let row: Vec<u8> = (0..100)
            .map(|x| {
                if (10..30).contains(&x) || (33..48).contains(&x) || (60..90).contains(&x) { 0 } else { 255 }
            })
            .collect();
        let paper = vec![255; 100];
        let samples = [paper.clone(), paper, row].concat();
        let page = Picture { width: 100, height: 3, dpi: 300.0, samples: &samples };
        let line = Area { left: 5.0, top: 0.0, right: 95.0, bottom: 3.0 };
        let mut columns = Columns::default();
        columns.look(&page, line);
        let seen = [(14.0, 44.0), (66.0, 80.0)];
        let area = |left, right| Area { left, top: 2.0, right, bottom: 3.0 };
        assert_eq!(areas(&columns, line, &seen), [area(10.0, 48.0), area(60.0, 90.0)]);
        assert_eq!(areas(&columns, line, &[(1.0, 4.0)]), [area(10.0, 90.0)]);
    }
}
