use muniment_record::{Digest, LookupToken, RecordId, Source};

/// A document as it stands at the door: what the intake ledger knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// What the ledger calls it: the path that was given.
    pub name: String,
    /// What identifies its bytes ([`Arrival::digest_of`]); absent where they could not be read.
    pub sha256: Option<Digest>,
    /// Its pages; 0 where they could not be counted.
    pub pages: u32,
}

impl Arrival {
    /// A document whose files were read and whose pages were counted.
    pub fn new(name: impl Into<String>, sources: &[Source], pages: u32) -> Self {
        Self { name: name.into(), sha256: Some(Self::digest_of(sources)), pages }
    }

    /// A document that could not be read.
    pub fn unreadable(name: impl Into<String>) -> Self {
        Self { name: name.into(), sha256: None, pages: 0 }
    }

    /// What identifies a document's bytes: the digest of its only file, or for several files the digest of their
    /// digests as hexadecimal lines in page order.
    pub fn digest_of(sources: &[Source]) -> Digest {
        if let [only] = sources {
            return only.sha256;
        }
        let lines: String = sources.iter().map(|source| format!("{}\n", source.sha256)).collect();
        Digest::of(lines.as_bytes())
    }
}

/// What the ledger says to an [`Arrival`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// It is new and now pending under this id.
    New {
        /// The id that was offered.
        id: RecordId,
        /// The token that was offered.
        token: LookupToken,
    },
    /// It was pending from a run that did not finish: it keeps its id and token.
    Resumed {
        /// The id that it has had from the first.
        id: RecordId,
        /// Its token.
        token: LookupToken,
    },
    /// The same bytes are archived, or pending in this batch under another name.
    Duplicate {
        /// The record that holds or will hold them.
        of: RecordId,
    },
}

/// Why a document was not archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The document or its metadata break a rule: whoever sent it must mend it.
    Rejected {
        /// A stable word: `password`.
        code: String,
        /// What a person should know, without names or numbers of persons.
        detail: String,
    },
    /// It could not be worked on for a reason that lies with us; it is set aside for a person to look at.
    Quarantined {
        /// A stable word.
        code: String,
        /// What a person should know, without names or numbers of persons.
        detail: String,
    },
}
