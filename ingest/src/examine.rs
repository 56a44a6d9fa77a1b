//! Measuring and reading a page, on copies that are turned and straightened.

use muniment_record::{Finding, FindingKind, Word};

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
    let blank = measures.is_blank();
    let lines = if blank { Lines::default() } else { skew::measure(&seen)? };
    let read = match ocr {
        _ if blank => Read { degrees: lines.degrees, ..Read::default() },
        Some(ocr) => Reader { seen: &seen, dpi, height: height_points, lines, ocr }.read()?,
        None => Read {
            degrees: lines.degrees,
            failure: Some("not read: no text recogniser".to_owned()),
            ..Read::default()
        },
    };
    let Read { turn, degrees: skew, reading, turned, failure } = read;
    let nothing = || (!blank && reading.text.is_empty()).then(|| "nothing was read".to_owned());
    let doubt = failure.or_else(nothing);
    let mut found: Vec<Finding> = turned.into_iter().collect();
    found.extend(facts::findings(mean_dpi, &measures, blank, skew, reading.confidence));
    found.extend(doubt.map(|detail| Finding { kind: FindingKind::LowConfidence, detail }));
    Ok(Examined { blank, reading, findings: found, colour: measures.is_colour(), skew, turn })
}

/// What came of reading a page.
#[derive(Default)]
struct Read {
    turn: Turn,
    degrees: f32,
    reading: Reading,
    /// That it is shown turned, and why.
    turned: Option<Finding>,
    /// Why it was not read, or not as well as it might have been.
    failure: Option<String>,
}

/// A reading of the page turned in one way.
struct Attempt {
    turn: Turn,
    degrees: f32,
    words: Vec<Word>,
    reading: Reading,
    /// What was read; not kept when the page is turned another way.
    upright: Option<Upright>,
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
    /// Reads the page, whichever way is up, and has it looked at again where the recogniser was in doubt.
    fn read(&self) -> Result<Read, Error> {
        let mut attempts = Vec::new();
        // A recogniser that fails on one page costs that page's text, not the document.
        let mut failure = self.attempts(&mut attempts)?.map(|error| error.to_string());
        let (best, turned) = chosen(attempts);
        let Some(best) = best else {
            return Ok(Read { degrees: self.lines.degrees, failure, ..Read::default() });
        };
        let Attempt { turn, degrees, words, reading, upright } = best;
        let upright = match upright {
            Some(upright) => upright,
            None => self.turned(turn)?,
        };
        let again = upright.read_again(words, reading, self.ocr);
        failure = failure.or_else(|| again.1.map(|error| format!("in doubt, and not read again: {error}")));
        Ok(Read { turn, degrees, reading: again.0, turned, failure })
    }

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
            if let Some(last) = attempts.last_mut() {
                last.upright = None;
            }
            let upright = self.turned(turn)?;
            match self.ocr.read(&upright.copy.image) {
                Ok(words) => attempts.push(Attempt {
                    turn,
                    degrees: upright.degrees,
                    reading: upright.reading(&words),
                    words,
                    upright: Some(upright),
                }),
                Err(error) => return Ok(Some(error)),
            }
            if attempts.last().is_some_and(Attempt::is_sure) {
                break;
            }
        }
        Ok(None)
    }

    /// The copy to read if the page stands upright after `turn`.
    fn turned(&self, turn: Turn) -> Result<Upright, Error> {
        let (dpi, height, dots) = (self.dpi, self.height, self.ocr.dpi());
        if turn == Turn::None {
            return Upright::of(self.seen, turn, dpi, height, self.lines.degrees, dots);
        }
        let seen = self.seen.clone().oriented(turn.orientation());
        // Upside down, lines lean as they did.
        let degrees = if turn == Turn::Over { self.lines.degrees } else { skew::measure(&seen)?.degrees };
        Upright::of(&seen, turn, dpi, height, degrees, dots)
    }
}

/// A page that was turned and straightened to be read.
struct Upright {
    copy: Copy,
    placement: Placement,
    degrees: f32,
}

