use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Files as they came from the scanner (bản quét), together one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// What the ledger calls it: the path that was given, or the folder's.
    pub name: String,
    /// The files in page order: one PDF or TIFF, one image, or the images of a folder in name order.
    pub files: Vec<PathBuf>,
}

/// A file as received, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name without folders.
    pub name: String,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// Its length.
    pub bytes: u64,
    /// Media type found in its first bytes, not believed from its name.
    pub media_type: String,
}

/// A scan made into a PDF, not yet signed: what ingest hands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// What came in.
    pub sources: Vec<Source>,
    /// The staged PDF: PDF/A-2u unless `form` says that it was kept as received.
    pub pdf: PathBuf,
    /// How the PDF relates to what came in.
    pub form: Form,
    /// The pages in order; as many as the PDF has.
    pub pages: Vec<Page>,
    /// How it was made.
    pub provenance: Provenance,
}

impl Package {
    /// The text of all pages, a form feed between two pages.
    pub fn text(&self) -> String {
        self.pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\u{c}")
    }
}

/// How the archived PDF relates to what came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Made from images of paper (bản số hóa): sealed by the agency.
    Digitised,
    /// Came in with signatures: kept byte for byte, never touched.
    SignedOriginal,
    /// Came in as typed pages without a signature (văn bản điện tử gốc): kept byte for byte, and sealed by the agency
    /// behind its last byte; never printed and scanned.
    BornDigital,
}

/// One page: facts measured on its image, and its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Width of the image, or of the page at 300 dpi where there is no image.
    pub width_px: u32,
    /// Height, likewise.
    pub height_px: u32,
    /// Resolution in dots an inch.
    pub dpi: u32,
    /// Whether the image has colour.
    pub colour: bool,
    /// Skew of the text lines in degrees, clockwise positive; measured, not corrected in the archived image.
    pub skew_degrees: f32,
    /// Whether nothing is on it: marked, never dropped.
    pub blank: bool,
    /// Mean confidence of its words, 0 to 100; absent where nothing was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// What an officer should look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Its text in reading order, NFC, a line feed between lines. Stored apart from the facts.
    #[serde(skip)]
    pub text: String,
}

/// A word read on a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word, NFC.
    pub text: String,
    /// Where it stands.
    pub place: Area,
    /// How sure the reader is, 0 to 100.
    pub confidence: f32,
    /// The number of its line on the page, from 0.
    pub line: u32,
}

/// A rectangle in pixels of the page image, origin at the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// Something about a page's quality that an officer should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The measured value, in words and units: `150 dpi`.
    pub detail: String,
}

/// The kinds of findings; each is a reason to look, and most to scan again (lý do quét lại).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Below 200 dpi (độ phân giải thấp).
    LowResolution,
    /// Black and white where colour is due (đen trắng).
    NotColour,
    /// Text lines lean by more than 3 degrees (nghiêng).
    Skewed,
    /// Blurred (mờ).
    Blurred,
    /// A corner is cut off (cắt góc).
    CutCorner,
    /// A dark edge, as from a lid left open (viền đen).
    DarkEdge,
    /// Little could be read with confidence (độ tin cậy thấp).
    LowConfidence,
    /// Lay on its side or upside down, and is shown turned; the image is as it was scanned (đã xoay).
    Turned,
}

/// How a package was made: tools and choices, for the record's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The program and version that made it: `muniment-ingest 0.1.0`.
    pub software: String,
    /// The text recogniser with version and language; absent where no text was read from images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocr: Option<String>,
    /// The compression profile that was asked for: `compact`.
    pub profile: String,
    /// How each page was kept and read, in page order. Empty where the PDF was kept as received and the first reader read all of it,
    /// and in records that were made before this was noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptPage>,
}

/// How a page was kept and read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptPage {
    /// The compression profile that this page has: another than was asked for where that would have harmed it.
    pub profile: String,
    /// Why, in words and measures: the judgement on the compact form.
    pub detail: String,
    /// The reader whose text it is, where another than the first of those that there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}
