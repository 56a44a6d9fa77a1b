//! Records and indexes in one line each.

use std::path::Path;

use muniment_record::{Record, RecordId};
use muniment_search::{Entry, HolderKeying, Paging, Query, Reader, Results, Scope, Writer};
use serde_json::{Value, json};

/// A record under construction.
#[derive(Clone)]
pub(crate) struct Draft {
    value: Value,
    text: String,
}

/// The id of the record with this number.
pub(crate) fn id(number: u64) -> RecordId {
    RecordId::from_parts(1_700_000_000_000 + number, &[7; 10])
}

/// A plain record, in force and visible to the office H05.12 and those above it.
pub(crate) fn draft(number: u64) -> Draft {
    let agency = json!({"code": "H05.12", "name": "Sở Xây dựng tỉnh Bắc Ninh"});
    let digest = "0".repeat(64);
    let value = json!({
        "format": Record::FORMAT,
        "id": id(number),
        "version": 1,
        "lookup_token": muniment_record::LookupToken::from_random(number),
        "created_at": "2026-03-02T01:00:00Z",
        "batch": "test",
        "description": {
            "result_code": format!("000.00.12.H05-260224-{number:04}-KQ1"),
            "procedure_code": "1.990009",
            "procedure_name": "Cấp giấy phép xây dựng",
            "doc_type": "KQ.990009.01",
            "result_kind": "permit",
            "agency_receiving": agency,
            "agency_issuing": agency,
            "agency_holding": agency,
            "level": "tinh",
            "title": "Giấy phép xây dựng nhà ở riêng lẻ",
            "symbol": format!("{number}/2026/GPXD-SXD"),
            "issued_on": "2026-03-02",
            "abstract": "Về việc cấp giấy phép xây dựng nhà ở riêng lẻ",
            "legal_status": {"is": "in_force"},
            "holder": {"kind": "person", "id": format!("{:012}", 99_188_000_000 + number), "name": "Nguyễn Thị Lan"},
            "originality": "original",
            "retention_rule": "PERM",
            "access_level": "normal",
            "privacy_class": "basic",
        },
        "sources": [],
        "form": "digitised",
        "sha256": digest,
        "bytes": 1,
        "pages": [],
        "text_sha256": digest,
        "provenance": {"software": "test", "profile": "faithful"},
        "signatures": [],
    });
    Draft { value, text: String::new() }
}

impl Draft {
    /// Sets a field of the description, by its JSON pointer.
    pub(crate) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        let description = &mut self.value["description"];
        match description.pointer_mut(&format!("/{}", field.replace('.', "/"))) {
            Some(known) => *known = value.into(),
            None => description[field] = value.into(),
        }
        self
    }

    pub(crate) fn agency(self, code: &str, name: &str) -> Self {
        let agency = json!({"code": code, "name": name});
        ["agency_issuing", "agency_receiving", "agency_holding"]
            .into_iter()
            .fold(self, |draft, field| draft.with(field, agency.clone()))
    }

    pub(crate) fn holder(self, name: &str) -> Self {
        self.with("holder.name", name)
    }

    pub(crate) fn restricted(self) -> Self {
        self.with("access_level", "restricted")
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.text = text.to_owned();
        self
    }

    pub(crate) fn record(&self) -> Record {
        serde_json::from_value(self.value.clone()).expect("drafts are well formed")
    }

    pub(crate) fn entry(&self) -> Entry {
        Entry::of(&self.record(), &self.text, &keying())
    }
}

pub(crate) fn keying() -> HolderKeying {
    HolderKeying::new(&[1; 32])
}

/// An index of these records, with its reader.
pub(crate) fn index(dir: &Path, drafts: &[Draft]) -> Reader {
    let entries: Vec<Entry> = drafts.iter().map(Draft::entry).collect();
    let mut writer = Writer::open(dir).expect("a writer");
    writer.apply(&entries, drafts.len() as u64).expect("entries go in");
    Reader::open(dir).expect("a reader")
}

pub(crate) fn search(reader: &Reader, scope: &Scope, query: &str) -> Results {
    reader.search(scope, &Query::parse(query), &Paging::default()).expect("a search")
}

/// The numbers of the records found, in order.
pub(crate) fn found(reader: &Reader, query: &str) -> Vec<u64> {
    numbers(&search(reader, &Scope::Everything, query))
}

pub(crate) fn numbers(results: &Results) -> Vec<u64> {
    results
        .hits
        .iter()
        .map(|hit| (0..10_000).find(|number| id(*number) == hit.id).unwrap_or(u64::MAX))
        .collect()
}
