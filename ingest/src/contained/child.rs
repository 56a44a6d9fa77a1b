//! The child's side.

use std::io::{self, BufRead, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use muniment_record::Scan;

use super::walls::{self, Places};
use super::wire::{Answer, Made, Message, Order, Task};
use crate::inspection::{file_name, look};
use crate::source::contained;
use crate::{Error, Monitor, Ocr, prepare, render_page};

/// Does what a parent asks on the standard input, behind walls, and answers on the standard output.
///
/// `recogniser` makes the text recogniser that [`Job::ocr`](super::Job::ocr) describes, which may read so many lines of a page
/// at a time. It runs before the walls are up, so it may read its data from anywhere, and must not start threads.
///
/// Call it from `main` before any thread is started: walls hold for the calling thread and what it starts.
pub fn run_child(recogniser: impl FnOnce(&str, usize) -> Result<Box<dyn Ocr>, Error>) -> ExitCode {
    let work = AssertUnwindSafe(|| work(recogniser));
    let result = catch_unwind(work).unwrap_or_else(|_| Err(Error::Internal("a child broke off".to_owned())));
    let message = result.map_or_else(Message::Failed, Message::Done);
    match say(&message) {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody listens: the parent is gone.
        Err(_) => ExitCode::FAILURE,
    }
}

fn work(recogniser: impl FnOnce(&str, usize) -> Result<Box<dyn Ocr>, Error>) -> Result<Answer, Error> {
    let unclear = |error: &dyn std::fmt::Display| Error::Internal(format!("an order is not clear: {error}"));
    let mut input = io::stdin().lock();
    let mut order = Vec::new();
    input.read_until(b'\n', &mut order).map_err(|error| unclear(&error))?;
    let order: Order = serde_json::from_slice(&order).map_err(|error| unclear(&error))?;
    let ocr = match &order.task {
        Task::Prepare { ocr: Some(description), inspection, options, .. } => {
            Some(recogniser(description, options.lines_abreast(inspection.pages))?)
        }
        _ => None,
    };
    let folders = ocr.as_ref().map(|ocr| ocr.folders()).unwrap_or_default();
    let mut places = places(&order.task);
    places.read.extend(folders.iter().map(PathBuf::as_path));
    let walls = walls::build(&order.limits, order.processor_seconds, &places)?;
    match order.task {
        Task::Check => Ok(Answer::Walls(walls)),
        Task::Look { files } => {
            let of = u32::try_from(files.len()).unwrap_or(u32::MAX);
            let mut found = Vec::new();
            for (number, (path, format)) in (1..).zip(files) {
                let path = PathBuf::from(path);
                let name = file_name(&path);
                found.push(contained(&name, || look(&path, &name, format, &order.limits))?);
                Lines.page_done(number, of);
            }
            Ok(Answer::Found(found))
        }
        Task::Prepare { name, files, inspection, title, staging, options, .. } => {
            let scan = Scan { name, files: files.into_iter().map(PathBuf::from).collect() };
            let staging = Path::new(&staging);
            let package = prepare(&scan, *inspection, &title, staging, &options, ocr.as_deref(), &Lines)?;
            Ok(Answer::Package(Made::of(package)))
        }
        Task::Render { page, width_px } => {
            let mut pdf = Vec::new();
            input.read_to_end(&mut pdf).map_err(|error| unclear(&error))?;
            Ok(Answer::Image(render_page(&pdf, page, width_px)?))
        }
    }
}

/// The files that a task needs.
fn places(task: &Task) -> Places<'_> {
    match task {
        Task::Check | Task::Render { .. } => Places::default(),
        Task::Look { files } => {
            Places { read: files.iter().map(|(path, _)| Path::new(path)).collect(), write: None }
        }
        Task::Prepare { files, staging, .. } => {
            Places { read: files.iter().map(Path::new).collect(), write: Some(Path::new(staging)) }
        }
    }
}

/// Tells the parent of each page.
struct Lines;

impl Monitor for Lines {
    fn page_done(&self, page: u32, of: u32) {
        // A parent that is gone is noticed at the end, or by the signal that its death sends.
        let _ = say(&Message::Page { page, of });
    }
}

/// Writes one line, whole: pages are told from several threads.
fn say(message: &Message) -> io::Result<()> {
    static TURN: Mutex<()> = Mutex::new(());
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}
