use crate::raster::{Channels, Raster, usize_of};

/// Side of the blocks in which the paper's lightness is taken.
const BLOCK: usize = 16;

/// Blocks to each side over which the lightest counts as paper: strokes are narrower, pictures are wider.
const REACH: usize = 2;

/// Ink is darker than this share of the paper, in 256ths.
const INK_SHARE: u16 = 172;

/// A coloured mark is darker in its weakest channel than this share of the paper, in 256ths.
const COLOUR_SHARE: u16 = 200;

/// Difference between the strongest and the weakest channel of a coloured mark.
const LEAST_CHROMA: u8 = 90;

/// Which pixels are dark ink and which are coloured marks: a byte a pixel, 1 or 0.
pub(super) struct Masks {
    pub(super) ink: Vec<u8>,
    pub(super) colour: Vec<u8>,
    /// Pixels in or beside a mark: the background is not taken from them.
    near: Vec<u8>,
}

impl Masks {
    pub(super) fn of(raster: &Raster) -> Self {
        let (width, height) = (usize_of(raster.width), usize_of(raster.height));
        let (mut ink, colour) = match raster.channels {
            Channels::Gray => {
                let paper = Paper::of(&raster.samples, width, height);
                (paper.darker(&raster.samples, INK_SHARE), vec![0; width * height])
            }
            Channels::Rgb => split(raster),
        };
        without_specks(&mut ink, width);
        smooth(&mut ink, width);
        let mut near: Vec<u8> = ink.iter().zip(&colour).map(|(ink, colour)| ink | colour).collect();
        dilate(&mut near, width);
        Self { ink, colour, near }
    }

    /// Whether a pixel shows paper only.
    pub(super) fn is_paper(&self, at: usize) -> bool {
        self.near[at] == 0
    }

    /// Whether a pixel and those beside it are ink.
    pub(super) fn is_inner_ink(&self, at: usize) -> bool {
        self.ink.get(at.wrapping_sub(1)..at + 2) == Some(&[1, 1, 1])
    }

    /// The mean colour of the inner pixels of ink.
    pub(super) fn ink_colour(&self, raster: &Raster) -> [u8; 3] {
        let (mut sums, mut pixels) = ([0_u64; 3], 0_u64);
        for pixel in self.inner_ink(raster) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(value));
            pixels += 1;
        }
        sums.map(|sum| u8::try_from(sum / pixels.max(1)).unwrap_or(0))
    }

    /// Whether some of the ink is of another colour than black, as a signature in blue.
    pub(super) fn has_pens(&self, raster: &Raster) -> bool {
        /// Difference between the strongest and the weakest channel that black does not have.
        const LEAST_CHROMA: u8 = 45;
        /// One inner pixel in so many, from which it is not grain.
        const SHARE: usize = 400;
        let (mut coloured, mut pixels) = (0_usize, 0_usize);
        for [r, g, b] in self.inner_ink(raster) {
            coloured += usize::from(r.max(g).max(b) - r.min(g).min(b) >= LEAST_CHROMA);
            pixels += 1;
        }
        coloured * SHARE > pixels
    }

    /// Every seventh pixel whose neighbours on both sides are ink, too.
    fn inner_ink<'a>(&'a self, raster: &'a Raster) -> impl Iterator<Item = [u8; 3]> + 'a {
        let count = raster.channels.count();
        let pixels = raster.samples[count..].chunks_exact(count);
        let places = self.ink.windows(3).zip(pixels).step_by(7);
        places
            .filter(|(bits, _)| *bits == [1, 1, 1])
            .map(move |(_, pixel)| [0, 1, 2].map(|channel: usize| pixel[channel.min(count - 1)]))
    }
}

