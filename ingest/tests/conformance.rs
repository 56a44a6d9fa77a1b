//! What becomes of pages as PDF/A: judged here by qpdf and poppler; `make judges` has veraPDF judge the same files.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use muniment_ingest::{LanguageData, Limits, Ocr, Options, Tesseract, inspect, prepare};
use muniment_record::{Package, Scan};

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pdfa");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/small/0001-business.jpg")
}

/// A PNG of the sample after quarter turns to the right.
fn turned(name: &str, turns: u32) -> PathBuf {
    let file = fs::read(sample()).unwrap();
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(file));
    let mut samples = decoder.decode().unwrap();
    let (mut width, mut height) = decoder.dimensions().unwrap();
    for _ in 0..turns {
        let pixel = |x: usize, y: usize| &samples[((height - 1 - x) * width + y) * 3..][..3];
        samples = (0..width).flat_map(|y| (0..height).flat_map(move |x| pixel(x, y).to_vec())).collect();
        (width, height) = (height, width);
    }
    write_png(name, width, height, &samples)
}

fn write_png(name: &str, width: usize, height: usize, samples: &[u8]) -> PathBuf {
    let path = folder().join(name);
    let file = fs::File::create(&path).unwrap();
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let dots_a_metre = 200 * 10_000 / 254;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: dots_a_metre,
        yppu: dots_a_metre,
        unit: png::Unit::Meter,
    }));
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    path
}

/// Prepares `files` and keeps the PDF for the judges.
fn prepared(name: &str, title: &str, files: Vec<PathBuf>, ocr: bool) -> (Package, PathBuf) {
    let limits = Limits::default();
    let tesseract = ocr.then(|| Tesseract::find(&LanguageData::default(), &limits).unwrap());
    let scan = Scan { name: name.to_owned(), files };
    let inspection = inspect(&scan, &limits).unwrap();
    let staging = tempfile::tempdir().unwrap();
    let ocr = tesseract.as_ref().map(|tesseract| tesseract as &dyn Ocr);
    let package = prepare(&scan, inspection, title, staging.path(), &Options::default(), ocr, &()).unwrap();
    let path = folder().join(format!("{name}.pdf"));
    fs::copy(&package.pdf, &path).unwrap();
    assert!(run("qpdf", &["--check"], &path).contains("No syntax or stream encoding errors"));
    (package, path)
}

fn run(program: &str, arguments: &[&str], path: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(path).args(to_stdout(program)).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn to_stdout(program: &str) -> &'static [&'static str] {
    if program == "pdftotext" { &["-"] } else { &[] }
}

/// The places of a word as poppler tells them: left, top, right and bottom on the page as it is shown.
fn places(path: &Path, word: &str) -> Vec<[f32; 4]> {
    let table = run("pdftotext", &["-bbox"], path);
    let words = table.lines().filter(|line| line.contains(&format!(">{word}</word>")));
    words
        .map(|line| {
            let mut numbers = line.split('"').skip(1).step_by(2).map(|number| number.parse().unwrap());
            [(); 4].map(|()| numbers.next().unwrap())
        })
        .collect()
}

#[test]
fn a_page_laid_in_any_way_reads_and_selects_as_the_upright_one() {
    let (package, upright) = prepared("upright", "Giấy phép <&>", vec![sample()], true);
    assert!(package.pages[0].findings.is_empty(), "{:?}", package.pages[0].findings);
    assert_eq!(places(&upright, "Độc").len(), 1);
    let expected = places(&upright, "CỘNG")[0];
    for (turns, rotate) in [(1, 270), (2, 180), (3, 90)] {
        let name = format!("turned-{}", 90 * turns);
        let (_, path) = prepared(&name, "Giấy phép", vec![turned(&format!("{name}.png"), turns)], true);
        let facts = run("pdfinfo", &[], &path);
        assert!(facts.contains(&format!("Page rot:        {rotate}")), "{facts}");
        let found = places(&path, "CỘNG")[0];
        for (a, b) in expected.iter().zip(found) {
            assert!((a - b).abs() < 4.0, "turned by {rotate}: {found:?}, upright {expected:?}");
        }
    }
}

#[test]
fn a_screen_reader_is_given_paragraphs_in_reading_order() {
    let (package, path) = prepared("tagged", "Giấy phép", vec![sample()], true);
    let facts = run("pdfinfo", &[], &path);
    assert!(facts.contains("Tagged:          yes"), "{facts}");
    let structure = run("pdfinfo", &["-struct-text"], &path);
    let spoken: Vec<&str> = structure
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"'))
        .map(|line| line.trim_end_matches('"'))
        .collect();
    let spoken = spoken.join(" ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let read: Vec<&str> = package.pages[0].text.split_whitespace().collect();
    assert_eq!(spoken, read);
    // Text is in paragraphs under the section of its page.
    let kinds: Vec<&str> =
        structure.lines().map(str::trim_start).filter(|line| !line.starts_with('"')).collect();
    assert_eq!(kinds[..2], ["Document", "Sect"], "{structure}");
    assert!(kinds.len() > 5 && kinds[2..].iter().all(|kind| kind.starts_with('P')), "{structure}");
}

#[test]
fn blank_backs_stay_where_they_were() {
    let blank = write_png("blank.png", 827, 1169, &vec![245; 827 * 1169 * 3]);
    let (package, path) = prepared("blank-back", "Giấy phép", vec![sample(), blank], false);
    assert_eq!(package.pages.iter().map(|page| page.blank).collect::<Vec<_>>(), [false, true]);
    assert!(run("pdfinfo", &[], &path).contains("Pages:           2"));
}
