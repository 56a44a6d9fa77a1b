//! What must be seen of an archived page: a stamp over a signature, and paper with guilloche lines, beside their scans.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use muniment_ingest::{Options, inspect, prepare, render_page};
use muniment_record::Scan;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

const WIDTH: usize = 1200;
const HEIGHT: usize = 900;

type Pixel = [u8; 3];

/// What is drawn at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Paper,
    Line,
    Print,
    Stamp,
    Pen,
    /// Ink of a fountain pen, so dark that only its tint tells it from print.
    DarkPen,
}

/// A page before and after it was archived.
struct Crop {
    marks: Vec<Mark>,
    scan: Vec<Pixel>,
    archived: Vec<Pixel>,
}

impl Crop {
    /// Draws a page of what `mark` says, with the grain of a scanner, and archives it in the compact form.
    fn archived(mark: impl Fn(f32, f32) -> Mark, colour: impl Fn(Mark) -> Pixel) -> Self {
        let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x as f32, y as f32)));
        let marks: Vec<Mark> = places.map(|(x, y)| mark(x, y)).collect();
        let mut seed = 1_u32;
        let mut grain = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(seed >> 29).unwrap() - 4
        };
        let scan: Vec<Pixel> = marks
            .iter()
            .map(|&mark| {
                let grain = grain();
                colour(mark).map(|value| (i16::from(value) + grain).clamp(0, 255) as u8)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.png");
        std::fs::write(&path, png(&scan)).unwrap();
        let scan_files = Scan { name: "page".to_owned(), files: vec![path] };
        let options = Options::default();
        let inspection = inspect(&scan_files, &options.limits).unwrap();
        let package = prepare(&scan_files, inspection, "Trang", folder.path(), &options, None, &()).unwrap();
        let kept = &package.provenance.kept[0];
        assert_eq!(kept.profile, "compact", "{}", kept.detail);
        let pdf = std::fs::read(&package.pdf).unwrap();
        let mut decoder = JpegDecoder::new(ZCursor::new(render_page(&pdf, 1, WIDTH as u32).unwrap()));
        let samples = decoder.decode().unwrap();
        let archived: Vec<Pixel> = samples.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        assert_eq!(archived.len(), scan.len());
        Self { marks, scan, archived }
    }

    /// Mean colours before and after of the inner pixels of a mark, away from edges, which any scan blurs.
    fn colours(&self, mark: Mark) -> [[f32; 3]; 2] {
        let inner = |at: usize| {
            let around = [at.wrapping_sub(2), at, at + 2, at.wrapping_sub(2 * WIDTH), at + 2 * WIDTH];
            around.iter().all(|&place| self.marks.get(place) == Some(&mark))
        };
        let places: Vec<usize> = (0..self.marks.len()).filter(|&at| inner(at)).collect();
        assert!(places.len() > 500, "{mark:?} is hardly drawn");
        [&self.scan, &self.archived].map(|pixels| {
            [0, 1, 2].map(|channel| {
                places.iter().map(|&at| f32::from(pixels[at][channel])).sum::<f32>() / places.len() as f32
            })
        })
    }

    /// Mean correlation of luma over windows, at half size, in which the scan varies by more than its grain.
    fn likeness(&self) -> f32 {
        let [before, after] = [&self.scan, &self.archived].map(|pixels| halved(pixels));
        let (mut sum, mut windows) = (0.0, 0.0_f32);
        for top in (0..HEIGHT / 2 - 7).step_by(8) {
            for left in (0..WIDTH / 2 - 7).step_by(8) {
                let window = |luma: &[f32]| -> Vec<f32> {
                    let rows = (top..top + 8).map(|y| y * WIDTH / 2 + left);
                    let values: Vec<f32> = rows.flat_map(|at| luma[at..at + 8].to_vec()).collect();
                    let mean = values.iter().sum::<f32>() / 64.0;
                    values.iter().map(|value| value - mean).collect()
                };
                let (a, b) = (window(&before), window(&after));
                let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>() / 64.0;
                if product(&a, &a) > 12.0 {
                    sum += product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt().max(1.0);
                    windows += 1.0;
                }
            }
        }
        assert!(windows > 100.0, "hardly anything is drawn");
        sum / windows
    }

    /// The greatest difference between the mean colours of two windows, 24 pixels a side.
    fn tint(&self) -> f32 {
        const SIDE: usize = 24;
        let mut worst = 0.0_f32;
        for top in (0..HEIGHT - SIDE).step_by(SIDE) {
            for left in (0..WIDTH - SIDE).step_by(SIDE) {
                for channel in 0..3 {
                    let mean = |pixels: &[Pixel]| {
                        let rows = (top..top + SIDE).map(|y| y * WIDTH + left);
                        let sum: f32 =
                            rows.flat_map(|at| &pixels[at..at + SIDE]).map(|p| f32::from(p[channel])).sum();
                        sum / (SIDE * SIDE) as f32
                    };
                    worst = worst.max((mean(&self.scan) - mean(&self.archived)).abs());
                }
            }
        }
        worst
    }
}

