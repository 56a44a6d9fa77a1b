//! Files that must be refused, for tests of what the program says about them.

use std::path::{Path, PathBuf};

use crate::generate::{create_folder, write, write_json};
use crate::output::JpegPage;
use crate::{Error, Fields, Format, Sample, Studio};

mod headers;
mod pdf;

/// What must become of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Archived: it is good, and shows that its neighbours stop nobody.
    Archived,
    /// The same bytes as the good file: known again.
    Duplicate,
    /// Refused for what the file is, with this code of `muniment-ingest`.
    File(&'static str),
    /// Refused for this field of its metadata.
    Field(&'static str),
}

/// An input with its metadata beside it, and what must become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadInput {
    /// Where it is; its name says what is wrong with it.
    pub path: PathBuf,
    /// What must become of it.
    pub expected: Expected,
}

/// Writes, into a folder that is created if it is not there, one good scan, a copy of it, and scans that must be refused, each with
/// metadata beside it. The folder is a batch: given to `take` as a whole, it comes in name order, the good one first.
pub fn bad_inputs(dir: &Path) -> Result<Vec<BadInput>, Error> {
    create_folder(dir)?;
    let studio = Studio::open()?;
    let good = studio.sample(SEED, 0, 200, Format::Jpeg)?;
    let image = &studio.scan(&good)?[0];
    let jpeg = JpegPage::encode(image, good.scanner.colour, good.scanner.dpi)?.bytes;
    let (half, start) = (jpeg.len() / 2, jpeg.len() / 3);
    let files: [(&str, Vec<u8>, Expected); 14] = [
        ("00-good.jpg", jpeg.clone(), Expected::Archived),
        ("bomb.pdf", pdf::bomb()?, Expected::File("expands-too-far")),
        ("duplicate-of-good.jpg", jpeg.clone(), Expected::Duplicate),
        ("empty-file.jpg", Vec::new(), Expected::File("empty-file")),
        ("field-tax-code-check-digit.jpg", variant(&jpeg, 1), Expected::Field("holder.id")),
        ("field-unknown-procedure.jpg", variant(&jpeg, 2), Expected::Field("procedure_code")),
        ("field-wrong-date.jpg", variant(&jpeg, 3), Expected::Field("issued_on")),
        ("huge-png.png", headers::huge_png()?, Expected::File("too-large")),
        ("huge-tiff.tif", headers::huge_tiff(), Expected::File("too-large")),
        ("no-pages.pdf", pdf::without_pages(), Expected::File("no-pages")),
        ("password.pdf", pdf::with_password(), Expected::File("password")),
        (
            "text-named.pdf",
            b"Not a PDF, whatever its name says.\n".to_vec(),
            Expected::File("unknown-format"),
        ),
        ("truncated-in-data.jpg", jpeg[..half].to_vec(), Expected::File("truncated")),
        ("truncated.pdf", pdf::truncated(&jpeg[..start]), Expected::File("truncated")),
    ];
    let mut inputs = Vec::with_capacity(files.len());
    for (index, (name, bytes, expected)) in (0..).zip(files) {
        let path = dir.join(name);
        write(&path, &bytes)?;
        let sample = studio.sample(SEED, index, 200, Format::Jpeg)?;
        write_json(&metadata(sample, expected), &path.with_extension("json"))?;
        inputs.push(BadInput { path, expected });
    }
    Ok(inputs)
}

const SEED: u64 = 90;

/// The metadata of a sample, with the field that is to be refused made wrong.
fn metadata(sample: Sample, expected: Expected) -> Fields {
    let mut fields = sample.fields;
    for (name, count) in [("sheets", 1), ("pages", 1)] {
        fields.set(&format!("capture.physical_{name}"), count);
    }
    fields.set("capture.images", 1);
    match expected {
        Expected::Field(field @ "issued_on") => fields.set(field, "31/02/2026"),
        Expected::Field(field @ "procedure_code") => fields.set(field, "1.123456.000.00.00.H05"),
        Expected::Field(field) => {
            fields.set("holder.kind", "org");
            fields.set(field, "2399990013");
            fields.remove("holder.birth_year");
        }
        _ => {}
    }
    fields
}

/// The same picture in other bytes: with a comment behind the JFIF header, which stays first (ITU-T T.871, 10.1).
fn variant(jpeg: &[u8], number: u8) -> Vec<u8> {
    const HEADER_LENGTH: usize = 20;
    let (header, rest) = jpeg.split_at(HEADER_LENGTH.min(jpeg.len()));
    [header, &[0xff, 0xfe, 0, 3, number], rest].concat()
}
