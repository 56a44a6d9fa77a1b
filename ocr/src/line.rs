//! From a place on the page to the picture of a line that the network reads.

use std::ops::Range;

use crate::network::quantised_pixel;
use crate::page::{Area, Picture};

/// The most pixels along a line; a longer one is squeezed.
const MOST_WIDTH: usize = 20_000;

/// A line, scaled to the height that the network reads.
#[derive(Debug, Default)]
pub(crate) struct LinePicture {
    pub(crate) width: usize,
    /// Quantised: the line's black is -1, its white 1.
    pub(crate) pixels: Vec<u8>,
    /// Where its left edge is on the page.
    pub(crate) left: f32,
    /// Pixels of the page to one of the line.
    pub(crate) scale: f32,
    across: Spans,
    down: Spans,
    grays: Vec<u8>,
    rows: Vec<u16>,
    /// A row of the page without what is no text.
    blanked: Vec<u8>,
}

impl LinePicture {
    /// Takes an area of the page, but for `blanks` in it, with a margin on all sides: a part of its height.
    pub(crate) fn take(
        &mut self,
        page: &Picture<'_>,
        area: Area,
        margin: f32,
        blanks: &[Area],
        height: usize,
    ) {
        let margin = (area.height() * margin).max(1.0);
        let (left, top) = ((area.left - margin).max(0.0), (area.top - margin).max(0.0));
        let right = (area.right + margin).min(page.width as f32);
        let bottom = (area.bottom + margin).min(page.height as f32);
        let scale = ((bottom - top) / height as f32).max(1e-3);
        let width = (((right - left) / scale).round() as usize).clamp(1, MOST_WIDTH);
        self.width = width;
        self.left = left;
        self.scale = (right - left) / width as f32;
        self.scale_down(page, (left, top, right, bottom), blanks, height);
        let (black, white) = levels(&self.grays, width, height);
        self.pixels.clear();
        self.pixels.extend(self.grays.iter().map(|&gray| quantised_pixel(gray, black, white)));
    }

    /// Draws the area in `height` rows: first across, then down, each pixel the mean of what it covers; where there is less
    /// than one pixel to a pixel, between its neighbours.
    fn scale_down(
        &mut self,
        page: &Picture<'_>,
        (left, top, right, bottom): (f32, f32, f32, f32),
        blanks: &[Area],
        height: usize,
    ) {
        let Self { width, across, down, rows, grays, blanked, .. } = self;
        across.lay(left, right, *width, page.width);
        down.lay(top, bottom, height, page.height);
        let (first, last) = down.extent();
        let within = |blank: &&Area| {
            blank.right > left && blank.left < right && blank.bottom > top && blank.top < bottom
        };
        let blanks: Vec<&Area> = blanks.iter().filter(within).collect();
        rows.clear();
        for (y, row) in (first..last).zip(page.samples[first * page.width..].chunks_exact(page.width)) {
            let row = if blanks.is_empty() { row } else { without(row, y as f32, &blanks, blanked) };
            rows.extend(
                across.spans.iter().map(|span| across.mean(span, |at| u32::from(row[at]) << 8) as u16),
            );
        }
        grays.clear();
        for span in &down.spans {
            for x in 0..*width {
                let mean = down.mean(span, |at| u32::from(rows[(at - first) * *width + x]));
                grays.push((mean >> 8) as u8);
            }
        }
    }
}

/// A row of the page, white where there is no text; the soft edge of what is left out goes with it.
fn without<'a>(row: &[u8], y: f32, blanks: &[&Area], blanked: &'a mut Vec<u8>) -> &'a [u8] {
    const EDGE: f32 = 1.0;
    blanked.clear();
    blanked.extend_from_slice(row);
    for blank in blanks.iter().filter(|blank| y >= blank.top - EDGE && y < blank.bottom + EDGE) {
        let from = (blank.left - EDGE).max(0.0) as usize;
        let to = ((blank.right + EDGE) as usize).min(row.len());
        blanked[from.min(to)..to].fill(255);
    }
    blanked
}

/// The pixels that each pixel of a scaled side is made of.
#[derive(Debug, Default)]
struct Spans {
    spans: Vec<Span>,
    /// Of the pixels of all spans, one after the other; those of one are 65,536 together.
    weights: Vec<u32>,
}

/// Pixels in a row, and the place of their weights.
#[derive(Debug)]
struct Span {
    pixels: Range<usize>,
    weights: Range<usize>,
}

impl Spans {
    fn lay(&mut self, from: f32, to: f32, count: usize, most: usize) {
        let step = (to - from) / count as f32;
        // Never narrower than a pixel: what is enlarged is drawn between two.
        let reach = step.max(1.0) / 2.0;
        self.spans.clear();
        self.weights.clear();
        for number in 0..count {
            let centre = from + (number as f32 + 0.5) * step;
            let (start, end) = ((centre - reach).max(0.0), (centre + reach).min(most as f32));
            let first = (start as usize).min(most - 1);
            let pixels = first..(end.ceil() as usize).clamp(first + 1, most);
            let part = |pixel: usize| (end.min(pixel as f32 + 1.0) - start.max(pixel as f32)).max(0.0);
            let total = pixels.clone().map(part).sum::<f32>().max(1e-6);
            let begin = self.weights.len();
            self.weights.extend(pixels.clone().map(|pixel| (part(pixel) / total * 65_536.0) as u32));
            self.spans.push(Span { pixels, weights: begin..self.weights.len() });
        }
    }

    fn extent(&self) -> (usize, usize) {
        let first = self.spans.first().map_or(0, |span| span.pixels.start);
        let last = self.spans.last().map_or(first + 1, |span| span.pixels.end);
        (first, last)
    }

    /// The mean of what the pixels of a span have.
    fn mean(&self, span: &Span, value: impl Fn(usize) -> u32) -> u32 {
        let pixels = span.pixels.clone().zip(&self.weights[span.weights.clone()]);
        (pixels.map(|(pixel, &weight)| u64::from(value(pixel)) * u64::from(weight)).sum::<u64>() >> 16) as u32
    }
}

/// The lightness of a line's ink and of its paper, from the valleys and peaks along its middle.
fn levels(grays: &[u8], width: usize, height: usize) -> (f32, f32) {
    let row = &grays[height / 2 * width..][..width];
    let (mut valleys, mut peaks) = ([0_u32; 256], [0_u32; 256]);
    for three in row.windows(3) {
        let (before, here, after) = (three[0], three[1], three[2]);
        if (here < before && here <= after) || (here <= before && here < after) {
            valleys[usize::from(here)] += 1;
        }
        if (here > before && here >= after) || (here >= before && here > after) {
            peaks[usize::from(here)] += 1;
        }
    }
    (at_share(&valleys, 0.25, 0.0), at_share(&peaks, 0.75, 255.0))
}

/// The value that this share of the counted ones does not exceed.
fn at_share(counts: &[u32; 256], share: f32, otherwise: f32) -> f32 {
    let total: u32 = counts.iter().sum();
    let wanted = share * total as f32;
    let mut seen = 0.0;
    for (value, &count) in counts.iter().enumerate() {
        seen += count as f32;
        if count > 0 && seen >= wanted {
            return value as f32;
        }
    }
    otherwise
}
