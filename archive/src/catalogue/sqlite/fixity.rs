use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::RecordId;

use super::super::Fixity;
use super::super::cells::parsed;
use super::super::fixity::{coverage, sortable};
use super::{SqliteCatalogue, look_up, write};
use crate::Error;

#[async_trait]
impl Fixity for SqliteCatalogue {
    async fn not_intact_since(&self, since: Timestamp, limit: u32) -> Result<Vec<RecordId>, Error> {
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

    async fn note_intact(&self, ids: &[RecordId], at: Timestamp) -> Result<(), Error> {
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

    async fn coverage(&self) -> Result<(u64, u64, Option<Timestamp>), Error> {
        let row = sqlx::query(
            "SELECT count(*) AS records, count(*) - count(intact_at) AS never, min(intact_at) AS oldest FROM records",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(look_up())?;
        coverage(&row)
    }
}
