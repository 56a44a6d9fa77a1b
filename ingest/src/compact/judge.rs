use super::half::{Halver, Row, Shown};
use crate::lanes::wide;
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

/// The scan as it is compared.
pub(super) struct Scan {
    /// Size in windows, and in pixels at half resolution.
    windows: (usize, usize),
    width: usize,
    /// Luma at half resolution, as far down as windows reach.
    luma: Vec<u16>,
    /// The sums over each window of red and of blue, less green.
    tints: Vec<[i32; 2]>,
}

impl Scan {
    pub(super) fn of(raster: &Raster) -> Self {
        let (width, height) = (usize_of(raster.width) / 2, usize_of(raster.height) / 2);
        let windows = (width / WINDOW, height / WINDOW);
        let mut luma = Vec::with_capacity(windows.1 * WINDOW * width);
        let mut tints = vec![[0; 2]; windows.0 * windows.1];
        let (mut halver, mut row) = (Halver::new(raster), Row::new(width));
        for y in 0..windows.1 * WINDOW {
            halver.row(y, &mut row);
            luma.extend_from_slice(&row.luma);
            add_tints(&row, &mut tints[y / WINDOW * windows.0..]);
        }
        Self { windows, width, luma, tints }
    }
}

/// Adds the tints of a row to those of its windows.
fn add_tints(row: &Row, tints: &mut [[i32; 2]]) {
    wide(
        #[inline(always)]
        || {
            let windows = row.red.as_chunks::<WINDOW>().0.iter().zip(row.blue.as_chunks::<WINDOW>().0);
            for (tint, (red, blue)) in tints.iter_mut().zip(windows) {
                // Eight differences of four samples each stay within 16 bits.
                tint[0] += i32::from(red.iter().sum::<i16>());
                tint[1] += i32::from(blue.iter().sum::<i16>());
            }
        },
    );
}

/// Compares what will be shown with the scan, window by window (Wang et al. 2004, constants of that paper).
pub(super) fn likeness(scan: &Scan, shown: &Shown<'_>) -> Likeness {
    let Scan { windows: (across, down), width, .. } = *scan;
    let (mut marks, mut patterns) = (Mean::default(), Mean::default());
    let (mut lost, mut tinted) = (Mean::default(), Mean::default());
    let (mut paper, mut row) = (Row::new(width), Row::new(width));
    let mut luma = vec![0; width * WINDOW];
    for band in 0..down {
        let mut tints = vec![[0; 2]; across];
        for (y, to) in luma.chunks_exact_mut(width).enumerate() {
            shown.row(band * WINDOW + y, &mut paper, &mut row);
            to.copy_from_slice(&row.luma);
            add_tints(&row, &mut tints);
        }
        let before = &scan.luma[band * WINDOW * width..(band + 1) * WINDOW * width];
        for (whole, coarse) in compared(before, &luma, width) {
            if whole.variance >= MARKED {
                marks.add(whole.similarity(C2));
                lost.add(f32::from(u8::from(whole.structure(C2 / 2.0) < 0.6)));
            } else if coarse.variance >= PATTERNED {
                // A pattern is a few levels strong: the constant of the paper would call anything the same.
                patterns.add(coarse.structure(1.0));
            }
        }
        // Sums of four samples of each pixel of the window.
        let scale = 4 * (WINDOW * WINDOW) as i32;
        let strong = |tint: [i32; 2]| tint.iter().any(|part| part.abs() >= COLOURED * scale);
        for (&was, is) in scan.tints[band * across..].iter().zip(tints) {
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

/// Constants of the measure.
const C1: f32 = 6.502_5;
const C2: f32 = 58.522_5;

/// What two windows have in common.
struct Window {
    means: [f32; 2],
    /// Variance of the scan, and of what is shown.
    variance: f32,
    shown: f32,
    covariance: f32,
}

/// The sums over a window that all is made of: of the scan, of what is shown, of both squares and of the product.
type Moments = [u32; 5];

impl Window {
    /// From the sums over `count` values, each `unit` times luma.
    fn of([a, b, aa, bb, ab]: Moments, count: u32, unit: u32) -> Self {
        // Whole numbers until the subtraction is done: what is left of it may be a millionth.
        let about = |product: u32, x: u32, y: u32| {
            let [product, x, y, count] = [product, x, y, count].map(i64::from);
            (count * product - x * y) as f32 / (count * count * i64::from(unit * unit)) as f32
        };
        let mean = |sum: u32| sum as f32 / (count * unit) as f32;
        Self {
            means: [mean(a), mean(b)],
            variance: about(aa, a, a),
            shown: about(bb, b, b),
            covariance: about(ab, a, b),
        }
    }

    fn similarity(&self, c2: f32) -> f32 {
        let [a, b] = self.means;
        let lightness = (2.0 * a * b + C1) / (a * a + b * b + C1);
        lightness * (2.0 * self.covariance + c2) / (self.variance + self.shown + c2)
    }

    /// Correlation.
    fn structure(&self, c3: f32) -> f32 {
        (self.covariance + c3) / ((self.variance * self.shown).sqrt() + c3)
    }
}

/// Compares the windows of a band: as they are, and by the means of two by two pixels.
fn compared(scan: &[u16], shown: &[u16], width: usize) -> Vec<(Window, Window)> {
    let mut moments = vec![([0_u32; 5], [0_u32; 5]); width / WINDOW];
    wide(
        #[inline(always)]
        || {
            let pairs = scan.chunks_exact(2 * width).zip(shown.chunks_exact(2 * width));
            for (scan, shown) in pairs {
                let [scan, shown] = [scan, shown].map(|rows| {
                    let (above, below) = rows.split_at(width);
                    above.as_chunks::<WINDOW>().0.iter().zip(below.as_chunks::<WINDOW>().0)
                });
                for ((whole, coarse), (a, b)) in moments.iter_mut().zip(scan.zip(shown)) {
                    add(whole, a.0, b.0);
                    add(whole, a.1, b.1);
                    let halves = |(above, below): (&[u16; WINDOW], &[u16; WINDOW])| {
                        [0, 1, 2, 3]
                            .map(|x: usize| above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1])
                    };
                    add(coarse, &halves(a), &halves(b));
                }
            }
        },
    );
    let count = (WINDOW * WINDOW) as u32;
    // Luma is a sum of four samples, and of sixteen in the coarse window.
    let windows = moments.into_iter();
    windows.map(|(whole, coarse)| (Window::of(whole, count, 4), Window::of(coarse, count / 4, 16))).collect()
}

#[inline(always)]
fn add<const COUNT: usize>(moments: &mut Moments, scan: &[u16; COUNT], shown: &[u16; COUNT]) {
    for (&a, &b) in scan.iter().zip(shown) {
        let (a, b) = (u32::from(a), u32::from(b));
        for (sum, value) in moments.iter_mut().zip([a, b, a * a, b * b, a * b]) {
            *sum += value;
        }
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
