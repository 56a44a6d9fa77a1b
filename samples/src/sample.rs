use image::RgbImage;

use crate::fonts::FontFiles;
use crate::kinds::{Case, Drawn, Kind};
use crate::page::Page;
use crate::random::Random;
use crate::scanner::Scanner;
use crate::{Error, Fields, Format};

/// How many results a run can hold before its codes run into those of the next seed.
const ORDINALS_PER_SEED: u64 = 10_000;
const SEEDS_APART: u64 = 97;

/// One result: drawn on paper, described, and ready to be scanned.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The name of its files: a number and the kind, `0003-land`.
    pub name: String,
    /// What kind of result it is.
    pub kind: Kind,
    /// The sides of its sheets, in order; a back without print is blank.
    pub pages: Vec<Page>,
    /// Its metadata.
    pub fields: Fields,
    /// The scanner it goes through.
    pub scanner: Scanner,
    seed: u64,
    index: u64,
}

impl Sample {
    /// The text of all pages in reading order: a line feed behind each line, a form feed between two pages.
    pub fn truth(&self) -> String {
        let pages = self.pages.iter().map(|page| {
            let lines = page.lines().iter();
            lines.map(|line| format!("{line}\n")).collect::<String>()
        });
        pages.collect::<Vec<_>>().join("\u{c}")
    }
}

/// Where samples are made: holds the fonts.
pub struct Studio(FontFiles);

impl Studio {
    /// Reads the fonts.
    ///
    /// # Errors
    ///
    /// [`Error::FontMissing`] where Debian's `fonts-liberation2` is not installed.
    pub fn open() -> Result<Self, Error> {
        FontFiles::read().map(Self)
    }

    /// Draws the result at place `index` of the run of `seed`. The same arguments give the same result.
    ///
    /// Kinds take turns. Among eight results in a row one is printed on one side and scanned on both, one is scanned without
    /// colour and one with the lid open. Result codes are unique within a run, and among runs of up to 9,999 results whose
    /// seeds are below 97.
    pub fn sample(&self, seed: u64, index: u64, dpi: u32, format: Format) -> Result<Sample, Error> {
        if !(100..=600).contains(&dpi) {
            return Err(Error::Resolution { dpi });
        }
        let turn = index % 8;
        let kind = Kind::ALL[(index % 4) as usize];
        let ordinal = seed % SEEDS_APART * ORDINALS_PER_SEED + index + 1;
        let case = Case::new(Random::new(seed, index), ordinal);
        let Drawn { mut pages, mut fields } = kind.draw(&self.0.parse()?, case);
        if turn == 4 && pages.len() == 1 {
            pages.push(Page::default());
        }
        let mut random = Random::new(!seed, index);
        let mut scanner = Scanner::ordinary(&mut random, dpi);
        scanner.colour = turn != 6;
        scanner.dark_edge = turn == 7;
        scanner.whitened = format == Format::Png;
        let images = pages.len();
        for (name, value) in [("sheets", images.div_ceil(2).to_string()), ("pages", images.to_string())] {
            fields.set(&format!("capture.physical_{name}"), value);
        }
        fields.set("capture.images", images);
        fields.set("capture.dpi", dpi);
        fields.set("capture.colour", scanner.colour);
        fields.set("capture.scale_pct", 100);
        fields.set("capture.originality", "original");
        fields.set("capture.operator", "canbo.sohoa");
        fields.set("capture.scanner_id", "may-quet-mau-01");
        Ok(Sample {
            name: format!("{:04}-{}", index + 1, kind.as_str()),
            kind,
            pages,
            fields,
            scanner,
            seed,
            index,
        })
    }

    /// Scans a result, page by page.
    pub fn scan(&self, sample: &Sample) -> Result<Vec<RgbImage>, Error> {
        let fonts = self.0.parse()?;
        let mut random = Random::new(sample.seed.rotate_left(32), sample.index);
        let mut images = Vec::with_capacity(sample.pages.len());
        for (number, page) in sample.pages.iter().enumerate() {
            let mut scanner = sample.scanner.clone();
            // The feeder draws each sheet in a little differently.
            scanner.skew_degrees += random.between(-0.2, 0.2);
            let other_side = sample.pages.get(number ^ 1);
            images.push(scanner.scan(page, other_side, &fonts, &mut random)?);
        }
        Ok(images)
    }
}
