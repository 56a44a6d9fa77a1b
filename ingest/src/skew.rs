//! Which way the text lines of a page run and how far they lean, by the sharpness of their projection.

use crate::raster::usize_of;
use crate::resize::{Filter, gray};
use crate::{Error, Gray};

/// The largest angle that is looked for, in degrees.
pub(crate) const MOST_DEGREES: f32 = 8.0;

/// Pixels across the copy that is measured: an A4 page at 100 dpi.
const MEASURED_WIDTH: u32 = 827;

/// The longest run of edge, in measured pixels, that a letter has: 7 mm. Rules and frames have longer ones.
const MOST_RUN: usize = 30;

/// Edges of letters below which a page has no lines to speak of.
const LEAST_EDGES: usize = 600;

/// The text lines of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lines {
    /// Their lean in degrees, clockwise positive, if they run across; 0 where there are none.
    pub(crate) degrees: f32,
    /// How much the edges of letters gather in rows, or in columns where lines run down; 1 is not at all, and 0 that
    /// there are too few.
    pub(crate) across: f32,
    pub(crate) down: f32,
}

impl Lines {
    /// Whether they run down the page rather than across.
    pub(crate) fn are_sideways(self) -> bool {
        self.down > 1.3 * self.across
    }

    /// Whether they may run down the page.
    pub(crate) fn may_be_sideways(self) -> bool {
        self.down > 0.7 * self.across
    }
}

/// Measures the text lines of a page.
///
/// The lower edges of ink are projected along a fan of angles; along the true one they fall into few rows. Which way
/// lines run is told by the edges of letters alone: rules run both ways.
pub(crate) fn measure(page: &Gray) -> Result<Lines, Error> {
    let width = page.width.min(MEASURED_WIDTH);
    let height = (u64::from(page.height) * u64::from(width) / u64::from(page.width.max(1))).clamp(1, 20_000);
    let height = u32::try_from(height).unwrap_or(u32::MAX);
    let small = gray(page, width, height, Filter::Box)?;
    let (width, height) = (usize_of(width), usize_of(height));
    let edges = lower_edges(&small, width, height);
    let (best, _) = sharpest(&edges.all, width, height);
    // On its side, rows are columns.
    let turned: Vec<u8> = (0..width).flat_map(|x| small.iter().skip(x).step_by(width).copied()).collect();
    let down = lower_edges(&turned, height, width);
    Ok(Lines {
        degrees: best,
        across: gathered(&edges.letters, width, height),
        down: gathered(&down.letters, height, width),
    })
}

/// How much edges gather along their sharpest direction: the share that chance would put together is 1.
fn gathered(edges: &[(f32, f32)], width: usize, height: usize) -> f32 {
    if edges.len() < LEAST_EDGES {
        return 0.0;
    }
    let (_, sharp) = sharpest(edges, width, height);
    sharp as f32 * height as f32 / (edges.len() as f32).powi(2)
}

/// The direction in degrees along which the projection is sharpest, and how sharp it is there.
fn sharpest(edges: &[(f32, f32)], width: usize, height: usize) -> (f32, u64) {
    if edges.len() < 200 {
        return (0.0, 0);
    }
    let mut rows = vec![0_u32; height * 2 + 2 * width];
    let level = sharpness(edges, 0.0, &mut rows);
    let mut best = (0.0, level);
    for (span, step) in [(MOST_DEGREES, 0.5), (0.5, 0.1), (0.1, 0.02)] {
        let centre = best.0;
        let steps = (span / step) as i32;
        for index in -steps..=steps {
            let angle = centre + index as f32 * step;
            let sharp = sharpness(edges, angle, &mut rows);
            if sharp > best.1 {
                best = (angle, sharp);
            }
        }
    }
    // A page of pictures has no direction: noise alone moves the maximum about.
    let significant = best.1 as f64 > level as f64 * 1.02;
    if significant && best.0.abs() <= MOST_DEGREES { best } else { (0.0, level) }
}

/// Points where ink ends downwards: `(x, y)` from the centre across and the top down.
struct Edges {
    all: Vec<(f32, f32)>,
    /// Those in runs as short as letters have.
    letters: Vec<(f32, f32)>,
}

fn lower_edges(samples: &[u8], width: usize, height: usize) -> Edges {
    /// The drop in lightness that makes an edge.
    const STEP: u8 = 40;
    // A twentieth at each side is left out: lids and punched holes are straight, too.
    let (left, top) = (width / 20, height / 20);
    let mut edges = Edges { all: Vec::new(), letters: Vec::new() };
    for y in top..height.saturating_sub(top + 1) {
        let above = &samples[y * width..(y + 1) * width];
        let below = &samples[(y + 1) * width..(y + 2) * width];
        let mut run = 0;
        for x in left..=width - left {
            if x < width - left && below[x] > above[x].saturating_add(STEP) {
                edges.all.push((x as f32 - width as f32 / 2.0, y as f32));
                run += 1;
            } else if run > 0 {
                if run <= MOST_RUN {
                    edges.letters.extend_from_slice(&edges.all[edges.all.len() - run..]);
                }
                run = 0;
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
pub(crate) mod tests {
    use super::*;
    use crate::raster::Orientation;

    /// Lines of marks like letters, leaning clockwise; no two lines have theirs at the same places.
    pub(crate) fn lines(degrees: f32) -> Gray {
        let (width, height) = (1240_u32, 1754_u32);
        let slope = degrees.to_radians().tan();
        let mut samples = vec![230; usize_of(width * height)];
        for y in 200..1500 {
            for x in 120..1120 {
                let along = (y as f32 - (x as f32 - 620.0) * slope) as u32;
                let line = along / 40;
                let across = x + (line * line * 5 + line * 3) % 14;
                let letter = across / 14;
                let gap = letter * letter * 7 + letter * line * 5 + line * line * 3;
                if along % 40 < 16 && across % 14 < 10 && !gap.is_multiple_of(5) {
                    samples[usize_of(y * width + x)] = 40;
                }
            }
        }
        Gray { width, height, dpi: 150, samples }
    }

    #[test]
    fn a_lean_is_found_within_a_twentieth_of_a_degree() {
        for degrees in [-4.0, -1.3, -0.2, 0.0, 0.4, 2.7, 5.0] {
            let found = measure(&lines(degrees)).unwrap().degrees;
            assert!((found - degrees).abs() <= 0.05, "{found} where {degrees} was drawn");
        }
    }

    #[test]
    fn an_empty_page_does_not_lean() {
        let page = Gray { width: 800, height: 1100, dpi: 100, samples: vec![240; 800 * 1100] };
        assert_eq!(measure(&page).unwrap(), Lines::default());
    }

    #[test]
    fn lines_that_run_down_are_told_from_lines_that_run_across() {
        for degrees in [-3.0, 0.0, 1.0] {
            let page = lines(degrees);
            assert!(!measure(&page).unwrap().may_be_sideways());
            assert!(measure(&page.oriented(Orientation::from_exif(6))).unwrap().are_sideways());
        }
    }

    #[test]
    fn rules_of_a_table_say_nothing_of_the_way_that_lines_run() {
        let mut page = lines(0.0);
        let width = usize_of(page.width);
        for x in (100..1140).step_by(40) {
            for y in 150..1600 {
                page.samples[y * width + x..y * width + x + 3].fill(30);
            }
        }
        assert!(!measure(&page).unwrap().are_sideways());
    }
}
