use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use muniment_record::{DigestWriter, Form, Scan, Source};
use serde::{Deserialize, Serialize};

use crate::source::expand::skim;
use crate::source::held::HeldFile;
use crate::source::{Format, contained, jpeg, pdf, png, tiff};
use crate::{Error, Limits};

/// What a scan is, found from headers alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The files, with their digests, in page order.
    pub sources: Vec<Source>,
    /// The pages of all files together.
    pub pages: u32,
    /// What will be made of it.
    pub form: Form,
    /// The pages of each file.
    pub(crate) pages_of_files: Vec<u32>,
}

impl Inspection {
    /// Puts together what was found of each file.
    pub(crate) fn join(
        scan: &Scan,
        sources: Vec<Source>,
        found: &[Found],
        limits: &Limits,
    ) -> Result<Self, Error> {
        let [first, ..] = found else {
            return Err(Error::NoPages(scan.name.clone()));
        };
        let pages: u64 = found.iter().map(|found| u64::from(found.pages)).sum();
        let of_several = found.len() > 1;
        if of_several && found.iter().any(|found| found.form != Form::Digitised) {
            return Err(Error::Unsupported {
                name: scan.name.clone(),
                detail: "a document that is kept as it came cannot be one of several files".to_owned(),
            });
        }
        match u32::try_from(pages) {
            Ok(pages) if pages <= limits.pages => Ok(Self {
                sources,
                pages,
                form: first.form,
                pages_of_files: found.iter().map(|found| found.pages).collect(),
            }),
            _ => Err(Error::TooManyPages { name: scan.name.clone(), pages, limit: limits.pages }),
        }
    }
}

/// What one file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) pages: u32,
    pub(crate) form: Form,
}

/// Says what `scan` is, without decoding a page: cheap enough to run before anything is promised.
///
/// # Errors
///
/// Refuses what cannot be taken in: missing, empty, unknown, cut off, damaged, protected or over a limit.
pub fn inspect(scan: &Scan, limits: &Limits) -> Result<Inspection, Error> {
    let described = describe(scan, limits)?;
    let mut found = Vec::new();
    for (path, (_, format)) in scan.files.iter().zip(&described) {
        let name = file_name(path);
        found.push(contained(&name, || look(path, &name, *format, limits))?);
    }
    let sources = described.into_iter().map(|(source, _)| source).collect();
    Inspection::join(scan, sources, &found, limits)
}

/// Digests the files of a scan and tells their formats.
pub(crate) fn describe(scan: &Scan, limits: &Limits) -> Result<Vec<(Source, Format)>, Error> {
    scan.files.iter().map(|path| describe_file(path, &file_name(path), limits)).collect()
}

/// A file's name without folders.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Digests a file and tells its format.
fn describe_file(path: &Path, name: &str, limits: &Limits) -> Result<(Source, Format), Error> {
    let reading = |error| Error::reading(path, error);
    let mut file = File::open(path).map_err(reading)?;
    let metadata = file.metadata().map_err(reading)?;
    if !metadata.is_file() {
        return Err(Error::Unreadable {
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file"),
        });
    }
    if metadata.len() > limits.file_bytes {
        return Err(Error::TooLarge {
            name: name.to_owned(),
            detail: format!("{} bytes, over the limit of {}", metadata.len(), limits.file_bytes),
        });
    }
    let mut start = Vec::new();
    let mut writer = DigestWriter::new(std::io::sink());
    let mut chunk = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut chunk).map_err(reading)?;
        if read == 0 {
            break;
        }
        if start.len() < 2048 {
            start.extend_from_slice(&chunk[..read.min(2048)]);
        }
        writer.write_all(&chunk[..read]).map_err(reading)?;
    }
    let (_, sha256, bytes) = writer.finish();
    if bytes == 0 {
        return Err(Error::EmptyFile(path.to_owned()));
    }
    let format = Format::sniff(&start).ok_or_else(|| Error::UnknownFormat(path.to_owned()))?;
    let source = Source { name: name.to_owned(), sha256, bytes, media_type: format.media_type().to_owned() };
    Ok((source, format))
}

/// The pages of a file, and whether it is to be kept as it is.
pub(crate) fn look(path: &Path, name: &str, format: Format, limits: &Limits) -> Result<Found, Error> {
    let scanned = |pages| Found { pages, form: Form::Digitised };
    match format {
        Format::Jpeg => {
            let header = jpeg::header(name, &read(path)?)?;
            crate::source::check_pixels(name, header.width, header.height, limits)?;
            Ok(scanned(1))
        }
        Format::Png => {
            png::header(name, &read(path)?, limits)?;
            Ok(scanned(1))
        }
        Format::Tiff => Ok(scanned(tiff::count_pages(name, &HeldFile::open(path)?, limits)?)),
        Format::Pdf => {
            let file = HeldFile::open(path)?;
            let skimmed = skim(name, &mut file.reader(), limits.expanded_bytes)?;
            let bytes = file.map().map_err(|error| Error::reading(path, error))?;
            let reader = pdf::Reader::open(name, bytes, limits)?;
            Ok(Found { pages: reader.pages()?, form: reader.form(skimmed)? })
        }
    }
}

/// A whole file, whose size has been checked.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::reading(path, error))
}
