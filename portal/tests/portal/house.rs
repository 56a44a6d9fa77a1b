//! An archive with a few sealed records, in one line.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use muniment_archive::{Archive, Arrival, BatchId};
use muniment_portal::{Account, AccountScope, Accounts, Engines, PageRenderer, Portal, Rate, Settings};
use muniment_record::{Digest, Form, LookupToken, Package, Page, Provenance, Record, RecordId, Source};
use muniment_seal::pki::{self, DevelopmentPki};
use muniment_seal::{CopyForm, SealRequest, Trust, seal};
use muniment_search::{Entry, HolderKeying, Reader, Writer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;

pub(crate) const DOSSIER: &str = "000.00.12.H05-260224-0017";
pub(crate) const HOLDER: &str = "099188000017";
pub(crate) const PASSWORD: &str = "mật khẩu của cán bộ";

pub(crate) fn now() -> Timestamp {
    "2026-11-24T03:15:00Z".parse().unwrap()
}

/// Draws nothing but says what was asked for.
struct Echo;

impl PageRenderer for Echo {
    fn render(&self, pdf: &[u8], page: u32, width_px: u32) -> Result<Vec<u8>, String> {
        assert!(pdf.starts_with(b"%PDF"));
        Ok(format!("page {page} at {width_px}").into_bytes())
    }
}

/// An archive, its index and whose signatures it believes.
pub(crate) struct House {
    dir: TempDir,
    pub(crate) archive: Arc<Archive>,
    pki: DevelopmentPki,
    batch: BatchId,
    pub(crate) records: Vec<Record>,
}

impl House {
    /// An archive with one record, of the dossier [`DOSSIER`] and the holder [`HOLDER`].
    pub(crate) async fn new() -> Self {
        let mut house = Self::empty().await;
        house.deposit(json!({})).await;
        house
    }

    pub(crate) async fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let archive = Archive::create(&dir.path().join("archive")).await.unwrap();
        let batch = archive.open_batch(now()).await.unwrap();
        let pki = pki::development(now()).unwrap();
        Self { dir, archive: Arc::new(archive), pki, batch, records: Vec::new() }
    }

    /// Archives a record whose description differs from the usual one by these fields.
    pub(crate) async fn deposit(&mut self, changes: Value) -> Record {
        let seed = u8::try_from(self.records.len()).unwrap() + 1;
        let staging = self.dir.path().join(format!("staging-{seed}"));
        std::fs::create_dir(&staging).unwrap();
        let pdf = staging.join("prepared.pdf");
        std::fs::write(&pdf, plain_pdf(2, seed)).unwrap();
        let scan = staging.join("scan.jpg");
        std::fs::write(&scan, [seed; 64]).unwrap();
        let source = source_of(&scan);
        let id = RecordId::from_parts(1_795_000_000_000 + u64::from(seed), &[seed; 10]);
        let token = LookupToken::from_random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(seed)));
        let arrival = Arrival::new("scan.jpg", std::slice::from_ref(&source), 2);
        self.archive.register(&self.batch, &arrival, id, token.clone(), now()).await.unwrap();

        let package = Package {
            sources: vec![source.clone()],
            pdf,
            form: Form::Digitised,
            pages: vec![page("Giấy chứng nhận an toàn thực phẩm"), page("Trang hai <b>&")],
            provenance: provenance(),
        };
        let text = package.text();
        let request = SealRequest::agency(now(), CopyForm::TrueCopy, "Trung tâm Mẫu");
        let signer = self.pki.agency.signer().unwrap();
        let sealed = seal(package, &staging, &request, &signer, &self.trust()).unwrap();
        let record = Record {
            format: Record::FORMAT.to_owned(),
            id,
            version: 1,
            lookup_token: token,
            created_at: now(),
            batch: self.batch.to_string(),
            description: serde_json::from_value(description(changes)).unwrap(),
            sources: vec![source.clone()],
            form: Form::Digitised,
            sha256: sealed.sha256(),
            bytes: sealed.bytes(),
            pages: sealed.package().pages.clone(),
            text_sha256: Digest::of(text.as_bytes()),
            provenance: provenance(),
            signatures: sealed.signatures().to_vec(),
        };
        self.archive.deposit(record.clone(), &sealed, &[(source, scan)], &text, now()).await.unwrap();
        self.records.push(record.clone());
        record
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::from_pem(self.pki.trust_pem().as_bytes()).unwrap()
    }

    /// The bytes of an archived PDF.
    pub(crate) async fn pdf(&self, record: &Record) -> Vec<u8> {
        self.archive.pdf(record).await.unwrap()
    }

    /// A browser before a portal with generous rates.
    pub(crate) async fn browser(&self) -> Browser {
        let generous = Rate { burst: 1000, interval_seconds: 1 };
        self.browser_with(Settings {
            look_ups_per_address: generous,
            look_ups_per_code: generous,
            sign_ins_per_address: generous,
            sign_ins_per_account: generous,
            look_up_milliseconds: 1,
            ..Settings::default()
        })
        .await
    }

    /// A browser before a portal with these settings. Each call is a portal of its own.
    pub(crate) async fn browser_with(&self, settings: Settings) -> Browser {
        let index = self.index().await;
        let engines = Engines {
            archive: Arc::clone(&self.archive),
            reader: Arc::new(Reader::open(&index).unwrap()),
            trust: Arc::new(self.trust()),
            renderer: Arc::new(Echo),
        };
        let portal = Portal::new(engines, accounts(), settings, now).unwrap();
        Browser::new(portal.router())
    }

    /// Brings the index up to date and lets go of it.
    async fn index(&self) -> PathBuf {
        let dir = self.dir.path().join("index");
        let keying = HolderKeying::new(b"a secret of the test");
        let mut writer = Writer::open(&dir).unwrap();
        let rows = self.archive.outbox(writer.last_sequence(), 1000).await.unwrap();
        let mut entries = Vec::new();
        for row in &rows {
            let record = self.archive.record(row.id).await.unwrap();
            let text = self.archive.text(&record).await.unwrap();
            entries.push(Entry::of(&record, &text, &keying));
        }
        if let Some(last) = rows.last() {
            writer.apply(&entries, last.sequence).unwrap();
        }
        dir
    }
}

