//! The order of the transparency log in the catalogue.

use muniment_record::RecordId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Catalogue, column, look_up, number, parsed, write};
use crate::Error;
use crate::log::Entry;

impl Catalogue {
    /// How many entries there are, published or not.
    pub(crate) async fn log_size(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT count(*) AS n FROM log_entries")
            .fetch_one(&self.readers)
            .await
            .map_err(look_up())?;
        number(&row, "n")
    }

    /// How many entries are known to have been published.
    pub(crate) async fn published_size(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT coalesce(max(size), 0) AS n FROM log_published")
            .fetch_one(&self.readers)
            .await
            .map_err(look_up())?;
        number(&row, "n")
    }

    /// Remembers how many entries have been published.
    pub(crate) async fn note_published(&self, size: u64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO log_published (only_row, size) VALUES (1, ?)
             ON CONFLICT (only_row) DO UPDATE SET size = max(size, excluded.size)",
        )
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .execute(&self.writer)
        .await
        .map_err(write())?;
        Ok(())
    }

    /// The leaves from a position on, in order.
    pub(crate) async fn leaves(&self, first: u64, limit: u32) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("SELECT leaf FROM log_entries WHERE position >= ? ORDER BY position LIMIT ?")
            .bind(i64::try_from(first).unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| column(row, "leaf")).collect()
    }

    /// Entries from a position on, in order.
    pub(crate) async fn log_entries(&self, first: u64, limit: u64) -> Result<Vec<Entry>, Error> {
        let rows = sqlx::query(
            "SELECT record, version, leaf, companion FROM log_entries WHERE position >= ? ORDER BY position LIMIT ?",
        )
        .bind(i64::try_from(first).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        let entry = |row: &SqliteRow| {
            Ok(Entry {
                record: parsed(row, "record")?,
                version: number(row, "version")?,
                leaf: column(row, "leaf")?,
                companion: column(row, "companion")?,
            })
        };
        rows.iter().map(entry).collect()
    }

    /// The position and the leaf of a record's version.
    pub(crate) async fn log_entry(&self, id: RecordId, version: u32) -> Result<Option<(u64, String)>, Error> {
        let row =
            sqlx::query("SELECT position, leaf FROM log_entries WHERE record = ? AND version = ? LIMIT 1")
                .bind(id.to_string())
                .bind(version)
                .fetch_optional(&self.readers)
                .await
                .map_err(look_up())?;
        row.map(|row| Ok((number(&row, "position")?, column(&row, "leaf")?))).transpose()
    }

    /// Records behind `after`, at most `limit`, whose present version has no entry: they are older than the log.
    pub(crate) async fn not_logged(
        &self,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM records WHERE id > ? AND NOT EXISTS (
                 SELECT 1 FROM log_entries WHERE record = records.id AND log_entries.version = records.version
             ) ORDER BY id LIMIT ?",
        )
        .bind(after.map_or_else(String::new, |id| id.to_string()))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }
}

/// Gives an entry the next position.
pub(crate) async fn append_entry(connection: &mut SqliteConnection, entry: &Entry) -> Result<(), Error> {
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
