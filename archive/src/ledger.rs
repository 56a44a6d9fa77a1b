use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;

use muniment_record::RecordId;
use serde::Serialize;

use crate::{BatchId, Error};

/// The intake ledger (sổ tiếp nhận) of a batch: every document that came in, in exactly one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// The batch.
    pub batch: BatchId,
    /// Its sums.
    pub totals: Totals,
    /// Its documents in the order in which they came in.
    pub rows: Vec<LedgerRow>,
}

/// Documents and pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Documents.
    pub documents: u64,
    /// Pages.
    pub pages: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.pages += other.pages;
    }
}

/// The sums of a ledger. `scanned` is counted apart from the five states, so that [`Totals::balances`] says something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All that came in.
    pub scanned: Count,
    /// Safely kept.
    pub archived: Count,
    /// Came in before.
    pub duplicate: Count,
    /// Refused for what they are.
    pub rejected: Count,
    /// Set aside.
    pub quarantined: Count,
    /// Neither: work that has not ended, or was cut off and will be taken up.
    pub pending: Count,
}

impl Totals {
    /// Whether all that came in is accounted for, in documents and in pages.
    pub fn balances(&self) -> bool {
        let mut sum = Count::default();
        for part in [self.archived, self.duplicate, self.rejected, self.quarantined, self.pending] {
            sum += part;
        }
        sum == self.scanned
    }

    pub(crate) fn of_state(&mut self, state: ArrivalState) -> &mut Count {
        match state {
            ArrivalState::Pending => &mut self.pending,
            ArrivalState::Archived => &mut self.archived,
            ArrivalState::Duplicate => &mut self.duplicate,
            ArrivalState::Rejected => &mut self.rejected,
            ArrivalState::Quarantined => &mut self.quarantined,
        }
    }
}

/// One document in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// What it was called.
    pub name: String,
    /// Its pages.
    pub pages: u32,
    /// What became of it.
    pub state: ArrivalState,
    /// Why, as a stable word, where it was not archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Its record; for a duplicate the one that holds the same bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
}

/// What became of a document that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ArrivalState {
    /// Not settled yet.
    Pending,
    /// Safely kept.
    Archived,
    /// Came in before.
    Duplicate,
    /// Refused.
    Rejected,
    /// Set aside.
    Quarantined,
}

impl ArrivalState {
    /// The word that stands for it in the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Archived => "archived",
            Self::Duplicate => "duplicate",
            Self::Rejected => "rejected",
            Self::Quarantined => "quarantined",
        }
    }
}

impl FromStr for ArrivalState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        [Self::Pending, Self::Archived, Self::Duplicate, Self::Rejected, Self::Quarantined]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Error::damaged("catalogue", "unknown state of an arrival"))
    }
}

impl fmt::Display for ArrivalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
