//! Functions that the compiler turns into vectors of whatever width the processor has, with the same results on each.
//!
//! No operation here is contracted or reordered, so a line reads the same on every machine.

/// Adding this to a number below 2^22 leaves its nearest integer in the low bits.
const ROUNDING: f32 = 12_582_912.0;

/// 2^x for x from -126 to 126, within 3e-7 of it.
#[inline(always)]
fn exp2(x: f32) -> f32 {
    let shifted = x + ROUNDING;
    let whole = shifted - ROUNDING;
    let part = x - whole;
    // The polynomial of 5th degree that is nearest to 2^part from -1/2 to 1/2 (least squares at Chebyshev's points).
    let mut sum = 1.321_867_2e-3_f32;
    sum = sum * part + 9.671_698e-3;
    sum = sum * part + 5.550_893e-2;
    sum = sum * part + 2.402_223_8e-1;
    sum = sum * part + 0.693_146_9;
    sum = sum * part + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127) << 23;
    sum * f32::from_bits(exponent)
}

/// e^x; below -80 and above 80 as at these.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    exp2(x.clamp(-80.0, 80.0) * std::f32::consts::LOG2_E)
}

/// e^x; below -28 and above 28 as at these, so that the product of three is still a number. Where it is 1 to 10^12 of a sum,
/// no byte of an output changes.
#[inline(always)]
pub(super) fn small_exp(x: f32) -> f32 {
    exp2(x.clamp(-28.0, 28.0) * std::f32::consts::LOG2_E)
}

#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 / (1.0 + exp(-2.0 * x)) - 1.0
}

/// A value from -1 to 1 as a byte.
#[inline(always)]
pub(super) fn quantised(value: f32) -> u8 {
    use super::product::{ONE, ZERO};
    let shifted = (value * ONE).clamp(-ONE, ONE) + (ROUNDING + ZERO as f32);
    (shifted.to_bits() & 0xff) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_near_those_of_the_library() {
        for step in -4000..=4000 {
            let x = step as f32 / 100.0;
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 1e-6, "tanh {x}");
            let logistic = |exp: f64| 1.0 / (1.0 + exp);
            let difference = logistic(f64::from(small_exp(-x))) - logistic((-f64::from(x)).exp());
            assert!(difference.abs() < 1e-6, "logistic {x}");
            assert!((f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs() < 1e-5, "exp {x}");
        }
    }

    #[test]
    fn values_are_rounded_to_the_nearest_byte() {
        for (value, byte) in
            [(0.0, 128), (1.0, 255), (-1.0, 1), (3.0, 255), (-3.0, 1), (0.0071, 129), (-0.5, 64)]
        {
            assert_eq!(quantised(value), byte, "{value}");
        }
    }
}
