//! Loops over pixels, compiled for the widest vectors that the processor has.

use fearless_simd::{Level, Simd, dispatch};

/// Runs `work`, compiled once for each kind of processor; what it calls is only so if it is inlined.
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    dispatch!(Level::new(), simd => simd.vectorize(work))
}

/// Parts pixels of three samples into their channels, each as long as there are pixels.
pub(crate) fn part(pixels: &[u8], [red, green, blue]: [&mut [u8]; 3]) {
    wide(
        #[inline(always)]
        || {
            let channels = red.iter_mut().zip(green).zip(blue);
            for (pixel, ((red, green), blue)) in pixels.chunks_exact(3).zip(channels) {
                *red = pixel[0];
                *green = pixel[1];
                *blue = pixel[2];
            }
        },
    );
}
