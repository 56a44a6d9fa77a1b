use jiff::Timestamp;
use muniment_record::{Digest, Record, RecordId};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::events::Events;
use crate::inventory::hex;
use crate::object::name_of;

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogEvent {
    /// Its first version was archived.
    Issue,
    /// The data by which its signatures can be validated offline was added behind its PDF (PAdES B-LT): a later version.
    Uplift,
    /// It was put under a legal hold (lệnh giữ).
    Hold,
    /// Its legal hold was lifted.
    Release,
}

impl LogEvent {
    pub(crate) fn is_of_holds(self) -> bool {
        matches!(self, Self::Hold | Self::Release)
    }
}

/// An entry of the log as anybody may read it: digests only, no personal data.
///
/// Written as canonical JSON (RFC 8785): the fields stand in the order of their names, without white space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// When it happened.
    pub at: Timestamp,
    /// Length of the PDF.
    pub bytes: u64,
    /// Digests of the certificates that signed the PDF, in order.
    pub certificates: Vec<Digest>,
    /// SHA-256 of the companion, which holds a random salt: it says nothing about what the companion holds.
    pub commitment: Digest,
    /// What happened.
    pub event: LogEvent,
    /// The version of this form of writing: [`Leaf::FORMAT`].
    pub format: String,
    /// The object's directory, relative to the archive.
    pub object: String,
    /// The record.
    pub record: RecordId,
    /// Digest of the PDF.
    pub sha256: Digest,
    /// The record's version.
    pub version: u32,
}

impl Leaf {
    /// The form of writing of this version of the program.
    pub const FORMAT: &str = "muniment.leaf/1";

    /// Reads an entry of the log.
    ///
    /// # Errors
    ///
    /// [`Error::Proof`] where it is not a leaf, or of a version that this program does not know.
    pub fn from_entry(entry: &str) -> Result<Self, Error> {
        const FAULT: Error = Error::Proof("the entry is not a leaf of this log");
        let leaf: Self = serde_json::from_str(entry).map_err(|_| FAULT)?;
        if leaf.format == Self::FORMAT { Ok(leaf) } else { Err(FAULT) }
    }
}

/// What stands beside a leaf and is not published: all that the catalogue knows of the record, and the salt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Companion {
    pub events: Events,
    pub format: String,
    pub record: Record,
    pub salt: Salt,
}

impl Companion {
    pub(crate) const FORMAT: &str = "muniment.companion/1";
}

/// What stands beside the leaf of a hold, or of its end, and is not published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldCompanion {
    pub format: String,
    /// Why; it may say something of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub record: RecordId,
    pub salt: Salt,
}

impl HoldCompanion {
    pub(crate) const FORMAT: &str = "muniment.hold/1";
}

/// 32 random bytes, so that a commitment cannot be guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Salt(String);

impl Salt {
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Stopped)?;
        Ok(Self(hex(&bytes)))
    }
}

/// A leaf and its companion as they are written, each on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub record: RecordId,
    pub version: u32,
    pub leaf: String,
    pub companion: String,
}

impl Entry {
    /// The entry of a record's version.
    pub(crate) fn new(
        record: &Record,
        events: &Events,
        archived_at: Timestamp,
        salt: Salt,
    ) -> Result<Self, Error> {
        let companion = Companion {
            events: events.clone(),
            format: Companion::FORMAT.to_owned(),
            record: record.clone(),
            salt,
        };
        let companion = serde_json::to_string(&companion).map_err(Error::json("a companion"))?;
        let event = if record.version == 1 { LogEvent::Issue } else { LogEvent::Uplift };
        Self::of(record, event, archived_at, companion)
    }

    /// The entry of a legal hold on a record, or of its end.
    pub(crate) fn of_hold(
        record: &Record,
        event: LogEvent,
        reason: Option<&str>,
        at: Timestamp,
        salt: Salt,
    ) -> Result<Self, Error> {
        let companion = HoldCompanion {
            format: HoldCompanion::FORMAT.to_owned(),
            reason: reason.map(str::to_owned),
            record: record.id,
            salt,
        };
        let companion = serde_json::to_string(&companion).map_err(Error::json("a companion"))?;
        Self::of(record, event, at, companion)
    }

    fn of(record: &Record, event: LogEvent, at: Timestamp, companion: String) -> Result<Self, Error> {
        let leaf = Leaf {
            at,
            bytes: record.bytes,
            certificates: record.signatures.iter().map(|signature| signature.certificate_sha256).collect(),
            commitment: Digest::of(companion.as_bytes()),
            event,
            format: Leaf::FORMAT.to_owned(),
            object: name_of(record.id),
            record: record.id,
            sha256: record.sha256,
            version: record.version,
        };
        Ok(Self {
            record: record.id,
            version: record.version,
            leaf: serde_json::to_string(&leaf).map_err(Error::json("a leaf"))?,
            companion,
        })
    }
}
