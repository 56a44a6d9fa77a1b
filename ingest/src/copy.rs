//! The copy of a page that the recogniser sees: one channel, its best resolution, upright and straight.

use crate::raster::usize_of;
use crate::resize::{self, Filter};
use crate::{Error, Gray, paper};

/// A lean below this, in degrees, is left as it is: over a line it is less than the height of a letter, and straightening
/// blurs a little.
const STRAIGHT_ENOUGH: f32 = 0.35;

/// The most pixels of a side of a copy; a page of absurd resolution is read smaller.
const MOST_SIDE: f32 = 10_000.0;

/// A straightened copy, and the way back from it.
pub(crate) struct Copy {
    pub(crate) image: Gray,
    /// Pixels of the copy to a pixel of the page, across and down.
    scale: (f32, f32),
    /// Cosine and sine of the lean.
    turn: (f32, f32),
    centre: (f32, f32),
}

impl Copy {
    /// Makes the copy of `page`, whose resolution is `dpi` across and down and whose lines lean by `degrees`, with `wanted_dpi`.
    pub(crate) fn of(page: &Gray, dpi: (f32, f32), degrees: f32, wanted_dpi: u32) -> Result<Self, Error> {
        let side = |pixels: u32, dpi: f32| {
            let wanted = (pixels as f32 * wanted_dpi as f32 / dpi).clamp(1.0, MOST_SIDE);
            // Never more than three times what is there: enlarging adds nothing to read.
            wanted.min(pixels as f32 * 3.0).round() as u32
        };
        let (width, height) = (side(page.width, dpi.0), side(page.height, dpi.1));
        let samples = if (width, height) == (page.width, page.height) {
            page.samples.clone()
        } else {
            resize::gray(page, width, height, Filter::Sharp)?
        };
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let straight = degrees.abs() < STRAIGHT_ENOUGH;
        let mut copy = Self {
            image: Gray { width, height, dpi: wanted_dpi, samples },
            scale: (width as f32 / page.width as f32, height as f32 / page.height as f32),
            turn: if straight { (1.0, 0.0) } else { (cosine, sine) },
            centre: (width as f32 / 2.0, height as f32 / 2.0),
        };
        if !straight {
            copy.image.samples = turned(&copy.image, copy.turn, copy.centre);
        }
        paper::whiten(&mut copy.image)?;
        Ok(copy)
    }

    /// The point of the page that is seen at `(x, y)` of the copy.
    pub(crate) fn on_page(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = source(x, y, self.turn, self.centre);
        (x / self.scale.0, y / self.scale.1)
    }

    /// Pixels of the copy to a pixel of the page, across and down.
    pub(crate) fn scale(&self) -> (f32, f32) {
        self.scale
    }
}

/// Where a pixel of the straightened image comes from.
fn source(x: f32, y: f32, (cosine, sine): (f32, f32), centre: (f32, f32)) -> (f32, f32) {
    let (across, down) = (x - centre.0, y - centre.1);
    (centre.0 + cosine * across - sine * down, centre.1 + sine * across + cosine * down)
}

/// Turns about the centre by bilinear sampling; what comes from outside is white.
fn turned(image: &Gray, turn: (f32, f32), centre: (f32, f32)) -> Vec<u8> {
    let (width, height) = (usize_of(image.width), usize_of(image.height));
    let mut samples = vec![255_u8; width * height];
    // Sixteen bits of fraction, of which the weights use eight.
    let (fine_x, fine_y) = ((turn.0 * 65_536.0) as i64, (turn.1 * 65_536.0) as i64);
    for (y, row) in samples.chunks_exact_mut(width).enumerate() {
        let start = source(0.5, y as f32 + 0.5, turn, centre);
        let (mut at_x, mut at_y) = (((start.0 - 0.5) * 65_536.0) as i64, ((start.1 - 0.5) * 65_536.0) as i64);
        for to in row {
            let (whole_x, whole_y) = (at_x >> 16, at_y >> 16);
            if let (Ok(x), Ok(y)) = (usize::try_from(whole_x), usize::try_from(whole_y))
                && x + 1 < width
                && y + 1 < height
            {
                let (part_x, part_y) = ((at_x >> 8 & 0xff) as u32, (at_y >> 8 & 0xff) as u32);
                let above = &image.samples[y * width + x..y * width + x + 2];
                let below = &image.samples[(y + 1) * width + x..(y + 1) * width + x + 2];
                let mix = |pair: &[u8]| u32::from(pair[0]) * (256 - part_x) + u32::from(pair[1]) * part_x;
                *to = ((mix(above) * (256 - part_y) + mix(below) * part_y + 32_768) >> 16) as u8;
            }
            at_x += fine_x;
            at_y += fine_y;
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_back_through_scale_and_turn() {
        let (width, height) = (600_u32, 800_u32);
        let mut samples = vec![255; usize_of(width * height)];
        for y in 396..404 {
            for x in 496..504 {
                samples[y * usize_of(width) + x] = 0;
            }
        }
        let page = Gray { width, height, dpi: 300, samples };
        let copy = Copy::of(&page, (300.0, 300.0), 3.0, 200).unwrap();
        assert_eq!((copy.image.width, copy.image.height), (400, 533));
        let dark: Vec<(f32, f32)> = (0..533)
            .flat_map(|y| (0..400).map(move |x| (x, y)))
            .filter(|&(x, y)| copy.image.samples[y * 400 + x] < 128)
            .map(|(x, y)| (x as f32 + 0.5, y as f32 + 0.5))
            .collect();
        let count = dark.len() as f32;
        let middle =
            (dark.iter().map(|p| p.0).sum::<f32>() / count, dark.iter().map(|p| p.1).sum::<f32>() / count);
        let back = copy.on_page(middle.0, middle.1);
        assert!((back.0 - 500.0).abs() < 1.0 && (back.1 - 400.0).abs() < 1.0, "{back:?}");
    }
}
