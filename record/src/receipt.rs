use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Digest, RecordId};

/// The archive's acknowledgement that a version of a record is safely kept.
///
/// It holds no personal data. Signed as a C2SP signed note it is evidence that its bearer can check offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u32,
    /// Digest of the archived PDF.
    pub sha256: Digest,
    /// Length of the archived PDF.
    pub bytes: u64,
    /// Number of pages.
    pub pages: u32,
    /// When the record was safely kept.
    pub archived_at: Timestamp,
}
