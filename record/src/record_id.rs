use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::error::{ParseError, serde_as_text};

/// The archive's own identifier of a record: a UUID of version 7 (RFC 9562), so ids sort by time of intake. Never used
/// twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Uuid);

impl RecordId {
    /// The id for a moment, in milliseconds since 1970, and 10 random bytes.
    pub fn from_parts(unix_milliseconds: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_milliseconds, random).into_uuid())
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

impl FromStr for RecordId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let id = Uuid::try_parse(text.trim());
        id.map(Self).map_err(|_| ParseError::new("record id", "a UUID of 32 hexadecimal digits with dashes"))
    }
}

serde_as_text!(RecordId);
