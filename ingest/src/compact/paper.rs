use crate::lanes::wide;

/// Side of the blocks in which the paper's lightness is taken.
const BLOCK: usize = 16;

/// Blocks to each side over which the lightest counts as paper: strokes are narrower, pictures are wider.
const REACH: usize = 2;

/// The lightness of the paper, taken row by row.
pub(super) struct Paper {
    /// The lightest sample of each column of the blocks that are being filled, and how many rows they have.
    columns: Vec<u8>,
    rows: usize,
    /// The lightest sample of each block so far.
    blocks: Vec<u8>,
}

impl Paper {
    pub(super) fn new(width: usize) -> Self {
        Self { columns: vec![0; width], rows: 0, blocks: Vec::new() }
    }

    pub(super) fn add(&mut self, row: &[u8]) {
        let columns = &mut self.columns;
        wide(
            #[inline(always)]
            || {
                for (most, &sample) in columns.iter_mut().zip(row) {
                    *most = sample.max(*most);
                }
            },
        );
        self.rows += 1;
        if self.rows == BLOCK {
            self.end_blocks();
        }
    }

    fn end_blocks(&mut self) {
        // The mean of the lighter half would cost more, and grain evens out over the reach.
        let lightest = self.columns.chunks(BLOCK).map(|block| block.iter().copied().max().unwrap_or(0));
        self.blocks.extend(lightest);
        self.columns.fill(0);
        self.rows = 0;
    }

    /// `share` 256ths of the paper's lightness, by place.
    pub(super) fn levels(mut self, share: u16) -> Levels {
        if self.rows > 0 {
            self.end_blocks();
        }
        let width = self.columns.len();
        let wide = width.div_ceil(BLOCK);
        let high = self.blocks.len() / wide.max(1);
        let mut blocks = self.blocks;
        for greatest in [true, false] {
            for (row, step) in [(wide, 1), (wide, wide)] {
                blocks = over(&blocks, wide, high, row, step, greatest);
            }
        }
        for level in &mut blocks {
            *level = ((u16::from(*level) * share) >> 8) as u8;
        }
        Levels { wide, blocks, row: vec![0; width], at: None }
    }
}

/// Levels below which a sample is a mark.
pub(super) struct Levels {
    wide: usize,
    blocks: Vec<u8>,
    /// A level for each column of the row of blocks `at`.
    row: Vec<u8>,
    at: Option<usize>,
}

impl Levels {
    /// Those of row `y`.
    pub(super) fn row(&mut self, y: usize) -> &[u8] {
        let at = y / BLOCK;
        if self.at != Some(at) {
            let levels = &self.blocks[at * self.wide..(at + 1) * self.wide];
            self.row.chunks_mut(BLOCK).zip(levels).for_each(|(columns, &level)| columns.fill(level));
            self.at = Some(at);
        }
        &self.row
    }
}

/// The greatest, or the mean, of the levels up to [`REACH`] blocks away along one direction.
fn over(levels: &[u8], wide: usize, high: usize, row: usize, step: usize, greatest: bool) -> Vec<u8> {
    let mut result = Vec::with_capacity(levels.len());
    for y in 0..high {
        for x in 0..wide {
            let (along, length) = if step == 1 { (x, wide) } else { (y, high) };
            let (from, to) = (along.saturating_sub(REACH), (along + REACH).min(length - 1));
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
