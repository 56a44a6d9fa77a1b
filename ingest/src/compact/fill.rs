use crate::raster::{Channels, Raster, usize_of};

/// A picture at a fraction of the page's resolution, summed up from some of its pixels.
pub(super) struct Sums {
    width: usize,
    height: usize,
    step: usize,
    channels: Channels,
    /// Sums of the channels, and the number of pixels in them.
    cells: Vec<[u32; 4]>,
}

impl Sums {
    pub(super) fn new(width: usize, height: usize, step: usize, channels: Channels) -> Self {
        let (width, height) = (width.div_ceil(step), height.div_ceil(step));
        Self { width, height, step, channels, cells: vec![[0; 4]; width * height] }
    }

    /// Adds the pixels of which `counts` says so.
    pub(super) fn add(&mut self, raster: &Raster, counts: impl Fn(usize) -> bool) {
        let (width, count) = (usize_of(raster.width), self.channels.count());
        for (y, row) in raster.samples.chunks_exact(width * count).enumerate() {
            let cells = &mut self.cells[y / self.step * self.width..(y / self.step + 1) * self.width];
            for (x, (cell, pixels)) in cells.iter_mut().zip(row.chunks(self.step * count)).enumerate() {
                for (offset, pixel) in pixels.chunks_exact(count).enumerate() {
                    if counts(y * width + x * self.step + offset) {
                        for (sum, &sample) in cell.iter_mut().zip(pixel) {
                            *sum += u32::from(sample);
                        }
                        cell[3] += 1;
                    }
                }
            }
        }
    }

    /// The picture; cells without pixels take the colour around them, so that nothing stands out to be coded.
    pub(super) fn filled(self) -> Raster {
        let cells = filled(&self.cells, self.width, self.height);
        let count = self.channels.count();
        let samples = cells.iter().flat_map(|cell| cell[..count].iter().copied()).collect();
        Raster {
            width: u32::try_from(self.width).unwrap_or(u32::MAX),
            height: u32::try_from(self.height).unwrap_or(u32::MAX),
            channels: self.channels,
            samples,
        }
    }
}

/// Means of the cells, and for empty ones those of ever larger neighbourhoods.
fn filled(cells: &[[u32; 4]], width: usize, height: usize) -> Vec<[u8; 3]> {
    let coarse = if cells.iter().any(|cell| cell[3] == 0) && width.max(height) > 1 {
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let mut halves = vec![[0_u32; 4]; half_width * half_height];
        for (y, row) in cells.chunks_exact(width).enumerate() {
            for (x, cell) in row.iter().enumerate() {
                let half = &mut halves[y / 2 * half_width + x / 2];
                // Means, not sums: a cell counts the same however much of it was seen, and nothing overflows.
                if let Some(mean) = mean(cell) {
                    half.iter_mut().zip(mean).for_each(|(sum, value)| *sum += u32::from(value));
                    half[3] += 1;
                }
            }
        }
        filled(&halves, half_width, half_height)
    } else {
        Vec::new()
    };
    let half_width = width.div_ceil(2);
    let around =
        |at: usize| coarse.get(at / width / 2 * half_width + at % width / 2).copied().unwrap_or([255; 3]);
    cells.iter().enumerate().map(|(at, cell)| mean(cell).unwrap_or_else(|| around(at))).collect()
}

fn mean(cell: &[u32; 4]) -> Option<[u8; 3]> {
    let count = cell[3];
    let rounded = |sum: u32| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX);
    (count > 0).then(|| [rounded(cell[0]), rounded(cell[1]), rounded(cell[2])])
}
