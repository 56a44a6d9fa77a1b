use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use image::RgbImage;

use crate::output::{JpegPage, pdf, png, tiff};
use crate::{Error, Fields, Sample, Studio};

/// The kind of file that scans are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// JPEG; a document of several pages becomes a folder of images.
    Jpeg,
    /// PNG, the paper whitened; a document of several pages becomes a folder of images.
    Png,
    /// TIFF, all pages in one.
    Tiff,
    /// PDF of images, all pages in one.
    Pdf,
    /// All of them in turn.
    Mixed,
}

impl Format {
    /// The format of the document at a place in a run.
    fn at(self, index: u64) -> Self {
        const TURNS: [Format; 8] = [
            Format::Jpeg,
            Format::Png,
            Format::Tiff,
            Format::Pdf,
            Format::Jpeg,
            Format::Pdf,
            Format::Jpeg,
            Format::Jpeg,
        ];
        match self {
            Self::Mixed => TURNS[((index + index / 8) % 8) as usize],
            single => single,
        }
    }
}

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Decides everything that is drawn.
    pub seed: u64,
    /// How many documents.
    pub count: u64,
    /// Resolution in dots an inch, 100 to 600.
    pub dpi: u32,
    /// The kind of file.
    pub format: Format,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GenerateStats {
    /// Documents.
    pub documents: u64,
    /// Pages, blank ones too.
    pub pages: u64,
    /// Size of the scans.
    pub written_bytes: u64,
}

/// Makes documents in a folder, which is created if it is not there. Each document `NAME` is a scan, `NAME.json` with its metadata
/// and `NAME.gt.txt` with its text; `manifest.csv` has the metadata of all. Files of the same names are replaced.
///
/// # Errors
///
/// The first font, file or image that fails; what was written until then stays.
pub fn generate(options: &Options, out: &Path, done: &dyn Fn(&Sample)) -> Result<GenerateStats, Error> {
    let studio = Studio::open()?;
    create_folder(out)?;
    let mut stats = GenerateStats::default();
    let mut rows = Vec::new();
    for index in 0..options.count {
        let format = options.format.at(index);
        let sample = studio.sample(options.seed, index, options.dpi, format)?;
        let (file, written_bytes) = write_scan(&studio.scan(&sample)?, &sample, format, out)?;
        write_sidecars(&sample, out)?;
        stats.documents += 1;
        stats.pages += sample.pages.len() as u64;
        stats.written_bytes += written_bytes;
        done(&sample);
        rows.push((file, sample));
    }
    write_manifest(&rows, &out.join("manifest.csv"))?;
    Ok(stats)
}

/// Writes a scan and returns the name of its file or folder and its size.
fn write_scan(
    images: &[RgbImage],
    sample: &Sample,
    format: Format,
    out: &Path,
) -> Result<(String, u64), Error> {
    let (colour, dpi) = (sample.scanner.colour, sample.scanner.dpi);
    let as_jpeg = || -> Result<Vec<JpegPage>, Error> {
        images.iter().map(|image| JpegPage::encode(image, colour, dpi)).collect()
    };
    let (extension, pages) = match format {
        Format::Tiff => ("tif", vec![tiff(&as_jpeg()?)]),
        Format::Pdf => ("pdf", vec![pdf(&as_jpeg()?)]),
        Format::Png => {
            let pages = images.iter().map(|image| png(image, colour, dpi));
            ("png", pages.collect::<Result<_, _>>()?)
        }
        Format::Jpeg | Format::Mixed => ("jpg", as_jpeg()?.into_iter().map(|page| page.bytes).collect()),
    };
    let size = pages.iter().map(|page| page.len() as u64).sum();
    if let [only] = &pages[..] {
        let file = format!("{}.{extension}", sample.name);
        write(&out.join(&file), only)?;
        return Ok((file, size));
    }
    let folder = out.join(&sample.name);
    create_folder(&folder)?;
    for (number, page) in (1..).zip(&pages) {
        write(&folder.join(format!("{number:03}.{extension}")), page)?;
    }
    Ok((sample.name.clone(), size))
}

/// Writes a document's metadata and its text.
fn write_sidecars(sample: &Sample, out: &Path) -> Result<(), Error> {
    write_json(&sample.fields, &out.join(format!("{}.json", sample.name)))?;
    write(&out.join(format!("{}.gt.txt", sample.name)), sample.truth().as_bytes())
}

/// Writes metadata as JSON.
pub(crate) fn write_json(fields: &Fields, path: &Path) -> Result<(), Error> {
    write(path, format!("{:#}\n", fields.to_json()).as_bytes())
}

/// Writes the manifest: a column `file`, then a column for each field that any document has.
fn write_manifest(rows: &[(String, Sample)], path: &Path) -> Result<(), Error> {
    let columns: BTreeSet<&String> =
        rows.iter().flat_map(|(_, sample)| sample.fields.values().keys()).collect();
    let failed = |error: csv::Error| Error::Write { path: path.to_owned(), source: error.into() };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    let heading = std::iter::once("file").chain(columns.iter().map(|column| column.as_str()));
    writer.write_record(heading).map_err(failed)?;
    for (file, sample) in rows {
        let value = |column: &&String| sample.fields.values().get(*column).map_or("", String::as_str);
        let row = std::iter::once(file.as_str()).chain(columns.iter().map(value));
        writer.write_record(row).map_err(failed)?;
    }
    writer.flush().map_err(|source| Error::Write { path: path.to_owned(), source })
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::Write { path: path.to_owned(), source })
}
