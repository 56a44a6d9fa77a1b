use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::{Digest, DossierCode, Receipt, Record, RecordId, ResultCode};
use sqlx::PgConnection;

use super::super::cells::{json, number, parsed, signed};
use super::super::records::{as_json, behind, known_version, level_of, mark_behind, outbox_row, symbol_key};
use super::super::{Catalogue, Entering, KnownVersion, OutboxRow, Records, Restored};
use super::enter::{enter, insert_version_rows, is_there, restore};
use super::order::append_entries;
use super::{PostgresCatalogue, look_up, write};
use crate::Error;

#[async_trait]
impl Records for PostgresCatalogue {
    async fn enter(&self, entering: &[Entering]) -> Result<Vec<Result<(), Error>>, Error> {
        let mut transaction = self.begin_sequencing().await?;
        let results = enter(&mut transaction, entering).await?;
        transaction.commit().await.map_err(Error::catalogue("commit records"))?;
        Ok(results)
    }

    async fn restore(&self, found: &[Restored]) -> Result<Vec<Result<(), Error>>, Error> {
        let mut transaction = self.begin_sequencing().await?;
        let results = restore(&mut transaction, found).await?;
        transaction.commit().await.map_err(Error::catalogue("commit rebuilt records"))?;
        Ok(results)
    }

    async fn replace(&self, next: &Entering, mark: Timestamp) -> Result<(), Error> {
        let Entering { record, receipt, entry, .. } = next;
        let mut transaction = self.begin_sequencing().await?;
        let is_its = end_revision(&mut transaction, record.id, record.version, mark).await?;
        if is_there(&mut transaction, record).await? {
            return transaction.commit().await.map_err(write());
        }
        if !is_its {
            return Err(Error::InUse { path: self.place() });
        }
        let changed = sqlx::query(
            "UPDATE records SET version = $1, sha256 = $2, archived_at = $3, level = $4, record = $5
             WHERE id = $6 AND version = $7",
        )
        .bind(i64::from(record.version))
        .bind(record.sha256.to_string())
        .bind(receipt.archived_at.to_string())
        .bind(level_of(record))
        .bind(as_json("a record", record)?)
        .bind(record.id.to_string())
        .bind(i64::from(record.version) - 1)
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        if changed.rows_affected() != 1 {
            return Err(Error::Mismatch { record: record.id, what: "the version" });
        }
        insert_version_rows(&mut transaction, &[(record, receipt)]).await?;
        append_entries(&mut transaction, &[entry]).await?;
        transaction.commit().await.map_err(Error::catalogue("commit a version"))
    }

    async fn code_holder(&self, code: &ResultCode) -> Result<Option<RecordId>, Error> {
        let row = sqlx::query("SELECT id FROM records WHERE result_code = $1")
            .bind(code.canonical())
            .fetch_optional(&self.pool)
            .await
            .map_err(look_up())?;
        row.map(|row| parsed(&row, "id")).transpose()
    }

