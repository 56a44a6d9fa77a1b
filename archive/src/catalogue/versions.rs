//! Versions of records: those that there are, and those that are being made.

use jiff::Timestamp;
use muniment_record::{Digest, Form, Receipt, Record, RecordId};
use muniment_seal::Level;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Catalogue, json, look_up, number, parsed, write};
use crate::Error;

/// A version of a record, by what its PDF digests to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownVersion {
    pub record: RecordId,
    pub version: u32,
    pub sha256: Digest,
}

impl Catalogue {
    /// The record of which a version's PDF has this digest.
    pub(crate) async fn holder_of(&self, pdf: &Digest) -> Result<Option<RecordId>, Error> {
        let row = sqlx::query("SELECT record FROM versions WHERE sha256 = ? ORDER BY record LIMIT 1")
            .bind(pdf.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(look_up())?;
        row.map(|row| parsed(&row, "record")).transpose()
    }

    /// All versions of the records behind `after`, of at least `records` records where there are so many.
    pub(crate) async fn versions(
        &self,
        after: Option<RecordId>,
        records: u32,
    ) -> Result<Vec<KnownVersion>, Error> {
        let rows = sqlx::query(
            "SELECT record, version, sha256 FROM versions
             WHERE record IN (SELECT id FROM records WHERE id > ? ORDER BY id LIMIT ?)
             ORDER BY record, version",
        )
        .bind(after.map_or_else(String::new, |id| id.to_string()))
        .bind(records)
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        let version = |row: &SqliteRow| {
            Ok(KnownVersion {
                record: parsed(row, "record")?,
                version: number(row, "version")?,
                sha256: parsed(row, "sha256")?,
            })
        };
        rows.iter().map(version).collect()
    }

    /// Digitised copies of level B-T behind `after` that were archived by a time.
    pub(crate) async fn to_uplift(
        &self,
        after: Option<RecordId>,
        archived_by: Timestamp,
        limit: u32,
    ) -> Result<Vec<Record>, Error> {
        // Ids grow with the time of registration, so the order is that of age; the receipt has the exact time.
        let rows = sqlx::query(
            "SELECT records.record, receipts.receipt FROM records
             JOIN receipts ON receipts.record = records.id AND receipts.version = records.version
             WHERE level = 'B-T' AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(after.map_or_else(String::new, |id| id.to_string()))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        let mut due = Vec::new();
        for row in &rows {
            let receipt: Receipt = json(row, "receipt")?;
            if receipt.archived_at <= archived_by {
                due.push(json(row, "record")?);
            }
        }
        Ok(due)
    }

    /// Notes that the next version of a record is about to be made.
    pub(crate) async fn begin_revision(
        &self,
        id: RecordId,
        version: u32,
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query("INSERT OR REPLACE INTO revisions (record, version, begun_at) VALUES (?, ?, ?)")
            .bind(id.to_string())
            .bind(version)
            .bind(now.to_string())
            .execute(&self.writer)
            .await
            .map_err(write())?;
        Ok(())
    }

    /// The records whose next version was begun and is not in the catalogue, with that version's number.
    pub(crate) async fn revisions(&self) -> Result<Vec<(RecordId, u32)>, Error> {
        let rows = sqlx::query("SELECT record, version FROM revisions ORDER BY record")
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| Ok((parsed(row, "record")?, number(row, "version")?))).collect()
    }

    /// Forgets a version that was begun and did not come to be.
    pub(crate) async fn give_up_revision(&self, id: RecordId) -> Result<(), Error> {
        sqlx::query("DELETE FROM revisions WHERE record = ?")
            .bind(id.to_string())
            .execute(&self.writer)
            .await
            .map_err(write())?;
        Ok(())
    }
}

/// Puts a record's next version in place of the one before it.
pub(crate) async fn replace_record(
    connection: &mut SqliteConnection,
    record: &Record,
    receipt: &Receipt,
) -> Result<(), Error> {
    let changed = sqlx::query(
        "UPDATE records SET version = ?, sha256 = ?, archived_at = ?, level = ?, record = ?
         WHERE id = ? AND version = ?",
    )
    .bind(record.version)
    .bind(record.sha256.to_string())
    .bind(receipt.archived_at.to_string())
    .bind(level_of(record))
    .bind(serde_json::to_string(record).map_err(Error::json("a record"))?)
    .bind(record.id.to_string())
    .bind(record.version - 1)
    .execute(&mut *connection)
    .await
    .map_err(write())?;
    if changed.rows_affected() != 1 {
        return Err(Error::Mismatch { record: record.id, what: "the version" });
    }
    super::insert_version_rows(connection, record, receipt).await?;
    sqlx::query("DELETE FROM revisions WHERE record = ?")
        .bind(record.id.to_string())
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// Writes that there is, or was, this version of a record.
pub(crate) async fn insert_version(
    connection: &mut SqliteConnection,
    id: RecordId,
    version: u32,
    sha256: &Digest,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO versions (record, version, sha256) VALUES (?, ?, ?)")
        .bind(id.to_string())
        .bind(version)
        .bind(sha256.to_string())
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// The PAdES level that all signatures of a digitised copy reach.
pub(super) fn level_of(record: &Record) -> Option<&'static str> {
    const LEVELS: [Level; 4] = [Level::B, Level::T, Level::Lt, Level::Lta];
    if record.form != Form::Digitised {
        return None;
    }
    let rank = |name: &str| LEVELS.iter().position(|level| level.as_str() == name);
    let least = record.signatures.iter().map(|signature| rank(&signature.level)).min()?;
    least.map(|rank| LEVELS[rank].as_str())
}
