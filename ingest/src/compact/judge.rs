use super::masks::Masks;
use super::{COLOUR_STEP, INK_STEP};
use crate::raster::{Raster, usize_of};

/// How like its scan a compressed page is; each measure is 1 or 0 where the page holds nothing of the kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Likeness {
    /// Mean structural similarity of luma at half resolution, over windows that hold marks; 1 is equal.
    pub(crate) marks: f32,
    /// Share of those windows in which the marks are no longer the same.
    pub(crate) lost: f32,
    /// Mean correlation of luma at a quarter of the resolution, over windows that hold no marks but a pattern, as
    /// guilloche lines or a pale stamp; grain is evened out there.
    pub(crate) pattern: f32,
    /// Share of the coloured windows whose tint is another.
    pub(crate) tinted: f32,
}

impl Likeness {
    /// Whether the page is as good as a finer form would be, to the eye.
    ///
    /// The limits lie between pages that were looked at and found good and others that were found harmed. Guilloche
    /// that was broken into blocks had a pattern of .70, faded but whole lines .75; blue pens that had become black
    /// gave 17 to 26 % tinted windows, a pale stamp that lost its pink 10.5 %, pages without fault up to 7 %.
    pub(crate) fn is_good(self) -> bool {
        self.marks >= 0.90 && self.lost <= 0.02 && self.pattern >= 0.80 && self.tinted <= 0.07
    }

    /// Whether the page may be archived in this form.
    pub(crate) fn is_enough(self) -> bool {
        self.marks >= 0.85 && self.lost <= 0.03 && self.pattern >= 0.73 && self.tinted <= 0.12
    }
}

impl std::fmt::Display for Likeness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (lost, tinted) = (100.0 * self.lost, 100.0 * self.tinted);
        let (marks, pattern) = (self.marks, self.pattern);
        write!(
            f,
            "likeness of marks {marks:.3}, {lost:.1} % lost, of patterns {pattern:.3}, {tinted:.1} % tinted"
        )
    }
}

/// What a reader will paint.
pub(super) struct Shown<'a> {
    pub(super) background: Raster,
    pub(super) background_step: usize,
    pub(super) colours: Option<Raster>,
    pub(super) masks: &'a Masks,
    pub(super) ink: ShownInk,
}

/// In which colours ink will be painted.
pub(super) enum ShownInk {
    One([u8; 3]),
    Several(Raster),
}

/// Side of a window, in pixels of the half-size page.
const WINDOW: usize = 8;

/// Variance of luma from which a window holds marks: paper grain has less.
const MARKED: f32 = 250.0;

/// Variance of luma at a quarter of the resolution from which a window without marks holds a pattern: about two levels,
/// which is what the eye sees of lines and what is left of grain is below.
const PATTERNED: f32 = 5.0;

/// Difference of the colours' means, red or blue against green, from which a window is coloured.
const COLOURED: i32 = 14;

/// Difference between two such means that is seen as another tint.
const OTHER_TINT: i32 = 12;

/// The least such difference on strong colours, in hundredths of them: edges move by a part of a pixel there.
const OTHER_SHARE: i32 = 40;

/// One row of windows, of the scan or of what is shown.
struct Band {
    /// Luma of the half-size page, [`WINDOW`] rows.
    luma: Vec<f32>,
    /// Sums over a window of red and of blue, less green.
    tints: Vec<[i32; 2]>,
}

impl Band {
    fn new(width: usize) -> Self {
        Self { luma: vec![0.0; width * WINDOW], tints: vec![[0; 2]; width / WINDOW + 1] }
    }

