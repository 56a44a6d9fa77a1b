/// The forward transform of T.81, A.3.3, in place; rows are eight samples.
pub(super) fn forward(block: &mut [f32; 64]) {
    for row in block.chunks_exact_mut(8) {
        let mut lane = [0.0; 8];
        lane.copy_from_slice(row);
        row.copy_from_slice(&transform(lane));
    }
    for column in 0..8 {
        let mut lane = [0.0; 8];
        for (to, from) in lane.iter_mut().zip(block[column..].iter().step_by(8)) {
            *to = *from;
        }
        for (to, from) in block[column..].iter_mut().step_by(8).zip(transform(lane)) {
            *to = from;
        }
    }
}

/// One-dimensional transform by the factorisation of Arai, Agui and Nakajima; its outputs are scaled by [`scale`].
fn transform(lane: [f32; 8]) -> [f32; 8] {
    let sums = [lane[0] + lane[7], lane[1] + lane[6], lane[2] + lane[5], lane[3] + lane[4]];
    let differences = [lane[0] - lane[7], lane[1] - lane[6], lane[2] - lane[5], lane[3] - lane[4]];

    let outer = sums[0] + sums[3];
    let inner = sums[1] + sums[2];
    let outer_difference = sums[0] - sums[3];
    let inner_difference = sums[1] - sums[2];
    let rotated = (inner_difference + outer_difference) * std::f32::consts::FRAC_1_SQRT_2;

    let low = differences[3] + differences[2];
    let middle = differences[2] + differences[1];
    let high = differences[1] + differences[0];
    let shared = (low - high) * 0.382_683_43;
    let low_part = 0.541_196_1 * low + shared;
    let high_part = 1.306_563 * high + shared;
    let middle_part = middle * std::f32::consts::FRAC_1_SQRT_2;
    let plus = differences[0] + middle_part;
    let minus = differences[0] - middle_part;

    [
        outer + inner,
        plus + high_part,
        outer_difference + rotated,
        minus - low_part,
        outer - inner,
        minus + low_part,
        outer_difference - rotated,
        plus - high_part,
    ]
}

/// What [`transform`] multiplies output `index` by, against the transform of the standard times the square root of 8.
fn scale(index: usize) -> f32 {
    const SCALES: [f32; 8] =
        [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_38];
    SCALES[index]
}

/// How transformed values become coefficients.
pub(super) struct Quantiser {
    multipliers: [f32; 64],
    /// What is added to an AC value before its fraction is cut off: a half rounds to the nearest.
    rounding: f32,
}

impl Quantiser {
    /// For a base table and a quality of the IJG scale.
    ///
    /// With `drops_grain`, AC values need 0.65 of a step to count up: on guilloche at 100 dpi, quality 28 is then 6 %
    /// smaller than 24 rounded to the nearest, at a structural similarity that is 0.003 lower.
    pub(super) fn new(base: &[u8; 64], quality: u8, drops_grain: bool) -> Self {
        let quality = u32::from(quality.clamp(1, 100));
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let mut multipliers = [0.0; 64];
        for (at, (multiplier, &base)) in multipliers.iter_mut().zip(base).enumerate() {
            let step = ((u32::from(base) * percent + 50) / 100).clamp(1, 255);
            *multiplier = 1.0 / (step as f32 * 8.0 * scale(at / 8) * scale(at % 8));
        }
        Self { multipliers, rounding: if drops_grain { 0.35 } else { 0.5 } }
    }

    /// The steps, as a file carries them.
    pub(super) fn steps(&self) -> [u8; 64] {
        let mut steps = [0; 64];
        for (at, (step, multiplier)) in steps.iter_mut().zip(&self.multipliers).enumerate() {
            *step = (1.0 / (multiplier * 8.0 * scale(at / 8) * scale(at % 8))).round() as u8;
        }
        steps
    }

    /// One coefficient, within the range that the categories of baseline coding cover.
    pub(super) fn quantised(&self, at: usize, block: &[f32; 64]) -> i16 {
        let value = block[at] * self.multipliers[at];
        // The lightness and the tint of a block are always rounded to the nearest.
        let rounding = if at == 0 { 0.5 } else { self.rounding };
        (value.abs() + rounding).floor().copysign(value).clamp(-1023.0, 1023.0) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_definition() {
        let mut block = [0.0_f32; 64];
        for (at, sample) in block.iter_mut().enumerate() {
            *sample = ((at * 37 + at / 8 * 11) % 256) as f32 - 128.0;
        }
        let samples = block;
        forward(&mut block);
        for v in 0..8 {
            for u in 0..8 {
                let mut sum = 0.0_f64;
                for y in 0..8 {
                    for x in 0..8 {
                        let angle = |place: usize, frequency: usize| {
                            ((2 * place + 1) as f64 * frequency as f64 * std::f64::consts::PI / 16.0).cos()
                        };
                        sum += f64::from(samples[y * 8 + x]) * angle(x, u) * angle(y, v);
                    }
                }
                let norm =
                    |frequency: usize| if frequency == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
                let expected = sum * norm(u) * norm(v) / 4.0;
                let actual = f64::from(block[v * 8 + u]) / f64::from(8.0 * scale(u) * scale(v));
                assert!((expected - actual).abs() < 0.01, "({u}, {v}): {expected} against {actual}");
            }
        }
    }

    #[test]
    fn steps_survive_the_way_through_multipliers() {
        let steps = |base, quality| Quantiser::new(&[base; 64], quality, false).steps();
        assert_eq!(steps(16, 50), [16; 64]);
        assert_eq!(steps(255, 1), [255; 64]);
        assert_eq!(steps(99, 100), [1; 64]);
    }
}
