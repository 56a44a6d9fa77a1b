//! The network of Tesseract's language data: a line of text in, for each step along it the parts of its characters out.
//!
//! A convolution over the pixels, the greatest of neighbouring values, an LSTM down each column of which the end is kept,
//! LSTMs along the line in either direction, and one output a character: the kinds of layers that the "fast" data of all
//! Latin languages have. Weights and values between layers are bytes, as Tesseract itself computes with them.

mod kernel;
mod math;
mod product;
mod read;

use kernel::Kernels;
use product::{DEPTH, LANES, Product, ZERO};
use read::{Activation, Layer, Weights};

use crate::Error;

/// Steps of a line that are worked on in one go: their sums stay near the processor.
const STRETCH: usize = 64;

/// The most bytes that a pixel along a line may take between layers, and the most sums of a step: ten times those of Latin
/// languages. So the longest line takes no more than 80 MB, whatever the data say.
const MOST_ROOM: usize = 4096;
const MOST_SUMS: usize = 1 << 14;

/// A network, ready to read lines.
#[derive(Debug)]
pub(crate) struct Network {
    kernels: Kernels,
    /// Height of a line in pixels.
    height: usize,
    /// Neighbours on either side that the convolution sees, across and down.
    half: (usize, usize),
    convolution: Product,
    /// Values of which the greatest is kept, across and down.
    pool: (usize, usize),
    columns: Lstm,
    chain: Vec<(Lstm, Direction)>,
    output: Product,
    outputs: usize,
    separator: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Forwards,
    Backwards,
}

/// A long short-term memory: what each step makes of its inputs and of what the step before it gave.
#[derive(Debug)]
struct Lstm {
    /// Cell input, input, forget and output gate for each group of [`LANES`] states.
    from_inputs: Product,
    from_outputs: Product,
    /// Values that come out, a step.
    states: usize,
}

/// What the network says of a line.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// Characters that it tells apart.
    width: usize,
    /// Parts of 1, `width` a step.
    parts: Vec<f32>,
}

impl Readings {
    #[cfg(test)]
    pub(crate) fn of(steps: &[&[f32]]) -> Self {
        Self { width: steps.first().map_or(0, |parts| parts.len()), parts: steps.concat() }
    }

    /// For each step along the line the part of each output.
    pub(crate) fn steps(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.parts.chunks_exact_mut(self.width.max(1))
    }
}

/// Room for one line, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Room {
    columns: Vec<u8>,
    patches: Vec<u8>,
    pooled: Vec<u8>,
    sums: Vec<i32>,
    states: Vec<f32>,
    outputs: Vec<u8>,
    next: Vec<u8>,
    readings: Readings,
}

