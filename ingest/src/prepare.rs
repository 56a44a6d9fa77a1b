use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

use muniment_record::{Digest, Form, KeptPage, Package, Page, Provenance, Scan, Source};

use crate::inspection::{file_name, read};
use crate::page::{self, PreparedPage};
use crate::pdf::document::{Document, software};
use crate::raster::usize_of;
use crate::reread::is_sampled;
use crate::source::held::HeldFile;
use crate::source::{Format, PageImage, contained, jpeg, pdf, png, tiff};
use crate::{Error, Inspection, Limits, Monitor, Ocr, Options, signed};

/// The name of the staged file.
pub(crate) const STAGED: &str = "prepared.pdf";

/// The profile of what is kept byte for byte.
const ORIGINAL: &str = "original";

/// Makes `scan` into a package: writes `prepared.pdf` into `staging`, an existing empty folder of the caller's.
///
/// Pages go through one by one on each thread, and the file grows on disk as they are done: memory is that of a page a
/// thread, whatever the number of pages. A scan whose [`Form`] is not digitised is copied byte for byte, and its text is
/// read beside it. Pages are read from a copy in `staging`, which is hashed: what is made is made of what was inspected.
///
/// # Errors
///
/// Refuses what cannot be taken in; `staging` may then hold a partial file, which is the caller's to remove. A page
/// whose text cannot be read is no error: it is archived, with a finding.
pub fn prepare(
    scan: &Scan,
    inspection: Inspection,
    title: &str,
    staging: &Path,
    options: &Options,
    ocr: Option<&dyn Ocr>,
    monitor: &dyn Monitor,
) -> Result<Package, Error> {
    let staged = staging.join(STAGED);
    let (pages, profile, kept) = match inspection.form {
        Form::Digitised => {
            let files = open_files(scan, &inspection, staging)?;
            let (pages, kept) = digitise(&files, &inspection, title, &staged, options, ocr, monitor)?;
            (pages, options.profile.name(), kept)
        }
        Form::SignedOriginal | Form::BornDigital => {
            let (pages, kept) = keep(scan, &inspection, &staged, options, ocr, monitor)?;
            (pages, ORIGINAL, kept)
        }
    };
    Ok(Package {
        sources: inspection.sources,
        pdf: staged,
        form: inspection.form,
        pages,
        provenance: Provenance {
            software: software(),
            ocr: ocr.map(Ocr::name),
            profile: profile.to_owned(),
            kept,
        },
    })
}

/// A file of the scan.
struct OpenFile {
    name: String,
    path: PathBuf,
    format: Format,
    sha256: Digest,
    /// The copy that its pages are read from; a file of one page is read at once.
    held: Option<HeldFile>,
    pdf: OpenPdf,
}

fn open_files(scan: &Scan, inspection: &Inspection, staging: &Path) -> Result<Vec<OpenFile>, Error> {
    let mut files = Vec::new();
    for (path, source) in scan.files.iter().zip(&inspection.sources) {
        let (name, format) = identify(scan, inspection, path, source)?;
        let held = match format {
            Format::Jpeg | Format::Png => None,
            Format::Tiff | Format::Pdf => Some(HeldFile::unnamed_copy(path, &name, source.sha256, staging)?),
        };
        files.push(OpenFile {
            name,
            path: path.clone(),
            format,
            sha256: source.sha256,
            held,
            pdf: OpenPdf::default(),
        });
    }
    Ok(files)
}

/// The name and format of a file that must be one of those inspected.
fn identify(
    scan: &Scan,
    inspection: &Inspection,
    path: &Path,
    source: &Source,
) -> Result<(String, Format), Error> {
    let known = scan.files.len() == inspection.sources.len();
    let name = file_name(path);
    match Format::from_media_type(&source.media_type).filter(|_| known && name == source.name) {
        Some(format) => Ok((name, format)),
        None => Err(Error::Changed(name)),
    }
}

