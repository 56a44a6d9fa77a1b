//! What is measured on a page's pixels, for the record and for the officer.

use muniment_record::{Finding, FindingKind};

use crate::quality::{self, Rim};
use crate::raster::{Channels, Raster, usize_of};
use crate::source::PageImage;
use crate::{Error, Gray, resize};

/// Resolution below which a scan is to be made again (dots an inch).
const LEAST_DPI: u32 = 200;

/// Degrees of lean above which a scan is to be made again.
const MOST_SKEW: f32 = 3.0;

/// Mean confidence below which the text is doubtful.
const LEAST_CONFIDENCE: f32 = 60.0;

/// Millimetres that the edges of ink may be wide, and pixels that they are on a sharp scan of any resolution: a sharp page
/// has 2 to 3 pixels at 300 dots an inch, and 4.4 where it is blurred by a standard deviation of a sixth of a millimetre.
const MOST_EDGE_MILLIMETRES: f32 = 0.35;
const SHARP_EDGE_PIXELS: f32 = 3.2;

/// The longer side of A4 in inches: the guess where a file does not say its resolution.
const A4_LONG_INCHES: f32 = 11.69;

/// The resolution of a page, across and down: what its file says where that can be true, or as if it were A4.
pub(crate) fn resolution(image: &PageImage) -> (f32, f32) {
    let (width, height) = (image.raster.width, image.raster.height);
    let long = width.max(height) as f32;
    let stated = crate::source::plausible_dpi(image.dpi).filter(|&(x, y)| {
        // Cameras and editors write 72 or 96 for want of a scanner's word: a page of a metre is not a page.
        let inches = (width as f32 / x).max(height as f32 / y);
        x.max(y) >= 100.0 || inches <= 17.0
    });
    stated.unwrap_or((long / A4_LONG_INCHES, long / A4_LONG_INCHES))
}

/// Measures of a page's pixels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measures {
    /// Share of pixels with more colour than the grain of a gray scan, by sampling.
    tinted: f32,
    /// Share of those as strong as a stamp or blue ink.
    strong: f32,
    /// Share of pixels darker than the paper around, away from the edges.
    ink: f32,
    /// Width of the edges of ink in pixels.
    edge: Option<f32>,
    rim: Rim,
}

impl Measures {
    /// Measures a page; `red` is its red channel as the page is seen.
    pub(crate) fn of(raster: &Raster, red: &Gray) -> Result<Self, Error> {
        /// Pixels of the longer side of the small copy: text of 8 points is 7 pixels high on it.
        const LONG_SIDE: f32 = 750.0;
        let (tinted, strong) = match raster.channels {
            Channels::Gray => (0.0, 0.0),
            Channels::Rgb => colours(raster),
        };
        let scale = (LONG_SIDE / red.width.max(red.height) as f32).min(1.0);
        let side = |pixels: u32| ((pixels as f32 * scale) as u32).max(1);
        let (width, height) = (side(red.width), side(red.height));
        let samples = resize::gray(red, width, height, resize::Filter::Box)?;
        let small = Gray { width, height, dpi: (red.dpi as f32 * scale) as u32, samples };
        Ok(Self {
            tinted,
            strong,
            ink: ink(&small),
            edge: quality::edge_width(red),
            rim: Rim::of(&small, red.dpi as f32 * scale / 25.4),
        })
    }

    /// Whether the scan was made in colour.
    pub(crate) fn is_colour(&self) -> bool {
        self.tinted >= 0.0002
    }

    /// Whether nothing is on the page.
    pub(crate) fn is_blank(&self) -> bool {
        self.ink < 0.0002 && self.strong < 0.0002
    }
}

fn colours(raster: &Raster) -> (f32, f32) {
    let (mut tinted, mut strong, mut count) = (0_u32, 0_u32, 0_u32);
    // One pixel in 31 of every third row.
    let row = usize_of(raster.width) * 3;
    for line in raster.samples.chunks_exact(row.max(3)).step_by(3) {
        for pixel in line.chunks_exact(3).step_by(31) {
            let chroma = pixel.iter().max().zip(pixel.iter().min()).map_or(0, |(most, least)| most - least);
            tinted += u32::from(chroma >= 14);
            strong += u32::from(chroma >= 70);
            count += 1;
        }
    }
    let share = |part: u32| part as f32 / count.max(1) as f32;
    (share(tinted), share(strong))
}

/// The share of pixels darker than the paper beside them, on a small copy without its edges.
fn ink(small: &Gray) -> f32 {
    let (width, height) = (usize_of(small.width), usize_of(small.height));
    let small = &small.samples;
    let (left, top) = (width / 25, height / 25);
    let (mut dark, mut count) = (0_u32, 0_u32);
    for y in top..height - top {
        let row = &small[y * width..(y + 1) * width];
        for x in left.max(4)..(width - left).max(5) - 4 {
            // Ink is darker than what is four pixels away on both sides, or the line above and below.
            let beside = row[x - 4].min(row[x + 4]);
            let above = if y >= 4 && y + 4 < height {
                small[(y - 4) * width + x].min(small[(y + 4) * width + x])
            } else {
                0
            };
            dark += u32::from(u16::from(row[x]) + 35 < u16::from(beside.max(above)));
            count += 1;
        }
    }
    dark as f32 / count.max(1) as f32
}

/// What an officer should look at, from the measures of a page.
pub(crate) fn findings(
    dpi: u32,
    measures: &Measures,
    blank: bool,
    skew: f32,
    confidence: Option<f32>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |kind, detail: String| findings.push(Finding { kind, detail });
    if dpi < LEAST_DPI {
        add(FindingKind::LowResolution, format!("{dpi} dpi"));
    }
    // A blank back has no colour to lose.
    if !measures.is_colour() && !blank {
        add(FindingKind::NotColour, "no colour in the scan".to_owned());
    }
    if skew.abs() > MOST_SKEW {
        add(FindingKind::Skewed, format!("{skew:.1} degrees"));
    }
    let most_edge = (MOST_EDGE_MILLIMETRES * dpi as f32 / 25.4).max(SHARP_EDGE_PIXELS);
    if let Some(edge) = measures.edge.filter(|&edge| edge > most_edge) {
        add(FindingKind::Blurred, format!("edges {:.2} mm wide", edge * 25.4 / dpi.max(1) as f32));
    }
    for corner in &measures.rim.corners {
        add(FindingKind::CutCorner, (*corner).to_owned());
    }
    for side in &measures.rim.sides {
        add(FindingKind::DarkEdge, (*side).to_owned());
    }
    if let Some(confidence) = confidence.filter(|&confidence| confidence < LEAST_CONFIDENCE) {
        add(FindingKind::LowConfidence, format!("{confidence:.0} of 100"));
    }
    findings
}
