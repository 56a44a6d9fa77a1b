use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use muniment_record::{DigestWriter, Form, Scan, Source};

use crate::source::{Format, contained, jpeg, pdf, png, tiff};
use crate::{Error, Limits, Profile};

/// What a scan is, found from headers alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The files, with their digests, in page order.
    pub sources: Vec<Source>,
    /// The pages of all files together.
    pub pages: u32,
    /// What will be made of it.
    pub form: Form,
    /// How the page images will be compressed: the caller may choose another before it prepares the scan.
    pub profile: Profile,
    /// The pages of each file.
    pub(crate) pages_of_files: Vec<u32>,
}

/// Says what `scan` is, without decoding a page: cheap enough to run before anything is promised.
///
/// # Errors
///
/// Refuses what cannot be taken in: missing, empty, unknown, cut off, damaged, protected or over a limit.
pub fn inspect(scan: &Scan, limits: &Limits) -> Result<Inspection, Error> {
    if scan.files.is_empty() {
        return Err(Error::NoPages(scan.name.clone()));
    }
    let mut inspection = Inspection {
        sources: Vec::new(),
        pages: 0,
        form: Form::Digitised,
        profile: Profile::default(),
        pages_of_files: Vec::new(),
    };
    for path in &scan.files {
        let name = file_name(path);
        let (source, format) = describe(path, &name, limits)?;
        let (pages, form) = contained(&name, || look(path, &name, format, limits))?;
        if form == Form::SignedOriginal && scan.files.len() > 1 {
            return Err(Error::Damaged {
                name,
                detail: "a signed document cannot be one of several files of a scan".to_owned(),
            });
        }
        inspection.form = form;
        inspection.sources.push(source);
        inspection.pages_of_files.push(pages);
        inspection.pages = inspection.pages.saturating_add(pages);
        if inspection.pages > limits.pages {
            return Err(Error::TooManyPages {
                name: scan.name.clone(),
                pages: u64::from(inspection.pages),
                limit: limits.pages,
            });
        }
    }
    Ok(inspection)
}

/// A file's name without folders.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Digests a file and tells its format.
fn describe(path: &Path, name: &str, limits: &Limits) -> Result<(Source, Format), Error> {
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
fn look(path: &Path, name: &str, format: Format, limits: &Limits) -> Result<(u32, Form), Error> {
    match format {
        Format::Jpeg => {
            let header = jpeg::header(name, &read(path)?)?;
            crate::source::check_pixels(name, header.width, header.height, limits)?;
            Ok((1, Form::Digitised))
        }
        Format::Png => {
            png::header(name, &read(path)?, limits)?;
            Ok((1, Form::Digitised))
        }
        Format::Tiff => Ok((tiff::count_pages(name, path, limits)?, Form::Digitised)),
        Format::Pdf => {
            let reader = pdf::Reader::open(name, Arc::new(read(path)?), limits)?;
            let form = if reader.is_signed() { Form::SignedOriginal } else { Form::Digitised };
            Ok((reader.pages()?, form))
        }
    }
}

/// A whole file, whose size has been checked.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::reading(path, error))
}
