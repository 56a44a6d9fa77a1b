use async_trait::async_trait;
use muniment_record::RecordId;
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;

use super::super::Order;
use super::super::cells::{number, parsed, signed, text};
use super::super::order::entry;
use super::super::records::behind;
use super::{SqliteCatalogue, look_up, write};
use crate::Error;
use crate::log::Entry;

const SIZE: &str = "SELECT coalesce(max(position) + 1, 0) AS n FROM log_entries";

#[async_trait]
impl Order for SqliteCatalogue {
    async fn append(&self, entries: &[Entry]) -> Result<(), Error> {
        /// Each is bound in five places; SQLite takes 32,766 of them (sqlite.org/limits.html, 9).
        const AT_ONCE: usize = 4096;
        let mut transaction = self.begin().await?;
        let size = sqlx::query(SIZE).fetch_one(&mut *transaction).await.map_err(look_up())?;
        let mut position = number(&size, "n")?;
        for entries in entries.chunks(AT_ONCE) {
            let mut insert =
                QueryBuilder::new("INSERT INTO log_entries (position, record, version, leaf, companion) ");
            insert.push_values((position..).zip(entries), |mut row, (position, entry)| {
                row.push_bind(signed(position))
                    .push_bind(entry.record.to_string())
                    .push_bind(entry.version)
                    .push_bind(&entry.leaf)
                    .push_bind(&entry.companion);
            });
            insert.build().execute(&mut *transaction).await.map_err(write())?;
            position += u64::try_from(entries.len()).unwrap_or(u64::MAX);
        }
        transaction.commit().await.map_err(Error::catalogue("commit entries of the log"))
    }

    async fn append_missing(&self, entries: &[Entry]) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        for entry in entries {
            let row = sqlx::query(
                "SELECT 1 FROM log_entries WHERE record = ? AND version = ?
                     AND json_extract(leaf, '$.event') IN ('issue', 'uplift')",
            )
            .bind(entry.record.to_string())
            .bind(entry.version)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(look_up())?;
            if row.is_none() {
                append_entry(&mut transaction, entry).await?;
            }
        }
        transaction.commit().await.map_err(Error::catalogue("commit entries of the log"))
    }

    async fn log_size(&self) -> Result<u64, Error> {
        let row = sqlx::query(SIZE).fetch_one(&self.readers).await.map_err(look_up())?;
        number(&row, "n")
    }

    async fn published_size(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT coalesce(max(size), 0) AS n FROM log_published")
            .fetch_one(&self.readers)
            .await
            .map_err(look_up())?;
        number(&row, "n")
    }

    async fn note_published(&self, size: u64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO log_published (only_row, size) VALUES (1, ?)
             ON CONFLICT (only_row) DO UPDATE SET size = max(size, excluded.size)",
        )
        .bind(signed(size))
        .execute(&self.writer)
        .await
        .map_err(write())?;
        Ok(())
    }

    async fn leaves(&self, first: u64, limit: u32) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("SELECT leaf FROM log_entries WHERE position >= ? ORDER BY position LIMIT ?")
            .bind(signed(first))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| text(row, "leaf")).collect()
    }

    async fn log_entries(&self, first: u64, limit: u64) -> Result<Vec<Entry>, Error> {
        let rows = sqlx::query(
            "SELECT record, version, leaf, companion FROM log_entries WHERE position >= ? ORDER BY position LIMIT ?",
        )
        .bind(signed(first))
        .bind(signed(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(entry).collect()
    }

    async fn log_entry(&self, id: RecordId, version: u32) -> Result<Option<(u64, String)>, Error> {
        let row =
            sqlx::query("SELECT position, leaf FROM log_entries WHERE record = ? AND version = ? ORDER BY position LIMIT 1")
                .bind(id.to_string())
                .bind(version)
                .fetch_optional(&self.readers)
                .await
                .map_err(look_up())?;
        row.map(|row| Ok((number(&row, "position")?, text(&row, "leaf")?))).transpose()
    }

    async fn not_logged(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM records WHERE id > ? AND NOT EXISTS (
                 SELECT 1 FROM log_entries WHERE record = records.id AND log_entries.version = records.version
             ) ORDER BY id LIMIT ?",
        )
        .bind(behind(after))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }
}

/// Gives an entry the next position.
pub(super) async fn append_entry(connection: &mut SqliteConnection, entry: &Entry) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO log_entries (position, record, version, leaf, companion)
         VALUES ((SELECT coalesce(max(position) + 1, 0) FROM log_entries), ?, ?, ?, ?)",
    )
    .bind(entry.record.to_string())
    .bind(entry.version)
    .bind(&entry.leaf)
    .bind(&entry.companion)
    .execute(connection)
    .await
    .map_err(write())?;
    Ok(())
}
