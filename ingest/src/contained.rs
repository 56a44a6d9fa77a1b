//! Work on files that anybody may have written, in a process of its own behind walls.
//!
//! A parser may crash, hang or take memory without end, and one day a hostile file may even take a parser over. So each
//! document is looked at, and prepared, by a child: the same program, started again with the argument
//! [`CHILD_ARGUMENT`], which the program hands to [`run_child`]. Before it opens a file the child gives up what it does
//! not need, for good and for whatever it starts (the text recogniser):
//!
//! - memory, processor time, the size of files and their number, by limits of the kernel;
//! - the network and other doors of the kernel that a parser has no business at, by a seccomp filter;
//! - all files but the sources, the staging folder and what programs need to run, by Landlock where the kernel has it.
//!
//! The parent hears of each page. It waits [`Limits::page_seconds`](crate::Limits::page_seconds) for the next one, and a
//! second more for every 16 MiB of the files, then kills the child with all that it started. However a child ends, that is
//! the fate of one document.
//!
//! What is not defended against: the answer of a child that was taken over. It cannot reach beyond its own document,
//! but what it says of that document's text and pages is what it likes.

mod child;
mod parent;
mod walls;
mod wire;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use muniment_record::{DigestWriter, Form, Package, Scan};

pub use child::run_child;
pub use walls::{FileAccess, Walls};

use crate::inspection::{Found, describe};
use crate::{Error, Inspection, Limits, Monitor, Options};
use parent::Size;
use wire::{Answer, Task};

/// The argument with which the program starts itself as a child.
pub const CHILD_ARGUMENT: &str = "ingest-child";

/// The way to children: the program that is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contained {
    program: PathBuf,
}

/// A document to be prepared; as the arguments of [`prepare`](crate::prepare()).
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The files.
    pub scan: &'a Scan,
    /// What they were found to be.
    pub inspection: Inspection,
    /// The document's title.
    pub title: &'a str,
    /// An existing empty folder of the caller's.
    pub staging: &'a Path,
    /// How.
    pub options: &'a Options,
    /// What the child's `recogniser` makes a text recogniser of; `None` reads no text.
    pub ocr: Option<&'a str>,
}

impl Contained {
    /// Children of `program`, which calls [`run_child`] when its first argument is [`CHILD_ARGUMENT`].
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Starts a child that does nothing but try its walls.
    ///
    /// # Errors
    ///
    /// [`Error::NotContained`] where the walls cannot be built on this machine.
    pub fn check(&self, limits: &Limits) -> Result<Walls, Error> {
        match parent::run(&self.program, "a check", limits, Size::NOTHING, Task::Check, &[], &())? {
            Answer::Walls(walls) => Ok(walls),
            _ => Err(unexpected()),
        }
    }

    /// Does what [`inspect`](crate::inspect) does; all but digests and first bytes in a child.
    ///
    /// # Errors
    ///
    /// As [`inspect`](crate::inspect), and where the child crashed, took too long or too much memory.
    pub fn inspect(&self, scan: &Scan, limits: &Limits) -> Result<Inspection, Error> {
        let described = describe(scan, limits)?;
        let files = scan.files.iter().zip(&described);
        let files =
            files.map(|(path, (_, format))| Ok((whole(path)?, *format))).collect::<Result<_, Error>>()?;
        let count = u32::try_from(scan.files.len()).unwrap_or(u32::MAX);
        let task = Task::Look { files };
        let size = Size { pages: count, bytes: described.iter().map(|(source, _)| source.bytes).sum() };
        let Answer::Found(found) = parent::run(&self.program, &scan.name, limits, size, task, &[], &())?
        else {
            return Err(unexpected());
        };
        if found.len() != described.len() || found.iter().any(|found: &Found| found.pages == 0) {
            return Err(unexpected());
        }
        let sources = described.into_iter().map(|(source, _)| source).collect();
        Inspection::join(scan, sources, &found, limits)
    }

    /// Does what [`prepare`](crate::prepare()) does, in a child.
    ///
    /// # Errors
    ///
    /// As [`prepare`](crate::prepare()), and where the child crashed, took too long or too much memory.
    pub fn prepare(&self, job: Job<'_>, monitor: &dyn Monitor) -> Result<Package, Error> {
        let Job { scan, inspection, title, staging, options, ocr } = job;
        let threads = options.all_threads();
        let limits = &options.limits;
        let pages = inspection.pages;
        let task = Task::Prepare {
            name: scan.name.clone(),
            files: scan.files.iter().map(|path| whole(path)).collect::<Result<_, _>>()?,
            inspection: Box::new(inspection.clone()),
            title: title.to_owned(),
            staging: whole(staging)?,
            // Counted here: behind the walls a child cannot see what its control group allows.
            options: Box::new(Options { threads, ..options.clone() }),
            ocr: ocr.map(str::to_owned),
        };
        let size = Size { pages, bytes: inspection.sources.iter().map(|source| source.bytes).sum() };
        let Answer::Package(made) = parent::run(&self.program, &scan.name, limits, size, task, &[], monitor)?
        else {
            return Err(unexpected());
        };
        let package = made.package(&inspection, staging);
        if u32::try_from(package.pages.len()) != Ok(pages) {
            return Err(unexpected());
        }
        if package.form != Form::Digitised {
            verify_kept(&package)?;
        }
        Ok(package)
    }
    /// Does what [`render_page`](crate::render_page) does, in a child.
    ///
    /// # Errors
    ///
    /// As [`render_page`](crate::render_page), and where the child crashed, took too long or too much memory.
    pub fn render(&self, pdf: &[u8], page: u32, width_px: u32, limits: &Limits) -> Result<Vec<u8>, Error> {
        let task = Task::Render { page, width_px };
        match parent::run(&self.program, "the document", limits, Size::NOTHING, task, pdf, &())? {
            Answer::Image(jpeg) => Ok(jpeg),
            _ => Err(unexpected()),
        }
    }
}

/// A path as it is from the root, where children work.
fn whole(path: &Path) -> Result<OsString, Error> {
    let whole = std::path::absolute(path).map_err(|error| Error::reading(path, error))?;
    Ok(whole.into_os_string())
}

/// Checks that a file that is to be kept as it came is what came: the one promise that a child must not break unseen.
fn verify_kept(package: &Package) -> Result<(), Error> {
    let reading = |error| Error::reading(&package.pdf, error);
    let mut file = File::open(&package.pdf).map_err(reading)?;
    let mut writer = DigestWriter::new(io::sink());
    io::copy(&mut file, &mut writer).map_err(reading)?;
    let (_, digest, _) = writer.finish();
    match package.sources.as_slice() {
        [source] if source.sha256 == digest => Ok(()),
        _ => Err(Error::Internal("a file that was to be kept was changed".to_owned())),
    }
}

fn unexpected() -> Error {
    Error::Internal("a child gave an answer to another question".to_owned())
}
