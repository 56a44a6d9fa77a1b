//! The work that a page's time goes into, for the instructions that this processor has.
//!
//! Sums are sums of integers, and the functions of `math` are the same everywhere: every way gives the same bytes.

use super::math::{exp, quantised, small_exp, tanh};
use super::product::{Block, DEPTH, LANES, Product};

/// The states of an LSTM never leave this range (Tesseract 5, `lstm/lstm.cpp`: 100).
const MOST_STATE: f32 = 100.0;

type Gates = fn(sums: &[i32], scales: &[f32], states: &mut [f32], outputs: &mut [u8]);

/// One way of doing the work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels {
    /// The instructions used, for reports.
    pub(crate) name: &'static str,
    /// Adds to `sums`, `product.rows` a step, the products of `inputs`, `product.inputs` a step.
    pub(crate) multiply: fn(product: &Product, inputs: &[u8], sums: &mut [i32]),
    /// From the sums of an LSTM's gates, for groups of [`LANES`] states cell input, input, forget and output, to its new
    /// states and outputs.
    pub(crate) gates: Gates,
    /// From several sums for each output, in a row of all outputs each, to the quantised hyperbolic tangents of the greatest.
    pub(crate) squash: fn(sums: &[i32], scales: &[f32], outputs: &mut [u8]),
    /// From sums to the parts that they have of 1.
    pub(crate) softmax: fn(sums: &[i32], scales: &[f32], parts: &mut [f32]),
}

/// What every processor does.
pub(crate) const PORTABLE: Kernels = Kernels {
    name: "portable",
    multiply: |product, inputs, sums| multiply_portable(product, inputs, sums),
    gates: |sums, scales, states, outputs| gates(sums, scales, states, outputs),
    squash: |sums, scales, outputs| squash(sums, scales, outputs),
    softmax: |sums, scales, parts| softmax(sums, scales, parts),
};

impl Kernels {
    /// All that this processor can do, the fastest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx512f")
                && std::is_x86_feature_detected!("avx512bw")
                && std::is_x86_feature_detected!("avx512vl")
                && std::is_x86_feature_detected!("avx512vnni")
            {
                kernels.push(x86::AVX512_VNNI);
            }
            if std::is_x86_feature_detected!("avx2") {
                if std::is_x86_feature_detected!("avxvnni") {
                    kernels.push(x86::AVX_VNNI);
                }
                kernels.push(x86::AVX2);
            }
        }
        kernels.push(PORTABLE);
        kernels
    }

    /// The fastest that this processor can do.
    pub(crate) fn best() -> Self {
        Self::available().first().copied().unwrap_or(PORTABLE)
    }
}

#[inline(always)]
fn multiply_portable(product: &Product, inputs: &[u8], sums: &mut [i32]) {
    let groups = product.inputs / DEPTH;
    for (inputs, sums) in inputs.chunks_exact(product.inputs).zip(sums.chunks_exact_mut(product.rows)) {
        let (inputs, _) = inputs.as_chunks::<DEPTH>();
        let (sums, _) = sums.as_chunks_mut::<LANES>();
        for (blocks, sums) in product.blocks.chunks_exact(groups).zip(sums) {
            for (block, inputs) in blocks.iter().zip(inputs) {
                add_block(block, inputs, sums);
            }
        }
    }
}

#[inline(always)]
fn add_block(block: &Block, inputs: &[u8; DEPTH], sums: &mut [i32; LANES]) {
    let (rows, _) = block.as_chunks::<DEPTH>();
    for (row, sum) in rows.iter().zip(sums) {
        for (&weight, &input) in row.iter().zip(inputs) {
            *sum += i32::from(weight) * i32::from(input);
        }
    }
}

