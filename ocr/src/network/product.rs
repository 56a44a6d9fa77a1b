//! Weights as the kernels want them.

use super::read::Weights;

/// Rows that are worked on together.
pub(crate) const LANES: usize = 16;
/// Inputs that are taken together.
pub(crate) const DEPTH: usize = 4;
/// Weights of `LANES` rows for `DEPTH` inputs, row by row.
pub(crate) type Block = [i8; LANES * DEPTH];

/// What stands for 1 where values from -1 to 1 are written as integers.
pub(crate) const ONE: f32 = 127.0;
/// Values are kept as bytes from 1 to 255: this is what stands for 0. Processors multiply unsigned bytes by signed ones.
pub(crate) const ZERO: u8 = 128;

/// A matrix that is multiplied with quantised values.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// Rows, a multiple of [`LANES`].
    pub(crate) rows: usize,
    /// Inputs, a multiple of [`DEPTH`].
    pub(crate) inputs: usize,
    /// By group of rows, then by group of inputs.
    pub(crate) blocks: Vec<Block>,
    /// What the sum of each row begins with: its bias, and what the zero of the inputs adds too much.
    pub(crate) start: Vec<i32>,
    /// What a sum of 1 is worth, a row.
    pub(crate) scales: Vec<f32>,
}

impl Product {
    /// A matrix of some columns of some rows. Rows that are `None` are empty; the bias is taken where it is asked for.
    pub(crate) fn new(
        rows: &[Option<(&Weights, usize)>],
        columns: std::ops::Range<usize>,
        has_bias: bool,
    ) -> Self {
        let inputs = columns.len().next_multiple_of(DEPTH);
        let height = rows.len().next_multiple_of(LANES);
        let mut product = Self {
            rows: height,
            inputs,
            blocks: vec![[0; LANES * DEPTH]; height / LANES * (inputs / DEPTH)],
            start: vec![0; height],
            scales: vec![0.0; height],
        };
        for (place, row) in rows.iter().enumerate() {
            let Some((weights, row)) = row else { continue };
            let all = &weights.values[row * weights.columns..(row + 1) * weights.columns];
            let mut sum = 0;
            for (input, &weight) in all[columns.clone()].iter().enumerate() {
                let block = place / LANES * (inputs / DEPTH) + input / DEPTH;
                product.blocks[block][place % LANES * DEPTH + input % DEPTH] = weight;
                sum += i32::from(weight);
            }
            let bias = if has_bias { i32::from(all[weights.columns - 1]) * ONE as i32 } else { 0 };
            product.start[place] = bias - sum * i32::from(ZERO);
            product.scales[place] = weights.scales[*row] / ONE;
        }
        product
    }

    /// All rows of a matrix, with its bias, whose inputs come in columns of `column` values, each filled up to whole groups.
    pub(crate) fn of_columns(weights: &Weights, column: usize) -> Self {
        let filled = column.next_multiple_of(DEPTH);
        let mut spread = Weights {
            columns: (weights.columns - 1) / column * filled + 1,
            values: Vec::new(),
            rows: weights.rows,
            scales: weights.scales.clone(),
        };
        spread.values.resize(spread.rows * spread.columns, 0);
        let rows = weights.values.chunks_exact(weights.columns);
        for (from, to) in rows.zip(spread.values.chunks_exact_mut(spread.columns)) {
            let (inputs, bias) = from.split_at(weights.columns - 1);
            for (inputs, places) in inputs.chunks_exact(column).zip(to.chunks_mut(filled)) {
                places[..column].copy_from_slice(inputs);
            }
            to[to.len() - 1] = bias[0];
        }
        Self::of(&spread)
    }

    /// All rows of a matrix, with its bias.
    pub(crate) fn of(weights: &Weights) -> Self {
        let rows: Vec<_> = (0..weights.rows).map(|row| Some((weights, row))).collect();
        Self::new(&rows, 0..weights.columns - 1, true)
    }
}
