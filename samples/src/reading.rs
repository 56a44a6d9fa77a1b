//! Pages that try a reader of text: what makes reading hard, in turn and by chance, and the text that stands there.

use std::path::Path;

use crate::fonts::{Family, FontFiles, Fonts};
use crate::generate::{create_folder, write};
use crate::output::JpegPage;
use crate::page::Page;
use crate::random::Random;
use crate::scanner::Scanner;
use crate::{Error, GenerateStats};

mod grid;
mod layout;
mod wording;

/// How the text of a page is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A letter or decision: head in two columns, italic grounds, articles, lists, a signature block beside recipients.
    Letter,
    /// A notice in two columns.
    Columns,
    /// A list in a ruled table.
    Table,
    /// A form: labels with values on dotted lines.
    Form,
}

impl Layout {
    /// All layouts, in the order in which they take turns.
    pub const ALL: [Self; 4] = [Self::Letter, Self::Columns, Self::Table, Self::Form];

    fn as_str(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Columns => "columns",
            Self::Table => "table",
            Self::Form => "form",
        }
    }
}

/// Draws pages that try a reader.
pub struct ReadingStudio(FontFiles);

/// A page that tries a reader.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingPage {
    /// The name of its files: a number, layout and type face.
    pub name: String,
    /// How its text is laid out.
    pub layout: Layout,
    /// What is on it.
    pub page: Page,
    /// The scanner it goes through.
    pub scanner: Scanner,
    grain: Random,
}

impl ReadingStudio {
    /// Reads the fonts.
    ///
    /// # Errors
    ///
    /// [`Error::FontMissing`] where Debian's `fonts-liberation2` is not installed.
    pub fn open() -> Result<Self, Error> {
        FontFiles::read().map(Self)
    }

    /// Draws the page at place `index` of the run of `seed`: four layouts take turns, and three type faces. A fourth of the
    /// pages has a fine-line background, a third a seal over the text, a third strong grain.
    ///
    /// # Errors
    ///
    /// [`Error::FontDamaged`], and [`Error::Resolution`] for one below 100 or above 600.
    pub fn page(&self, seed: u64, index: u64, dpi: u32) -> Result<ReadingPage, Error> {
        if !(100..=600).contains(&dpi) {
            return Err(Error::Resolution { dpi });
        }
        let layout = Layout::ALL[(index % 4) as usize];
        let family = Family::ALL[(index / 4 % 3) as usize];
        let mut random = Random::new(seed ^ 0x7265_6164, index);
        let fonts: Fonts<'_> = self.0.parse()?;
        let page = layout::draw(&fonts, family, layout, &mut random);
        let mut scanner = Scanner::ordinary(&mut random, dpi);
        if random.once_in(3) {
            scanner = scanner.with_noise(random.between(3.0, 7.0));
        }
        let name = format!("{:04}-{}-{}", index + 1, layout.as_str(), format!("{family:?}").to_lowercase());
        Ok(ReadingPage { name, layout, page, scanner, grain: random })
    }

    /// The words of a page and where they are on its image, in pixels: left, top, right, bottom. Dotted lines are none.
    ///
    /// # Errors
    ///
    /// [`Error::FontDamaged`].
    pub fn words<'p>(&self, page: &'p ReadingPage) -> Result<Vec<(&'p str, [f32; 4])>, Error> {
        let mut words = page.scanner.words(&page.page, &self.0.parse()?);
        words.retain(|(word, _)| word.contains(|letter| letter != '.'));
        Ok(words)
    }

    /// Scans a page.
    ///
    /// # Errors
    ///
    /// [`Error::FontDamaged`].
    pub fn scan(&self, page: &ReadingPage) -> Result<image::RgbImage, Error> {
        page.scanner.scan(&page.page, None, &self.0.parse()?, &mut page.grain.clone())
    }
}

impl ReadingPage {
    /// The text in reading order, a line feed behind each line.
    pub fn truth(&self) -> String {
        self.page.lines().iter().map(|line| format!("{line}\n")).collect()
    }
}

/// Makes pages that try a reader in a folder, which is created if it is not there: `NAME.jpg`, its text `NAME.gt.txt`, and its words
/// `NAME.words.tsv`, each with its place in pixels: left, top, right, bottom.
///
/// # Errors
///
/// The first font, file or image that fails; what was written until then stays.
pub fn generate_reading(seed: u64, count: u64, dpi: u32, out: &Path) -> Result<GenerateStats, Error> {
    let studio = ReadingStudio::open()?;
    create_folder(out)?;
    let mut stats = GenerateStats::default();
    for index in 0..count {
        let page = studio.page(seed, index, dpi)?;
        let bytes = JpegPage::encode(&studio.scan(&page)?, true, dpi)?.bytes;
        write(&out.join(format!("{}.jpg", page.name)), &bytes)?;
        write(&out.join(format!("{}.gt.txt", page.name)), page.truth().as_bytes())?;
        let words = studio.words(&page)?;
        let rows = words.iter().map(|(word, [left, top, right, bottom])| {
            format!("{left:.1}\t{top:.1}\t{right:.1}\t{bottom:.1}\t{word}\n")
        });
        write(&out.join(format!("{}.words.tsv", page.name)), rows.collect::<String>().as_bytes())?;
        stats.documents += 1;
        stats.pages += 1;
        stats.written_bytes += bytes.len() as u64;
    }
    Ok(stats)
}
