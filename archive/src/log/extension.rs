use std::fmt;
use std::str::FromStr;

use muniment_record::Digest;
use muniment_seal::note::NoteVerifier;

use super::proof::{read_number, read_path, signed_checkpoint, write_path};
use super::{Checkpoint, verify_consistency};
use crate::Error;

/// A proof that the log as published now begins with the log as it was at an earlier size: nothing that somebody saw then
/// has been changed or removed since. Written like the body of a request to a witness (C2SP tlog-witness, add-checkpoint).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// How many entries the log had.
    pub old_size: u64,
    /// The hashes that prove it (RFC 6962, 2.1.2).
    pub path: Vec<Digest>,
    /// The signed checkpoint of the log as it is now.
    pub checkpoint: String,
}

impl ConsistencyProof {
    /// Checks the proof against the log's key and a checkpoint, a note, that its bearer kept; gives the newer checkpoint.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where a checkpoint is not signed by this key, [`Error::Proof`] where the kept checkpoint is of another
    /// size or **the log does not begin with it**: then both notes together prove that the log's owner changed it.
    pub fn check(&self, kept: &str, key: &NoteVerifier) -> Result<Checkpoint, Error> {
        let old = signed_checkpoint(kept, key)?;
        let new = signed_checkpoint(&self.checkpoint, key)?;
        if old.size != self.old_size {
            return Err(Error::Proof("it is for a checkpoint of another size"));
        }
        if verify_consistency((old.size, &old.root), (new.size, &new.root), &self.path) {
            Ok(new)
        } else {
            Err(Error::Proof("the log does not begin with what the earlier checkpoint promised"))
        }
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        write_path(f, &self.path, &self.checkpoint)
    }
}

impl FromStr for ConsistencyProof {
    type Err = Error;

    /// Reads a proof as it is written. Nothing is checked yet.
    fn from_str(text: &str) -> Result<Self, Error> {
        const FAULT: Error = Error::Proof("it is not a proof of consistency");
        let (old, rest) = text.strip_prefix("old ").and_then(|rest| rest.split_once('\n')).ok_or(FAULT)?;
        let (path, checkpoint) = read_path(rest).ok_or(FAULT)?;
        Ok(Self { old_size: read_number(old).ok_or(FAULT)?, path, checkpoint })
    }
}
