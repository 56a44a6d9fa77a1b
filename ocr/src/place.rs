//! Where words stand: the network says about where it saw their letters, the ink says where they end.

use crate::page::{Area, INK, Picture};

/// The columns of a line that have ink.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    left: usize,
    has_ink: Vec<bool>,
}

impl Columns {
    /// Looks at the columns of a line.
    pub(crate) fn look(&mut self, page: &Picture<'_>, line: Area) {
        let left = (line.left.max(0.0) as usize).min(page.width);
        let right = (line.right.ceil() as usize).clamp(left, page.width);
        let (top, bottom) = (line.top.max(0.0) as usize, (line.bottom.ceil() as usize).min(page.height));
        self.left = left;
        self.has_ink.clear();
        self.has_ink.resize(right - left, false);
        for row in page.samples.chunks_exact(page.width).take(bottom).skip(top) {
            for (has_ink, &sample) in self.has_ink.iter_mut().zip(&row[left..right]) {
                *has_ink |= sample < INK;
            }
        }
    }

    /// The middle of the widest gap between two places of a line, or of the two where there is none.
    fn gap(&self, from: f32, to: f32) -> f32 {
        let (start, end) = (self.index(from), self.index(to));
        let mut widest = 0..0;
        let mut begin = start;
        for at in start..=end {
            if at == end || self.has_ink[at] {
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
        let inked = &self.has_ink[start..end.max(start)];
        let first = inked.iter().position(|&has_ink| has_ink)?;
        let last = inked.iter().rposition(|&has_ink| has_ink)?;
        Some(((self.left + start + first) as f32, (self.left + start + last + 1) as f32))
    }

    fn index(&self, x: f32) -> usize {
        (x.max(0.0) as usize).saturating_sub(self.left).min(self.has_ink.len())
    }
}

/// Left and right edges of words, of which the network saw the letters within `seen`: each reaches to the gap before and behind
/// it, and ends where its ink does.
pub(crate) fn edges(columns: &Columns, line: Area, seen: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut from = line.left;
    let mut edges = Vec::with_capacity(seen.len());
    for (number, word) in seen.iter().enumerate() {
        let to = seen.get(number + 1).map_or(line.right, |next| columns.gap(word.1, next.0));
        let (least, most) = (from.min(word.0), to.max(word.1));
        edges.push(columns.shrunk(least, most).unwrap_or(*word));
        from = to;
    }
    edges
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
        let page = Picture { width: 100, height: 1, dpi: 300.0, samples: &row };
        let line = Area { left: 5.0, top: 0.0, right: 95.0, bottom: 1.0 };
        let mut columns = Columns::default();
        columns.look(&page, line);
        let seen = [(14.0, 44.0), (66.0, 80.0)];
        assert_eq!(edges(&columns, line, &seen), [(10.0, 48.0), (60.0, 90.0)]);
        assert_eq!(edges(&columns, line, &[(1.0, 4.0)]), [(10.0, 90.0)]);
    }
}
