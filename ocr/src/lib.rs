//! Reads printed text on straight pages with the network of Tesseract's language data, in its own runtime.
//!
//! [`Reader::open`] takes a `.traineddata` file with integer weights, such as Debian's `tesseract-ocr-vie`;
//! [`Reader::read`] finds the lines of a page ([`Picture`]: one channel, upright, straight, paper white) in reading order and
//! gives their words with places and confidence.
//!
//! Around the network, which is Tesseract's, all is made for speed: lines are found on a mask of half the resolution, weights
//! are multiplied as bytes with the widest instructions that the processor has, and nothing is allocated from step to step of
//! a line. Results do not depend on the processor. The crate does no I/O but to open the file, and knows no clock.

mod charset;
mod ctc;
mod dictionary;
mod error;
mod line;
mod network;
mod page;
mod place;
mod second_look;
mod segment;
mod superscript;
mod syllable;
mod traineddata;

use std::fs::File;
use std::io::Read;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub use error::Error;
pub use page::{Area, Line, Picture, Word};

use charset::Charset;
use dictionary::Dictionary;
use line::LinePicture;
use network::{Network, Room};
use traineddata::Components;

/// Margin on all sides of a line, of its height. Letters that touch the edge are misread.
const MARGIN: f32 = 0.15;

/// The largest file of language data: the largest that there are have two thirds of it.
const MOST_BYTES: u64 = 1 << 26;

/// Language data, ready to read pages. Several threads may read with one.
#[derive(Debug)]
pub struct Reader {
    network: Network,
    charset: Charset,
    dictionary: Dictionary,
}

/// What reading needs of memory, used again from line to line.
#[derive(Default)]
struct Bench {
    line: LinePicture,
    room: Room,
    search: ctc::Search,
    seen: Vec<ctc::Seen>,
    columns: place::Columns,
}

impl Reader {
    /// Opens a file of language data.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`], [`Error::Damaged`] for one of more than 64 MiB, and those of [`Reader::from_bytes`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|source| Error::Unreadable { path: path.display().to_string(), source })?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(Error::damaged(format!("it is larger than {MOST_BYTES} bytes")));
        }
        Self::from_bytes(&bytes)
    }

    /// Takes the bytes of a file of language data.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where a length or dimension cannot be true, [`Error::Unsupported`] for a network with other layers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let components = Components::find(bytes)?;
        let network = Network::read(components.network)?;
        let charset = Charset::read(components.characters, components.codes, network.outputs())?;
        let dictionary = match components.words {
            Some(words) => Dictionary::read(words, charset.characters())?,
            None => Dictionary::default(),
        };
        Ok(Self { network, charset, dictionary })
    }

    /// The instructions that the network is computed with, for reports.
    pub fn instructions(&self) -> &'static str {
        self.network.instructions()
    }

    /// Reads a page on this thread: its lines in reading order.
    pub fn read(&self, page: &Picture<'_>) -> Vec<Line> {
        self.read_abreast(page, 1)
    }

    /// Reads a page with up to so many threads, a line each at a time. The result does not depend on their number; each
    /// takes memory in proportion to its longest line.
    pub fn read_abreast(&self, page: &Picture<'_>, threads: usize) -> Vec<Line> {
        let Some(page) = &page.as_far_as_sound() else { return Vec::new() };
        let segment::Found { lines, blanks } = segment::lines(page);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut bench = Bench::default();
            let mut read = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(&area) = lines.get(number) else { return read };
                read.push((number, self.read_area(page, area, &blanks, &mut bench)));
            }
        };
        let mut read = thread::scope(|scope| {
            let others = threads.min(lines.len()).saturating_sub(1);
            // Where no more threads are to be had, fewer read.
            let others: Vec<_> =
                (0..others).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
            let mut read = work();
            for other in others {
                read.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            read
        });
        read.sort_unstable_by_key(|(number, _)| *number);
        read.into_iter().map(|(_, line)| line).collect()
    }

    /// Reads one line of text that fills `area` of the page, as far as that is on it.
    pub fn read_line(&self, page: &Picture<'_>, area: Area) -> Line {
        let sound = page.as_far_as_sound().and_then(|page| Some((page, area.within(&page)?)));
        match sound {
            Some((page, area)) => self.read_area(&page, area, &[], &mut Bench::default()),
            None => Line { area, words: Vec::new() },
        }
    }

    fn read_area(&self, page: &Picture<'_>, area: Area, blanks: &[Area], bench: &mut Bench) -> Line {
        let mut words = self.look(page, area, MARGIN, blanks, bench);
        for stretch in second_look::stretches(&words, area) {
            for margin in second_look::MARGINS {
                let others = self.look(page, stretch, margin, blanks, bench);
                if !second_look::take_surer(&mut words, stretch, others) {
                    break;
                }
            }
        }
        for word in &mut words {
            let Some(unit) = superscript::Unit::of(word) else { continue };
            let Some(digit) = unit.raised(page, word) else { continue };
            let read = self.look(page, digit, MARGIN, blanks, bench);
            unit.raise(word, read.first().map_or("", |read| read.text.as_str()));
        }
        Line { area, words }
    }

    /// The words of a line, seen with a margin of a part of its height around it.
    fn look(
        &self,
        page: &Picture<'_>,
        area: Area,
        margin: f32,
        blanks: &[Area],
        bench: &mut Bench,
    ) -> Vec<Word> {
        let Bench { line, room, search, seen, columns } = bench;
        line.take(page, area, margin, blanks, self.network.height());
        let readings = self.network.run(&line.pixels, line.width, room);
        search.read(readings, self.network.separator(), &self.charset, &self.dictionary, seen);
        let pixels = |step: usize| line.left + (step * self.network.stride()) as f32 * line.scale;
        let words: Vec<&[ctc::Seen]> = ctc::words(seen, &self.charset).collect();
        let seen: Vec<(f32, f32)> = words
            .iter()
            .map(|word| (pixels(word[0].steps.0), pixels(word[word.len() - 1].steps.1)))
            .collect();
        columns.look(page, area);
        let areas = place::areas(columns, area, &seen);
        let words = words.into_iter().zip(areas).map(|(word, area)| {
            let letters: Vec<f32> = word.iter().map(|seen| likeliness(seen.part)).collect();
            Word {
                text: word.iter().map(|seen| self.charset.text(seen.output)).collect(),
                area,
                confidence: letters.iter().product(),
                letters,
            }
        });
        words.collect()
    }
}

/// How likely a letter is right of which the network says this. It is too sure, the more so as the surest of several looks
/// counts; the power fits drawn pages (see docs/conformance/ocr.md) and changes no order.
fn likeliness(part: f32) -> f32 {
    part.min(1.0).powf(2.2)
}
