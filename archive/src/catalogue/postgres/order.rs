use std::collections::HashSet;

use async_trait::async_trait;
use muniment_record::RecordId;
use sqlx::PgConnection;

use super::super::Order;
use super::super::cells::{number, parsed, signed, text};
use super::super::order::entry;
use super::super::records::behind;
use super::{PostgresCatalogue, ids, look_up, write};
use crate::Error;
use crate::log::Entry;

#[async_trait]
impl Order for PostgresCatalogue {
    async fn append(&self, entries: &[Entry]) -> Result<(), Error> {
        let mut transaction = self.begin_sequencing().await?;
        append_entries(&mut transaction, &entries.iter().collect::<Vec<_>>()).await?;
        transaction.commit().await.map_err(Error::catalogue("commit entries of the log"))
    }

    async fn append_missing(&self, entries: &[Entry]) -> Result<(), Error> {
        let mut transaction = self.begin_sequencing().await?;
        let rows = sqlx::query(
            "SELECT given.record, given.version FROM unnest($1::text[], $2::bigint[]) AS given (record, version)
             JOIN log_entries ON log_entries.record = given.record AND log_entries.version = given.version
             WHERE leaf::json ->> 'event' IN ('issue', 'uplift')",
        )
        .bind(ids(entries.iter().map(|entry| &entry.record)))
        .bind(entries.iter().map(|entry| i64::from(entry.version)).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await
        .map_err(look_up())?;
        let there: HashSet<(RecordId, u32)> = rows
            .iter()
            .map(|row| Ok((parsed(row, "record")?, number(row, "version")?)))
            .collect::<Result<_, Error>>()?;
        let missing: Vec<&Entry> =
            entries.iter().filter(|entry| !there.contains(&(entry.record, entry.version))).collect();
        append_entries(&mut transaction, &missing).await?;
        transaction.commit().await.map_err(Error::catalogue("commit entries of the log"))
    }

    async fn log_size(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT coalesce(max(position) + 1, 0) AS n FROM log_entries")
            .fetch_one(&self.pool)
            .await
            .map_err(look_up())?;
        number(&row, "n")
    }

    async fn published_size(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT coalesce(max(size), 0) AS n FROM log_published")
            .fetch_one(&self.pool)
            .await
            .map_err(look_up())?;
        number(&row, "n")
    }

    async fn note_published(&self, size: u64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO log_published (only_row, size) VALUES (1, $1)
             ON CONFLICT (only_row) DO UPDATE SET size = greatest(log_published.size, excluded.size)",
        )
        .bind(signed(size))
        .execute(&self.pool)
        .await
        .map_err(write())?;
        Ok(())
    }

    async fn leaves(&self, first: u64, limit: u32) -> Result<Vec<String>, Error> {
        let rows =
            sqlx::query("SELECT leaf FROM log_entries WHERE position >= $1 ORDER BY position LIMIT $2")
                .bind(signed(first))
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await
                .map_err(look_up())?;
        rows.iter().map(|row| text(row, "leaf")).collect()
    }

    async fn log_entries(&self, first: u64, limit: u64) -> Result<Vec<Entry>, Error> {
        let rows = sqlx::query(
            "SELECT record, version, leaf, companion FROM log_entries WHERE position >= $1 ORDER BY position LIMIT $2",
        )
        .bind(signed(first))
        .bind(signed(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(entry).collect()
    }

    async fn log_entry(&self, id: RecordId, version: u32) -> Result<Option<(u64, String)>, Error> {
        let row =
            sqlx::query("SELECT position, leaf FROM log_entries WHERE record = $1 AND version = $2 ORDER BY position LIMIT 1")
                .bind(id.to_string())
                .bind(i64::from(version))
                .fetch_optional(&self.pool)
                .await
                .map_err(look_up())?;
        row.map(|row| Ok((number(&row, "position")?, text(&row, "leaf")?))).transpose()
    }

    async fn not_logged(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM records WHERE id > $1 AND NOT EXISTS (
                 SELECT 1 FROM log_entries WHERE record = records.id AND log_entries.version = records.version
             ) ORDER BY id LIMIT $2",
        )
        .bind(behind(after))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }
}

/// Gives entries the next positions, in a transaction that sequences.
pub(super) async fn append_entries(connection: &mut PgConnection, entries: &[&Entry]) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO log_entries (position, record, version, leaf, companion)
         SELECT (SELECT coalesce(max(position) + 1, 0) FROM log_entries) + place - 1, record, version, leaf, companion
         FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
             WITH ORDINALITY AS given (record, version, leaf, companion, place)",
    )
    .bind(ids(entries.iter().map(|entry| &entry.record)))
    .bind(entries.iter().map(|entry| i64::from(entry.version)).collect::<Vec<_>>())
    .bind(entries.iter().map(|entry| entry.leaf.clone()).collect::<Vec<_>>())
    .bind(entries.iter().map(|entry| entry.companion.clone()).collect::<Vec<_>>())
    .execute(connection)
    .await
    .map_err(write())?;
    Ok(())
}
