//! When each record was last found intact.

use jiff::Timestamp;
use muniment_record::RecordId;

use super::{Catalogue, column, look_up, number, parsed, write};
use crate::Error;

impl Catalogue {
    /// The records that were not found intact since a time, those first that no audit has looked at, then the oldest.
    pub(crate) async fn not_intact_since(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM records WHERE intact_at IS NULL OR intact_at < ? ORDER BY intact_at, id LIMIT ?",
        )
        .bind(sortable(since))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    /// Notes that records were found intact.
    pub(crate) async fn note_intact(&self, ids: &[RecordId], at: Timestamp) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        for id in ids {
            sqlx::query("UPDATE records SET intact_at = ? WHERE id = ?")
                .bind(sortable(at))
                .bind(id.to_string())
                .execute(&mut *transaction)
                .await
                .map_err(write())?;
        }
        transaction.commit().await.map_err(Error::catalogue("note what was found intact"))
    }

    /// How many records there are, how many of them no audit has found intact yet, and since when all others were.
    pub(crate) async fn coverage(&self) -> Result<(u64, u64, Option<Timestamp>), Error> {
        let row = sqlx::query(
            "SELECT count(*) AS records, count(*) - count(intact_at) AS never, min(intact_at) AS oldest FROM records",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(look_up())?;
        let oldest: Option<&str> = column(&row, "oldest")?;
        let oldest = oldest.map(|_| parsed(&row, "oldest")).transpose()?;
        Ok((number(&row, "records")?, number(&row, "never")?, oldest))
    }
}

/// A time whose text sorts as the time does: in whole seconds.
fn sortable(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
