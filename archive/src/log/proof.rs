use std::fmt;

use base64ct::{Base64, Encoding};
use muniment_record::Digest;

use super::{Checkpoint, leaf_hash, verify_inclusion};

/// A proof that an entry is in the log, which its bearer can check offline (C2SP tlog-proof).
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
}

impl fmt::Display for LogProof {
    /// The proof as a file; the entry goes beside it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "c2sp.org/tlog-proof@v1\nindex {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", to_base64(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

pub(super) fn to_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}
