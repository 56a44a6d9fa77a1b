//! A model of a scanner: how paper looks after it.

use image::RgbImage;
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Transform};

use crate::Error;
use crate::fonts::Fonts;
use crate::page::{HEIGHT, Mark, Page, WIDTH};
use crate::paint::Painter;
use crate::random::Random;

const POINTS_PER_INCH: f32 = 72.0;
/// The lid above the paper, seen where the paper ends.
const WHITE_LID: [u8; 3] = [236, 236, 234];
const OPEN_LID: [u8; 3] = [38, 36, 36];

/// What one pass of the scanner does to a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanner {
    /// Resolution in dots an inch.
    pub dpi: u32,
    /// Whether it scans in colour.
    pub colour: bool,
    /// How far the paper lies askew, in degrees, clockwise positive.
    pub skew_degrees: f32,
    /// Whether the lid was open, so that a dark edge shows at the right and below.
    pub dark_edge: bool,
    /// Whether the scanner's own clean-up whitens the paper, as it does for formats without loss.
    pub whitened: bool,
    paper: [f32; 3],
    blur: f32,
    noise: f32,
    shade: [f32; 2],
}

impl Scanner {
    /// A scanner in some ordinary state.
    pub(crate) fn ordinary(random: &mut Random, dpi: u32) -> Self {
        let tone = random.between(243.0, 251.0);
        let yellow = random.between(1.0, 9.0);
        Self {
            dpi,
            colour: true,
            skew_degrees: random.between(-1.5, 1.5),
            dark_edge: false,
            whitened: false,
            paper: [tone, tone - yellow * 0.3, tone - yellow],
            blur: random.between(0.06, 0.2),
            noise: random.between(0.8, 2.0),
            shade: [random.between(-9.0, 9.0), random.between(-7.0, 7.0)],
        }
    }

    /// The same with this much grain: a standard deviation, of 255.
    pub(crate) fn with_noise(self, noise: f32) -> Self {
        Self { noise, ..self }
    }

    /// Scans one side of a sheet, another side shining through faintly from behind where there is one.
    pub(crate) fn scan(
        &self,
        page: &Page,
        behind: Option<&Page>,
        fonts: &Fonts<'_>,
        random: &mut Random,
    ) -> Result<RgbImage, Error> {
        let (width, height) = (self.pixels(WIDTH), self.pixels(HEIGHT));
        let mut paper = Pixmap::new(width, height).ok_or(Error::Resolution { dpi: self.dpi })?;
        let [red, green, blue] = if self.dark_edge { OPEN_LID } else { WHITE_LID };
        paper.fill(Color::from_rgba8(red, green, blue, 255));
        let placed = self.placed();
        lay(&mut paper, self.paper, placed);
        if let Some(behind) = behind.filter(|behind| !behind.is_blank()) {
            self.shine_through(&mut paper, behind, fonts)?;
        }
        Painter { fonts, paper: &mut paper, placed }.page(page);
        Ok(self.sense(&paper, random))
    }

    fn pixels(&self, points: f32) -> u32 {
        (points / POINTS_PER_INCH * self.dpi as f32).round() as u32
    }