/// The content of a file that must still be what was inspected.
fn unchanged(file: &OpenFile) -> Result<Vec<u8>, Error> {
    let bytes = read(&file.path)?;
    if Digest::of(&bytes) == file.sha256 { Ok(bytes) } else { Err(Error::Changed(file.name.clone())) }
}

/// A thread's way into the files: the TIFF that it read last stays open.
#[derive(Default)]
struct Pages {
    tiff: Option<(usize, tiff::Reader)>,
}

impl Pages {
    fn load(&mut self, files: &[OpenFile], at: Place, limits: &Limits) -> Result<PageImage, Error> {
        let file = &files[at.file];
        match (file.format, &file.held) {
            (Format::Jpeg, _) => jpeg::load(&file.name, unchanged(file)?, limits),
            (Format::Png, _) => png::load(&file.name, &unchanged(file)?, limits),
            (Format::Tiff, Some(held)) => {
                let reader = match self.tiff.take() {
                    Some((index, reader)) if index == at.file => reader,
                    _ => tiff::Reader::open(&file.name, held, limits)?,
                };
                self.tiff.insert((at.file, reader)).1.page(at.page)
            }
            (Format::Pdf, Some(held)) => {
                file.pdf.with(at.page, &file.name, held, limits, |reader| reader.page(at.page))
            }
            (_, None) => Err(Error::Internal("a file of several pages is not held".to_owned())),
        }
    }
}

/// A PDF that stays open for some pages, for all threads.
///
/// What was touched of a mapped file counts as memory, and parsers remember what they parsed: so it is opened anew
/// after so many pages as have [`OpenPdf::MOST_BYTES`] in the file, when no page is at work in it.
#[derive(Default)]
struct OpenPdf {
    open: RwLock<Option<(u32, pdf::Reader)>>,
}

impl OpenPdf {
    const MOST_BYTES: u64 = 32 << 20;

    /// Lets `work` read page `page`.
    fn with<T>(
        &self,
        page: u32,
        name: &str,
        held: &HeldFile,
        limits: &Limits,
        work: impl FnOnce(&pdf::Reader) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            // The page before which the open reader is to make room for another.
            if let Some((end, reader)) = &*self.open.read().unwrap_or_else(PoisonError::into_inner)
                && page < *end
            {
                return work(reader);
            }
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            if open.as_ref().is_none_or(|(end, _)| page >= *end) {
                // The old one goes before the new one comes.
                *open = None;
                let bytes = held.map().map_err(|error| Error::reading(Path::new(name), error))?;
                let reader = pdf::Reader::open(name, bytes, limits)?;
                let bytes_a_page = (held.bytes() / u64::from(reader.pages()?)).max(1);
                let pages = u32::try_from(Self::MOST_BYTES / bytes_a_page).unwrap_or(u32::MAX).max(1);
                *open = Some((page.saturating_add(pages), reader));
            }
        }
    }
}

/// A page of the document: which file, and which page of it.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: usize,
    page: u32,
}

/// Every page of the document, in order.
fn places(inspection: &Inspection) -> Vec<Place> {
    let files = inspection.pages_of_files.iter().enumerate();
    files.flat_map(|(file, &pages)| (0..pages).map(move |page| Place { file, page })).collect()
}

/// Makes a PDF/A of the pages' images.
fn digitise(
    files: &[OpenFile],
    inspection: &Inspection,
    title: &str,
    staged: &Path,
    options: &Options,
    ocr: Option<&dyn Ocr>,
    monitor: &dyn Monitor,
) -> Result<(Vec<Page>, Vec<KeptPage>), Error> {
    let writing = |error: io::Error| Error::writing(staged, error);
    let file = File::create_new(staged).map_err(writing)?;
    let mut document = Document::create(BufWriter::new(file), title).map_err(writing)?;
    let (mut facts, mut kept) = (Vec::new(), Vec::new());
    let work = |pages: &mut Pages, place: Place| {
        contained(&files[place.file].name, || {
            let image = pages.load(files, place, &options.limits)?;
            let sampled = is_sampled(&files[place.file].sha256, place.page, options.reread_one_in);
            page::prepare(image, options, ocr, sampled)
        })
    };
    in_order(&places(inspection), options, work, monitor, |page: PreparedPage| {
        document.page(&page.written).map_err(writing)?;
        facts.push(page.facts);
        kept.push(page.kept);
        Ok(())
    })?;
    let out = document.finish().map_err(writing)?;
    let file = out.into_inner().map_err(|error| writing(error.into_error()))?;
    // A full disk may only show when the data is forced out.
    file.sync_all().map_err(writing)?;
    Ok((facts, kept))
}

