//! Layers as Tesseract writes them: depth first, each with a head of the same form.
//!
//! The form is that of `lstm` components written since version 4 with integer weights ("fast" data).

use crate::Error;
use crate::traineddata::Cursor;

/// The most inputs or outputs of a layer.
const MOST_WIDTH: usize = 4096;
/// The most layers within layers.
const MOST_DEPTH: usize = 16;
/// The most weights of a matrix: ten times those of any language's "fast" data.
const MOST_WEIGHTS: usize = 1 << 21;

/// Set where a layer has a rate of learning for each layer within it.
const LAYER_RATES: i32 = 64;

/// A matrix of weights, one row an output; the last column is the bias.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// `rows * columns` weights.
    pub(crate) values: Vec<i8>,
    /// What a weight of 1 is worth, a row.
    pub(crate) scales: Vec<f32>,
}

/// What a layer makes of its weighted sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    Tanh,
    Softmax,
}

/// A layer as it is written.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Series(Vec<Layer>),
    Input {
        height: usize,
        depth: usize,
    },
    /// Stacks the inputs of `2 half + 1` places in each direction.
    Convolve {
        half_x: usize,
        half_y: usize,
    },
    MaxPool {
        across: usize,
        down: usize,
    },
    /// Sees across and down changed.
    Transposed(Box<Layer>),
    /// Sees the line from its end.
    Reversed(Box<Layer>),
    /// Gates: cell input, input, forget, output. A summary keeps only what it has at its end.
    Lstm {
        inputs: usize,
        states: usize,
        gates: Box<[Weights; 4]>,
        is_summary: bool,
    },
    Connected {
        activation: Activation,
        weights: Weights,
    },
}

/// The network, and the output that separates characters.
pub(crate) fn network(component: &[u8]) -> Result<(Layer, usize), Error> {
    let mut cursor = Cursor::new(component);
    let root = layer(&mut cursor, 0)?;
    cursor.text()?;
    // State of the training: flags, iterations and samples.
    for _ in 0..3 {
        cursor.i32()?;
    }
    Ok((root, cursor.count("separators")?))
}

fn layer(cursor: &mut Cursor<'_>, depth: usize) -> Result<Layer, Error> {
    if depth > MOST_DEPTH {
        return Err(Error::damaged("its layers never end"));
    }
    let type_byte = cursor.u8()?;
    if type_byte != 0 {
        return Err(Error::unsupported(format!("a layer of type {type_byte}")));
    }
    let kind = cursor.text()?;
    // Whether it is trained, and whether it needs to be told its error.
    let (_training, _back) = (cursor.u8()?, cursor.u8()?);
    let flags = cursor.i32()?;
    let inputs = width(cursor)?;
    let outputs = width(cursor)?;
    let _weights = cursor.i32()?;
    let _name = cursor.text()?;
    match kind {
        "Series" => Ok(Layer::Series(children(cursor, flags, depth)?)),
        "Input" => {
            let mut shape = [0; 5];
            for side in &mut shape {
                *side = cursor.i32()?;
            }
            let [_batch, height, _width, channels, _loss] = shape;
            match (usize::try_from(height), usize::try_from(channels)) {
                (Ok(height @ 1..=256), Ok(depth @ 1..=4)) => Ok(Layer::Input { height, depth }),
                _ => Err(Error::unsupported(format!("an input {height} high and {channels} deep"))),
            }
        }
        "Convolve" => {
            let (half_x, half_y) = (cursor.count("steps")?, cursor.count("steps")?);
            if half_x > 8 || half_y > 8 {
                return Err(Error::unsupported(format!("a convolution of {half_x} by {half_y} steps")));
            }
            Ok(Layer::Convolve { half_x, half_y })
        }
        "Maxpool" => {
            let (across, down) = (cursor.count("steps")?, cursor.count("steps")?);
            if !(1..=16).contains(&across) || !(1..=16).contains(&down) {
                return Err(Error::unsupported(format!("a pool of {across} by {down}")));
            }
            Ok(Layer::MaxPool { across, down })
        }
        "XYTranspose" => Ok(Layer::Transposed(Box::new(only_child(cursor, flags, depth)?))),
        "RTLReversed" => Ok(Layer::Reversed(Box::new(only_child(cursor, flags, depth)?))),
        "LSTM" | "SummLSTM" => {
            let stacked = cursor.count("inputs")?;
            if stacked != inputs + outputs {
                return Err(Error::unsupported(format!(
                    "an LSTM that sees {stacked} values, with {inputs} inputs and {outputs} outputs"
                )));
            }
            let mut gates = Vec::with_capacity(4);
            for _ in 0..4 {
                gates.push(weights(cursor, outputs, stacked + 1)?);
            }
            let gates = <[Weights; 4]>::try_from(gates).map_err(|_| Error::damaged("its gates"))?;
            let is_summary = kind == "SummLSTM";
            Ok(Layer::Lstm { inputs, states: outputs, gates: Box::new(gates), is_summary })
        }
        "Tanh" | "Softmax" => {
            let activation = if kind == "Tanh" { Activation::Tanh } else { Activation::Softmax };
            Ok(Layer::Connected { activation, weights: weights(cursor, outputs, inputs + 1)? })
        }
        other => Err(Error::unsupported(format!("a layer {other}"))),
    }
}