    /// The words of a page and where they are on its image, in pixels: left, top, right, bottom.
    pub(crate) fn words<'p>(&self, page: &'p Page, fonts: &Fonts<'_>) -> Vec<(&'p str, [f32; 4])> {
        let placed = self.placed();
        let mut words = Vec::new();
        for mark in &page.marks {
            let Mark::Text { typeface, size, x, y, text } = mark else { continue };
            for (word, ink) in fonts.words(*typeface, *size, text) {
                let corners = [(ink.left(), ink.top()), (ink.right(), ink.bottom())];
                let corners = corners.map(|(across, down)| {
                    let mut corner = tiny_skia::Point::from_xy(x + across, y + down);
                    placed.map_point(&mut corner);
                    corner
                });
                words.push((word, [corners[0].x, corners[0].y, corners[1].x, corners[1].y]));
            }
        }
        words
    }

    /// Where the paper lies: turned about its middle, and pushed up and left if its edge is to show.
    fn placed(&self) -> Transform {
        let scale = self.dpi as f32 / POINTS_PER_INCH;
        let (x, y) = if self.dark_edge { (-9.0, -7.0) } else { (0.0, 0.0) };
        Transform::from_scale(scale, scale).pre_translate(x, y).pre_rotate_at(
            self.skew_degrees,
            WIDTH / 2.0,
            HEIGHT / 2.0,
        )
    }

    /// Draws the other side mirrored and nearly invisible.
    fn shine_through(&self, paper: &mut Pixmap, behind: &Page, fonts: &Fonts<'_>) -> Result<(), Error> {
        let mut back =
            Pixmap::new(paper.width(), paper.height()).ok_or(Error::Resolution { dpi: self.dpi })?;
        back.fill(Color::WHITE);
        let mirrored = self.placed().pre_translate(WIDTH, 0.0).pre_scale(-1.0, 1.0);
        Painter { fonts, paper: &mut back, placed: mirrored }.page(behind);
        for (front, back) in paper.data_mut().iter_mut().zip(back.data()) {
            *front = front.saturating_sub((255 - back) / 34);
        }
        Ok(())
    }

    /// What the sensor makes of the paper: blur, uneven light, grain, and grey where it sees no colour.
    fn sense(&self, paper: &Pixmap, random: &mut Random) -> RgbImage {
        let (width, height) = (paper.width() as usize, paper.height() as usize);
        let grain = Grain::new(random);
        let soft = soften(paper.data(), width, self.blur);
        let mut pixels = vec![0; width * height * 3];
        let mut dice = random.clone();
        for (y, row) in pixels.chunks_exact_mut(width * 3).enumerate() {
            let down = y as f32 / height as f32 - 0.5;
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let across = x as f32 / width as f32 - 0.5;
                let light = 1.0 + (self.shade[0] * across + self.shade[1] * down) / 255.0;
                let mut dots = dice.next();
                let mut values = [0.0_f32; 3];
                for (channel, value) in values.iter_mut().enumerate() {
                    let at = |y: usize| f32::from(soft[(y * width + x) * 3 + channel]);
                    let blurred = at(y) * (1.0 - 2.0 * self.blur) + (at(above) + at(below)) * self.blur;
                    *value = blurred * light + self.noise * grain.at(dots);
                    dots >>= 16;
                }
                if !self.colour {
                    let grey = 0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2];
                    values = [grey; 3];
                }
                for (value, out) in values.into_iter().zip(pixel) {
                    *out = self.finished(value);
                }
            }
        }
        RgbImage::from_raw(width as u32, height as u32, pixels).unwrap_or_default()
    }

    /// The value that leaves the scanner: as sensed, or stretched so that paper is white, in few steps.
    fn finished(&self, value: f32) -> u8 {
        if !self.whitened {
            return value.clamp(0.0, 255.0) as u8;
        }
        let stretched = (value - 20.0) * 255.0 / 205.0;
        let step = 17.0;
        ((stretched / step).round() * step).clamp(0.0, 255.0) as u8
    }
}

fn lay(paper: &mut Pixmap, [red, green, blue]: [f32; 3], placed: Transform) {
    if let Some(rect) = Rect::from_xywh(0.0, 0.0, WIDTH, HEIGHT) {
        let mut paint = Paint::default();
        paint.set_color_rgba8(red as u8, green as u8, blue as u8, 255);
        paper.fill_path(&PathBuilder::from_rect(rect), &paint, FillRule::Winding, placed, None);
    }
}

/// Blurs each row and drops the alpha channel.
fn soften(rgba: &[u8], width: usize, blur: f32) -> Vec<u8> {
    let mut soft = Vec::with_capacity(rgba.len() / 4 * 3);
    for row in rgba.chunks_exact(width * 4) {
        for x in 0..width {
            let (before, after) = (x.saturating_sub(1), (x + 1).min(width - 1));
            for channel in 0..3 {
                let at = |x: usize| f32::from(row[x * 4 + channel]);
                let value = at(x) * (1.0 - 2.0 * blur) + (at(before) + at(after)) * blur;
                soft.push(value as u8);
            }
        }
    }
    soft
}

/// A table of normally distributed numbers, drawn from by 16 random bits.
struct Grain(Vec<f32>);

impl Grain {
    const SIZE: usize = 4096;

    fn new(random: &mut Random) -> Self {
        let sum_of_twelve = |_| (0..12).map(|_| random.between(0.0, 1.0)).sum::<f32>() - 6.0;
        Self((0..Self::SIZE).map(sum_of_twelve).collect())
    }

    fn at(&self, bits: u64) -> f32 {
        self.0[bits as usize % Self::SIZE]
    }
}
