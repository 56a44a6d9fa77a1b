//! Flaws that the eye sees on a scan: blur, dark edges, cut corners.

use crate::Gray;
use crate::raster::usize_of;

/// The step in lightness that an edge of ink has at least.
const LEAST_STEP: i16 = 70;

/// Edges below which nothing is said about their width.
const LEAST_EDGES: usize = 300;

/// Lightness below which the edge of a scan shows no paper.
const DARK: u8 = 90;

/// How many pixels wide the edges of ink are in the middle case; `None` where there are few.
///
/// The width of an edge is its step in lightness over its steepest part: a letter that is printed thin loses contrast
/// when it is blurred, but its edges widen as those of any other.
pub(crate) fn edge_width(page: &Gray) -> Option<f32> {
    /// Rows that are looked at.
    const ROWS: usize = 400;
    let (width, height) = (usize_of(page.width), usize_of(page.height));
    let mut widths = Vec::new();
    // A twentieth above and below is left out: lids and punched holes are there.
    let rows = height / 20..height - height / 20;
    for y in rows.step_by((height / ROWS).max(1)) {
        edges(&page.samples[y * width..(y + 1) * width], &mut widths);
    }
    if widths.len() < LEAST_EDGES {
        return None;
    }
    let middle = widths.len() / 2;
    Some(*widths.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// The widths of the edges in a row: runs in which it only darkens or only lightens.
fn edges(row: &[u8], widths: &mut Vec<f32>) {
    /// Steps that are grain.
    const GRAIN: i16 = 2;
    let (mut step, mut steepest) = (0_i16, 0_i16);
    for pair in row.windows(2) {
        let change = i16::from(pair[1]) - i16::from(pair[0]);
        let goes_on = change.abs() > GRAIN && (step == 0 || (change > 0) == (step > 0));
        if !goes_on {
            if step.abs() >= LEAST_STEP {
                widths.push(f32::from(step.abs()) / f32::from(steepest));
            }
            (step, steepest) = (0, 0);
        }
        if change.abs() > GRAIN {
            step += change;
            steepest = steepest.max(change.abs());
        }
    }
}

/// What is dark at the rim of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rim {
    /// The sides along which a dark band runs, as of a lid left open.
    pub(crate) sides: Vec<&'static str>,
    /// The corners that are missing or folded over.
    pub(crate) corners: Vec<&'static str>,
}

impl Rim {
    /// Looks at a small copy of a page with this many pixels a millimetre.
    pub(crate) fn of(small: &Gray, scale: f32) -> Self {
        let sides = ["left", "right", "top", "bottom"].map(|side| (side, is_dark_side(small, side, scale)));
        let is_dark = |name: &str| sides.iter().any(|&(side, dark)| dark && side == name);
        let mut corners = Vec::new();
        for (name, beside, over) in [
            ("top left", "left", "top"),
            ("top right", "right", "top"),
            ("bottom left", "left", "bottom"),
            ("bottom right", "right", "bottom"),
        ] {
            // Where a side is dark, its corners are, too.
            if !is_dark(beside) && !is_dark(over) && is_dark_corner(small, beside, over, scale) {
                corners.push(name);
            }
        }
        Self { sides: sides.iter().filter(|side| side.1).map(|side| side.0).collect(), corners }
    }
}

/// The sample `inwards` from a side at the place `along` it.
fn sample(small: &Gray, side: &str, along: usize, inwards: usize) -> Option<u8> {
    let (width, height) = (usize_of(small.width), usize_of(small.height));
    let (x, y) = match side {
        "left" => (Some(inwards), Some(along)),
        "right" => ((width - 1).checked_sub(inwards), Some(along)),
        "top" => (Some(along), Some(inwards)),
        _ => (Some(along), (height - 1).checked_sub(inwards)),
    };
    let (x, y) = (x.filter(|&x| x < width)?, y.filter(|&y| y < height)?);
    small.samples.get(y * width + x).copied()
}

/// Whether a band of 2 to 30 mm runs along at least two fifths of a side: less is grain, more is a picture.
fn is_dark_side(small: &Gray, side: &str, scale: f32) -> bool {
    let length = usize_of(if matches!(side, "left" | "right") { small.height } else { small.width });
    let pixels = |millimetres: f32| (millimetres * scale).round() as usize;
    // Scanners frame the dark with a light line at times.
    let frame = pixels(1.0);
    let band = pixels(2.0).max(2)..=pixels(30.0);
    let places = length / 20..length - length / 20;
    let count = places.len();
    let dark =
        |along: usize, inwards: usize| sample(small, side, along, inwards).is_some_and(|level| level < DARK);
    let in_band = places.filter(|&along| {
        let start = (0..=frame).find(|&inwards| dark(along, inwards));
        start.is_some_and(|start| {
            band.contains(
                &(start..start + band.end() + 1).take_while(|&inwards| dark(along, inwards)).count(),
            )
        })
    });
    5 * in_band.count() >= 2 * count.max(1)
}

/// Whether the triangle of 12 mm at a corner is dark.
fn is_dark_corner(small: &Gray, beside: &str, over: &str, scale: f32) -> bool {
    let legs = ((12.0 * scale) as usize).max(4);
    let (mut dark, mut count) = (0, 0);
    for down in 0..legs {
        let along = if over == "top" { Some(down) } else { (usize_of(small.height) - 1).checked_sub(down) };
        for inwards in 0..legs - down {
            let level = along.and_then(|along| sample(small, beside, along, inwards));
            dark += usize::from(level.is_some_and(|level| level < DARK));
            count += 1;
        }
    }
    10 * dark >= 7 * count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of 210 x 297 mm at one pixel a millimetre, darkened where `dark` says.
    fn page(dark: impl Fn(u32, u32) -> bool) -> Gray {
        let samples = (0..297)
            .flat_map(|y| (0..210).map(move |x| (x, y)))
            .map(|(x, y)| if dark(x, y) { 20 } else { 235 })
            .collect();
        Gray { width: 210, height: 297, dpi: 25, samples }
    }

    #[test]
    fn a_clean_rim_is_clean_and_so_is_a_picture_that_fills_the_page() {
        assert_eq!(Rim::of(&page(|_, _| false), 1.0), Rim::default());
        assert_eq!(Rim::of(&page(|_, _| true), 1.0).sides, Vec::<&str>::new());
        // A frame around the text, and a logo near a corner.
        let framed = page(|x, y| (15..17).contains(&x) || (y > 8 && y < 30 && x > 8 && x < 30));
        assert_eq!(Rim::of(&framed, 1.0), Rim::default());
    }

    #[test]
    fn bands_are_dark_sides() {
        assert_eq!(Rim::of(&page(|x, _| x < 5), 1.0).sides, ["left"]);
        assert_eq!(Rim::of(&page(|x, y| x >= 200 || y >= 290), 1.0).sides, ["right", "bottom"]);
        // The wedge beside a page that lies askew.
        assert_eq!(Rim::of(&page(|x, y| y * 20 < x), 1.0).sides, ["top"]);
        assert_eq!(Rim::of(&page(|_, y| y < 1), 1.0).sides, Vec::<&str>::new());
    }

    #[test]
    fn a_corner_that_is_gone_is_named() {
        let cut = |size: u32| Rim::of(&page(move |x, y| (209 - x) + (296 - y) < size), 1.0).corners;
        assert_eq!(cut(15), ["bottom right"]);
        assert_eq!(cut(5), Vec::<&str>::new());
        assert_eq!(Rim::of(&page(|x, y| x + y < 20), 1.0).corners, ["top left"]);
    }

    /// Strokes three pixels wide, blurred by this many passes of a box of three.
    fn strokes(passes: u32) -> Gray {
        let (width, height) = (800_usize, 420_usize);
        let mut row: Vec<f32> = (0..width).map(|x| if x % 40 < 3 { 25.0 } else { 235.0 }).collect();
        for _ in 0..passes {
            let before = row.clone();
            for x in 1..width - 1 {
                row[x] = (before[x - 1] + before[x] + before[x + 1]) / 3.0;
            }
        }
        let row: Vec<u8> = row.iter().map(|&level| level as u8).collect();
        Gray { width: 800, height: 420, dpi: 300, samples: row.repeat(height) }
    }

    #[test]
    fn edges_widen_with_blur_on_thin_strokes_too() {
        let widths: Vec<f32> = [0, 3, 6, 12].map(|passes| edge_width(&strokes(passes)).unwrap()).to_vec();
        assert!((widths[0] - 1.0).abs() < 0.1, "{widths:?}");
        assert!(widths.windows(2).all(|pair| pair[1] > pair[0] + 0.4), "{widths:?}");
    }

    #[test]
    fn an_empty_page_has_no_edges() {
        assert_eq!(edge_width(&page(|_, _| false)), None);
    }
}
