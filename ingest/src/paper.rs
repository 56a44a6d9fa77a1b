//! Paper made white on the copy that is read, whatever the light of the scanner.

use crate::raster::usize_of;
use crate::resize::{self, Filter};
use crate::{Error, Gray};

/// Pixels of the copy across a dot of the small picture in which paper is looked for.
const DOT: u32 = 6;

/// Dots across a cell; paper shows somewhere in a cell of this size or its neighbours.
const CELL: usize = 4;

/// Neighbours on each side whose lightest counts: letters of a heading fill a cell or two.
const REACH: usize = 2;

/// The share of the paper's lightness above which all is paper.
const PAPER: f32 = 0.90;

/// Paper is not taken to be darker than this: behind it is a dark picture or an open lid.
const DARKEST: f32 = 40.0;

/// Steps of lightness that are left: the recogniser packs every line without loss before it looks at it, and grain is
/// what packs worst.
const STEPS: u32 = 16;

/// Stretches a copy up to the paper around its ink, in place.
pub(crate) fn whiten(copy: &mut Gray) -> Result<(), Error> {
    let (width, height) = (usize_of(copy.width), usize_of(copy.height));
    let level = Level::of(copy)?;
    let mut scales = vec![0.0_f32; width];
    for (y, row) in copy.samples.chunks_exact_mut(width).take(height).enumerate() {
        level.scales(y, &mut scales);
        for (sample, &scale) in row.iter_mut().zip(&scales) {
            // A float that is cast is held within 0 and 255.
            let stretched = (f32::from(*sample) * scale) as u8;
            *sample = SHADES[usize::from(stretched)];
        }
    }
    Ok(())
}

/// The nearest of the steps, for each lightness.
const SHADES: [u8; 256] = {
    let mut shades = [0; 256];
    let mut sample = 0;
    while sample < 256_u32 {
        let step = (sample * (STEPS - 1) + 127) / 255;
        shades[sample as usize] = (step * 255 / (STEPS - 1)) as u8;
        sample += 1;
    }
    shades
};

/// How light the paper is, cell by cell.
struct Level {
    /// What a sample is multiplied with so that paper becomes white, a cell each.
    factors: Vec<f32>,
    columns: usize,
    rows: usize,
    /// Where each pixel of a row lies between cells.
    across: Vec<Between>,
}

impl Level {
    fn of(copy: &Gray) -> Result<Self, Error> {
        let (across, down) = (copy.width.div_ceil(DOT), copy.height.div_ceil(DOT));
        let dots = resize::gray(copy, across, down, Filter::Box)?;
        let (across, down) = (usize_of(across), usize_of(down));
        let (columns, rows) = (across.div_ceil(CELL), down.div_ceil(CELL));
        let mut lightest = vec![0_u8; columns * rows];
        for (y, row) in dots.chunks_exact(across).enumerate() {
            for (x, &dot) in row.iter().enumerate() {
                let cell = &mut lightest[y / CELL * columns + x / CELL];
                *cell = dot.max(*cell);
            }
        }
        let around = spread(&lightest, columns, rows, |cells| cells.max().unwrap_or_default());
        let factors = spread(&around, columns, rows, |cells| {
            let (sum, count) =
                cells.fold((0.0, 0.0), |(sum, count), cell| (sum + f32::from(cell), count + 1.0));
            255.0 / PAPER / f32::max(sum / count, DARKEST)
        });
        let across = (0..usize_of(copy.width)).map(|x| Between::cells(x, columns)).collect();
        Ok(Self { factors, columns, rows, across })
    }

    /// The factors of row `y` of the copy, between those of the cells around it.
    fn scales(&self, y: usize, scales: &mut [f32]) {
        let Between { first, second, share } = Between::cells(y, self.rows);
        let row = |at: usize| &self.factors[at * self.columns..(at + 1) * self.columns];
        let mixed: Vec<f32> = row(first)
            .iter()
            .zip(row(second))
            .map(|(&above, &below)| above + (below - above) * share)
            .collect();
        for (scale, at) in scales.iter_mut().zip(&self.across) {
            let left = mixed[at.first];
            *scale = left + (mixed[at.second] - left) * at.share;
        }
    }
}

/// The two cells between whose middles a pixel lies, and its way from the first to the second.
#[derive(Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    share: f32,
}

impl Between {
    fn cells(at: usize, cells: usize) -> Self {
        let side = (usize_of(DOT) * CELL) as f32;
        let place = ((at as f32 + 0.5) / side - 0.5).clamp(0.0, cells as f32 - 1.0);
        let first = place as usize;
        Self { first, second: (first + 1).min(cells - 1), share: place - first as f32 }
    }
}

/// For each cell, what `of` makes of the cells around it.
fn spread<T>(
    cells: &[u8],
    columns: usize,
    rows: usize,
    of: impl Fn(&mut dyn Iterator<Item = u8>) -> T,
) -> Vec<T> {
    let mut spread = Vec::with_capacity(cells.len());
    for y in 0..rows {
        let (top, bottom) = (y.saturating_sub(REACH), (y + REACH + 1).min(rows));
        for x in 0..columns {
            let (left, right) = (x.saturating_sub(REACH), (x + REACH + 1).min(columns));
            let mut around = (top..bottom)
                .flat_map(|row| cells[row * columns + left..row * columns + right].iter().copied());
            spread.push(of(&mut around));
        }
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters at a fifth of the lightness of paper that darkens from left to right.
    fn page(width: u32, height: u32) -> Gray {
        let samples = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| {
                let paper = 250.0 - 60.0 * x as f32 / width as f32;
                let grain = ((x * 7 + y * 13) % 5) as f32;
                let is_ink = x % 12 < 3 && y % 30 < 16;
                if is_ink { (paper * 0.2) as u8 } else { (paper - grain) as u8 }
            })
            .collect();
        Gray { width, height, dpi: 225, samples }
    }

    #[test]
    fn paper_is_white_and_ink_dark_wherever_the_light_falls() {
        let mut copy = page(613, 401);
        whiten(&mut copy).unwrap();
        let light = copy.samples.iter().filter(|&&sample| sample == 255).count();
        let dark = copy.samples.iter().filter(|&&sample| sample < 80).count();
        assert_eq!(light + dark, copy.samples.len());
        // A fourth of the columns in 16 of 30 rows, less what the edges cut off.
        let share = dark as f32 / copy.samples.len() as f32;
        assert!((share - 0.25 * 16.0 / 30.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn the_smallest_copies_are_whitened_too() {
        for (width, height) in [(1, 1), (5, 1), (1, 40), (25, 24)] {
            let mut copy = Gray { width, height, dpi: 225, samples: vec![200; usize_of(width * height)] };
            whiten(&mut copy).unwrap();
            assert!(copy.samples.iter().all(|&sample| sample == 255), "{width} x {height}");
        }
    }

    #[test]
    fn what_is_dark_all_over_stays_dark() {
        let mut copy = Gray { width: 300, height: 300, dpi: 225, samples: vec![6; 300 * 300] };
        whiten(&mut copy).unwrap();
        assert!(copy.samples.iter().all(|&sample| sample < 60));
    }
}