#[inline(always)]
fn gates(sums: &[i32], scales: &[f32], states: &mut [f32], outputs: &mut [u8]) {
    let (sums, _) = sums.as_chunks::<{ 4 * LANES }>();
    let (scales, _) = scales.as_chunks::<{ 4 * LANES }>();
    let (states, _) = states.as_chunks_mut::<LANES>();
    let (outputs, _) = outputs.as_chunks_mut::<LANES>();
    for (((sums, scales), states), outputs) in sums.iter().zip(scales).zip(states).zip(outputs) {
        let value = |gate: usize, lane: usize| sums[gate * LANES + lane] as f32 * scales[gate * LANES + lane];
        let mut new = [0.0_f32; LANES];
        for lane in 0..LANES {
            // state * logistic(forget) + tanh(cell) * logistic(input), over one divisor: divisions cost most here.
            let (cell, input) = (small_exp(-2.0 * value(0, lane)), small_exp(-value(1, lane)));
            let forget = small_exp(-value(2, lane));
            let (added, kept) = ((1.0 + input) * (1.0 + cell), 1.0 + forget);
            let state = (states[lane] * added + (1.0 - cell) * kept) / (added * kept);
            new[lane] = state.clamp(-MOST_STATE, MOST_STATE);
        }
        *states = new;
        for lane in 0..LANES {
            // tanh(state) * logistic(output).
            let (state, output) = (small_exp(-2.0 * new[lane]), small_exp(-value(3, lane)));
            outputs[lane] = quantised((1.0 - state) / ((1.0 + state) * (1.0 + output)));
        }
    }
}

#[inline(always)]
fn squash(sums: &[i32], scales: &[f32], outputs: &mut [u8]) {
    let depth = outputs.len();
    let (outputs, _) = outputs.as_chunks_mut::<LANES>();
    let (scales, _) = scales.as_chunks::<LANES>();
    for (group, (scales, outputs)) in scales.iter().zip(outputs).enumerate() {
        let mut greatest = [i32::MIN; LANES];
        for sums in sums.chunks_exact(depth) {
            let sums = &sums[group * LANES..][..LANES];
            greatest.iter_mut().zip(sums).for_each(|(most, &sum)| *most = sum.max(*most));
        }
        for lane in 0..LANES {
            outputs[lane] = quantised(tanh(greatest[lane] as f32 * scales[lane]));
        }
    }
}

