//! Legal holds: which records are held, and whether their files know of it.

use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::RecordId;
use serde::Serialize;

use super::cells::{Cells, parsed, text};
use crate::Error;
use crate::log::Entry;

/// A legal hold (lệnh giữ) on a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// The record.
    #[serde(skip)]
    pub record: RecordId,
    /// Since when it is held.
    pub since: Timestamp,
    /// Why; it may say something of a person.
    pub reason: String,
    /// How far it is carried out.
    pub state: HoldState,
}

/// How far a hold, or its end, is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// It is decided, and not all files know of it.
    Setting,
    /// All files are held, where the store holds any.
    Set,
    /// Its end is decided, and not all files know of that.
    Lifting,
}

impl HoldState {
    /// Whether the record is held.
    pub(crate) fn is_held(self) -> bool {
        self != Self::Lifting
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Set => "set",
            Self::Lifting => "lifting",
        }
    }
}

/// The record of holds. A decision is one transaction with its entry of the log.
#[async_trait]
pub(crate) trait Holds {
    /// Writes that a record is held, or is to be let go, and the entry of the log that says so; none where the log has it already.
    /// Says whether that was to be decided: where an entry comes with it and another has decided the same since, nothing is written.
    async fn decide(&self, hold: &Hold, entry: Option<&Entry>) -> Result<bool, Error>;

    /// Notes that the files of a record know of this hold, or of its end. Says whether they know what was decided last: where another has
    /// decided something else since, nothing is noted.
    async fn carried_out(&self, hold: &Hold) -> Result<bool, Error>;

    /// The hold on a record.
    async fn hold_on(&self, id: RecordId) -> Result<Option<Hold>, Error>;

    /// All holds, in the order of their records.
    async fn holds(&self) -> Result<Vec<Hold>, Error>;
}

pub(super) fn hold(row: &impl Cells) -> Result<Hold, Error> {
    let state = match text(row, "state")?.as_str() {
        "setting" => HoldState::Setting,
        "set" => HoldState::Set,
        "lifting" => HoldState::Lifting,
        _ => return Err(Error::damaged("catalogue", "a hold is in no state that there is")),
    };
    let (record, since) = (parsed(row, "record")?, parsed(row, "since")?);
    Ok(Hold { record, since, reason: text(row, "reason")?, state })
}
