use std::f32::consts::TAU;

use tiny_skia::PathBuilder;

use super::Painter;
use crate::page::{HEIGHT, WIDTH};

const GREEN: [u8; 3] = [150, 205, 170];
const PINK: [u8; 3] = [238, 190, 178];
const STEPS: u16 = 180;

impl Painter<'_> {
    /// Bands of waves, a rosette in the middle and a frame of braided lines.
    pub(super) fn guilloche(&mut self) {
        for band in 0..26_u16 {
            let colour = if band % 2 == 0 { GREEN } else { PINK };
            for strand in 0..4_u16 {
                self.wave(f32::from(band) * 32.0 + 26.0, f32::from(strand), colour);
            }
        }
        for petal in 0..14_u16 {
            self.rosette(f32::from(petal));
        }
        for strand in 0..5_u16 {
            self.braid(f32::from(strand) * TAU / 5.0);
        }
    }

    fn wave(&mut self, base: f32, strand: f32, colour: [u8; 3]) {
        let points = (0..=STEPS).map(|step| {
            let along = f32::from(step) / f32::from(STEPS);
            let swing = 13.0 * (along * TAU * 5.0 + strand * 0.7).sin() * (along * TAU).cos();
            (30.0 + along * (WIDTH - 60.0), base + swing + strand * 1.6)
        });
        self.polyline(points, colour, 0.35);
    }

    fn rosette(&mut self, petal: f32) {
        let points = (0..=STEPS).map(|step| {
            let angle = f32::from(step) / f32::from(STEPS) * TAU;
            let radius = 96.0 + 34.0 * (angle * 9.0 + petal * 0.45).sin() - petal * 3.0;
            (WIDTH / 2.0 + radius * angle.cos(), HEIGHT / 2.0 + radius * angle.sin())
        });
        self.polyline(points, PINK, 0.4);
    }

    /// One strand around the page, a few millimetres from its edge.
    fn braid(&mut self, phase: f32) {
        const MARGIN: f32 = 26.0;
        let (width, height) = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
        let round = 2.0 * (width + height);
        let points = (0..=1400_u16).map(|step| {
            let along = f32::from(step) / 1400.0 * round;
            let swing = 5.0 * (along / round * TAU * 150.0 + phase).sin();
            let (x, y) = match along {
                along if along < width => (along, swing),
                along if along < width + height => (width - swing, along - width),
                along if along < 2.0 * width + height => (2.0 * width + height - along, height - swing),
                along => (swing, round - along),
            };
            (MARGIN + x, MARGIN + y)
        });
        self.polyline(points, GREEN, 0.5);
    }

    fn polyline(&mut self, points: impl Iterator<Item = (f32, f32)>, colour: [u8; 3], width: f32) {
        let mut path = PathBuilder::new();
        for (number, (x, y)) in points.enumerate() {
            if number == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        if let Some(path) = path.finish() {
            self.stroke(&path, colour, 1.0, width);
        }
    }
}
