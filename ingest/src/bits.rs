//! Bilevel images, packed.

use crate::raster::usize_of;

/// A bilevel image: 64 pixels a word, the leftmost in the lowest bit, 1 for ink and 0 for paper.
///
/// A row begins with a word of its own; the bits behind its last pixel are 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) width: u32,
    pub(crate) height: u32,
    words: Vec<u64>,
}

impl Bits {
    /// An image of paper.
    pub(crate) fn empty(width: u32, height: u32) -> Self {
        Self { width, height, words: vec![0; usize_of(width.div_ceil(64)) * usize_of(height)] }
    }

    /// Words of a row; at least 1, so that rows can be walked.
    fn stride(&self) -> usize {
        usize_of(self.width.div_ceil(64)).max(1)
    }

    /// The rows, from the top.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, u64> {
        self.words.chunks_exact(self.stride())
    }

    /// The same, to be changed; bits behind the last pixel of a row must stay 0.
    pub(crate) fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, u64> {
        let stride = self.stride();
        self.words.chunks_exact_mut(stride)
    }

    /// Row `y`, which must be one of the image.
    pub(crate) fn row(&self, y: usize) -> &[u64] {
        &self.words[y * self.stride()..(y + 1) * self.stride()]
    }

    /// The row `down` rows below `y`, or above where that is negative; nothing beyond the edges.
    pub(crate) fn beside(&self, y: usize, down: isize) -> Option<&[u64]> {
        let y = y.checked_add_signed(down)?;
        (y < usize_of(self.height)).then(|| self.row(y))
    }

    /// Sets row `y` from a byte a pixel, 1 or 0.
    pub(crate) fn pack_row(&mut self, y: usize, samples: &[u8]) {
        let stride = self.stride();
        let row = &mut self.words[y * stride..(y + 1) * stride];
        for (word, samples) in row.iter_mut().zip(samples.chunks(64)) {
            let (eights, rest) = samples.as_chunks();
            *word = (0..).zip(eights).fold(0, |word, (at, &eight)| word | packed(eight) << (8 * at));
            let done = eights.len() * 8;
            *word |= (done..).zip(rest).fold(0, |word, (at, &sample)| word | u64::from(sample) << at);
        }
    }

    /// Pixels of ink.
    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether there is no ink.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Combines each word with that of an image of the same size.
    pub(crate) fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (word, &other) in self.words.iter_mut().zip(&other.words) {
            *word = with(*word, other);
        }
    }

    /// Clears the bits behind the last pixel of each row.
    pub(crate) fn trim(&mut self) {
        let over = self.width.next_multiple_of(64) - self.width;
        for last in self.rows_mut().filter_map(|row| row.last_mut()) {
            *last &= u64::MAX >> over;
        }
    }
}

/// Eight bytes of 0 or 1 as the bits of one: each is multiplied to a place of its own in the highest byte.
fn packed(samples: [u8; 8]) -> u64 {
    u64::from_le_bytes(samples).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// A byte a pixel of a row, 255 for ink and 0 for paper, eight at a time.
pub(crate) fn spread(row: &[u64], samples: &mut [u8]) {
    /// For each byte, its bits as bytes.
    static SPREAD: [[u8; 8]; 256] = {
        let mut spread = [[0; 8]; 256];
        let mut at = 0;
        while at < 256 * 8 {
            spread[at / 8][at % 8] = if (at / 8) >> (at % 8) & 1 == 1 { 255 } else { 0 };
            at += 1;
        }
        spread
    };
    let bytes = row.iter().flat_map(|word| word.to_le_bytes());
    for (to, byte) in samples.chunks_mut(8).zip(bytes) {
        to.copy_from_slice(&SPREAD[usize::from(byte)][..to.len()]);
    }
}

/// The word whose bits are those of the pixels before, in a row.
pub(crate) fn before(row: &[u64], at: usize) -> u64 {
    row[at] << 1 | at.checked_sub(1).map_or(0, |last| row[last] >> 63)
}

/// The word whose bits are those of the pixels after, in a row.
pub(crate) fn after(row: &[u64], at: usize) -> u64 {
    row[at] >> 1 | row.get(at + 1).map_or(0, |next| next << 63)
}

#[cfg(test)]
impl Bits {
    /// Takes a byte a pixel, 1 or 0.
    pub(crate) fn of(width: u32, height: u32, samples: &[u8]) -> Self {
        let mut bits = Self::empty(width, height);
        for (y, row) in samples.chunks_exact(usize_of(width)).enumerate() {
            bits.pack_row(y, row);
        }
        bits
    }

    /// A byte a pixel, 1 or 0.
    pub(crate) fn samples(&self) -> Vec<u8> {
        let width = usize_of(self.width);
        self.rows()
            .flat_map(|row| (0..width).map(|x| (row[x / 64] >> (x % 64) & 1) as u8).collect::<Vec<_>>())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_at_every_width() {
        for width in [1, 7, 8, 9, 63, 64, 65, 130, 200] {
            let samples: Vec<u8> = (0..width * 3).map(|at| u8::from(at * at % 7 < 3)).collect();
            let bits = Bits::of(width, 3, &samples);
            assert_eq!(bits.samples(), samples, "{width}");
            assert_eq!(bits.count(), samples.iter().map(|&sample| u64::from(sample)).sum::<u64>());
            let mut bytes = vec![9; usize_of(width)];
            spread(bits.row(1), &mut bytes);
            let row = &samples[usize_of(width)..2 * usize_of(width)];
            assert!(bytes.iter().zip(row).all(|(&byte, &sample)| byte == 255 * sample), "{width}");
        }
    }

    #[test]
    fn neighbours_are_found_across_words() {
        let mut samples = vec![0; 130];
        samples[64] = 1;
        let bits = Bits::of(130, 1, &samples);
        let row = bits.row(0);
        assert_eq!((before(row, 0), before(row, 1), before(row, 2)), (0, 2, 0));
        assert_eq!((after(row, 0), after(row, 1), after(row, 2)), (1 << 63, 0, 0));
    }

    #[test]
    fn nothing_is_left_behind_the_last_pixel() {
        for width in [1, 63, 64, 65] {
            let mut bits = Bits::empty(width, 2);
            bits.rows_mut().flatten().for_each(|word| *word = u64::MAX);
            bits.trim();
            assert_eq!(bits.count(), u64::from(width) * 2);
        }
    }
}
