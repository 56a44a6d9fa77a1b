//! From what the network says of each step to characters.

use crate::charset::Charset;
use crate::network::Readings;

/// A character and where along the line it was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// The output that stands for it.
    pub(crate) output: usize,
    /// The steps that it was seen on, the last one not included.
    pub(crate) steps: (usize, usize),
    /// The greatest part that it had in one of them, of 1.
    pub(crate) part: f32,
}

/// The likeliest output of each step; the same one without a separator between is one character
/// (A. Graves et al., Connectionist Temporal Classification, 2006: best path decoding).
pub(crate) fn best_path(readings: &Readings, separator: usize, seen: &mut Vec<Seen>) {
    seen.clear();
    let mut last = separator;
    for (step, parts) in readings.steps().enumerate() {
        let (output, part) = greatest(parts);
        if output == last && output != separator {
            if let Some(seen) = seen.last_mut() {
                seen.steps.1 = step + 1;
                seen.part = seen.part.max(part);
            }
        } else if output != separator {
            seen.push(Seen { output, steps: (step, step + 1), part });
        }
        last = output;
    }
}

fn greatest(parts: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::MIN);
    for (output, &part) in parts.iter().enumerate() {
        if part > best.1 {
            best = (output, part);
        }
    }
    best
}

/// Splits at spaces.
pub(crate) fn words<'a>(seen: &'a [Seen], charset: &Charset) -> impl Iterator<Item = &'a [Seen]> {
    let space = charset.space();
    seen.split(move |seen| Some(seen.output) == space).filter(|word| !word.is_empty())
}