/// The accounts `tinh` (everything), `y-te` (one office) and `y-te-mat` (its restricted records too).
fn accounts() -> Accounts {
    let office = |restricted| AccountScope::Agency { code: "H05.12".parse().unwrap(), restricted };
    let mut accounts = Accounts::default();
    for (name, scope) in
        [("tinh", AccountScope::Everything), ("y-te", office(false)), ("y-te-mat", office(true))]
    {
        accounts.add(Account::new(name, "Cán bộ Mẫu", scope, PASSWORD).unwrap()).unwrap();
    }
    accounts
}

fn description(changes: Value) -> Value {
    let agency = json!({"code": "000.00.12.H05", "name": "Sở Y tế tỉnh Mẫu"});
    let mut description = json!({
        "result_code": format!("{DOSSIER}-KQ1"),
        "procedure_code": "1.990009",
        "procedure_name": "Cấp giấy chứng nhận an toàn thực phẩm",
        "doc_type": "KQ.990009.01",
        "result_kind": "certificate",
        "agency_receiving": agency,
        "agency_issuing": agency,
        "agency_holding": agency,
        "level": "tinh",
        "title": "Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm",
        "symbol": "34/2026/ATTP-CNĐK",
        "issued_on": "2026-03-02",
        "valid_to": "2029-03-01",
        "abstract": "Chứng nhận cơ sở đủ điều kiện",
        "legal_status": {"is": "in_force"},
        "holder": {"kind": "person", "id": HOLDER, "name": "Nguyễn Thị Mẫu"},
        "originality": "original",
        "retention_rule": "Y10",
        "access_level": "normal",
        "privacy_class": "basic"
    });
    if let (Some(fields), Value::Object(changes)) = (description.as_object_mut(), changes) {
        fields.extend(changes);
    }
    description
}

fn source_of(path: &std::path::Path) -> Source {
    let bytes = std::fs::read(path).unwrap();
    Source {
        name: "scan.jpg".to_owned(),
        sha256: Digest::of(&bytes),
        bytes: bytes.len() as u64,
        media_type: "image/jpeg".to_owned(),
    }
}

fn provenance() -> Provenance {
    Provenance {
        software: "muniment-ingest 0.1.0".to_owned(),
        ocr: Some("tesseract 5.3.0 vie".to_owned()),
        profile: "faithful".to_owned(),
        kept: Vec::new(),
    }
}

fn page(text: &str) -> Page {
    Page {
        width_px: 2480,
        height_px: 3508,
        dpi: 300,
        colour: true,
        skew_degrees: 0.1,
        blank: false,
        confidence: Some(93.0),
        findings: Vec::new(),
        text: text.to_owned(),
    }
}

/// A PDF of empty pages with a classic cross-reference table; the seed makes it unlike others.
pub(crate) fn plain_pdf(pages: usize, seed: u8) -> Vec<u8> {
    let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", page + 3)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {pages} >>", kids.join(" ")),
    ];
    for _ in 0..pages {
        objects
            .push(format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 {}] >>", 842 - u16::from(seed)));
    }
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f\r\n", objects.len() + 1);
    for (place, body) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n\r\n", pdf.len()));
        pdf.extend_from_slice(format!("{} 0 obj\n{body}\nendobj\n", place + 1).as_bytes());
    }
    let start = pdf.len();
    pdf.extend_from_slice(table.as_bytes());
    let size = objects.len() + 1;
    let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    pdf.extend_from_slice(trailer.as_bytes());
    pdf
}
