//! What scans become, and how bad ones are refused, through the crate's public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use muniment_ingest::{Error, Gray, Limits, Ocr, Options, Profile, inspect, prepare, render_page};
use muniment_record::{Area, Form, Package, Scan, Word};

/// Answers the same two lines for every page.
struct Fixed;

impl Ocr for Fixed {
    fn name(&self) -> String {
        "fixed 1".to_owned()
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        let word = |text: &str, x: f32, y: f32, line| Word {
            text: text.to_owned(),
            place: Area { x: x * page.width as f32, y: y * page.height as f32, width: 60.0, height: 30.0 },
            confidence: 95.0,
            line,
        };
        Ok(vec![word("Giấy", 0.2, 0.2, 0), word("phép", 0.3, 0.2, 0), word("(xây)", 0.2, 0.4, 1)])
    }
}

fn scan(files: &[PathBuf]) -> Scan {
    Scan { name: "test".to_owned(), files: files.to_vec() }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// A gray page with strokes, as a PNG.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let dots = 11_811;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: dots, yppu: dots, unit: png::Unit::Meter }));
    let ink = |x: u32, y: u32| x % 24 < 5 && y % 60 < 28 && x > width / 8 && y > height / 8;
    let samples: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| if ink(x, y) { 30 } else { 235 })).collect();
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    file
}

/// A JPEG, made by the page renderer.
fn jpeg() -> Vec<u8> {
    let staging = tempfile::tempdir().unwrap();
    let page = write(staging.path(), "page.png", &png(400, 300));
    let package = digitise(&[page], Profile::Faithful, None);
    render_page(&fs::read(&package.0.pdf).unwrap(), 1, 400).unwrap()
}

fn digitise(files: &[PathBuf], profile: Profile, ocr: Option<&dyn Ocr>) -> (Package, tempfile::TempDir) {
    let staging = tempfile::tempdir().unwrap();
    let options = Options { profile, ..Options::default() };
    let inspection = inspect(&scan(files), &options.limits).unwrap();
    let package = prepare(&scan(files), inspection, "Giấy phép", staging.path(), &options, ocr, &()).unwrap();
    (package, staging)
}

/// Runs a program that was not written here, where it is installed.
fn judge(program: &str, arguments: &[&str], pdf: &Path) -> Option<String> {
    let output =
        Command::new(program).args(arguments).arg(pdf).args((program == "pdftotext").then_some("-")).output();
    let output = output.ok()?;
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stdout));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A PDF with these object bodies, numbered from 1; object 1 is the catalogue.
fn pdf(bodies: &[&str], trailer: &str) -> Vec<u8> {
    let (mut file, mut offsets) = ("%PDF-1.7\n".to_owned(), Vec::new());
    for (number, body) in (1..).zip(bodies) {
        offsets.push(file.len());
        file.push_str(&format!("{number} 0 obj\n{body}\nendobj\n"));
    }
    let start = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", bodies.len() + 1));
    offsets.iter().for_each(|offset| file.push_str(&format!("{offset:010} 00000 n \n")));
    let size = bodies.len() + 1;
    file.push_str(&format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}

#[test]
fn a_folder_of_images_becomes_one_document_with_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let files = [write(folder.path(), "1.png", &png(1240, 1754)), write(folder.path(), "2.jpg", &jpeg())];
    for profile in [Profile::Faithful, Profile::Compact] {
        let (package, _staging) = digitise(&files, profile, Some(&Fixed));
        assert_eq!(package.pages.len(), 2);
        assert_eq!(package.form, Form::Digitised);
        assert_eq!(package.pages[0].text, "Giấy phép\n(xây)");
        assert_eq!(package.pages[0].dpi, 300);
        judge("qpdf", &["--check"], &package.pdf);
        if let Some(text) = judge("pdftotext", &["-l", "1"], &package.pdf) {
            assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["Giấy", "phép", "(xây)"]);
        }
        let page = render_page(&fs::read(&package.pdf).unwrap(), 1, 600).unwrap();
        assert!(page.starts_with(&[0xff, 0xd8]));
    }
}

#[test]
fn each_profile_is_kept_and_said_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let files = [write(folder.path(), "1.png", &png(1240, 1754))];
    for (profile, filter) in [
        (Profile::Compact, "/Filter/JBIG2Decode"),
        (Profile::Faithful, "/Filter/DCTDecode"),
        (Profile::Bitonal, "/Filter/JBIG2Decode"),
    ] {
        let (package, _staging) = digitise(&files, profile, None);
        let kept: Vec<_> = package.provenance.kept.iter().map(|page| page.profile.as_str()).collect();
        assert_eq!(kept, [profile.name()]);
        assert_eq!(package.provenance.profile, profile.name());
        let pdf = fs::read(&package.pdf).unwrap();
        assert!(pdf.windows(filter.len()).any(|window| window == filter.as_bytes()), "{profile:?}");
    }
}

#[test]
fn the_same_scan_gives_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = [write(folder.path(), "1.png", &png(620, 877))];
    let [one, two] = [(); 2].map(|()| digitise(&files, Profile::Compact, Some(&Fixed)));
    assert_eq!(fs::read(&one.0.pdf).unwrap(), fs::read(&two.0.pdf).unwrap());
}

#[test]
fn a_jpeg_goes_through_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let original = jpeg();
    let files = [write(folder.path(), "1.jpg", &original)];
    let (package, _staging) = digitise(&files, Profile::Faithful, None);
    let pdf = fs::read(&package.pdf).unwrap();
    assert!(pdf.windows(original.len()).any(|window| window == original));
}

#[test]
fn pages_without_a_recogniser_are_archived_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (package, _staging) =
        digitise(&[write(folder.path(), "1.png", &png(620, 877))], Profile::Faithful, None);
    assert_eq!(package.provenance.ocr, None);
    assert!(package.pages[0].findings.iter().any(|finding| finding.detail.contains("no text recogniser")));
}

#[test]
fn a_signed_pdf_is_kept_byte_for_byte_without_any_signature_flags() {
    let signed = pdf(
        &[
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
            "<</FT/Sig/T(s)/V 5 0 R>>",
            "<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<00>>>",
        ],
        "",
    );
    let folder = tempfile::tempdir().unwrap();
    let (package, _staging) = digitise(&[write(folder.path(), "s.pdf", &signed)], Profile::Compact, None);
    assert_eq!(package.form, Form::SignedOriginal);
    assert_eq!(fs::read(&package.pdf).unwrap(), signed);
}

#[test]
fn a_missing_file_is_missing() {
    let error = inspect(&scan(&[PathBuf::from("/nonexistent/scan.jpg")]), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "missing");
}
