//! Measuring and reading a page, on copies that are turned and straightened.

use muniment_record::{Finding, FindingKind};

use crate::copy::Copy;
use crate::facts::{self, Measures};
use crate::raster::{Orientation, Raster};
use crate::reading::{Placement, Reading};
use crate::skew::{self, Lines};
use crate::turn::Turn;
use crate::{Error, Gray, Ocr};

/// Mean confidence from which a reading is believed to be upright.
const SURE_CONFIDENCE: f32 = 70.0;

/// Words without which a reading tells nothing of which way is up.
const LEAST_WORDS: usize = 8;

/// By how much the confidence of a turned reading has to be above that of all others for the page to be turned.
const CLEARLY: f32 = 15.0;

/// What measuring and reading a page gave.
pub(crate) struct Examined {
    pub(crate) reading: Reading,
    pub(crate) findings: Vec<Finding>,
    pub(crate) colour: bool,
    pub(crate) blank: bool,
    pub(crate) skew: f32,
    pub(crate) turn: Turn,
}

/// Measures and reads a page; `dpi` and the height are those of the page as it is seen after `orientation`.
pub(crate) fn examine(
    raster: &Raster,
    orientation: Orientation,
    dpi: (f32, f32),
    height_points: f32,
    ocr: Option<&dyn Ocr>,
) -> Result<Examined, Error> {
    let mean_dpi = ((dpi.0 + dpi.1) / 2.0).round() as u32;
    let seen = raster.red(mean_dpi).oriented(orientation);
    let measures = Measures::of(raster, &seen)?;
    let mut attempts = Vec::new();
    let mut lines = Lines::default();
    let mut failure = None;
    if !measures.is_blank() {
        lines = skew::measure(&seen)?;
        match ocr {
            Some(ocr) => {
                let reader = Reader { seen: &seen, dpi, height: height_points, lines, ocr };
                // A recogniser that fails on one page costs that page's text, not the document.
                failure = reader.attempts(&mut attempts)?.map(|error| error.to_string());
            }
            None => failure = Some("not read: no text recogniser".to_owned()),
        }
    }
    let mut found = Vec::new();
    let (best, turned) = chosen(attempts);
    found.extend(turned);
    let skew = best.as_ref().map_or(lines.degrees, |best| best.degrees);
    let turn = best.as_ref().map(|best| best.turn).unwrap_or_default();
    let reading = best.map(|best| best.reading).unwrap_or_default();
    let blank = measures.is_blank() && reading.text.is_empty();
    found.extend(facts::findings(mean_dpi, &measures, blank, skew, reading.confidence));
    found.extend(failure.map(|detail| Finding { kind: FindingKind::LowConfidence, detail }));
    Ok(Examined { blank, reading, findings: found, colour: measures.is_colour(), skew, turn })
}

/// A reading of the page turned in one way.
struct Attempt {
    turn: Turn,
    degrees: f32,
    reading: Reading,
}

impl Attempt {
    fn words(&self) -> usize {
        self.reading.text.split_whitespace().count()
    }

    fn confidence(&self) -> f32 {
        self.reading.confidence.unwrap_or(0.0)
    }

    /// Whether it can only be of a page that stands upright.
    fn is_sure(&self) -> bool {
        self.confidence() >= SURE_CONFIDENCE && self.words() >= LEAST_WORDS
    }
}

struct Reader<'a> {
    seen: &'a Gray,
    dpi: (f32, f32),
    height: f32,
    lines: Lines,
    ocr: &'a dyn Ocr,
}

impl Reader<'_> {
    /// Reads the page as it lies, and turned where that is in doubt; gives the recogniser's failure, if any.
    ///
    /// Which way lines run is measured, which costs nothing beside reading; which of two ways is up is told by what can
    /// be read. So a page that lies as it should is read once. Where lines run down, what is read of the page as it lies
    /// tells nothing: recognisers read sideways, too.
    fn attempts(&self, attempts: &mut Vec<Attempt>) -> Result<Option<Error>, Error> {
        let order: &[Turn] = if self.lines.are_sideways() {
            &[Turn::Right, Turn::Left, Turn::None]
        } else if self.lines.may_be_sideways() {
            &[Turn::None, Turn::Over, Turn::Right, Turn::Left]
        } else {
            &[Turn::None, Turn::Over]
        };
        // A page with next to no letters has no way up that could be told.
        let has_lines = self.lines.across > 0.0 || self.lines.down > 0.0;
        let order = if has_lines { order } else { &[Turn::None] };
        for &turn in order {
            match self.attempt(turn)? {
                Ok(attempt) => attempts.push(attempt),
                Err(error) => return Ok(Some(error)),
            }
            if attempts.last().is_some_and(Attempt::is_sure) {
                break;
            }
        }
        Ok(None)
    }

    fn attempt(&self, turn: Turn) -> Result<Result<Attempt, Error>, Error> {
        let turned;
        let (upright, degrees) = if turn == Turn::None {
            (self.seen, self.lines.degrees)
        } else {
            turned = self.seen.clone().oriented(turn.orientation());
            // Upside down, lines lean as they did.
            let degrees =
                if turn == Turn::Over { self.lines.degrees } else { skew::measure(&turned)?.degrees };
            (&turned, degrees)
        };
        let reading = read(upright, turn, self.dpi, self.height, degrees, self.ocr)?;
        Ok(reading.map(|reading| Attempt { turn, degrees, reading }))
    }
}