#[inline(always)]
fn softmax(sums: &[i32], scales: &[f32], parts: &mut [f32]) {
    let mut most = f32::MIN;
    for ((sum, scale), part) in sums.iter().zip(scales).zip(parts.iter_mut()) {
        *part = *sum as f32 * scale;
        most = most.max(*part);
    }
    // In lanes, so that the order of the additions does not depend on the width of the processor's.
    let mut totals = [0.0_f32; LANES];
    for parts in parts.chunks_mut(LANES) {
        for (part, total) in parts.iter_mut().zip(&mut totals) {
            *part = exp(*part - most);
            *total += *part;
        }
    }
    let total: f32 = totals.iter().sum();
    for part in parts {
        *part /= total;
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(
        unsafe_code,
        reason = "each function is reached only after its instructions were found on this processor"
    )]

    use std::arch::x86_64::*;

    use bytemuck::must_cast;

    use super::super::product::{Block, DEPTH, LANES, Product};
    use super::Kernels;

    /// Groups of inputs that are gathered at a time: as many as the layers of "fast" data have.
    const GATHERED: usize = 48;

    /// 64 products of bytes with one instruction (AVX-512 VNNI).
    pub(super) const AVX512_VNNI: Kernels = Kernels {
        name: "avx512-vnni",
        // SAFETY: `Kernels::available` has found the instructions.
        multiply: |product, inputs, sums| unsafe { multiply_avx512_vnni(product, inputs, sums) },
        // SAFETY: as above.
        gates: |sums, scales, states, outputs| unsafe { gates_avx512(sums, scales, states, outputs) },
        // SAFETY: as above.
        squash: |sums, scales, outputs| unsafe { squash_avx512(sums, scales, outputs) },
        // SAFETY: as above.
        softmax: |sums, scales, parts| unsafe { softmax_avx512(sums, scales, parts) },
    };

    /// 32 products of bytes with one instruction (AVX-VNNI), on processors without AVX-512.
    pub(super) const AVX_VNNI: Kernels = Kernels {
        name: "avx-vnni",
        // SAFETY: `Kernels::available` has found the instructions.
        multiply: |product, inputs, sums| unsafe { multiply_avx_vnni(product, inputs, sums) },
        ..AVX2
    };

    /// 16 products of words with one instruction (AVX2).
    pub(super) const AVX2: Kernels = Kernels {
        name: "avx2",
        // SAFETY: `Kernels::available` has found the instructions.
        multiply: |product, inputs, sums| unsafe { multiply_avx2(product, inputs, sums) },
        // SAFETY: as above.
        gates: |sums, scales, states, outputs| unsafe { gates_avx2(sums, scales, states, outputs) },
        // SAFETY: as above.
        squash: |sums, scales, outputs| unsafe { squash_avx2(sums, scales, outputs) },
        // SAFETY: as above.
        softmax: |sums, scales, parts| unsafe { softmax_avx2(sums, scales, parts) },
    };

    /// Products of bytes with the dot products of one width of vectors, of which some make the sums of [`LANES`] rows. As many
    /// steps or groups of rows are summed up side by side as hide the time of one multiplication.
    macro_rules! dot_products {
        (
            $features:literal, [$vector:ty; $vectors:literal], $abreast:literal, $zero:ident, $same:ident, $dot:ident, $add:ident,
            $multiply:ident, $multiply_abreast:ident, $multiply_one:ident
        ) => {
            #[target_feature(enable = $features)]
            fn $multiply(product: &Product, inputs: &[u8], sums: &mut [i32]) {
                let mut steps = inputs.chunks_exact(product.inputs * $abreast);
                let mut step_sums = sums.chunks_exact_mut(product.rows * $abreast);
                for (inputs, sums) in steps.by_ref().zip(step_sums.by_ref()) {
                    $multiply_abreast(product, inputs, sums);
                }
                let rest = steps.remainder().chunks_exact(product.inputs);
                for (inputs, sums) in rest.zip(step_sums.into_remainder().chunks_exact_mut(product.rows)) {
                    $multiply_one(product, inputs, sums);
                }
            }

            /// Several steps share each weight.
            #[target_feature(enable = $features)]
            fn $multiply_abreast(product: &Product, inputs: &[u8], sums: &mut [i32]) {
                let groups = product.inputs / DEPTH;
                for first in (0..groups).step_by(GATHERED) {
                    // The inputs of all steps that meet the same weights, side by side.
                    let count = GATHERED.min(groups - first);
                    let mut gathered = [[0_i32; $abreast]; GATHERED];
                    for (step, inputs) in inputs.chunks_exact(product.inputs).enumerate() {
                        let (inputs, _) = inputs.as_chunks::<DEPTH>();
                        for (abreast, inputs) in gathered.iter_mut().zip(&inputs[first..first + count]) {
                            abreast[step] = i32::from_le_bytes(*inputs);
                        }
                    }
                    for (number, blocks) in product.blocks.chunks_exact(groups).enumerate() {
                        let mut totals = [[$zero(); $vectors]; $abreast];
                        for (block, inputs) in blocks[first..first + count].iter().zip(&gathered) {
                            let weights: [$vector; $vectors] = must_cast(*block);
                            for (totals, inputs) in totals.iter_mut().zip(inputs) {
                                for (total, weights) in totals.iter_mut().zip(weights) {
                                    *total = $dot(*total, $same(*inputs), weights);
                                }
                            }
                        }
                        for (step, totals) in totals.iter().enumerate() {
                            let sums = &mut sums[step * product.rows + number * LANES..][..LANES];
                            for (sums, total) in sums.chunks_exact_mut(LANES / $vectors).zip(totals) {
                                $add(sums, *total);
                            }
                        }
                    }
                }
            }

            /// One step: several groups of rows share its inputs.
            #[target_feature(enable = $features)]
            fn $multiply_one(product: &Product, inputs: &[u8], sums: &mut [i32]) {
                let groups = product.inputs / DEPTH;
                let (inputs, _) = inputs.as_chunks::<DEPTH>();
                let blocks = product.blocks.chunks(groups * $abreast);
                for (blocks, sums) in blocks.zip(sums.chunks_mut(LANES * $abreast)) {
                    let mut totals = [[$zero(); $vectors]; $abreast];
                    let add = |block: &Block, inputs: &[u8; DEPTH], totals: &mut [$vector; $vectors]| {
                        let weights: [$vector; $vectors] = must_cast(*block);
                        let inputs = $same(i32::from_le_bytes(*inputs));
                        for (total, weights) in totals.iter_mut().zip(weights) {
                            *total = $dot(*total, inputs, weights);
                        }
                    };
                    if sums.len() == LANES * $abreast {
                        for (group, inputs) in inputs.iter().enumerate() {
                            for (number, totals) in totals.iter_mut().enumerate() {
                                add(&blocks[number * groups + group], inputs, totals);
                            }
                        }
                    } else {
                        for (blocks, totals) in blocks.chunks_exact(groups).zip(&mut totals) {
                            for (block, inputs) in blocks.iter().zip(inputs) {
                                add(block, inputs, totals);
                            }
                        }
                    }
                    for (sums, total) in sums.chunks_exact_mut(LANES / $vectors).zip(totals.as_flattened()) {
                        $add(sums, *total);
                    }
                }
            }
        };
    }
    dot_products!(
        "avx512f,avx512bw,avx512vl,avx512vnni",
        [__m512i; 1],
        8,
        _mm512_setzero_si512,
        _mm512_set1_epi32,
        _mm512_dpbusd_epi32,
        add_512,
        multiply_avx512_vnni,
        multiply_abreast_avx512_vnni,
        multiply_one_avx512_vnni
    );
    dot_products!(
        "avx2,avxvnni",
        [__m256i; 2],
        4,
        _mm256_setzero_si256,
        _mm256_set1_epi32,
        _mm256_dpbusd_avx_epi32,
        add_256,
        multiply_avx_vnni,
        multiply_abreast_avx_vnni,
        multiply_one_avx_vnni
    );

    #[target_feature(enable = "avx512f")]
    fn add_512(sums: &mut [i32], total: __m512i) {
        if let Some(sums) = sums.first_chunk_mut::<LANES>() {
            *sums = must_cast(_mm512_add_epi32(must_cast(*sums), total));
        }
    }

    #[target_feature(enable = "avx2")]
    fn add_256(sums: &mut [i32], total: __m256i) {
        if let Some(sums) = sums.first_chunk_mut::<{ LANES / 2 }>() {
            *sums = must_cast(_mm256_add_epi32(must_cast(*sums), total));
        }
    }

    #[target_feature(enable = "avx2")]
    fn multiply_avx2(product: &Product, inputs: &[u8], sums: &mut [i32]) {
        let groups = product.inputs / DEPTH;
        for (inputs, sums) in inputs.chunks_exact(product.inputs).zip(sums.chunks_exact_mut(product.rows)) {
            let (inputs, _) = inputs.as_chunks::<DEPTH>();
            let (sums, _) = sums.as_chunks_mut::<LANES>();
            for (blocks, sums) in product.blocks.chunks_exact(groups).zip(sums) {
                // Four rows each, two halves of a sum a row.
                let mut totals = [_mm256_setzero_si256(); LANES / 4];
                for (block, inputs) in blocks.iter().zip(inputs) {
                    let four = inputs.map(i16::from);
                    let inputs: __m256i = must_cast([four; 4]);
                    let (rows, _) = block.as_chunks::<16>();
                    for (rows, total) in rows.iter().zip(&mut totals) {
                        let weights = _mm256_cvtepi8_epi16(must_cast(*rows));
                        *total = _mm256_add_epi32(*total, _mm256_madd_epi16(weights, inputs));
                    }
                }
                for (total, sums) in totals.iter().zip(sums.chunks_exact_mut(4)) {
                    let halves: [i32; 8] = must_cast(*total);
                    for (sum, halves) in sums.iter_mut().zip(halves.chunks_exact(2)) {
                        *sum += halves[0] + halves[1];
                    }
                }
            }
        }
    }

    macro_rules! compiled_for {
        ($features:literal, $gates:ident, $squash:ident, $softmax:ident) => {
            #[target_feature(enable = $features)]
            fn $gates(sums: &[i32], scales: &[f32], states: &mut [f32], outputs: &mut [u8]) {
                super::gates(sums, scales, states, outputs);
            }

            #[target_feature(enable = $features)]
            fn $squash(sums: &[i32], scales: &[f32], outputs: &mut [u8]) {
                super::squash(sums, scales, outputs);
            }

            #[target_feature(enable = $features)]
            fn $softmax(sums: &[i32], scales: &[f32], parts: &mut [f32]) {
                super::softmax(sums, scales, parts);
            }
        };
    }
    compiled_for!("avx512f,avx512bw,avx512vl,avx512vnni", gates_avx512, squash_avx512, softmax_avx512);
    compiled_for!("avx2", gates_avx2, squash_avx2, softmax_avx2);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::product::ZERO;
    use super::super::read::Weights;
    use super::*;

    proptest! {
        /// Every way gives the plain sum of products, whatever the weights, the inputs and the sizes.
        #[test]
        fn all_ways_give_the_plain_sums(
            // Beyond 192 inputs, more than are gathered at a time.
            (rows, columns) in (1_usize..150, prop_oneof![1_usize..70, 180_usize..420]),
            steps in 1_usize..20,
            seed in any::<u64>(),
        ) {
            let mut state = seed | 1;
            let mut random = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            };
            let values = (0..rows * (columns + 1)).map(|_| random().cast_signed()).collect();
            let weights = Weights { rows, columns: columns + 1, values, scales: vec![0.01; rows] };
            let product = Product::of(&weights);
            let mut inputs = vec![ZERO; steps * product.inputs];
            for step in inputs.chunks_exact_mut(product.inputs) {
                step[..columns].iter_mut().for_each(|input| *input = random().max(1));
            }
            let mut plain = vec![0; steps * product.rows];
            for (inputs, sums) in inputs.chunks_exact(product.inputs).zip(plain.chunks_exact_mut(product.rows)) {
                for (row, sum) in weights.values.chunks_exact(columns + 1).zip(sums) {
                    let value = |input: u8| i32::from(input) - i32::from(ZERO);
                    *sum = i32::from(row[columns]) * 127
                        + row.iter().zip(&inputs[..columns]).map(|(&w, &x)| i32::from(w) * value(x)).sum::<i32>();
                }
            }
            for kernels in Kernels::available() {
                let mut sums: Vec<i32> = (0..steps).flat_map(|_| product.start.iter().copied()).collect();
                (kernels.multiply)(&product, &inputs, &mut sums);
                prop_assert_eq!(&sums, &plain, "{}", kernels.name);
            }
        }

        /// Every way gives the same bytes for gates, tangents and parts of 1.
        #[test]
        fn all_ways_give_the_same_functions(
            sums in proptest::collection::vec(-4_000_000_i32..4_000_000, 4 * LANES * 3),
            scale in 1e-6_f32..1e-3,
        ) {
            let scales = vec![scale; sums.len()];
            let run = |kernels: &Kernels| {
                let (mut states, mut outputs) = (vec![0.5_f32; LANES * 3], vec![0_u8; LANES * 3]);
                (kernels.gates)(&sums, &scales, &mut states, &mut outputs);
                let mut squashed = vec![0_u8; LANES * 3];
                (kernels.squash)(&sums, &scales, &mut squashed);
                let mut parts = vec![0.0_f32; sums.len()];
                (kernels.softmax)(&sums, &scales, &mut parts);
                (states, outputs, squashed, parts)
            };
            let plain = run(&PORTABLE);
            prop_assert!((plain.3.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            for kernels in Kernels::available() {
                prop_assert_eq!(&run(&kernels), &plain, "{}", kernels.name);
            }
        }
    }
}