impl Upright {
    fn of(
        seen: &Gray,
        turn: Turn,
        dpi: (f32, f32),
        height: f32,
        degrees: f32,
        wanted_dpi: u32,
    ) -> Result<Self, Error> {
        let copy = Copy::of(seen, turn.swapped(dpi.0, dpi.1), degrees, wanted_dpi)?;
        let upright = (seen.width as f32, seen.height as f32);
        Ok(Self { copy, placement: Placement { dpi, height, turn, upright }, degrees })
    }

    fn reading(&self, words: &[Word]) -> Reading {
        Reading::of(words, &self.copy, self.placement)
    }

    /// Has what was in doubt looked at again; gives the failure of whoever was to do that.
    fn read_again(&self, words: Vec<Word>, reading: Reading, ocr: &dyn Ocr) -> (Reading, Option<Error>) {
        let again = ocr.read_again(&self.copy.image, words);
        match again.reader {
            Some(reader) => (Reading { reader: Some(reader), ..self.reading(&again.words) }, again.failure),
            None => (reading, again.failure),
        }
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
    let seen = seen.clone().oriented(turn.orientation());
    let upright = Upright::of(&seen, turn, dpi, height_points, degrees, ocr.dpi())?;
    Ok(ocr.read(&upright.copy.image).map(|words| {
        let reading = upright.reading(&words);
        upright.read_again(words, reading, ocr).0
    }))
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use muniment_record::{Area, Word};

    use super::*;
    use crate::both::Both;
    use crate::raster::{Channels, usize_of};
    use crate::skew::tests::lines;
    use crate::tesseract::Tesseract;
    use crate::{LanguageData, Limits, Native};

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
        let tesseract = Tesseract::find(&LanguageData::default(), &limits).unwrap();
        let native = Native::open(&LanguageData::default()).unwrap();
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

    /// Reads as [`Square`] does, and is not sure of it.
    struct Doubtful;

    impl Ocr for Doubtful {
        fn name(&self) -> String {
            "doubtful".to_owned()
        }

        fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
            let words = Square.read(page)?.into_iter();
            Ok(words.map(|word| Word { confidence: 0.6 * word.confidence, ..word }).collect())
        }
    }

    /// Fails, and counts how often it was asked.
    struct Failing(Arc<AtomicU32>);

    impl Ocr for Failing {
        fn name(&self) -> String {
            "failing".to_owned()
        }

        fn read(&self, _: &Gray) -> Result<Vec<Word>, Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(Error::OcrFailed("it broke off".to_owned()))
        }
    }

    #[test]
    fn a_second_reader_is_asked_once_when_the_turn_is_known_and_its_failure_is_told() {
        let asked = Arc::new(AtomicU32::new(0));
        let both = Both { first: Box::new(Doubtful), second: Box::new(Failing(Arc::clone(&asked))) };
        let height = SIZE.1 as f32 * 72.0 / 150.0;
        let examined = examine(&page(), Orientation::UPRIGHT, (150.0, 150.0), height, Some(&both)).unwrap();
        assert_eq!((asked.load(Ordering::Relaxed), examined.turn), (1, Turn::None));
        assert!(examined.reading.text.starts_with("phép phép"));
        let told: Vec<&str> = examined.findings.iter().map(|finding| finding.detail.as_str()).collect();
        assert!(told.iter().any(|told| told.starts_with("in doubt, and not read again: ")), "{told:?}");
    }

    /// Sees nothing.
    struct Blind;

    impl Ocr for Blind {
        fn name(&self) -> String {
            "blind".to_owned()
        }

        fn read(&self, _: &Gray) -> Result<Vec<Word>, Error> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_page_with_ink_of_which_nothing_was_read_is_to_be_looked_at() {
        let height = SIZE.1 as f32 * 72.0 / 150.0;
        let examined = examine(&page(), Orientation::UPRIGHT, (150.0, 150.0), height, Some(&Blind)).unwrap();
        assert!(!examined.blank);
        let found = |finding: &Finding| {
            finding.kind == FindingKind::LowConfidence && finding.detail == "nothing was read"
        };
        assert!(examined.findings.iter().any(found), "{:?}", examined.findings);
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
