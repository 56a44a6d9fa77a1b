use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use muniment_record::Digest;
use muniment_seal::note::NoteVerifier;

use super::{Checkpoint, Leaf, leaf_hash, verify_inclusion};
use crate::Error;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A proof that an entry is in the log, which its bearer can check offline (C2SP tlog-proof). The entry itself goes along
/// as the proof's extra data, so one file is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// The entry: a leaf's canonical JSON.
    pub entry: String,
    /// Its position.
    pub index: u64,
    /// The hashes from its leaf up to the root.
    pub path: Vec<Digest>,
    /// The signed checkpoint that the path leads to.
    pub checkpoint: String,
}

impl LogProof {
    /// Whether the path leads from the entry to the checkpoint's root. Who signed the checkpoint is another question.
    pub fn leads_to_checkpoint(&self) -> bool {
        self.checkpoint.parse::<Checkpoint>().is_ok_and(|checkpoint| {
            let leaf = leaf_hash(self.entry.as_bytes());
            verify_inclusion(&leaf, self.index, checkpoint.size, &self.path, &checkpoint.root)
        })
    }

    /// Checks the whole proof against the log's key and gives what the log says. It needs nothing but the proof.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where the checkpoint is not signed by this key, [`Error::Proof`] where the path does not lead from the
    /// entry to it.
    pub fn check(&self, key: &NoteVerifier) -> Result<Leaf, Error> {
        signed_checkpoint(&self.checkpoint, key)?;
        if !self.leads_to_checkpoint() {
            return Err(Error::Proof("the entry does not lead to the checkpoint's root"));
        }
        Leaf::from_entry(&self.entry)
    }
}

impl fmt::Display for LogProof {
    /// The proof as a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nextra {}\nindex {}", to_base64(self.entry.as_bytes()), self.index)?;
        write_path(f, &self.path, &self.checkpoint)
    }
}

impl FromStr for LogProof {
    type Err = Error;

    /// Reads a proof as it is written. Nothing is checked yet.
    fn from_str(text: &str) -> Result<Self, Error> {
        const FAULT: Error = Error::Proof("it is not a C2SP tlog-proof");
        let rest = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n')).ok_or(FAULT)?;
        let (extra, rest) = rest
            .strip_prefix("extra ")
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(Error::Proof("it does not hold the entry"))?;
        let (index, rest) =
            rest.strip_prefix("index ").and_then(|rest| rest.split_once('\n')).ok_or(FAULT)?;
        let entry = from_base64(extra).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(FAULT)?;
        let (path, checkpoint) = read_path(rest).ok_or(FAULT)?;
        Ok(Self { entry, index: read_number(index).ok_or(FAULT)?, path, checkpoint })
    }
}

/// Reads a checkpoint that must be signed by this key and be of the log that the key names.
pub(crate) fn signed_checkpoint(note: &str, key: &NoteVerifier) -> Result<Checkpoint, Error> {
    let checkpoint = key.verify(note).map_err(Error::Note)?.parse::<Checkpoint>()?;
    if checkpoint.origin == key.name() {
        Ok(checkpoint)
    } else {
        Err(Error::Proof("the checkpoint is another log's"))
    }
}

/// Writes hashes and, behind an empty line, the checkpoint that they lead to.
pub(super) fn write_path(f: &mut fmt::Formatter<'_>, path: &[Digest], checkpoint: &str) -> fmt::Result {
    for hash in path {
        writeln!(f, "{}", to_base64(hash.as_bytes()))?;
    }
    write!(f, "\n{checkpoint}")
}

/// Reads what [`write_path`] writes.
pub(super) fn read_path(text: &str) -> Option<(Vec<Digest>, String)> {
    let (hashes, checkpoint) = match text.strip_prefix('\n') {
        Some(checkpoint) => ("", checkpoint),
        None => text.split_once("\n\n")?,
    };
    let hash = |line: &str| Some(Digest::from_bytes(from_base64(line)?.try_into().ok()?));
    let path = hashes.lines().map(hash).collect::<Option<Vec<Digest>>>()?;
    Some((path, checkpoint.to_owned()))
}

/// Reads a decimal number without leading zeros.
pub(super) fn read_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

pub(super) fn to_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}