    async fn record(&self, id: RecordId) -> Result<Option<Record>, Error> {
        let row = sqlx::query("SELECT record FROM records WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(look_up())?;
        row.map(|row| json(&row, "record")).transpose()
    }

    async fn records(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<Record>, Error> {
        let rows = sqlx::query("SELECT record FROM records WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(behind(after))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| json(row, "record")).collect()
    }

    async fn ids(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query("SELECT id FROM records WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(behind(after))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    async fn find(&self, code: &str) -> Result<Vec<RecordId>, Error> {
        let rows = sqlx::query(
            "SELECT id FROM records WHERE id = $1
             UNION SELECT id FROM records WHERE result_code = $2
             UNION SELECT id FROM records WHERE dossier_code = $3
             UNION SELECT id FROM records WHERE symbol_key = $4
             ORDER BY id",
        )
        .bind(code.parse::<RecordId>().ok().map(|id| id.to_string()))
        .bind(ResultCode::from_typed(code).ok().map(|code| code.canonical()))
        .bind(DossierCode::from_typed(code).ok().map(|code| code.canonical()))
        .bind(symbol_key(code))
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    async fn receipt(&self, id: RecordId, version: u32) -> Result<Option<Receipt>, Error> {
        let row = sqlx::query("SELECT receipt FROM receipts WHERE record = $1 AND version = $2")
            .bind(id.to_string())
            .bind(i64::from(version))
            .fetch_optional(&self.pool)
            .await
            .map_err(look_up())?;
        row.map(|row| json(&row, "receipt")).transpose()
    }

    async fn outbox(&self, after: u64, limit: u32) -> Result<Vec<OutboxRow>, Error> {
        let rows = sqlx::query(
            "SELECT sequence, record, version FROM outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2",
        )
        .bind(signed(after))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(outbox_row).collect()
    }

    async fn count(&self) -> Result<u64, Error> {
        let row =
            sqlx::query("SELECT count(*) AS n FROM records").fetch_one(&self.pool).await.map_err(look_up())?;
        number(&row, "n")
    }

    async fn holder_of(&self, pdf: &Digest) -> Result<Option<RecordId>, Error> {
        let row = sqlx::query("SELECT record FROM versions WHERE sha256 = $1 ORDER BY record LIMIT 1")
            .bind(pdf.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(look_up())?;
        row.map(|row| parsed(&row, "record")).transpose()
    }

    async fn versions(&self, after: Option<RecordId>, records: u32) -> Result<Vec<KnownVersion>, Error> {
        let rows = sqlx::query(
            "SELECT record, version, sha256 FROM versions
             WHERE record IN (SELECT id FROM records WHERE id > $1 ORDER BY id LIMIT $2)
             ORDER BY record, version",
        )
        .bind(behind(after))
        .bind(i64::from(records))
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(known_version).collect()
    }

    async fn to_uplift(
        &self,
        after: Option<RecordId>,
        archived_by: Timestamp,
        limit: u32,
    ) -> Result<Vec<Record>, Error> {
        // Ids grow with the time of registration, so the order is that of age; the receipt has the exact time.
        let rows = sqlx::query(
            "SELECT records.record, receipts.receipt FROM records
             JOIN receipts ON receipts.record = records.id AND receipts.version = records.version
             WHERE level = 'B-T' AND id > $1 ORDER BY id LIMIT $2",
        )
        .bind(behind(after))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
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

    async fn begin_revision(&self, id: RecordId, version: u32, now: Timestamp) -> Result<Timestamp, Error> {
        let mut transaction = self.begin().await?;
        let before = sqlx::query("SELECT begun_at FROM revisions WHERE record = $1 FOR UPDATE")
            .bind(id.to_string())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(look_up())?;
        let before = before.map(|row| parsed(&row, "begun_at")).transpose()?;
        let mark = mark_behind(before, now);
        sqlx::query(
            "INSERT INTO revisions (record, version, begun_at) VALUES ($1, $2, $3)
             ON CONFLICT (record) DO UPDATE SET version = excluded.version, begun_at = excluded.begun_at",
        )
        .bind(id.to_string())
        .bind(i64::from(version))
        .bind(mark.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        transaction.commit().await.map_err(write())?;
        Ok(mark)
    }

    async fn revisions(&self) -> Result<Vec<(RecordId, u32)>, Error> {
        let rows = sqlx::query("SELECT record, version FROM revisions ORDER BY record")
            .fetch_all(&self.pool)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| Ok((parsed(row, "record")?, number(row, "version")?))).collect()
    }

    async fn give_up_revision(&self, id: RecordId, mark: Timestamp) -> Result<(), Error> {
        sqlx::query("DELETE FROM revisions WHERE record = $1 AND begun_at = $2")
            .bind(id.to_string())
            .bind(mark.to_string())
            .execute(&self.pool)
            .await
            .map_err(write())?;
        Ok(())
    }
}

/// Forgets a version that comes to be; says whether it was still known by this mark.
async fn end_revision(
    connection: &mut PgConnection,
    id: RecordId,
    version: u32,
    mark: Timestamp,
) -> Result<bool, Error> {
    let ended = sqlx::query("DELETE FROM revisions WHERE record = $1 AND version = $2 AND begun_at = $3")
        .bind(id.to_string())
        .bind(i64::from(version))
        .bind(mark.to_string())
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(ended.rows_affected() == 1)
}
