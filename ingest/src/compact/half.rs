//! Pages at half their resolution, in the measures that the judge compares.

use crate::bits::Bits;
use crate::lanes::{part, wide};
use crate::raster::{Channels, Raster, usize_of};

/// A row at half the page's resolution; everything is the sum of four samples.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) luma: Vec<u16>,
    /// Red and blue, less green.
    pub(super) red: Vec<i16>,
    pub(super) blue: Vec<i16>,
}

impl Row {
    pub(super) fn new(width: usize) -> Self {
        Self { luma: vec![0; width], red: vec![0; width], blue: vec![0; width] }
    }

    fn copy_from(&mut self, other: &Self) {
        self.luma.copy_from_slice(&other.luma);
        self.red.copy_from_slice(&other.red);
        self.blue.copy_from_slice(&other.blue);
    }
}

/// Luma of the sums of some samples, by ITU-R BT.601.
#[inline(always)]
fn luma([red, green, blue]: [u16; 3]) -> u16 {
    ((77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue)) >> 8) as u16
}

/// Halves a scan row by row.
pub(super) struct Halver<'a> {
    raster: &'a Raster,
    above: [Vec<u8>; 3],
    below: [Vec<u8>; 3],
}

impl<'a> Halver<'a> {
    pub(super) fn new(raster: &'a Raster) -> Self {
        let rows = || [(); 3].map(|()| vec![0; usize_of(raster.width)]);
        Self { raster, above: rows(), below: rows() }
    }

    pub(super) fn row(&mut self, y: usize, row: &mut Row) {
        let Raster { width, channels, samples, .. } = self.raster;
        let stride = usize_of(*width) * channels.count();
        for (y, parts) in [(2 * y, &mut self.above), (2 * y + 1, &mut self.below)] {
            let pixels = &samples[y * stride..(y + 1) * stride];
            match channels {
                Channels::Gray => parts.iter_mut().for_each(|part| part.copy_from_slice(pixels)),
                Channels::Rgb => part(pixels, parts.each_mut().map(Vec::as_mut_slice)),
            }
        }
        let [r, g, b] = [0, 1, 2].map(|channel: usize| {
            let [above, below] = [&self.above[channel], &self.below[channel]];
            above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0)
        });
        wide(
            #[inline(always)]
            || {
                let sum = |(above, below): (&[u8; 2], &[u8; 2])| {
                    u16::from(above[0]) + u16::from(above[1]) + u16::from(below[0]) + u16::from(below[1])
                };
                let to = row.luma.iter_mut().zip(&mut row.red).zip(&mut row.blue);
                for (((r, g), b), ((to, red), blue)) in r.zip(g).zip(b).zip(to) {
                    let [r, g, b] = [sum(r), sum(g), sum(b)];
                    *to = luma([r, g, b]);
                    *red = r as i16 - g as i16;
                    *blue = b as i16 - g as i16;
                }
            },
        );
    }
}

/// A picture that is shown at a fraction of the page's resolution.
pub(super) struct Picture {
    cells: Row,
    width: usize,
    step: usize,
    /// The cell that is shown at each place of a row at half resolution.
    columns: Vec<usize>,
}

impl Picture {
    /// `raster` as it is shown on a page so many pixels wide, `step` of them to a pixel.
    pub(super) fn of(raster: &Raster, step: usize, page_width: u32) -> Self {
        let count = raster.channels.count();
        let mut cells = Row::new(raster.samples.len() / count);
        for (at, pixel) in raster.samples.chunks_exact(count).enumerate() {
            let colour = [0, 1, 2].map(|channel: usize| 4 * u16::from(pixel[channel.min(count - 1)]));
            cells.luma[at] = luma(colour);
            cells.red[at] = colour[0] as i16 - colour[1] as i16;
            cells.blue[at] = colour[2] as i16 - colour[1] as i16;
        }
        let columns = (0..usize_of(page_width) / 2).map(|x| 2 * x / step).collect();
        Self { cells, width: usize_of(raster.width), step, columns }
    }

    /// One colour all over.
    pub(super) fn plain(colour: [u8; 3], page_width: u32) -> Self {
        let raster = Raster { width: 1, height: 1, channels: Channels::Rgb, samples: colour.to_vec() };
        Self::of(&raster, usize::MAX, page_width)
    }

    /// The place before the first cell that is shown in row `y` at half resolution.
    fn start(&self, y: usize) -> usize {
        2 * y / self.step * self.width
    }

    fn show(&self, y: usize, row: &mut Row) {
        let start = self.start(y);
        let to = row.luma.iter_mut().zip(&mut row.red).zip(&mut row.blue);
        for (&column, ((luma, red), blue)) in self.columns.iter().zip(to) {
            let at = start + column;
            (*luma, *red, *blue) = (self.cells.luma[at], self.cells.red[at], self.cells.blue[at]);
        }
    }

    /// Shows what two rows of a mask let through.
    fn show_through(&self, y: usize, mask: &Bits, row: &mut Row) {
        const EVERY_SECOND: u64 = 0x5555_5555_5555_5555;
        let start = self.start(y);
        let words = mask.row(2 * y).iter().zip(mask.row(2 * y + 1));
        for (at, (&above, &below)) in words.enumerate() {
            let marked = above | below;
            let mut left = (marked | marked >> 1) & EVERY_SECOND;
            while left != 0 {
                let pair = left.trailing_zeros();
                left &= left - 1;
                let x = (at * 64 + usize_of(pair)) / 2;
                let Some(&column) = self.columns.get(x) else { continue };
                let share = ((above >> pair & 3).count_ones() + (below >> pair & 3).count_ones()) as i32;
                let mix = |under: i32, over: i32| (under * (4 - share) + over * share + 2) >> 2;
                let cell = start + column;
                row.luma[x] = mix(i32::from(row.luma[x]), i32::from(self.cells.luma[cell])) as u16;
                row.red[x] = mix(i32::from(row.red[x]), i32::from(self.cells.red[cell])) as i16;
                row.blue[x] = mix(i32::from(row.blue[x]), i32::from(self.cells.blue[cell])) as i16;
            }
        }
    }
}

/// What a reader will paint.
pub(super) struct Shown<'a> {
    pub(super) background: Picture,
    pub(super) colours: Option<(Picture, &'a Bits)>,
    pub(super) ink: Option<(Picture, &'a Bits)>,
}

impl Shown<'_> {
    /// Paints row `y` at half resolution; `paper` keeps the background's row, which serves several.
    pub(super) fn row(&self, y: usize, paper: &mut Row, row: &mut Row) {
        let background = &self.background;
        if y == 0 || background.start(y) != background.start(y - 1) {
            background.show(y, paper);
        }
        row.copy_from(paper);
        for (picture, mask) in self.colours.iter().chain(&self.ink) {
            picture.show_through(y, mask, row);
        }
    }
}