    fn put(&mut self, row: usize, colours: &[[u16; 3]]) {
        let width = self.luma.len() / WINDOW;
        let lumas = &mut self.luma[row * width..(row + 1) * width];
        for (to, &[r, g, b]) in lumas.iter_mut().zip(colours) {
            // Channels hold four samples each.
            *to = (77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) as f32 / 1024.0;
        }
        for (tint, window) in self.tints.iter_mut().zip(colours.chunks(WINDOW)) {
            for &[r, g, b] in window {
                tint[0] += i32::from(r) - i32::from(g);
                tint[1] += i32::from(b) - i32::from(g);
            }
        }
    }
}

/// Compares what will be shown with the scan, window by window (Wang et al. 2004, constants of that paper).
pub(super) fn likeness(scan: &Raster, shown: &Shown<'_>) -> Likeness {
    let (width, height) = (usize_of(scan.width) / 2, usize_of(scan.height) / 2);
    let (mut marks, mut patterns) = (Mean::default(), Mean::default());
    let (mut lost, mut tinted) = (Mean::default(), Mean::default());
    let mut colours = vec![[0_u16; 3]; width];
    let mut paper = vec![[0_u16; 3]; width];
    for top in (0..height.saturating_sub(WINDOW - 1)).step_by(WINDOW) {
        let (mut before, mut after) = (Band::new(width), Band::new(width));
        for row in 0..WINDOW {
            scan_row(scan, top + row, &mut colours);
            before.put(row, &colours);
            shown_row(scan, shown, top + row, &mut paper, &mut colours);
            after.put(row, &colours);
        }
        for (index, left) in (0..width.saturating_sub(WINDOW - 1)).step_by(WINDOW).enumerate() {
            let whole = Window::of(&before.luma, &after.luma, width, left, 1);
            if whole.variance >= MARKED {
                marks.add(whole.similarity);
                lost.add(f32::from(u8::from(whole.structure < 0.6)));
            } else {
                let coarse = Window::of(&before.luma, &after.luma, width, left, 2);
                if coarse.variance >= PATTERNED {
                    patterns.add(coarse.structure);
                }
            }
            // Sums of four samples of each pixel of the window.
            let scale = 4 * (WINDOW * WINDOW) as i32;
            let (was, is) = (before.tints[index], after.tints[index]);
            let strong = |tint: [i32; 2]| tint.iter().any(|part| part.abs() >= COLOURED * scale);
            if strong(was) || strong(is) {
                let other = was.iter().zip(is).any(|(was, is)| {
                    (was - is).abs() >= (OTHER_TINT * scale).max(OTHER_SHARE * was.abs() / 100)
                });
                tinted.add(f32::from(u8::from(other)));
            }
        }
    }
    Likeness { marks: marks.or(1.0), lost: lost.or(0.0), pattern: patterns.or(1.0), tinted: tinted.or(0.0) }
}

/// A running mean.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f32) {
        self.sum += f64::from(value);
        self.count += 1;
    }

    fn or(&self, none: f32) -> f32 {
        if self.count == 0 { none } else { (self.sum / f64::from(self.count)) as f32 }
    }
}

/// What two windows have in common.
struct Window {
    /// Variance of the scan.
    variance: f32,
    similarity: f32,
    /// Correlation.
    structure: f32,
}

impl Window {
    /// Compares windows at `left` by the means of `step` by `step` pixels.
    fn of(scan: &[f32], shown: &[f32], width: usize, left: usize, step: usize) -> Self {
        let count = (WINDOW * WINDOW / step / step) as f32;
        let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut add = |x: f32, y: f32| {
            a += x;
            b += y;
            aa += x * x;
            bb += y * y;
            ab += x * y;
        };
        for row in (0..WINDOW).step_by(step) {
            let at = row * width + left;
            if step == 1 {
                for (&x, &y) in scan[at..at + WINDOW].iter().zip(&shown[at..at + WINDOW]) {
                    add(x, y);
                }
            } else {
                let mean = |rows: &[f32], at: usize| {
                    (rows[at] + rows[at + 1] + rows[at + width] + rows[at + width + 1]) / 4.0
                };
                (at..at + WINDOW).step_by(2).for_each(|at| add(mean(scan, at), mean(shown, at)));
            }
        }
        let (mean_a, mean_b) = (a / count, b / count);
        let variance_a = (aa / count - mean_a * mean_a).max(0.0);
        let variance_b = (bb / count - mean_b * mean_b).max(0.0);
        let covariance = ab / count - mean_a * mean_b;
        let (c1, c2) = (6.502_5, 58.522_5);
        let lightness = (2.0 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1);
        let contrast = (2.0 * covariance + c2) / (variance_a + variance_b + c2);
        // A pattern is a few levels strong: the constant of the paper would call anything the same.
        let c3 = if step == 1 { c2 / 2.0 } else { 1.0 };
        let structure = (covariance + c3) / ((variance_a * variance_b).sqrt() + c3);
        Self { variance: variance_a, similarity: lightness * contrast, structure }
    }
}