impl Network {
    /// Makes the network that a component describes.
    pub(crate) fn read(component: &[u8]) -> Result<Self, Error> {
        let (root, separator) = read::network(component)?;
        let Layer::Series(layers) = root else { return Err(Error::unsupported("a network of one layer")) };
        let unknown = || Error::unsupported("layers in an order that is not read here");
        let mut layers = layers.into_iter();
        let mut next = || layers.next().ok_or_else(unknown);
        let Layer::Input { height, depth: 1 } = next()? else { return Err(unknown()) };
        let Layer::Series(convolution) = next()? else { return Err(unknown()) };
        let (half, convolution) = match convolution.as_slice() {
            [
                Layer::Convolve { half_x, half_y },
                Layer::Connected { activation: Activation::Tanh, weights },
            ] => ((*half_x, *half_y), weights.clone()),
            _ => return Err(unknown()),
        };
        let Layer::MaxPool { across, down } = next()? else { return Err(unknown()) };
        let Layer::Transposed(columns) = next()? else { return Err(unknown()) };
        let Layer::Lstm { inputs, states, gates, is_summary: true } = *columns else { return Err(unknown()) };
        if convolution.columns != (2 * half.0 + 1) * (2 * half.1 + 1) + 1
            || inputs != convolution.rows
            || !convolution.rows.is_multiple_of(LANES)
            || height / down == 0
        {
            return Err(Error::unsupported("a convolution of other sizes"));
        }
        let columns = Lstm::new(inputs, states, &gates)?;
        let mut width = states;
        let mut chain = Vec::new();
        let output = loop {
            let (layer, direction) = match next()? {
                Layer::Reversed(layer) => (*layer, Direction::Backwards),
                layer => (layer, Direction::Forwards),
            };
            match layer {
                Layer::Lstm { inputs, states, gates, is_summary: false } if inputs == width => {
                    chain.push((Lstm::new(inputs, states, &gates)?, direction));
                    width = states;
                }
                Layer::Connected { activation: Activation::Softmax, weights }
                    if weights.columns == width + 1 && direction == Direction::Forwards =>
                {
                    break weights;
                }
                _ => return Err(unknown()),
            }
        };
        if separator >= output.rows {
            return Err(Error::damaged(format!(
                "output {separator} of {} separates characters",
                output.rows
            )));
        }
        let network = Self {
            kernels: Kernels::best(),
            height,
            half,
            convolution: Product::of_columns(&convolution, 2 * half.1 + 1),
            pool: (across, down),
            columns,
            chain,
            outputs: output.rows,
            output: Product::of(&output),
            separator,
        };
        let (room, sums) = (network.room_of_a_pixel(), network.sums_of_a_step());
        if room > MOST_ROOM || sums > MOST_SUMS {
            return Err(Error::unsupported(format!(
                "{room} bytes for a pixel of a line and {sums} sums for a step"
            )));
        }
        Ok(network)
    }

    /// Bytes that a pixel along a line takes at most between layers, `Room::patches` and `Room::sums` left out.
    fn room_of_a_pixel(&self) -> usize {
        let states = self.lstms().map(|lstm| lstm.states).max().unwrap_or(0);
        let pooled = self.height / self.pool.1 * self.convolution.rows;
        let step = pooled + 2 * states + size_of::<f32>() * self.outputs;
        self.column_height() + step.div_ceil(self.pool.0)
    }

    /// The most sums that a layer makes for one step.
    fn sums_of_a_step(&self) -> usize {
        let gates = self.lstms().map(|lstm| lstm.from_inputs.rows).max().unwrap_or(0);
        (self.pool.0 * self.pool.1 * self.convolution.rows).max(gates).max(self.output.rows)
    }

    fn lstms(&self) -> impl Iterator<Item = &Lstm> {
        self.chain.iter().map(|(lstm, _)| lstm).chain([&self.columns])
    }

    /// Height in pixels that a line must have.
    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// Pixels of a line to a step of its readings.
    pub(crate) fn stride(&self) -> usize {
        self.pool.0
    }

    /// How many characters it tells apart.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The output that separates characters.
    pub(crate) fn separator(&self) -> usize {
        self.separator
    }

