use std::fmt;

use muniment_record::RecordId;
use serde::Serialize;

/// A difference between what is stored and what should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFinding {
    /// The record that it concerns, where it can be told.
    pub record: Option<RecordId>,
    /// Whether it lies in the second store.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_second: bool,
    /// The file or object, relative to the archive's directory.
    pub object: String,
    /// What kind of difference it is.
    pub what: AuditProblem,
    /// More, in words.
    pub detail: String,
}

/// The kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditProblem {
    /// It should be there and is not.
    Missing,
    /// It is there and should not be.
    Extra,
    /// Its bytes are not those that were archived.
    Changed,
    /// It cannot be read, or not as what it should be.
    Unreadable,
    /// The PDF's signature says less than when it was archived, or the log's key has not signed its checkpoint.
    Signature,
    /// The catalogue says something else than storage.
    Catalogue,
    /// The store has locks, and it is not locked as it should be.
    Unlocked,
}

impl AuditProblem {
    /// The word that stands for it in reports: `missing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Signature => "signature",
            Self::Catalogue => "catalogue",
            Self::Unlocked => "unlocked",
        }
    }
}

impl fmt::Display for AuditProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.in_second { "second store: " } else { "" };
        write!(f, "{}: {place}{}: {}", self.what, self.object, self.detail)
    }
}

/// Findings on one record, as they are made.
#[derive(Debug)]
pub(crate) struct Findings {
    record: Option<RecordId>,
    pub list: Vec<AuditFinding>,
}

impl Findings {
    pub(crate) fn on(record: Option<RecordId>) -> Self {
        Self { record, list: Vec::new() }
    }

    /// The same as findings in the store with this number, counted from nought.
    pub(crate) fn in_store(mut self, number: usize) -> Self {
        for finding in &mut self.list {
            finding.in_second = number > 0;
        }
        self
    }

    pub(crate) fn add(&mut self, object: impl Into<String>, what: AuditProblem, detail: impl Into<String>) {
        self.list.push(AuditFinding {
            record: self.record,
            in_second: false,
            object: object.into(),
            what,
            detail: detail.into(),
        });
    }
}
