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
mod error;
mod line;
mod network;
mod page;
mod place;
mod segment;
mod traineddata;

use std::path::Path;

pub use error::Error;
pub use page::{Area, Line, Picture, Word};

use charset::Charset;
use line::LinePicture;
use network::{Network, Room};
use traineddata::Components;

/// Language data, ready to read pages. Several threads may read with one.
#[derive(Debug)]
pub struct Reader {
    network: Network,
    charset: Charset,
}

/// What reading needs of memory, used again from line to line.
#[derive(Default)]
struct Bench {
    line: LinePicture,
    room: Room,
    seen: Vec<ctc::Seen>,
    columns: place::Columns,
}

impl Reader {
    /// Opens a file of language data.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`], and those of [`Reader::from_bytes`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path)
            .map_err(|source| Error::Unreadable { path: path.display().to_string(), source })?;
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
        Ok(Self { network, charset })
    }

    /// The instructions that the network is computed with, for reports.
    pub fn instructions(&self) -> &'static str {
        self.network.instructions()
    }

    /// Reads a page: its lines in reading order.
    pub fn read(&self, page: &Picture<'_>) -> Vec<Line> {
        let mut bench = Bench::default();
        let lines = segment::lines(page);
        lines.into_iter().map(|area| self.read_area(page, area, &mut bench)).collect()
    }

    /// Reads one line of text that fills `area` of the page.
    pub fn read_line(&self, page: &Picture<'_>, area: Area) -> Line {
        self.read_area(page, area, &mut Bench::default())
    }

    fn read_area(&self, page: &Picture<'_>, area: Area, bench: &mut Bench) -> Line {
        let Bench { line, room, seen, columns } = bench;
        line.take(page, area, self.network.height());
        let readings = self.network.run(&line.pixels, line.width, room);
        ctc::best_path(readings, self.network.separator(), seen);
        let pixels = |step: usize| line.left + (step * self.network.stride()) as f32 * line.scale;
        let words: Vec<&[ctc::Seen]> = ctc::words(seen, &self.charset).collect();
        let seen: Vec<(f32, f32)> = words
            .iter()
            .map(|word| (pixels(word[0].steps.0), pixels(word[word.len() - 1].steps.1)))
            .collect();
        columns.look(page, area);
        let edges = place::edges(columns, area, &seen);
        let words = words.into_iter().zip(edges).map(|(word, (left, right))| Word {
            text: word.iter().map(|seen| self.charset.text(seen.output)).collect(),
            area: Area { left, right, ..area },
            confidence: word.iter().map(|seen| seen.part).product(),
        });
        Line { area, words: words.collect() }
    }
}