/// Sums of two by two pixels of the scan.
fn scan_row(scan: &Raster, y: usize, row: &mut [[u16; 3]]) {
    let (width, count) = (usize_of(scan.width), scan.channels.count());
    let [above, below] =
        [2 * y, 2 * y + 1].map(|y| &scan.samples[y * width * count..(y + 1) * width * count]);
    let pairs = above.chunks_exact(2 * count).zip(below.chunks_exact(2 * count));
    for (to, (above, below)) in row.iter_mut().zip(pairs) {
        let sum = |channel: usize| {
            let [a, b] = [above, below].map(|row| u16::from(row[channel]) + u16::from(row[count + channel]));
            a + b
        };
        *to = if count == 3 { [sum(0), sum(1), sum(2)] } else { [sum(0); 3] };
    }
}

/// The same of the page as it will be shown; `paper` keeps the background's row, which serves several.
fn shown_row(scan: &Raster, shown: &Shown<'_>, y: usize, paper: &mut [[u16; 3]], row: &mut [[u16; 3]]) {
    let width = usize_of(scan.width);
    let step = shown.background_step;
    let background = 2 * y / step;
    if y == 0 || background != (2 * y - 2) / step {
        for (x, to) in paper.iter_mut().enumerate() {
            *to = pixel(&shown.background, 2 * x / step, background).map(|value| 4 * value);
        }
    }
    row.copy_from_slice(paper);
    let masks = shown.masks;
    let colour = &masks.colour[2 * y * width..2 * (y + 1) * width];
    let ink = &masks.ink[2 * y * width..2 * (y + 1) * width];
    if let Some(colours) = &shown.colours {
        paint(row, colour.split_at(width), |x| pixel(colours, 2 * x / COLOUR_STEP, 2 * y / COLOUR_STEP));
    }
    match &shown.ink {
        ShownInk::One(one) => {
            let one = one.map(u16::from);
            paint(row, ink.split_at(width), |_| one);
        }
        ShownInk::Several(inks) => {
            paint(row, ink.split_at(width), |x| pixel(inks, 2 * x / INK_STEP, 2 * y / INK_STEP));
        }
    }
}

/// Paints what two rows of a mask let through.
fn paint(row: &mut [[u16; 3]], (above, below): (&[u8], &[u8]), colour: impl Fn(usize) -> [u16; 3]) {
    let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
    for (x, (to, (above, below))) in row.iter_mut().zip(pairs).enumerate() {
        let share = u16::from(above[0] + above[1] + below[0] + below[1]);
        if share > 0 {
            let colour = colour(x);
            for (to, colour) in to.iter_mut().zip(colour) {
                *to = (*to * (4 - share) + 2) / 4 + colour * share;
            }
        }
    }
}

fn pixel(raster: &Raster, x: usize, y: usize) -> [u16; 3] {
    let count = raster.channels.count();
    let at = (y * usize_of(raster.width) + x) * count;
    [0, 1, 2].map(|channel: usize| u16::from(raster.samples[at + channel.min(count - 1)]))
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
