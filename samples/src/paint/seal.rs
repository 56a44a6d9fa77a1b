use std::f32::consts::TAU;

use tiny_skia::{
    BlendMode, FillRule, FilterQuality, Paint, PathBuilder, Pixmap, PixmapPaint, Stroke, Transform,
};

use super::Painter;
use crate::fonts::Typeface;
use crate::random::Random;

const RED: [u8; 3] = [208, 38, 48];
/// Half of 36 mm, the size of an office's seal, in points.
const RADIUS: f32 = 51.0;
/// Half of the square that is drawn, in points.
const HALF: f32 = RADIUS + 3.0;
/// Ink is drawn at so many dots a point, whatever the resolution of the scan.
const FINENESS: f32 = 5.0;
const LOWER_TEXT: &str = "KHÔNG CÓ GIÁ TRỊ";

impl Painter<'_> {
    /// A round seal that is plainly nobody's: rings, invented words along them, and the word MẪU (sample) in the middle.
    /// It has no star and no coat of arms. It is set by hand: turned a little, the ink uneven.
    pub(super) fn seal(&mut self, (x, y): (f32, f32), ring: &str, mut random: Random) {
        let side = (2.0 * HALF * FINENESS) as u32;
        let Some(mut ink) = Pixmap::new(side, side) else {
            return;
        };
        self.rubber(&mut ink, ring);
        wear(&mut ink, &mut random);
        let turned = random.between(-14.0, 14.0);
        let place = self
            .placed
            .pre_translate(x + random.between(-3.0, 3.0), y + random.between(-2.0, 2.0))
            .pre_rotate(turned)
            .pre_translate(-HALF, -HALF)
            .pre_scale(1.0 / FINENESS, 1.0 / FINENESS);
        let paint =
            PixmapPaint { opacity: 0.86, blend_mode: BlendMode::Multiply, quality: FilterQuality::Bilinear };
        self.paper.draw_pixmap(0, 0, ink.as_ref(), &paint, place, None);
    }

    /// The seal's face, evenly inked.
    fn rubber(&self, ink: &mut Pixmap, ring: &str) {
        let middle = Transform::from_scale(FINENESS, FINENESS).pre_translate(HALF, HALF);
        for (radius, width) in [(RADIUS, 1.9), (RADIUS - 4.0, 0.7), (RADIUS - 19.0, 0.9)] {
            if let Some(circle) = PathBuilder::from_circle(0.0, 0.0, radius) {
                let stroke = Stroke { width, ..Stroke::default() };
                ink.stroke_path(&circle, &red(), &stroke, middle, None);
            }
        }
        self.along_ring(ink, middle, ring, true);
        self.along_ring(ink, middle, LOWER_TEXT, false);
        for (text, size, base) in [("MẪU", 17.0, 4.0), ("THỬ NGHIỆM", 7.0, 15.0)] {
            let left = -self.fonts.width(Typeface::SansBold, size, text) / 2.0;
            if let Some(outline) = self.fonts.outline(Typeface::SansBold, size, text) {
                ink.fill_path(&outline, &red(), FillRule::Winding, middle.pre_translate(left, base), None);
            }
        }
    }

    /// Sets words along the upper half, read from outside, or along the lower half, read from inside.
    fn along_ring(&self, ink: &mut Pixmap, middle: Transform, text: &str, upper: bool) {
        const SIZE: f32 = 8.2;
        let radius = if upper { RADIUS - 14.5 } else { RADIUS - 8.5 };
        let letters = self.fonts.letters(Typeface::SansBold, SIZE, text);
        let arc: f32 = letters.iter().map(|(width, _)| width / radius).sum();
        let spread = (TAU * 0.42 / arc).min(1.25);
        let mut angle = -arc * spread / 2.0;
        for (width, outline) in letters {
            let half = width / radius * spread / 2.0;
            angle += half;
            let (turn, outwards) = if upper { (angle, -radius) } else { (-angle, radius) };
            let place = middle.pre_rotate(turn.to_degrees()).pre_translate(-width / 2.0, outwards);
            if let Some(outline) = outline {
                ink.fill_path(&outline, &red(), FillRule::Winding, place, None);
            }
            angle += half;
        }
    }
}

fn red() -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(RED[0], RED[1], RED[2], 255);
    paint
}

/// Takes ink away in patches and specks, more on the side on which the hand pressed less.
fn wear(ink: &mut Pixmap, random: &mut Random) {
    const CELL: u32 = 36;
    let side = ink.width();
    let cells = side / CELL + 2;
    let patches: Vec<f32> = (0..cells * cells).map(|_| random.between(0.55, 1.0)).collect();
    let light_side = random.between(0.0, TAU);
    for (number, pixel) in (0..).zip(ink.data_mut().chunks_exact_mut(4)) {
        let (x, y) = (number % side, number / side);
        let (column, row) = (x / CELL, y / CELL);
        let (right, down) = ((x % CELL) as f32 / CELL as f32, (y % CELL) as f32 / CELL as f32);
        let patch = |column: u32, row: u32| patches[(row * cells + column) as usize];
        let upper = patch(column, row) * (1.0 - right) + patch(column + 1, row) * right;
        let lower = patch(column, row + 1) * (1.0 - right) + patch(column + 1, row + 1) * right;
        let towards = (x as f32 / side as f32 - 0.5) * light_side.cos()
            + (y as f32 / side as f32 - 0.5) * light_side.sin();
        let speck = if random.once_in(9) { 0.7 } else { 1.0 };
        let left = ((upper * (1.0 - down) + lower * down) * (1.0 - 0.45 * towards) * speck).clamp(0.0, 1.0);
        for value in pixel {
            *value = (f32::from(*value) * left) as u8;
        }
    }
}
