//! Archives and records in one line.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use muniment_record::{
    Digest, Form, LookupToken, Page, Provenance, Receipt, Record, RecordId, SignatureFact, SignerRole, Source,
};
use muniment_seal::Verdict;
use serde_json::json;
use tempfile::TempDir;

use crate::archive::Content;
use crate::{Archive, Arrival, AuditReport, BatchId, Error, Registration};

pub(super) fn now() -> Timestamp {
    "2026-11-24T03:15:00Z".parse().unwrap()
}

/// An archive in a directory of its own, and a place for the files that come in.
pub(super) struct House {
    dir: PathBuf,
    /// Removes the directory at the end; the one of another process is left alone.
    _owned: Option<TempDir>,
}

impl House {
    pub(super) async fn new() -> (Self, Archive) {
        let house = Self::empty();
        let archive = Archive::create(&house.home()).await.unwrap();
        (house, archive)
    }

    /// A place without an archive.
    pub(super) fn empty() -> Self {
        let owned = TempDir::new().unwrap();
        Self { dir: owned.path().to_owned(), _owned: Some(owned) }
    }

    /// The house of another process.
    pub(super) fn of_another(dir: PathBuf) -> Self {
        Self { dir, _owned: None }
    }

    /// The same house once more, at another place.
    pub(super) fn copy(&self) -> Self {
        let copy = Self::empty();
        for file in files(&self.dir, "") {
            let target = copy.dir.join(file.strip_prefix(&self.dir).unwrap());
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(file, target).unwrap();
        }
        copy
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub(super) fn id_of(seed: u32) -> RecordId {
    let [a, b, c, d] = seed.to_be_bytes();
    RecordId::from_parts(1_795_000_000_000 + u64::from(seed), &[a, b, c, d, 0, 0, 0, 0, 0, 0])
}

pub(super) fn source(name: &str, bytes: &[u8]) -> Source {
    Source {
        name: name.to_owned(),
        sha256: Digest::of(bytes),
        bytes: bytes.len() as u64,
        media_type: "image/jpeg".to_owned(),
    }
}

/// One document on its way in: everything of it follows from its seed, except what `signed` adds, as a signature with
/// its time does.
pub(super) struct Document {
    pub id: RecordId,
    pub name: String,
    pub scan: PathBuf,
    pub source: Source,
    pub pages: u32,
    pdf: PathBuf,
    pdf_bytes: Vec<u8>,
    text: String,
    code: String,
    level: &'static str,
}

impl Document {
    pub(super) fn new(house: &House, seed: u32, signed: u32) -> Self {
        let scan_bytes = format!("scan {seed}").into_bytes();
        let pdf_bytes = format!("%PDF-1.7 {seed} signed {signed}").into_bytes();
        let name = format!("scan-{seed}.jpg");
        Self {
            id: id_of(seed),
            scan: house.write(&name, &scan_bytes),
            source: source(&name, &scan_bytes),
            pages: seed % 3 + 1,
            pdf: house.write(&format!("sealed-{seed}-{signed}.pdf"), &pdf_bytes),
            pdf_bytes,
            text: format!("Giấy chứng nhận số {seed}"),
            code: format!("H05.12-260224-{seed:04}-KQ1"),
            level: "B-B",
            name,
        }
    }

    /// The same document with the result code of another.
    pub(super) fn with_code_of(self, other: u32) -> Self {
        Self { code: format!("H05.12-260224-{other:04}-KQ1"), ..self }
    }

    /// The same document with so many bytes of PDF and of scan.
    pub(super) fn of_size(self, pdf: usize, scan: usize) -> Self {
        let filled = |head: &[u8], length: usize| {
            let filler = (0..).map(|number: u32| (number.wrapping_mul(2_654_435_761) >> 24) as u8);
            head.iter().copied().chain(filler).take(length.max(head.len())).collect::<Vec<u8>>()
        };
        let pdf_bytes = filled(&self.pdf_bytes, pdf);
        let scan_bytes = filled(format!("scan {}", self.name).as_bytes(), scan);
        std::fs::write(&self.pdf, &pdf_bytes).unwrap();
        std::fs::write(&self.scan, &scan_bytes).unwrap();
        Self { source: source(&self.name, &scan_bytes), pdf_bytes, ..self }
    }

    /// The same document with a signature of another PAdES level.
    pub(super) fn at_level(self, level: &'static str) -> Self {
        Self { level, ..self }
    }

    /// The same document with its agency's code in the older form.
    pub(super) fn in_old_form(self) -> Self {
        Self { code: self.code.replace("H05.12", "000.00.12.H05"), ..self }
    }

    pub(super) fn pdf(&self) -> &Path {
        &self.pdf
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn arrival(&self) -> Arrival {
        Arrival::new(&self.name, std::slice::from_ref(&self.source), self.pages)
    }

    pub(super) async fn register(&self, archive: &Archive, batch: &BatchId) -> Registration {
        let token = LookupToken::from_random(7);
        archive.register(batch, &self.arrival(), self.id, token, now()).await.unwrap()
    }

    pub(super) async fn deposit(&self, archive: &Archive, batch: &BatchId) -> Result<Receipt, Error> {
        let content = Content {
            pdf: self.pdf.clone(),
            scans: vec![(self.source.clone(), self.scan.clone())],
            text: self.text.clone(),
        };
        archive.deposit_content(self.record(batch), content, now()).await
    }

    pub(super) fn record(&self, batch: &BatchId) -> Record {
        let agency = json!({"code": "H05.12", "name": "Sở Y tế"});
        let description = json!({
            "result_code": self.code, "procedure_code": "1.990009", "procedure_name": "Cấp giấy", "doc_type": "KQ.1",
            "result_kind": "certificate", "agency_receiving": agency, "agency_issuing": agency,
            "agency_holding": agency, "level": "tinh", "title": "Giấy chứng nhận", "symbol": "34/2026/ATTP-CNĐK",
            "issued_on": "2026-03-02", "abstract": "Giấy chứng nhận", "legal_status": {"is": "in_force"},
            "holder": {"kind": "org", "name": "Công ty Mẫu"}, "originality": "original", "retention_rule": "Y10",
            "access_level": "normal", "privacy_class": "none"
        });
        Record {
            format: Record::FORMAT.to_owned(),
            id: self.id,
            version: 1,
            lookup_token: LookupToken::from_random(7),
            created_at: now(),
            batch: batch.to_string(),
            description: serde_json::from_value(description).unwrap(),
            sources: vec![self.source.clone()],
            form: Form::Digitised,
            sha256: Digest::of(&self.pdf_bytes),
            bytes: self.pdf_bytes.len() as u64,
            pages: (0..self.pages).map(|_| page()).collect(),
            text_sha256: Digest::of(self.text.as_bytes()),
            provenance: Provenance {
                software: "muniment-ingest 0.1.0".to_owned(),
                ocr: Some("tesseract 5.3.0 vie".to_owned()),
                profile: "faithful".to_owned(),
                kept: Vec::new(),
            },
            signatures: vec![SignatureFact {
                role: SignerRole::Agency,
                subject: "CN=DEVELOPMENT".to_owned(),
                certificate_sha256: Digest::of(b"certificate"),
                algorithm: "ECDSA P-256 SHA-256".to_owned(),
                level: self.level.to_owned(),
                claimed_at: Some(now()),
                indication: "TOTAL-PASSED".to_owned(),
            }],
        }
    }
}

fn page() -> Page {
    Page {
        width_px: 2480,
        height_px: 3508,
        dpi: 300,
        colour: true,
        skew_degrees: 0.25,
        blank: false,
        confidence: Some(91.5),
        findings: Vec::new(),
        text: String::new(),
    }
}

/// Registers and deposits documents with these seeds in a batch of their own.
pub(super) async fn archive_all(house: &House, archive: &Archive, seeds: std::ops::Range<u32>) -> BatchId {
    let batch = archive.open_batch(now()).await.unwrap();
    for seed in seeds {
        let document = Document::new(house, seed, 0);
        document.register(archive, &batch).await;
        document.deposit(archive, &batch).await.unwrap();
    }
    batch
}

/// An audit that takes every signature for good.
pub(super) async fn audit(archive: &Archive) -> AuditReport {
    archive.audit_with(&|_, _| Verdict::Passed, None, now(), &()).await.unwrap()
}

/// A repair that takes every signature for good.
pub(super) async fn repair(archive: &Archive) -> AuditReport {
    archive.repair_with(&|_, _| Verdict::Passed, None, now(), &()).await.unwrap()
}

/// The files of an archive below a directory, sorted.
pub(super) fn files(home: &Path, below: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut ahead = vec![home.join(below)];
    while let Some(path) = ahead.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