/// Reads a page that is turned by `turn` to stand upright, and places what was read on the page as it is `seen`.
///
/// The outer error is this program's, the inner one the recogniser's.
pub(crate) fn read_upright(
    seen: &Gray,
    turn: Turn,
    dpi: (f32, f32),
    height_points: f32,
    degrees: f32,
    ocr: &dyn Ocr,
) -> Result<Result<Reading, Error>, Error> {
    let upright = seen.clone().oriented(turn.orientation());
    read(&upright, turn, dpi, height_points, degrees, ocr)
}

fn read(
    upright: &Gray,
    turn: Turn,
    dpi: (f32, f32),
    height_points: f32,
    degrees: f32,
    ocr: &dyn Ocr,
) -> Result<Result<Reading, Error>, Error> {
    let copy = Copy::of(upright, turn.swapped(dpi.0, dpi.1), degrees, ocr.dpi())?;
    let placement = Placement {
        dpi,
        height: height_points,
        turn,
        upright: (upright.width as f32, upright.height as f32),
    };
    let read = ocr.read_by(&copy.image);
    Ok(read.map(|(words, reader)| Reading { reader, ..Reading::of(&words, &copy, placement) }))
}

/// The reading to keep, and why it is of a turned page if it is: wrong turning is worse than none.
fn chosen(mut attempts: Vec<Attempt>) -> (Option<Attempt>, Option<Finding>) {
    attempts.sort_by(|a, b| b.confidence().total_cmp(&a.confidence()));
    let others = attempts.get(1).map(Attempt::confidence);
    let is_clear = |best: &Attempt| {
        best.turn == Turn::None
            || best.is_sure() && others.is_none_or(|most| best.confidence() >= most + CLEARLY)
    };
    let place = match attempts.first() {
        Some(best) if is_clear(best) => Some(0),
        _ => attempts.iter().position(|attempt| attempt.turn == Turn::None),
    };
    let Some(kept) = place.map(|place| attempts.swap_remove(place)) else {
        return (None, None);
    };
    let turned = (kept.turn != Turn::None).then(|| {
        let other = others.map_or(String::new(), |most| format!(", otherwise with at most {most:.0}"));
        let detail = format!(
            "shown turned by {} degrees clockwise: {} words read with confidence {:.0}{other}",
            kept.turn.degrees(),
            kept.words(),
            kept.confidence(),
        );
        Finding { kind: FindingKind::Turned, detail }
    });
    (Some(kept), turned)
}

#[cfg(test)]
mod tests {
    use muniment_record::{Area, Word};

    use super::*;
    use crate::raster::{Channels, usize_of};
    use crate::skew::tests::lines;
    use crate::tesseract::Tesseract;
    use crate::{Limits, Native};

    const SIZE: (u32, u32) = (1240, 1754);

    /// An upright page at 150 dots an inch: lines like text, and a black square at its top left.
    fn page() -> Raster {
        let mut samples = lines(0.0).samples;
        for y in 40..120 {
            samples[y * 1240 + 40..y * 1240 + 120].fill(30);
        }
        Raster::new("test", SIZE.0, SIZE.1, Channels::Gray, samples).unwrap()
    }

    /// What is seen upright after `turn`.
    fn laid_wrongly(page: Raster, turn: Turn) -> Raster {
        let back = match turn {
            Turn::Right => Turn::Left,
            Turn::Left => Turn::Right,
            turn => turn,
        };
        page.oriented(back.orientation())
    }

    /// Reads ten words above the square where it is at the top left, and nonsense elsewhere.
    struct Square;

    impl Ocr for Square {
        fn name(&self) -> String {
            "square".to_owned()
        }

        fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
            let scale = page.width.min(page.height) as f32 / SIZE.0 as f32;
            let at = (80.0 * scale) as usize;
            let is_upright = page.samples[at * usize_of(page.width) + at] < 128;
            let confidence = if is_upright { 95.0 } else { 35.0 };
            let word = |number: u8| {
                let place = Area {
                    x: (40.0 + 110.0 * f32::from(number)) * scale,
                    y: 40.0 * scale,
                    width: 80.0 * scale,
                    height: 80.0 * scale,
                };
                Word { text: "phép".to_owned(), place, confidence, line: 0 }
            };
            Ok((0..10).map(word).collect())
        }
    }

    #[test]
    fn a_page_laid_in_any_way_is_shown_upright_with_its_text_in_place() {
        for turn in Turn::ALL {
            let scanned = laid_wrongly(page(), turn);
            let height = scanned.height as f32 * 72.0 / 150.0;
            let examined =
                examine(&scanned, Orientation::UPRIGHT, (150.0, 150.0), height, Some(&Square)).unwrap();
            assert_eq!(examined.turn, turn);
            let is_told = examined.findings.iter().any(|finding| finding.kind == FindingKind::Turned);
            assert_eq!(is_told, turn != Turn::None);
            // The foot of the first word is the foot of the square, wherever that was scanned.
            let upright = (SIZE.0 as f32, SIZE.1 as f32);
            let (x, y) = turn.before((40.0, 120.0), upright);
            let foot = (x * 72.0 / 150.0, height - y * 72.0 / 150.0);
            let line = &examined.reading.lines[0];
            let word = &line.words[0];
            assert!((word.x - foot.0).abs() < 0.5 && (word.y - foot.1).abs() < 0.5, "{turn:?}: {word:?}");
            assert!((word.width - 80.0 * 72.0 / 150.0).abs() < 0.5, "{turn:?}: {word:?}");
            let (cosine, sine) = match turn {
                Turn::None => (1.0, 0.0),
                Turn::Right => (0.0, 1.0),
                Turn::Over => (-1.0, 0.0),
                Turn::Left => (0.0, -1.0),
            };
            let direction = line.direction;
            assert!((direction.0 - cosine).abs() < 0.01 && (direction.1 - sine).abs() < 0.01, "{turn:?}");
        }
    }

    #[test]
    fn a_sample_laid_in_any_way_is_read_upright() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/small/0001-business.jpg");
        let limits = Limits::default();
        let tesseract = Tesseract::find("vie", &limits).unwrap();
        let native = Native::find("vie").unwrap();
        let readers: [&dyn Ocr; 2] = [&tesseract, &native];
        for (turn, ocr) in Turn::ALL.into_iter().flat_map(|turn| readers.map(|ocr| (turn, ocr))) {
            let image = crate::source::jpeg::load("sample", std::fs::read(path).unwrap(), &limits).unwrap();
            let dpi = image.dpi.unwrap();
            let scanned = laid_wrongly(image.raster, turn);
            let height = scanned.height as f32 * 72.0 / dpi.1;
            let examined = examine(&scanned, Orientation::UPRIGHT, dpi, height, Some(ocr)).unwrap();
            assert_eq!(examined.turn, turn, "{}: {:?}", ocr.name(), examined.findings);
            assert!(examined.reading.text.contains("CỘNG HÒA XÃ HỘI"), "{}", examined.reading.text);
        }
    }

    /// Fails the test where it is asked.
    struct Nobody;

    impl Ocr for Nobody {
        fn name(&self) -> String {
            "nobody".to_owned()
        }

        fn read(&self, _: &Gray) -> Result<Vec<Word>, Error> {
            panic!("a blank page is not read");
        }
    }

    #[test]
    fn a_blank_page_is_marked_and_not_read() {
        let paper = Raster::new("test", 620, 877, Channels::Gray, vec![240; 620 * 877]).unwrap();
        let examined = examine(&paper, Orientation::UPRIGHT, (75.0, 75.0), 842.0, Some(&Nobody)).unwrap();
        assert!(examined.blank);
        assert_eq!(examined.turn, Turn::None);
        let kinds: Vec<FindingKind> = examined.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [FindingKind::LowResolution]);
    }

    /// Reads a few letters in whatever it is shown, as recognisers do in pictures.
    struct Nonsense;

    impl Ocr for Nonsense {
        fn name(&self) -> String {
            "nonsense".to_owned()
        }

        fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
            let confidence = if page.width > page.height { 66.0 } else { 40.0 };
            let word = |number: u8| Word {
                text: "il".to_owned(),
                place: Area { x: f32::from(number) * 30.0, y: 10.0, width: 20.0, height: 20.0 },
                confidence,
                line: 0,
            };
            Ok((0..20).map(word).collect())
        }
    }

    #[test]
    fn a_picture_is_not_turned_for_what_seems_to_be_read_in_it() {
        let mut seed = 1_u32;
        let samples = (0..620 * 877).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        });
        let picture = Raster::new("test", 620, 877, Channels::Gray, samples.collect()).unwrap();
        let examined = examine(&picture, Orientation::UPRIGHT, (75.0, 75.0), 842.0, Some(&Nonsense)).unwrap();
        assert_eq!(examined.turn, Turn::None);
    }
}