    /// The instructions that it is computed with.
    pub(crate) fn instructions(&self) -> &'static str {
        self.kernels.name
    }

    /// Reads a line: `height` rows of `width` quantised pixels.
    pub(crate) fn run<'a>(&self, line: &[u8], width: usize, room: &'a mut Room) -> &'a mut Readings {
        let steps = width / self.pool.0;
        self.convolve(line, width, steps, room);
        self.summarise_columns(steps, room);
        for (lstm, direction) in &self.chain {
            self.run_along(lstm, *direction, steps, room);
            std::mem::swap(&mut room.outputs, &mut room.next);
        }
        self.give_out(steps, room);
        &mut room.readings
    }

    /// Convolution and pool, into `room.pooled`: by row, then by step. The tangent never falls, so the greatest value is that
    /// of the greatest sum.
    fn convolve(&self, line: &[u8], width: usize, steps: usize, room: &mut Room) {
        self.stand_up(line, width, &mut room.columns);
        let (across, down) = self.pool;
        let rows = self.height / down;
        let (depth, patch) = (self.convolution.rows, self.convolution.inputs);
        let pooled = across * down;
        room.pooled.clear();
        room.pooled.resize(rows * steps * depth, ZERO);
        room.patches.clear();
        room.patches.resize(STRETCH * pooled * patch, ZERO);
        for row in 0..rows {
            for from in (0..steps).step_by(STRETCH) {
                let count = STRETCH.min(steps - from);
                let patches = &mut room.patches[..count * pooled * patch];
                self.fill_patches(&room.columns, (from, count), row, patches);
                fill(&mut room.sums, &self.convolution.start, count * pooled);
                (self.kernels.multiply)(&self.convolution, patches, &mut room.sums);
                let outputs = room.pooled[(row * steps + from) * depth..].chunks_exact_mut(depth);
                for (sums, outputs) in room.sums.chunks_exact(pooled * depth).zip(outputs) {
                    (self.kernels.squash)(sums, &self.convolution.scales, outputs);
                }
            }
        }
    }

    /// Height of the columns of `room.columns`: what a patch takes of a column, from any pixel, lies within it.
    fn column_height(&self) -> usize {
        self.height + (2 * self.half.1 + 1).next_multiple_of(DEPTH)
    }

    /// The line column by column, with what the patches of its edges see: beyond them, it is as at the nearest pixel.
    fn stand_up(&self, line: &[u8], width: usize, columns: &mut Vec<u8>) {
        let (half_x, half_y) = self.half;
        let height = self.column_height();
        columns.clear();
        columns.resize((width + 2 * half_x) * height, ZERO);
        for (x, column) in columns.chunks_exact_mut(height).enumerate() {
            let x = x.saturating_sub(half_x).min(width - 1);
            for (y, pixel) in column.iter_mut().enumerate() {
                *pixel = line[y.saturating_sub(half_y).min(self.height - 1) * width + x];
            }
        }
    }

    /// The patches of some steps of a row, one for each value of which the greatest is kept: the pixels around one, column by
    /// column, in whole groups; what a group has too much meets weights of nothing.
    fn fill_patches(&self, columns: &[u8], (from, count): (usize, usize), row: usize, patches: &mut [u8]) {
        let (across, down) = self.pool;
        let height = self.column_height();
        let (width, filled) = (2 * self.half.0 + 1, (2 * self.half.1 + 1).next_multiple_of(DEPTH));
        let mut groups = patches.as_chunks_mut::<DEPTH>().0.iter_mut();
        for x in from * across..(from + count) * across {
            for y in row * down..(row + 1) * down {
                for column in columns[x * height..(x + width) * height].chunks_exact(height) {
                    let pixels = column[y..y + filled].as_chunks::<DEPTH>().0;
                    pixels.iter().zip(&mut groups).for_each(|(pixels, group)| *group = *pixels);
                }
            }
        }
    }

    /// Runs down all columns side by side, into `room.outputs`.
    fn summarise_columns(&self, steps: usize, room: &mut Room) {
        let lstm = &self.columns;
        let depth = self.convolution.rows;
        room.outputs.clear();
        room.outputs.resize(steps * lstm.states, ZERO);
        let rows = self.height / self.pool.1;
        for from in (0..steps).step_by(STRETCH) {
            let count = STRETCH.min(steps - from);
            room.states.clear();
            room.states.resize(count * lstm.states, 0.0);
            let outputs = &mut room.outputs[from * lstm.states..][..count * lstm.states];
            for row in 0..rows {
                let inputs = &room.pooled[(row * steps + from) * depth..][..count * depth];
                lstm.begin(&self.kernels, inputs, count, &mut room.sums);
                (self.kernels.multiply)(&lstm.from_outputs, outputs, &mut room.sums);
                let parts = room.sums.chunks_exact(lstm.from_inputs.rows);
                let states = room.states.chunks_exact_mut(lstm.states);
                for ((sums, states), outputs) in parts.zip(states).zip(outputs.chunks_exact_mut(lstm.states))
                {
                    (self.kernels.gates)(sums, &lstm.from_inputs.scales, states, outputs);
                }
            }
        }
    }

    /// Runs along the line, from `room.outputs` into `room.next`.
    fn run_along(&self, lstm: &Lstm, direction: Direction, steps: usize, room: &mut Room) {
        let depth = lstm.from_inputs.inputs;
        room.next.clear();
        room.next.resize(steps * lstm.states, ZERO);
        room.states.clear();
        room.states.resize(lstm.states, 0.0);
        let mut before: Option<usize> = None;
        let mut stretch = |from: usize, room: &mut Room| {
            let count = STRETCH.min(steps - from);
            lstm.begin(&self.kernels, &room.outputs[from * depth..][..count * depth], count, &mut room.sums);
            for number in 0..count {
                let number = if direction == Direction::Forwards { number } else { count - 1 - number };
                let sums = &mut room.sums[number * lstm.from_inputs.rows..][..lstm.from_inputs.rows];
                let step = from + number;
                // Before the first step there is nothing, which is what stands in its own place yet.
                let outputs = &room.next[before.unwrap_or(step) * lstm.states..][..lstm.states];
                (self.kernels.multiply)(&lstm.from_outputs, outputs, sums);
                let outputs = &mut room.next[step * lstm.states..][..lstm.states];
                (self.kernels.gates)(sums, &lstm.from_inputs.scales, &mut room.states, outputs);
                before = Some(step);
            }
        };
        let stretches = (0..steps).step_by(STRETCH);
        match direction {
            Direction::Forwards => stretches.for_each(|from| stretch(from, room)),
            Direction::Backwards => stretches.rev().for_each(|from| stretch(from, room)),
        }
    }

    /// From `room.outputs` into `room.readings`.
    fn give_out(&self, steps: usize, room: &mut Room) {
        let Readings { width, parts } = &mut room.readings;
        *width = self.outputs;
        parts.clear();
        parts.resize(steps * self.outputs, 0.0);
        let depth = self.output.inputs;
        for from in (0..steps).step_by(STRETCH) {
            let count = STRETCH.min(steps - from);
            fill(&mut room.sums, &self.output.start, count);
            let inputs = &room.outputs[from * depth..][..count * depth];
            (self.kernels.multiply)(&self.output, inputs, &mut room.sums);
            let parts = parts[from * self.outputs..].chunks_exact_mut(self.outputs);
            for (sums, parts) in room.sums.chunks_exact(self.output.rows).zip(parts) {
                (self.kernels.softmax)(&sums[..self.outputs], &self.output.scales[..self.outputs], parts);
            }
        }
    }
}

