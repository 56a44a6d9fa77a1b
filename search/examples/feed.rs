//! Feeds an index with made-up records, to be killed in the middle: the crash test starts it.
//!
//! ```text
//! feed DIR THROUGH BATCH [rebuild]
//! ```
//!
//! Change number n puts in record n, and each tenth one takes out the record five before. After each commit the sequence
//! number is printed, and a word before a rebuilt index takes the place of the former one.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use muniment_record::{LookupToken, Record, RecordId};
use muniment_search::{Entry, HolderKeying, Writer};
use serde_json::json;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, through, batch, rest @ ..] = &arguments[..] else {
        anyhow::bail!("usage: feed DIR THROUGH BATCH [rebuild]");
    };
    let (through, batch): (u64, u64) = (through.parse()?, batch.parse()?);
    let is_rebuild = rest.first().is_some_and(|word| word == "rebuild");
    let mut writer = if is_rebuild { Writer::rebuild(Path::new(dir)) } else { Writer::open(Path::new(dir)) }
        .context("failed to open the index")?;
    while writer.last_sequence() < through {
        let first = writer.last_sequence() + 1;
        let last = through.min(writer.last_sequence() + batch);
        let entries = (first..=last).map(change).collect::<Result<Vec<Entry>>>()?;
        writer.apply(&entries, last)?;
        writeln!(std::io::stdout(), "{last}")?;
    }
    writeln!(std::io::stdout(), "publishing")?;
    drop(writer.publish()?);
    Ok(())
}

fn change(sequence: u64) -> Result<Entry> {
    if sequence.is_multiple_of(10) {
        return Ok(Entry::removed(id(sequence - 5)));
    }
    Ok(Entry::of(&record(sequence)?, "Độc lập - Tự do - Hạnh phúc", &HolderKeying::new(b"feed")))
}

fn id(number: u64) -> RecordId {
    RecordId::from_parts(1_700_000_000_000 + number, &[3; 10])
}

fn record(number: u64) -> Result<Record> {
    let agency = json!({"code": "H05.12", "name": "Sở Xây dựng"});
    let digest = "0".repeat(64);
    let value = json!({
        "format": Record::FORMAT,
        "id": id(number),
        "version": 1,
        "lookup_token": LookupToken::from_random(number),
        "created_at": "2026-03-02T01:00:00Z",
        "batch": "feed",
        "description": {
            "procedure_code": "1.990009",
            "procedure_name": "Cấp giấy phép xây dựng",
            "doc_type": "KQ.990009.01",
            "result_kind": "permit",
            "agency_receiving": agency,
            "agency_issuing": agency,
            "agency_holding": agency,
            "level": "tinh",
            "title": format!("Giấy phép xây dựng số {number}"),
            "symbol": format!("{number}/2026/GPXD-SXD"),
            "issued_on": "2026-03-02",
            "abstract": format!("Về việc cấp giấy phép xây dựng số {number}"),
            "legal_status": {"is": "in_force"},
            "holder": {"kind": "person", "name": "Nguyễn Thị Lan"},
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
        "provenance": {"software": "feed", "profile": "faithful"},
        "signatures": [],
    });
    serde_json::from_value(value).context("a record that is not well formed")
}