/// Keeps a document byte for byte, and reads its text beside it. How pages were kept is said only where another than the first
/// recogniser read something.
fn keep(
    scan: &Scan,
    inspection: &Inspection,
    staged: &Path,
    options: &Options,
    ocr: Option<&dyn Ocr>,
    monitor: &dyn Monitor,
) -> Result<(Vec<Page>, Vec<KeptPage>), Error> {
    let ([path], [source]) = (scan.files.as_slice(), inspection.sources.as_slice()) else {
        return Err(Error::Internal("a document of several files is kept as it came".to_owned()));
    };
    let (name, _) = identify(scan, inspection, path, source)?;
    let held = HeldFile::copy(path, &name, source.sha256, staged)?;
    held.sync().map_err(|error| Error::writing(staged, error))?;
    let (mut facts, mut kept) = (Vec::new(), Vec::new());
    let pdf = OpenPdf::default();
    let work = |_: &mut Pages, at: Place| {
        contained(&name, || {
            pdf.with(at.page, &name, &held, &options.limits, |reader| signed::read_page(reader, at.page, ocr))
        })
    };
    in_order(&places(inspection), options, work, monitor, |(page, reread)| {
        facts.push(page);
        let mut page = KeptPage { profile: ORIGINAL.to_owned(), detail: String::new(), reader: None };
        if let Some(reread) = reread {
            reread.note(&mut page);
        }
        kept.push(page);
        Ok(())
    })?;
    if kept.iter().all(|page| page.reader.is_none() && page.detail.is_empty()) {
        kept.clear();
    }
    Ok((facts, kept))
}

/// Works on the places in parallel, and hands the results on in order.
///
/// A thread starts a page only when few finished ones wait for their turn, so memory does not grow with the document.
fn in_order<T: Send>(
    places: &[Place],
    options: &Options,
    work: impl Fn(&mut Pages, Place) -> Result<T, Error> + Sync,
    monitor: &dyn Monitor,
    mut take: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    let total = u32::try_from(places.len()).unwrap_or(u32::MAX);
    let workers = options.workers(total);
    let (tickets, queue) = channel::<u32>();
    let queue = Mutex::new(queue);
    let (results, finished) = sync_channel::<(u32, Result<T, Error>)>(workers);
    thread::scope(|scope| {
        for _ in 0..workers {
            let (results, queue, work) = (results.clone(), &queue, &work);
            scope.spawn(move || {
                let mut pages = Pages::default();
                while let Some(index) = next(queue) {
                    let result = work(&mut pages, places[usize_of(index)]);
                    if results.send((index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(results);
        // Dropped on any return below, which ends the workers.
        let (tickets, finished) = (tickets, finished);
        let ahead = u32::try_from(workers * 2).unwrap_or(u32::MAX);
        (0..total.min(ahead)).for_each(|index| {
            let _ = tickets.send(index);
        });
        let mut waiting = BTreeMap::new();
        for index in 0..total {
            let result = loop {
                if let Some(result) = waiting.remove(&index) {
                    break result;
                }
                let (done, result) =
                    finished.recv().map_err(|_| Error::Internal("a worker thread ended early".to_owned()))?;
                waiting.insert(done, result);
            };
            take(result?)?;
            monitor.page_done(index + 1, total);
            if let Some(more) = index.checked_add(ahead).filter(|&more| more < total) {
                let _ = tickets.send(more);
            }
        }
        Ok(())
    })
}

fn next(queue: &Mutex<Receiver<u32>>) -> Option<u32> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
