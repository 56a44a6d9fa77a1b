use super::masks::Masks;
use super::{BACKGROUND_STEP, COLOUR_STEP};
use crate::raster::{Raster, usize_of};

/// How like its scan a compressed page is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Likeness {
    /// Mean structural similarity of luma at half resolution, over windows that hold marks; 1 is equal.
    pub(crate) marks: f32,
    /// Share of those windows in which the marks are no longer the same.
    pub(crate) lost: f32,
}

impl Likeness {
    /// Whether the page may be archived in this form.
    pub(crate) fn is_enough(self) -> bool {
        self.marks >= 0.85 && self.lost <= 0.03
    }
}

impl std::fmt::Display for Likeness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "likeness of marks {:.3}, {:.1} % lost", self.marks, 100.0 * self.lost)
    }
}

/// What a reader will paint.
pub(super) struct Shown<'a> {
    pub(super) background: Raster,
    pub(super) colours: Option<Raster>,
    pub(super) masks: &'a Masks,
    pub(super) ink: [u8; 3],
}

/// Side of a window, in pixels of the half-size page.
const WINDOW: usize = 8;

/// Variance of luma from which a window holds marks: paper grain has less.
const MARKED: f32 = 250.0;

/// Compares what will be shown with the scan, window by window (Wang et al. 2004, constants of that paper).
pub(super) fn likeness(scan: &Raster, shown: &Shown<'_>) -> Likeness {
    let (width, height) = (usize_of(scan.width) / 2, usize_of(scan.height) / 2);
    let (mut sum, mut lost, mut windows) = (0.0_f64, 0_u32, 0_u32);
    let mut rows = (vec![0.0_f32; width * WINDOW], vec![0.0_f32; width * WINDOW]);
    for top in (0..height.saturating_sub(WINDOW - 1)).step_by(WINDOW) {
        for (row, y) in (top..top + WINDOW).enumerate() {
            let place = row * width..(row + 1) * width;
            scan_row(scan, y, &mut rows.0[place.clone()]);
            shown_row(scan, shown, y, &mut rows.1[place]);
        }
        for left in (0..width.saturating_sub(WINDOW - 1)).step_by(WINDOW) {
            let (variance, similarity, structure) = compare(&rows.0, &rows.1, width, left);
            if variance >= MARKED {
                sum += f64::from(similarity);
                lost += u32::from(structure < 0.6);
                windows += 1;
            }
        }
    }
    if windows == 0 {
        return Likeness { marks: 1.0, lost: 0.0 };
    }
    Likeness { marks: (sum / f64::from(windows)) as f32, lost: lost as f32 / windows as f32 }
}

/// Variance of the scan, similarity, and correlation in one window.
fn compare(scan: &[f32], shown: &[f32], width: usize, left: usize) -> (f32, f32, f32) {
    let count = (WINDOW * WINDOW) as f32;
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for row in 0..WINDOW {
        let at = row * width + left;
        for (&x, &y) in scan[at..at + WINDOW].iter().zip(&shown[at..at + WINDOW]) {
            a += x;
            b += y;
            aa += x * x;
            bb += y * y;
            ab += x * y;
        }
    }
    let (mean_a, mean_b) = (a / count, b / count);
    let variance_a = (aa / count - mean_a * mean_a).max(0.0);
    let variance_b = (bb / count - mean_b * mean_b).max(0.0);
    let covariance = ab / count - mean_a * mean_b;
    let (c1, c2) = (6.502_5, 58.522_5);
    let lightness = (2.0 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1);
    let contrast = (2.0 * covariance + c2) / (variance_a + variance_b + c2);
    let structure = (covariance + c2 / 2.0) / ((variance_a * variance_b).sqrt() + c2 / 2.0);
    (variance_a, lightness * contrast, structure)
}

/// Luma of one row of the half-size scan.
fn scan_row(scan: &Raster, y: usize, row: &mut [f32]) {
    let (width, count) = (usize_of(scan.width), scan.channels.count());
    let [above, below] =
        [2 * y, 2 * y + 1].map(|y| &scan.samples[y * width * count..(y + 1) * width * count]);
    let pairs = above.chunks_exact(2 * count).zip(below.chunks_exact(2 * count));
    for (to, (above, below)) in row.iter_mut().zip(pairs) {
        let pixels = above.chunks_exact(count).chain(below.chunks_exact(count));
        *to = pixels.map(luma).sum::<f32>() / 4.0;
    }
}

/// Luma of one row of the half-size page as it will be shown.
fn shown_row(scan: &Raster, shown: &Shown<'_>, y: usize, row: &mut [f32]) {
    let width = usize_of(scan.width);
    let ink = luma(&shown.ink);
    for (x, to) in row.iter_mut().enumerate() {
        let places = [2 * y * width + 2 * x, (2 * y + 1) * width + 2 * x];
        let count = |mask: &[u8]| places.iter().map(|&at| mask[at] + mask[at + 1]).sum::<u8>();
        let mut level = pixel(&shown.background, 2 * x / BACKGROUND_STEP, 2 * y / BACKGROUND_STEP);
        if let Some(colours) = &shown.colours {
            let share = f32::from(count(&shown.masks.colour)) / 4.0;
            if share > 0.0 {
                level += share * (pixel(colours, 2 * x / COLOUR_STEP, 2 * y / COLOUR_STEP) - level);
            }
        }
        let share = f32::from(count(&shown.masks.ink)) / 4.0;
        *to = level + share * (ink - level);
    }
}

fn pixel(raster: &Raster, x: usize, y: usize) -> f32 {
    let count = raster.channels.count();
    let at = (y * usize_of(raster.width) + x) * count;
    luma(&raster.samples[at..at + count])
}

fn luma(pixel: &[u8]) -> f32 {
    match pixel {
        [r, g, b] => 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b),
        _ => f32::from(pixel[0]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers;
    use super::*;
    use crate::raster::Channels;

    #[test]
    fn a_page_of_strokes_is_kept_and_a_photograph_is_not() {
        let (width, height) = (600_u32, 400_u32);
        let page = |sample: &dyn Fn(u32, u32) -> u8| {
            let samples = (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .map(|(x, y)| sample(x, y))
                .collect();
            Raster::new("test", width, height, Channels::Gray, samples).unwrap()
        };
        let strokes = page(&|x, y| if x % 24 < 5 && y % 40 < 28 { 30 } else { 235 });
        let judged = layers(&strokes, [0.0; 6]).unwrap().likeness;
        assert!(judged.is_enough(), "{judged:?}");
        let mut seed = 1_u32;
        let noise: Vec<u8> = (0..width * height)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (60 + (seed >> 24) / 3) as u8
            })
            .collect();
        let photograph = page(&|x, y| noise[usize_of(y * width + x)]);
        let judged = layers(&photograph, [0.0; 6]).unwrap().likeness;
        assert!(!judged.is_enough(), "{judged:?}");
    }
}