fn width(cursor: &mut Cursor<'_>) -> Result<usize, Error> {
    let width = cursor.count("inputs or outputs")?;
    if !(1..=MOST_WIDTH).contains(&width) {
        return Err(Error::damaged(format!("a layer of {width} values")));
    }
    Ok(width)
}

fn children(cursor: &mut Cursor<'_>, flags: i32, depth: usize) -> Result<Vec<Layer>, Error> {
    let count = cursor.count("layers")?;
    if count > MOST_WIDTH {
        return Err(Error::damaged(format!("{count} layers in one")));
    }
    let mut layers = Vec::new();
    for _ in 0..count {
        layers.push(layer(cursor, depth + 1)?);
    }
    if flags & LAYER_RATES != 0 {
        let rates = cursor.count("rates of learning")?;
        cursor.take(rates.saturating_mul(size_of::<f32>()))?;
    }
    Ok(layers)
}

fn only_child(cursor: &mut Cursor<'_>, flags: i32, depth: usize) -> Result<Layer, Error> {
    let mut layers = children(cursor, flags, depth)?;
    match (layers.pop(), layers.is_empty()) {
        (Some(layer), true) => Ok(layer),
        _ => Err(Error::unsupported("a layer that turns more than one")),
    }
}

/// A matrix of integers, which must have these dimensions.
fn weights(cursor: &mut Cursor<'_>, rows: usize, columns: usize) -> Result<Weights, Error> {
    /// Integers, in the form written since version 4; and a way of training that leaves nothing behind.
    const INTEGERS: u8 = 1 | 128;
    const TRAINED_WITH_ADAM: u8 = 4;
    let mode = cursor.u8()?;
    if mode & !TRAINED_WITH_ADAM != INTEGERS {
        return Err(Error::unsupported(format!(
            "weights in mode {mode}: they are not the integers of \"fast\" data"
        )));
    }
    let found = (cursor.u32()? as usize, cursor.u32()? as usize);
    if found != (rows, columns) || rows * columns > MOST_WEIGHTS {
        return Err(Error::damaged(format!("a matrix of {found:?} where {:?} is due", (rows, columns))));
    }
    let _empty = cursor.u8()?;
    let values = cursor.take(rows * columns)?.iter().map(|&byte| byte.cast_signed()).collect();
    let count = cursor.u32()? as usize;
    if count < rows || count > rows + 64 {
        return Err(Error::damaged(format!("{count} scales for {rows} rows")));
    }
    let mut scales = Vec::with_capacity(rows);
    for _ in 0..count {
        let scale = cursor.f64()?;
        if !(scale.is_finite() && (0.0..=1e6).contains(&scale)) {
            return Err(Error::damaged(format!("a scale of {scale}")));
        }
        scales.push(scale as f32);
    }
    scales.truncate(rows);
    Ok(Weights { rows, columns, values, scales })
}
