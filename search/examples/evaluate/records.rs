//! The records of the evaluation, as they are read, as the program keeps them, and grown to any number.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use muniment_record::{LookupToken, Record, RecordId};
use serde::Deserialize;
use serde_json::json;

/// A record as the data has it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Raw {
    pub(crate) id: u64,
    pub(crate) dossier_code: String,
    procedure_code: String,
    pub(crate) procedure_name: String,
    pub(crate) symbol: String,
    pub(crate) issuer: String,
    level: u8,
    issued_on: String,
    #[serde(rename = "abstract")]
    pub(crate) abstract_text: String,
    pub(crate) holder_name: String,
    pub(crate) holder_id: String,
    pub(crate) signer: String,
    restricted: bool,
    pub(crate) text: String,
}

/// Reads one JSON object a line, compressed by Zstandard or not.
pub(crate) fn read(path: &Path) -> Result<Vec<Raw>> {
    let lines: Box<dyn BufRead> = if path.extension().is_some_and(|ending| ending == "zst") {
        let child = Command::new("zstd").args(["-dc"]).arg(path).stdout(Stdio::piped()).spawn();
        let output = child.context("failed to run zstd")?.stdout.context("zstd has no output")?;
        Box::new(BufReader::new(output))
    } else {
        Box::new(BufReader::new(
            File::open(path).with_context(|| format!("failed to open {}", path.display()))?,
        ))
    };
    let mut records = Vec::new();
    for line in lines.lines() {
        records.push(serde_json::from_str(&line?).with_context(|| format!("record {}", records.len()))?);
    }
    if records.is_empty() {
        bail!("no records in {}", path.display());
    }
    Ok(records)
}

/// The id under which a record of this number is kept.
pub(crate) fn id(number: u64) -> RecordId {
    RecordId::from_parts(1_600_000_000_000 + number, &[0; 10])
}

/// The number of a record by its id.
pub(crate) fn number(id: RecordId) -> Option<u64> {
    let digits: String = id.to_string().chars().filter(|c| *c != '-').take(12).collect();
    u64::from_str_radix(&digits, 16).ok()?.checked_sub(1_600_000_000_000)
}

impl Raw {
    /// The record as the archive keeps it. Fields that the archive does not have (address, commune) are left out: they are
    /// found only where the text or the abstract has them.
    pub(crate) fn record(&self, number: u64) -> Result<Record> {
        let agency_code = self.dossier_code.split('-').next().unwrap_or_default();
        let agency = json!({"code": agency_code, "name": self.issuer});
        let digest = "0".repeat(64);
        let level = match self.level {
            1 => "tinh",
            2 => "huyen",
            _ => "xa",
        };
        let value = json!({
            "format": Record::FORMAT,
            "id": id(number),
            "version": 1,
            "lookup_token": LookupToken::from_random(number),
            "created_at": "2026-11-24T00:00:00Z",
            "batch": "evaluation",
            "description": {
                "result_code": format!("{}-KQ1", self.dossier_code),
                "procedure_code": self.procedure_code,
                "procedure_name": self.procedure_name,
                "doc_type": "KQ",
                "result_kind": "permit",
                "agency_receiving": agency,
                "agency_issuing": agency,
                "agency_holding": agency,
                "level": level,
                // Without a title of its own a result is called by what it is about.
                "title": self.abstract_text,
                "symbol": self.symbol,
                "issued_on": self.issued_on,
                "abstract": self.abstract_text,
                "signer_on_paper": {"name": self.signer},
                "legal_status": {"is": "in_force"},
                "holder": {"kind": "person", "id": self.holder_id, "name": self.holder_name},
                "originality": "original",
                "retention_rule": "PERM",
                "access_level": if self.restricted { "restricted" } else { "normal" },
                "privacy_class": "basic",
            },
            "sources": [],
            "form": "digitised",
            "sha256": digest,
            "bytes": 1,
            "pages": [],
            "text_sha256": digest,
            "provenance": {"software": "evaluation", "profile": "faithful"},
            "signatures": [],
        });
        serde_json::from_value(value).with_context(|| format!("record {} is not well formed", self.id))
    }
}

/// Records without end: the originals, then copies of all but the planted ones, each with another name, other codes and
/// other words in its text. A copy is relevant for what its original is relevant for, as procedure and place stay.
pub(crate) struct Grown<'a> {
    originals: &'a [Raw],
    /// Those that may be copied.
    common: Vec<usize>,
    names: Vec<Vec<&'a str>>,
}

impl<'a> Grown<'a> {
    pub(crate) fn new(originals: &'a [Raw]) -> Self {
        let is_planted = |raw: &Raw| raw.id >= 1007 && raw.id % 1000 == 7;
        Self {
            common: (0..originals.len()).filter(|place| !is_planted(&originals[*place])).collect(),
            names: originals.iter().map(|raw| raw.holder_name.split(' ').collect()).collect(),
            originals,
        }
    }

    /// The number of the original that record `number` is made of.
    pub(crate) fn original(&self, number: u64) -> u64 {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        match place.checked_sub(self.originals.len()) {
            None => self.originals[place].id,
            Some(copy) => self.originals[self.common[copy % self.common.len()]].id,
        }
    }

    pub(crate) fn record(&self, number: u64) -> Raw {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(copy) = place.checked_sub(self.originals.len()) else {
            return self.originals[place].clone();
        };
        let mut raw = self.originals[self.common[copy % self.common.len()]].clone();
        let mut chance = Chance(number);
        let family = &self.names[chance.below(self.names.len())];
        let given = &self.names[chance.below(self.names.len())];
        // A name of one record's beginning and another's end.
        let name = [family[0], family.get(1).copied().unwrap_or("Thị"), given[given.len() - 1]].join(" ");
        let holder_id = format!("{:012}", 1_000_000_000 + chance.next() % 300_000_000_000);
        let sequence = format!("{:05}", number % 100_000);
        let head = raw.dossier_code.rfind('-').map_or(0, |place| place + 1);
        let dossier_code = format!("{}{sequence}", &raw.dossier_code[..head]);
        let symbol = match raw.symbol.split_once('/') {
            Some((_, rest)) => format!("{sequence}/{rest}"),
            None => format!("{} {sequence}", raw.symbol),
        };
        let other = &self.originals[chance.below(self.originals.len())].text;
        let words: Vec<&str> = raw.text.split(' ').collect();
        let others: Vec<&str> = other.split(' ').collect();
        // The head of the text stays, as it says what the record is; its tail is another's.
        let keep = words.len() * 6 / 10;
        let text = words[..keep].iter().chain(others.iter().skip(others.len() * 6 / 10)).copied();
        let text = text.collect::<Vec<_>>().join(" ");
        raw.text = text
            .replace(&raw.holder_name, &name)
            .replace(&raw.holder_id, &holder_id)
            .replace(&raw.symbol, &symbol);
        raw.abstract_text = raw.abstract_text.replace(&raw.holder_name, &name);
        (raw.id, raw.holder_name, raw.holder_id) = (number, name, holder_id);
        (raw.dossier_code, raw.symbol) = (dossier_code, symbol);
        raw
    }
}

/// The same numbers each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }
}
