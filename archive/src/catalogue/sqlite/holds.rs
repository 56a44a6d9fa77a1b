use async_trait::async_trait;
use muniment_record::RecordId;
use sqlx::sqlite::SqliteConnection;

use super::super::holds::{Hold, Holds, hold};
use super::order::append_entry;
use super::{SqliteCatalogue, look_up, write};
use crate::Error;
use crate::log::Entry;

#[async_trait]
impl Holds for SqliteCatalogue {
    async fn decide(&self, hold: &Hold, entry: Option<&Entry>) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        if entry.is_some() && is_held(&mut transaction, hold.record).await? == hold.state.is_held() {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO holds (record, since, reason, state) VALUES (?, ?, ?, ?)
             ON CONFLICT (record) DO UPDATE
             SET since = excluded.since, reason = excluded.reason, state = excluded.state",
        )
        .bind(hold.record.to_string())
        .bind(hold.since.to_string())
        .bind(&hold.reason)
        .bind(hold.state.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        if let Some(entry) = entry {
            append_entry(&mut transaction, entry).await?;
        }
        transaction.commit().await.map_err(Error::catalogue("commit a hold"))?;
        Ok(true)
    }

    async fn carried_out(&self, hold: &Hold) -> Result<bool, Error> {
        let statement = if hold.state.is_held() {
            "UPDATE holds SET state = 'set' WHERE record = ? AND since = ? AND state <> 'lifting'"
        } else {
            "DELETE FROM holds WHERE record = ? AND since = ? AND state = 'lifting'"
        };
        let mut transaction = self.begin().await?;
        let done = sqlx::query(statement)
            .bind(hold.record.to_string())
            .bind(hold.since.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(write())?;
        let is_last = done.rows_affected() == 1
            || is_held(&mut transaction, hold.record).await? == hold.state.is_held();
        transaction.commit().await.map_err(Error::catalogue("commit a hold"))?;
        Ok(is_last)
    }

    async fn hold_on(&self, id: RecordId) -> Result<Option<Hold>, Error> {
        let row = sqlx::query("SELECT record, since, reason, state FROM holds WHERE record = ?")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(look_up())?;
        row.as_ref().map(hold).transpose()
    }

    async fn holds(&self) -> Result<Vec<Hold>, Error> {
        let rows = sqlx::query("SELECT record, since, reason, state FROM holds ORDER BY record")
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(hold).collect()
    }
}

/// Whether it was decided last that a record is held.
async fn is_held(connection: &mut SqliteConnection, id: RecordId) -> Result<bool, Error> {
    let row = sqlx::query("SELECT record, since, reason, state FROM holds WHERE record = ?")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    Ok(row.as_ref().map(hold).transpose()?.is_some_and(|hold| hold.state.is_held()))
}
