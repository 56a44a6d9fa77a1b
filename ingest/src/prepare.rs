use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use muniment_record::{Digest, DigestWriter, Form, KeptPage, Package, Page, Provenance, Scan};

use crate::inspection::{file_name, read};
use crate::page::{self, PreparedPage};
use crate::pdf::document::{Document, software};
use crate::raster::usize_of;
use crate::source::{Format, PageImage, contained, jpeg, pdf, png, tiff};
use crate::{Error, Inspection, Limits, Monitor, Ocr, Options, signed};

/// The name of the staged file.
pub(crate) const STAGED: &str = "prepared.pdf";

/// Makes `scan` into a package: writes `prepared.pdf` into `staging`, an existing empty folder of the caller's.
///
/// Pages go through one by one on each thread, and the file grows on disk as they are done: memory is that of a page a
/// thread, whatever the number of pages. A scan whose [`Form`] is a signed original is copied byte for byte, and its
/// text is read beside it.
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
    let files = open_files(scan, &inspection)?;
    let (pages, profile, kept) = match inspection.form {
        Form::Digitised => {
            let (pages, kept) = digitise(&files, &inspection, title, &staged, options, ocr, monitor)?;
            (pages, options.profile.name(), kept)
        }
        Form::SignedOriginal => {
            (keep(&files, &inspection, &staged, options, ocr, monitor)?, "original", Vec::new())
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

/// A file of the scan, with its content where that is shared by the threads.
struct OpenFile {
    name: String,
    path: PathBuf,
    format: Format,
    bytes: Option<Arc<Vec<u8>>>,
    sha256: Digest,
}

fn open_files(scan: &Scan, inspection: &Inspection) -> Result<Vec<OpenFile>, Error> {
    let known = scan.files.len() == inspection.sources.len();
    let mut files = Vec::new();
    for (path, source) in scan.files.iter().zip(&inspection.sources) {
        let name = file_name(path);
        let format = Format::from_media_type(&source.media_type).filter(|_| known && name == source.name);
        let format = format.ok_or_else(|| Error::Changed(name.clone()))?;
        let bytes = match format {
            Format::Pdf => Some(Arc::new(unchanged(path, &name, source.sha256)?)),
            Format::Jpeg | Format::Png => None,
            Format::Tiff => {
                let length = path.metadata().map_err(|error| Error::reading(path, error))?.len();
                if length != source.bytes {
                    return Err(Error::Changed(name));
                }
                None
            }
        };
        files.push(OpenFile { name, path: path.clone(), format, bytes, sha256: source.sha256 });
    }
    Ok(files)
}

/// The content of a file that must still be what was inspected.
fn unchanged(path: &Path, name: &str, sha256: Digest) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    if Digest::of(&bytes) == sha256 { Ok(bytes) } else { Err(Error::Changed(name.to_owned())) }
}

/// A thread's way into the files: the one that it read last stays open.
#[derive(Default)]
struct Pages {
    tiff: Option<(usize, tiff::Reader)>,
    pdf: Option<(usize, pdf::Reader)>,
}

impl Pages {
    fn load(&mut self, files: &[OpenFile], at: Place, limits: &Limits) -> Result<PageImage, Error> {
        let file = &files[at.file];
        match file.format {
            Format::Jpeg => jpeg::load(&file.name, unchanged(&file.path, &file.name, file.sha256)?, limits),
            Format::Png => png::load(&file.name, &unchanged(&file.path, &file.name, file.sha256)?, limits),
            Format::Tiff => {
                let reader = match self.tiff.take() {
                    Some((index, reader)) if index == at.file => reader,
                    _ => tiff::Reader::open(&file.name, &file.path, limits)?,
                };
                self.tiff.insert((at.file, reader)).1.page(at.page)
            }
            Format::Pdf => {
                let reader = match self.pdf.take() {
                    Some((index, reader)) if index == at.file => reader,
                    _ => pdf::Reader::open_inspected(
                        &file.name,
                        file.bytes.clone().unwrap_or_default(),
                        limits,
                    )?,
                };
                self.pdf.insert((at.file, reader)).1.page(at.page)
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
            page::prepare(image, options, ocr)
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

/// Keeps a signed original byte for byte, and reads its text beside it.
fn keep(
    files: &[OpenFile],
    inspection: &Inspection,
    staged: &Path,
    options: &Options,
    ocr: Option<&dyn Ocr>,
    monitor: &dyn Monitor,
) -> Result<Vec<Page>, Error> {
    let writing = |error: io::Error| Error::writing(staged, error);
    let [original] = files else {
        return Err(Error::Internal("a signed document of several files".to_owned()));
    };
    let mut source = File::open(&original.path).map_err(|error| Error::reading(&original.path, error))?;
    let mut out = DigestWriter::new(File::create_new(staged).map_err(writing)?);
    let mut chunk = vec![0; 256 << 10];
    loop {
        let read = source.read(&mut chunk).map_err(|error| Error::reading(&original.path, error))?;
        if read == 0 {
            break;
        }
        out.write_all(&chunk[..read]).map_err(writing)?;
    }
    let (file, sha256, _) = out.finish();
    file.sync_all().map_err(writing)?;
    if sha256 != original.sha256 {
        return Err(Error::Changed(original.name.clone()));
    }
    let mut facts = Vec::new();
    let work = |pages: &mut Pages, place: Place| {
        contained(&original.name, || {
            let reader = match pages.pdf.take() {
                Some((_, reader)) => reader,
                None => {
                    let bytes = original.bytes.clone().unwrap_or_default();
                    pdf::Reader::open_inspected(&original.name, bytes, &options.limits)?
                }
            };
            signed::read_page(&pages.pdf.insert((0, reader)).1, place.page, ocr)
        })
    };
    in_order(&places(inspection), options, work, monitor, |page| {
        facts.push(page);
        Ok(())
    })?;
    Ok(facts)
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