impl Lstm {
    fn new(inputs: usize, states: usize, gates: &[Weights; 4]) -> Result<Self, Error> {
        if !inputs.is_multiple_of(DEPTH) || !states.is_multiple_of(LANES) {
            return Err(Error::unsupported(format!("an LSTM of {inputs} inputs and {states} states")));
        }
        let mut rows = Vec::with_capacity(4 * states);
        for group in (0..states).step_by(LANES) {
            for gate in gates {
                rows.extend((group..group + LANES).map(|row| Some((gate, row))));
            }
        }
        Ok(Self {
            from_inputs: Product::new(&rows, 0..inputs, true),
            from_outputs: Product::new(&rows, inputs..inputs + states, false),
            states,
        })
    }

    /// The part of the sums of some steps that their inputs give, and the biases.
    fn begin(&self, kernels: &Kernels, inputs: &[u8], count: usize, sums: &mut Vec<i32>) {
        sums.clear();
        for _ in 0..count {
            let starts = self.from_inputs.start.iter().zip(&self.from_outputs.start);
            sums.extend(starts.map(|(inputs, outputs)| inputs + outputs));
        }
        (kernels.multiply)(&self.from_inputs, inputs, sums);
    }
}

fn fill(sums: &mut Vec<i32>, start: &[i32], count: usize) {
    sums.clear();
    for _ in 0..count {
        sums.extend_from_slice(start);
    }
}

/// A pixel as the network takes it: `black` is -1, `white` is 1, and nothing lies beyond.
pub(crate) fn quantised_pixel(gray: u8, black: f32, white: f32) -> u8 {
    let half = ((white - black) / 2.0).max(0.5);
    math::quantised((f32::from(gray) - black) / half - 1.0)
}
