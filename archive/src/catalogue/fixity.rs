//! When each record was last found intact.

use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::RecordId;

use super::cells::{Cells, number, parsed_or_none};
use crate::Error;

/// When each record was last found intact.
#[async_trait]
pub(crate) trait Fixity {
    /// The records that were not found intact since a time, those first that no audit has looked at, then the oldest.
    async fn not_intact_since(&self, since: Timestamp, limit: u32) -> Result<Vec<RecordId>, Error>;

    /// Notes that records were found intact.
    async fn note_intact(&self, ids: &[RecordId], at: Timestamp) -> Result<(), Error>;

    /// How many records there are, how many of them no audit has found intact yet, and since when all others were.
    async fn coverage(&self) -> Result<(u64, u64, Option<Timestamp>), Error>;
}

pub(super) fn coverage(row: &impl Cells) -> Result<(u64, u64, Option<Timestamp>), Error> {
    Ok((number(row, "records")?, number(row, "never")?, parsed_or_none(row, "oldest")?))
}

/// A time whose text sorts as the time does: in whole seconds.
pub(super) fn sortable(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