fn halved(pixels: &[Pixel]) -> Vec<f32> {
    let luma = |at: usize| {
        let [r, g, b] = pixels[at].map(f32::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let places = (0..HEIGHT).step_by(2).flat_map(|y| (0..WIDTH).step_by(2).map(move |x| y * WIDTH + x));
    places.map(|at| (luma(at) + luma(at + 1) + luma(at + WIDTH) + luma(at + WIDTH + 1)) / 4.0).collect()
}

fn png(pixels: &[Pixel]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: 11_811, yppu: 11_811, unit: png::Unit::Meter }));
    encoder.write_header().unwrap().write_image_data(pixels.as_flattened()).unwrap();
    file
}

/// Strokes like those of print: upright ones in rows.
fn is_print(x: f32, y: f32) -> bool {
    (100.0..1100.0).contains(&x) && (100.0..800.0).contains(&y) && y % 60.0 < 30.0 && x % 22.0 < 6.0
}

#[test]
fn pens_over_and_under_a_stamp_stay_blue_and_the_stamp_stays_red() {
    let colour = |mark| match mark {
        Mark::Paper | Mark::Line => [246, 246, 242],
        Mark::Print => [38, 38, 40],
        Mark::Stamp => [214, 40, 54],
        Mark::Pen => [32, 44, 150],
        Mark::DarkPen => [28, 34, 98],
    };
    let crop = Crop::archived(
        |x, y| {
            let from_centre = (x - 600.0).hypot(y - 450.0);
            let wave = 450.0 + 120.0 * (x / 60.0).sin();
            let under = 450.0 + 100.0 * (x / 45.0).cos();
            if (300.0..1000.0).contains(&x) && (y - wave).abs() < 9.0 {
                Mark::Pen
            } else if (from_centre - 190.0).abs() < 8.0 || from_centre < 60.0 {
                Mark::Stamp
            } else if (250.0..1050.0).contains(&x) && (y - under).abs() < 9.0 {
                Mark::DarkPen
            } else if is_print(x, y) {
                Mark::Print
            } else {
                Mark::Paper
            }
        },
        colour,
    );
    for mark in [Mark::Pen, Mark::DarkPen, Mark::Stamp, Mark::Print] {
        let [before, after] = crop.colours(mark);
        let worst = before.iter().zip(after).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 26.0, "{mark:?}: {before:?} became {after:?}");
    }
    let likeness = crop.likeness();
    assert!(likeness > 0.93, "likeness {likeness}");
}

#[test]
fn guilloche_lines_stay_lines_of_their_colour() {
    let colour = |mark| match mark {
        Mark::Line => [238, 205, 186],
        Mark::Print => [40, 38, 38],
        _ => [249, 240, 222],
    };
    let crop = Crop::archived(
        |x, y| {
            let one = (y + 40.0 * (x / 90.0).sin()).rem_euclid(26.0) < 4.5;
            let other = (x + 40.0 * (y / 70.0).sin()).rem_euclid(34.0) < 4.5;
            if is_print(x, y) {
                Mark::Print
            } else if one || other {
                Mark::Line
            } else {
                Mark::Paper
            }
        },
        colour,
    );
    let (likeness, tint) = (crop.likeness(), crop.tint());
    assert!(likeness > 0.78, "likeness {likeness}");
    assert!(tint < 14.0, "tint differs by {tint}");
}
