use std::fmt;
use std::str::FromStr;

use muniment_record::Digest;
use serde::Serialize;

use super::proof::{from_base64, to_base64};
use crate::Error;

/// What a checkpoint says (C2SP tlog-checkpoint): the root of the log at a size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The log's name, which is that of its key.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Digest,
}

impl fmt::Display for Checkpoint {
    /// The text that is signed as a note.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, to_base64(self.root.as_bytes()))
    }
}

impl FromStr for Checkpoint {
    type Err = Error;

    /// Reads the text of a checkpoint, or a whole note; its signatures are not looked at.
    fn from_str(text: &str) -> Result<Self, Error> {
        let fault = || Error::damaged("log/public/checkpoint", "not a checkpoint");
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(fault());
        };
        let size: u64 = size.parse().map_err(|_| fault())?;
        let root = from_base64(root).and_then(|bytes| bytes.try_into().ok()).ok_or_else(fault)?;
        Ok(Self { origin: origin.to_owned(), size, root: Digest::from_bytes(root) })
    }
}
