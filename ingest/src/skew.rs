//! How far the text lines of a page lean, by the sharpness of their projection.

use crate::raster::usize_of;
use crate::resize::{Filter, gray};
use crate::{Error, Gray};

/// The largest angle that is looked for, in degrees.
pub(crate) const MOST_DEGREES: f32 = 8.0;

/// Pixels across the copy that is measured: an A4 page at 100 dpi.
const MEASURED_WIDTH: u32 = 827;

/// The lean of the text lines in degrees, clockwise positive; 0 where there are no lines.
///
/// The lower edges of ink are projected along a fan of angles; along the true one they fall into few rows.
pub(crate) fn measure(page: &Gray) -> Result<f32, Error> {
    let width = page.width.min(MEASURED_WIDTH);
    let height = (u64::from(page.height) * u64::from(width) / u64::from(page.width.max(1))).clamp(1, 20_000);
    let height = u32::try_from(height).unwrap_or(u32::MAX);
    let small = gray(page, width, height, Filter::Box)?;
    let edges = lower_edges(&small, usize_of(width), usize_of(height));
    if edges.len() < 200 {
        return Ok(0.0);
    }
    let height = usize_of(height);
    let mut rows = vec![0_u32; height * 2 + 2 * usize_of(width)];
    let mut best = (0.0, sharpness(&edges, 0.0, &mut rows));
    let level = best.1;
    for (span, step) in [(MOST_DEGREES, 0.5), (0.5, 0.1), (0.1, 0.02)] {
        let centre = best.0;
        let steps = (span / step) as i32;
        for index in -steps..=steps {
            let angle = centre + index as f32 * step;
            let sharp = sharpness(&edges, angle, &mut rows);
            if sharp > best.1 {
                best = (angle, sharp);
            }
        }
    }
    // A page of pictures has no direction: noise alone moves the maximum about.
    let significant = best.1 as f64 > level as f64 * 1.02;
    Ok(if significant && best.0.abs() <= MOST_DEGREES { best.0 } else { 0.0 })
}

/// Points where ink ends downwards: `(x, y)` from the centre across and the top down.
fn lower_edges(samples: &[u8], width: usize, height: usize) -> Vec<(f32, f32)> {
    /// The drop in lightness that makes an edge.
    const STEP: u8 = 40;
    // A twentieth at each side is left out: lids and punched holes are straight, too.
    let (left, top) = (width / 20, height / 20);
    let mut edges = Vec::new();
    for y in top..height.saturating_sub(top + 1) {
        let above = &samples[y * width..(y + 1) * width];
        let below = &samples[(y + 1) * width..(y + 2) * width];
        for x in left..width - left {
            if below[x] > above[x].saturating_add(STEP) {
                edges.push((x as f32 - width as f32 / 2.0, y as f32));
            }
        }
    }
    edges
}

/// The sum of squares of the projection along `degrees`.
fn sharpness(edges: &[(f32, f32)], degrees: f32, rows: &mut [u32]) -> u64 {
    rows.fill(0);
    let slope = degrees.to_radians().tan();
    let offset = rows.len() as f32 / 4.0;
    for &(x, y) in edges {
        let row = (y - x * slope + offset) as usize;
        if let Some(count) = rows.get_mut(row) {
            *count += 1;
        }
    }
    rows.iter().map(|&count| u64::from(count) * u64::from(count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dashed lines like text, leaning clockwise.
    pub(crate) fn lines(degrees: f32) -> Gray {
        let (width, height) = (1240_u32, 1754_u32);
        let slope = degrees.to_radians().tan();
        let mut samples = vec![230; usize_of(width * height)];
        for y in 0..height {
            for x in 0..width {
                let along = y as f32 - (x as f32 - 620.0) * slope;
                let on_line = along.rem_euclid(40.0) < 16.0 && (x / 14) % 3 != 0;
                let inside = (120..1120).contains(&x) && (200..1500).contains(&y);
                if on_line && inside {
                    samples[usize_of(y * width + x)] = 40;
                }
            }
        }
        Gray { width, height, dpi: 150, samples }
    }

    #[test]
    fn a_lean_is_found_within_a_twentieth_of_a_degree() {
        for degrees in [-4.0, -1.3, -0.2, 0.0, 0.4, 2.7, 5.0] {
            let found = measure(&lines(degrees)).unwrap();
            assert!((found - degrees).abs() <= 0.05, "{found} where {degrees} was drawn");
        }
    }

    #[test]
    fn an_empty_page_does_not_lean() {
        let page = Gray { width: 800, height: 1100, dpi: 100, samples: vec![240; 800 * 1100] };
        assert_eq!(measure(&page).unwrap(), 0.0);
    }
}
