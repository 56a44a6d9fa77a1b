use crate::bits::{Bits, spread};
use crate::lanes::{part, wide};
use crate::raster::{Channels, Raster, usize_of};

/// Takes a picture at one `STEP`th of the page's resolution from the pixels that are `counted`.
///
/// Places without such pixels take the colour around them, so that nothing stands out to be coded. `STEP` is at most 16.
pub(super) fn picture<const STEP: usize>(raster: &Raster, counted: &Bits) -> Raster {
    let (page_width, count) = (usize_of(raster.width), raster.channels.count());
    let (width, height) = (page_width.div_ceil(STEP), usize_of(raster.height).div_ceil(STEP));
    let mut cells = Cells { width, height, colours: Vec::with_capacity(width * height) };
    let mut columns = Columns::<STEP>::new(page_width, width);
    let rows = raster.samples.chunks_exact(page_width * count);
    for (y, (row, bits)) in (1..).zip(rows.zip(counted.rows())) {
        if bits.iter().any(|&word| word != 0) {
            columns.add(row, raster.channels, bits);
        }
        if y % STEP == 0 {
            columns.end(&mut cells);
        }
    }
    if !usize_of(raster.height).is_multiple_of(STEP) {
        columns.end(&mut cells);
    }
    cells.fill();
    let samples = cells.colours.iter().flat_map(|cell| cell.iter().copied().take(count)).collect();
    let [width, height] = [width, height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    Raster { width, height, channels: raster.channels, samples }
}

/// Sums down the columns of the rows of a cell: the three channels, and how many pixels they are of.
///
/// Sixteen bits hold them: 256 samples of 255 are the most.
struct Columns<const STEP: usize> {
    sums: [Vec<u16>; 4],
    /// A row, channel by channel, and whether its pixels count: 255 or 0.
    channels: [Vec<u8>; 3],
    counted: Vec<u8>,
    is_empty: bool,
}

impl<const STEP: usize> Columns<STEP> {
    fn new(page_width: usize, width: usize) -> Self {
        Self {
            sums: [(); 4].map(|()| vec![0; width * STEP]),
            channels: [(); 3].map(|()| vec![0; page_width]),
            counted: vec![0; page_width],
            is_empty: true,
        }
    }

    fn add(&mut self, row: &[u8], channels: Channels, bits: &[u64]) {
        spread(bits, &mut self.counted);
        match channels {
            Channels::Gray => self.channels[0].copy_from_slice(row),
            Channels::Rgb => part(row, self.channels.each_mut().map(Vec::as_mut_slice)),
        }
        let [sums @ .., counts] = &mut self.sums;
        for (sums, channel) in sums.iter_mut().zip(&self.channels).take(channels.count()) {
            add(sums, channel, &self.counted);
        }
        wide(
            #[inline(always)]
            || {
                counts
                    .iter_mut()
                    .zip(&self.counted)
                    .for_each(|(count, &counted)| *count += u16::from(counted & 1))
            },
        );
        self.is_empty = false;
    }

    /// Appends the row of cells that has been summed up.
    fn end(&mut self, cells: &mut Cells) {
        let from = cells.colours.len();
        cells.colours.resize(from + cells.width, UNKNOWN);
        if self.is_empty {
            return;
        }
        let [red, green, blue, counts] = self.sums.each_ref().map(|sums| across::<STEP>(sums));
        let sums = red.iter().zip(&green).zip(&blue).zip(&counts);
        for (cell, (((&red, &green), &blue), &count)) in cells.colours[from..].iter_mut().zip(sums) {
            if count > 0 {
                let mean = |sum: u16| mean(u32::from(sum), u32::from(count));
                *cell = [mean(red), mean(green), mean(blue), KNOWN];
            }
        }
        self.sums.iter_mut().for_each(|sums| sums.fill(0));
        self.is_empty = true;
    }
}

fn add(sums: &mut [u16], samples: &[u8], counted: &[u8]) {
    wide(
        #[inline(always)]
        || {
            for ((sum, &sample), &counted) in sums.iter_mut().zip(samples).zip(counted) {
                *sum += u16::from(sample & counted);
            }
        },
    );
}

/// Sums over each `STEP` columns.
fn across<const STEP: usize>(sums: &[u16]) -> Vec<u16> {
    let mut cells = vec![0; sums.len() / STEP];
    wide(
        #[inline(always)]
        || {
            for (cell, columns) in cells.iter_mut().zip(sums.as_chunks::<STEP>().0) {
                *cell = columns.iter().sum();
            }
        },
    );
    cells
}

/// The mean, to the nearest; of at most 256 samples.
fn mean(sum: u32, count: u32) -> u8 {
    /// 2^24 through each count, rounded up: near enough for sums of 16 bits.
    static PARTS: [u32; 257] = {
        let mut parts = [0; 257];
        let mut count = 1;
        while count < 257 {
            parts[count as usize] = (1 << 24) / count + 1;
            count += 1;
        }
        parts
    };
    let part = PARTS[usize_of(count).min(256)];
    ((u64::from(sum + count / 2) * u64::from(part)) >> 24) as u8
}

/// The fourth sample of a cell whose colour is known.
const KNOWN: u8 = 1;
const UNKNOWN: [u8; 4] = [255, 255, 255, 0];

/// A picture with gaps.
struct Cells {
    width: usize,
    height: usize,
    colours: Vec<[u8; 4]>,
}

impl Cells {
    /// Gives gaps the mean of ever larger neighbourhoods.
    fn fill(&mut self) {
        if self.width.max(self.height) <= 1 || self.colours.iter().all(|cell| cell[3] == KNOWN) {
            return;
        }
        let mut half = self.halved();
        half.fill();
        for (y, row) in self.colours.chunks_exact_mut(self.width).enumerate() {
            let above = &half.colours[y / 2 * half.width..(y / 2 + 1) * half.width];
            for (pair, around) in row.chunks_mut(2).zip(above) {
                for cell in pair.iter_mut().filter(|cell| cell[3] != KNOWN) {
                    *cell = *around;
                }
            }
        }
    }

    /// Means of two by two cells: a cell counts the same however much of it was seen.
    fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut colours = Vec::with_capacity(width * height);
        for rows in self.colours.chunks(2 * self.width) {
            let (above, below) = rows.split_at(self.width);
            let mut below = below.chunks(2);
            for pair in above.chunks(2) {
                let mut sums = [0_u32; 4];
                for cell in pair.iter().chain(below.next().unwrap_or_default()) {
                    let known = u32::from(cell[3]);
                    sums.iter_mut().zip(cell).for_each(|(sum, &value)| *sum += u32::from(value) * known);
                }
                let [red, green, blue, count] = sums;
                let cell = [red, green, blue].map(|sum| mean(sum, count));
                colours.push(if count > 0 { [cell[0], cell[1], cell[2], KNOWN] } else { UNKNOWN });
            }
        }
        Self { width, height, colours }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_to_the_nearest() {
        for count in 1..=256_u32 {
            for sum in (0..=255 * count).step_by(7).chain([255 * count]) {
                assert_eq!(u32::from(mean(sum, count)), (sum + count / 2) / count, "{sum} of {count}");
            }
        }
    }

    #[test]
    fn gaps_take_the_colour_beside_them() {
        let (width, height) = (14, 9);
        let samples = (0..height).flat_map(|y| (0..width).flat_map(move |x| [10 * x, 20 * y, 7])).collect();
        let page = Raster { width: 14, height: 9, channels: Channels::Rgb, samples };
        // All but the middle cell.
        let counted: Vec<u8> = (0..126)
            .map(|at| u8::from(!(4..8).contains(&(at % 14)) || !(4..8).contains(&(at / 14))))
            .collect();
        let picture = picture::<4>(&page, &Bits::of(14, 9, &counted));
        assert_eq!((picture.width, picture.height), (4, 3));
        // Columns 0 to 3 and rows 0 to 3: the means of 0, 10, 20, 30 and 0, 20, 40, 60.
        assert_eq!(picture.samples[..3], [15, 30, 7]);
        // The last cell has columns 12 and 13 of row 8.
        assert_eq!(picture.samples[33..], [125, 160, 7]);
        // The gap takes the mean of the three cells that make four with it.
        assert_eq!(picture.samples[15..18], [28, 57, 7]);
    }
}