/// Dark ink by the red channel, which does not see red stamps; coloured marks by the weakest channel and the chroma.
fn split(raster: &Raster) -> (Vec<u8>, Vec<u8>) {
    let (width, height) = (usize_of(raster.width), usize_of(raster.height));
    let pixels = width * height;
    let (mut red, mut least, mut chroma) =
        (Vec::with_capacity(pixels), Vec::with_capacity(pixels), Vec::with_capacity(pixels));
    for pixel in raster.samples.chunks_exact(3) {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]];
        let (low, high) = (r.min(g).min(b), r.max(g).max(b));
        red.push(r);
        least.push(low);
        chroma.push(high - low);
    }
    let mut ink = Paper::of(&red, width, height).darker(&red, INK_SHARE);
    let mut colour = Paper::of(&least, width, height).darker(&least, COLOUR_SHARE);
    for ((colour, ink), &chroma) in colour.iter_mut().zip(&mut ink).zip(&chroma) {
        *colour &= u8::from(chroma >= LEAST_CHROMA);
        *ink &= 1 - *colour;
    }
    without_specks(&mut colour, width);
    smooth(&mut colour, width);
    (ink, colour)
}

/// The lightness of the paper, by block.
struct Paper {
    wide: usize,
    levels: Vec<u8>,
    width: usize,
}

impl Paper {
    fn of(samples: &[u8], width: usize, height: usize) -> Self {
        let (wide, high) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        let mut lightest = vec![0_u8; wide * high];
        for (y, row) in samples.chunks_exact(width).enumerate() {
            let levels = &mut lightest[y / BLOCK * wide..(y / BLOCK + 1) * wide];
            for (level, block) in levels.iter_mut().zip(row.chunks(BLOCK)) {
                // The mean of the lighter half of the row would cost more, and grain evens out over the reach.
                let most = block.iter().fold(0, |most, &sample| sample.max(most));
                *level = most.max(*level);
            }
        }
        let dilated =
            over(&over(&lightest, wide, high, wide, 1, REACH, true), wide, high, wide, wide, REACH, true);
        let levels =
            over(&over(&dilated, wide, high, wide, 1, REACH, false), wide, high, wide, wide, REACH, false);
        Self { wide, levels, width }
    }

    /// 1 where a sample is darker than `share` 256ths of the paper.
    fn darker(&self, samples: &[u8], share: u16) -> Vec<u8> {
        let mut mask = Vec::with_capacity(samples.len());
        let mut bounds = vec![0_u8; self.width];
        for (y, row) in samples.chunks_exact(self.width).enumerate() {
            if y % BLOCK == 0 {
                let levels = &self.levels[y / BLOCK * self.wide..(y / BLOCK + 1) * self.wide];
                for (bounds, &level) in bounds.chunks_mut(BLOCK).zip(levels) {
                    bounds.fill(((u16::from(level) * share) >> 8) as u8);
                }
            }
            mask.extend(row.iter().zip(&bounds).map(|(&sample, &bound)| u8::from(sample < bound)));
        }
        mask
    }
}

/// The greatest, or the mean, of the levels up to `reach` blocks away along one direction.
fn over(
    levels: &[u8],
    wide: usize,
    high: usize,
    row: usize,
    step: usize,
    reach: usize,
    greatest: bool,
) -> Vec<u8> {
    let mut result = Vec::with_capacity(levels.len());
    for y in 0..high {
        for x in 0..wide {
            let (along, length) = if step == 1 { (x, wide) } else { (y, high) };
            let (from, to) = (along.saturating_sub(reach), (along + reach).min(length - 1));
            let start = y * row + x - along * step;
            let window = (from..=to).map(|at| levels[start + at * step]);
            result.push(if greatest {
                window.max().unwrap_or(0)
            } else {
                (window.map(u32::from).sum::<u32>() / (to - from + 1) as u32) as u8
            });
        }
    }
    result
}

