//! How a version came to be, in the event types of PREMIS 3 (Library of Congress, eventType).

use jiff::Timestamp;
use muniment_record::{Digest, Form, Record, RecordId};
use serde::{Deserialize, Serialize};

use crate::BatchId;

/// The events of one version of a record, and the ledger row that it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The version of this form of writing: [`Events::FORMAT`].
    pub format: String,
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u32,
    /// How it came in, as the intake ledger knew it.
    pub arrival: ArrivalFact,
    /// What was done, in order.
    pub events: Vec<Event>,
}

/// A row of the intake ledger, kept so that the ledger can be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrivalFact {
    /// The batch.
    pub batch: BatchId,
    /// When the batch was opened.
    pub batch_opened_at: Timestamp,
    /// What the document was called.
    pub name: String,
    /// What identified its bytes.
    pub sha256: Digest,
    /// Its pages as counted at intake.
    pub pages: u32,
    /// When it was registered.
    pub arrived_at: Timestamp,
}

/// Something that was done to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The event type of PREMIS 3: `ingestion end`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When; of several steps of one run, when the run's record was made.
    pub at: Timestamp,
    /// The program that did it.
    pub agent: String,
    /// What came of it: `success`, or the indication of a signature.
    pub outcome: String,
    /// More, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The agent that keeps records.
const ARCHIVE: &str = concat!("muniment-archive ", env!("CARGO_PKG_VERSION"));

/// The agent that keeps records, of this version of the program.
pub(crate) fn this_program() -> String {
    ARCHIVE.to_owned()
}

fn event(kind: &str, at: Timestamp, agent: &str, outcome: &str, detail: Option<String>) -> Event {
    Event { kind: kind.to_owned(), at, agent: agent.to_owned(), outcome: outcome.to_owned(), detail }
}

impl Events {
    /// The form of writing of this version of the program.
    pub const FORMAT: &str = "muniment.events/1";

    /// The events of a record's first version.
    pub(crate) fn of_deposit(
        record: &Record,
        arrival: ArrivalFact,
        archived_at: Timestamp,
        agent: &str,
    ) -> Self {
        let software = record.provenance.software.as_str();
        let sources = format!("{} file(s), SHA-256", record.sources.len());
        let mut events = vec![
            event("ingestion start", arrival.arrived_at, agent, "success", None),
            event("message digest calculation", arrival.arrived_at, software, "success", Some(sources)),
        ];
        if record.form == Form::Digitised {
            let profile = format!("PDF/A-2u, profile {}", record.provenance.profile);
            events.push(event("normalization", record.created_at, software, "success", Some(profile)));
        }
        if let Some(ocr) = &record.provenance.ocr {
            events.push(event("metadata extraction", record.created_at, ocr, "success", None));
        }
        for signature in &record.signatures {
            let kind = match record.form {
                Form::Digitised | Form::BornDigital => "digital signature generation",
                Form::SignedOriginal => "digital signature validation",
            };
            let at = signature.claimed_at.filter(|_| record.form != Form::SignedOriginal);
            events.push(event(
                kind,
                at.unwrap_or(record.created_at),
                "muniment-seal",
                &signature.indication,
                Some(format!("{}, {}", signature.level, signature.algorithm)),
            ));
        }
        events.push(event("ingestion end", archived_at, agent, "success", None));
        Self { format: Self::FORMAT.to_owned(), record: record.id, version: record.version, arrival, events }
    }

    /// The events of a version whose PDF got the data by which its signatures can be validated offline.
    pub(crate) fn of_uplift(record: &Record, arrival: ArrivalFact, archived_at: Timestamp) -> Self {
        let mut events = Vec::new();
        for signature in &record.signatures {
            let detail = format!("validation data added, {}", signature.level);
            events.push(event(
                "modification",
                archived_at,
                "muniment-seal",
                &signature.indication,
                Some(detail),
            ));
        }
        events.push(event("ingestion end", archived_at, ARCHIVE, "success", None));
        Self { format: Self::FORMAT.to_owned(), record: record.id, version: record.version, arrival, events }
    }

    /// When this version was safely kept: the time of its last `ingestion end`.
    pub fn archived_at(&self) -> Option<Timestamp> {
        let ends = self.events.iter().rev().find(|event| event.kind == "ingestion end");
        ends.map(|event| event.at)
    }
}
