use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The id of a batch (lô tiếp nhận): the second in which it was opened, in UTC, and a number, as `20261124T101500-0001`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BatchId(String);

impl BatchId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn stem(opened_at: Timestamp) -> String {
        opened_at.strftime("%Y%m%dT%H%M%S").to_string()
    }

    pub(crate) fn from_parts(stem: &str, number: u32) -> Self {
        Self(format!("{stem}-{number:04}"))
    }
}

impl FromStr for BatchId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (stem, number) = text.split_once('-').ok_or(Error::BatchId)?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let stem_fits = stem.len() == 15
            && stem.is_ascii()
            && digits(&stem[..8])
            && stem.as_bytes()[8] == b'T'
            && digits(&stem[9..]);
        if stem_fits && (4..=9).contains(&number.len()) && digits(number) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::BatchId)
        }
    }
}

impl TryFrom<String> for BatchId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<BatchId> for String {
    fn from(id: BatchId) -> Self {
        id.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
