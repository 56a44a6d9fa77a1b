//! A table of files and their outcomes: format by defect, each through the library, and the bad ones through a child.

mod jpeg;
mod pdf;
mod png;
mod tiff;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use muniment_ingest::contained::Contained;
use muniment_ingest::{Error, Limits, Options, inspect, prepare, render_page};
use muniment_record::{Form, Package, Scan};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use crate::make::{Quarters, SIDE};

/// A file and what becomes of it.
struct Row {
    name: &'static str,
    file: Vec<u8>,
    outcome: Outcome,
}

enum Outcome {
    /// One page that shows these colours.
    Shows(Quarters),
    /// Pages of these sizes in pixels.
    Pages(Vec<(u32, u32)>),
    /// Kept byte for byte, with this text.
    Kept(Form, &'static str),
    /// Refused with this code.
    Refused(&'static str),
}

use Outcome::{Kept, Pages, Refused, Shows};

fn row(name: &'static str, file: Vec<u8>, outcome: Outcome) -> Row {
    Row { name, file, outcome }
}

/// A way to digitise the file at one path in the folder at another.
type Way = fn(&Path, &Path) -> Result<Package, Error>;

/// Limits under which a test need not expand much to go beyond.
fn limits() -> Limits {
    Limits { expanded_bytes: 64 << 20, page_seconds: 20, ..Limits::default() }
}

pub(crate) fn digitise(path: &Path, staging: &Path) -> Result<Package, Error> {
    let scan = Scan { name: "scan".to_owned(), files: vec![path.to_owned()] };
    let options = Options { limits: limits(), threads: 1, ..Options::default() };
    let inspection = inspect(&scan, &options.limits)?;
    prepare(&scan, inspection, "Giấy phép", staging, &options, None, &())
}

/// The files of all rows.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let rows = [jpeg::rows(), png::rows(), tiff::rows(), pdf::rows()];
    rows.into_iter().flatten().map(|row| row.file).collect()
}

/// The same in children.
fn digitise_contained(path: &Path, staging: &Path) -> Result<Package, Error> {
    let scan = Scan { name: "scan".to_owned(), files: vec![path.to_owned()] };
    let options = Options { limits: limits(), threads: 1, ..Options::default() };
    let contained = Contained::new(env!("CARGO_BIN_EXE_misbehave"));
    let inspection = contained.inspect(&scan, &options.limits)?;
    let job = muniment_ingest::contained::Job {
        scan: &scan,
        inspection,
        title: "Giấy phép",
        staging,
        options: &options,
        ocr: None,
    };
    contained.prepare(job, &())
}

/// The colours in the middle of the quarters of the first page of a PDF.
fn quarters(pdf: &[u8]) -> Quarters {
    let page = render_page(pdf, 1, u32::try_from(SIDE).unwrap()).unwrap();
    let mut decoder = JpegDecoder::new(ZCursor::new(page));
    let samples = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    let middle = |quarter: usize| {
        let (x, y) = (width / 4 + quarter % 2 * width / 2, height / 4 + quarter / 2 * height / 2);
        let at = (y * width + x) * 3;
        [samples[at], samples[at + 1], samples[at + 2]]
    };
    [0, 1, 2, 3].map(middle)
}

/// Why an outcome is not the one of the row; `None` where it is.
fn difference(row: &Row, outcome: Result<Package, Error>) -> Option<String> {
    match (&row.outcome, outcome) {
        (Refused(code), Err(error)) if error.code() == *code => None,
        (_, Err(error)) => Some(format!("{}: {error}", error.code())),
        (Refused(code), Ok(_)) => Some(format!("taken, not {code}")),
        (Shows(expected), Ok(package)) => {
            let seen = quarters(&fs::read(&package.pdf).unwrap());
            let far =
                seen.as_flattened().iter().zip(expected.as_flattened()).any(|(a, b)| a.abs_diff(*b) > 12);
            (far || package.pages.len() != 1).then(|| format!("shows {seen:?}, not {expected:?}"))
        }
        (Pages(expected), Ok(package)) => {
            let sizes: Vec<_> = package.pages.iter().map(|page| (page.width_px, page.height_px)).collect();
            (sizes != *expected).then(|| format!("pages of {sizes:?}"))
        }
        (Kept(form, text), Ok(package)) => {
            let same = fs::read(&package.pdf).unwrap() == row.file;
            let right = package.form == *form && package.text() == *text;
            (!same || !right).then(|| format!("{:?}, {:?}, same bytes: {same}", package.form, package.text()))
        }
    }
}

fn check(rows: &[Row]) {
    let mut failures = Vec::new();
    for row in rows {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, &row.file).unwrap();
        let mut ways: Vec<(&str, Way)> = vec![("library", digitise)];
        if matches!(row.outcome, Refused(_)) {
            ways.push(("child", digitise_contained));
        }
        for (way, digitise) in ways {
            let staging = tempfile::tempdir().unwrap();
            let started = Instant::now();
            let outcome = digitise(&path, staging.path());
            let difference = difference(row, outcome);
            failures.extend(difference.map(|difference| format!("{} ({way}): {difference}", row.name)));
            assert!(started.elapsed() < Duration::from_secs(30), "{} hangs", row.name);
        }
        assert_eq!(fs::read(&path).unwrap(), row.file, "{}: the source was touched", row.name);
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

#[test]
fn what_is_no_scan_is_refused() {
    check(&[
        row("nothing", vec![], Refused("empty-file")),
        row("text", b"no PDF at all".to_vec(), Refused("unknown-format")),
        row("a program", b"\x7fELF\x02\x01\x01".to_vec(), Refused("unknown-format")),
    ]);
}

#[test]
fn every_jpeg_has_its_outcome() {
    check(&jpeg::rows());
}

#[test]
fn every_png_has_its_outcome() {
    check(&png::rows());
}

#[test]
fn every_tiff_has_its_outcome() {
    check(&tiff::rows());
}

#[test]
fn every_pdf_has_its_outcome() {
    check(&pdf::rows());
}