/// Drops marks of a pixel or two, which are grain of the paper; a dot of a letter has a dozen.
fn without_specks(mask: &mut [u8], width: usize) {
    let height = mask.len() / width.max(1);
    let mut lonely = Vec::new();
    for y in 1..height.saturating_sub(1) {
        let [above, row, below] = [y - 1, y, y + 1].map(|y| &mask[y * width..(y + 1) * width]);
        for x in 1..width.saturating_sub(1) {
            if row[x] == 1 {
                let sum = |row: &[u8]| row[x - 1] + row[x] + row[x + 1];
                if sum(above) + sum(row) + sum(below) <= 2 {
                    lonely.push(y * width + x);
                }
            }
        }
    }
    lonely.into_iter().for_each(|at| mask[at] = 0);
}

/// Takes single pixels off straight edges and fills single dents: there the threshold only met the scanner's noise.
///
/// A pixel goes only where three marked ones lie under it and nothing beside it, so that strokes of one pixel, their
/// ends and every corner stay. It makes a dense page's mask 6 % smaller.
fn smooth(mask: &mut [u8], width: usize) {
    if width < 3 {
        return;
    }
    let inner = width - 2;
    let before = mask.to_vec();
    let rows: Vec<&[u8]> = before.chunks_exact(width).collect();
    for (lines, to) in rows.windows(3).zip(mask.chunks_exact_mut(width).skip(1)) {
        // Nine slices of one length, which the compiler works on many pixels at a time.
        let shifted = |row: usize| [0, 1, 2].map(|by| &lines[row][by..by + inner]);
        let [[a0, a1, a2], [r0, r1, r2], [b0, b1, b2]] = [shifted(0), shifted(1), shifted(2)];
        let to = &mut to[1..1 + inner];
        for x in 0..inner {
            let (left, right, above, below) = (r0[x], r2[x], a1[x], b1[x]);
            let (all_above, none_above) = (a0[x] & above & a2[x], (a0[x] | above | a2[x]) ^ 1);
            let (all_below, none_below) = (b0[x] & below & b2[x], (b0[x] | below | b2[x]) ^ 1);
            let (all_left, none_left) = (a0[x] & left & b0[x], (a0[x] | left | b0[x]) ^ 1);
            let (all_right, none_right) = (a2[x] & right & b2[x], (a2[x] | right | b2[x]) ^ 1);
            // What lies on a straight edge between three marked pixels and three that are not.
            let upright = (all_above & none_below) | (all_below & none_above);
            let sideways = (all_left & none_right) | (all_right & none_left);
            let bump = (upright & ((left | right) ^ 1)) | (sideways & ((above | below) ^ 1));
            let dent = (upright & left & right) | (sideways & above & below);
            to[x] = (r1[x] & (bump ^ 1)) | dent;
        }
    }
}

/// Widens marks by two pixels across and down.
fn dilate(mask: &mut [u8], width: usize) {
    for step in [1, width] {
        for _ in 0..2 {
            let before = mask.to_vec();
            for (at, bit) in
                mask.iter_mut().enumerate().skip(step).take(before.len().saturating_sub(2 * step))
            {
                *bit |= before[at - step] | before[at + step];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(rows: [&str; 6]) -> Vec<String> {
        let mut mask: Vec<u8> = rows.concat().bytes().map(|byte| u8::from(byte == b'#')).collect();
        smooth(&mut mask, 8);
        let row = |row: &[u8]| row.iter().map(|&bit| if bit == 1 { '#' } else { '.' }).collect();
        mask.chunks_exact(8).map(row).collect()
    }

    #[test]
    fn edges_are_made_straight_and_nothing_else_changes() {
        let bump = ["........", "...#....", "########", "########", "########", "........"];
        assert_eq!(smoothed(bump)[1], "........");
        let dent = ["........", "###.####", "########", "########", "........", "........"];
        assert_eq!(smoothed(dent)[1], "########");
        let strokes = ["........", ".#.####.", ".#.#..#.", ".#.#..#.", ".#.####.", "........"];
        assert_eq!(smoothed(strokes), strokes);
    }
}
