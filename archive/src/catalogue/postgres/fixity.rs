use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::RecordId;

use super::super::Fixity;
use super::super::cells::parsed;
use super::super::fixity::{coverage, sortable};
use super::{PostgresCatalogue, look_up};
use crate::Error;

#[async_trait]
impl Fixity for PostgresCatalogue {
    async fn not_intact_since(&self, since: Timestamp, limit: u32) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM records WHERE intact_at IS NULL OR intact_at < $1 ORDER BY intact_at NULLS FIRST, id LIMIT $2",
        )
        .bind(sortable(since))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    async fn note_intact(&self, ids: &[RecordId], at: Timestamp) -> Result<(), Error> {
        sqlx::query("UPDATE records SET intact_at = $1 WHERE id = ANY($2)")
            .bind(sortable(at))
            .bind(super::ids(ids))
            .execute(&self.pool)
            .await
            .map_err(Error::catalogue("note what was found intact"))?;
        Ok(())
    }

    async fn coverage(&self) -> Result<(u64, u64, Option<Timestamp>), Error> {
        let row = sqlx::query(
            "SELECT count(*) AS records, count(*) - count(intact_at) AS never, min(intact_at) AS oldest FROM records",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(look_up())?;
        coverage(&row)
    }
}
