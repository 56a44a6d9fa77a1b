//! Records on their way into the catalogue.

use jiff::Timestamp;
use muniment_record::{Digest, DossierCode, Receipt, Record, RecordId, ResultCode};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Acquire, Row, Sqlite, Transaction};

use super::super::cells::signed;
use super::super::records::{as_json, level_of, symbol_key};
use super::super::{Entering, Restored};
use super::order::append_entry;
use super::{look_up, write};
use crate::events::ArrivalFact;
use crate::{Error, ErrorKind};

/// Enters a first version, or nothing of it.
pub(super) async fn enter(
    transaction: &mut Transaction<'_, Sqlite>,
    entering: &Entering,
) -> Result<(), Error> {
    let mut savepoint = transaction.begin().await.map_err(Error::catalogue("begin a record"))?;
    let record = &entering.record;
    if !settle_archived(&mut savepoint, record.id, entering.receipt.archived_at).await? {
        return if is_there(&mut savepoint, record).await? {
            Ok(())
        } else {
            Err(Error::NotPending { record: record.id })
        };
    }
    end_job(&mut savepoint, entering).await?;
    insert_record(&mut savepoint, record, &entering.receipt).await?;
    append_entry(&mut savepoint, &entering.entry).await?;
    savepoint.commit().await.map_err(Error::catalogue("end a record"))
}

/// Writes a record that was found in storage, or nothing of it.
pub(super) async fn restore(
    transaction: &mut Transaction<'_, Sqlite>,
    found: &Restored,
) -> Result<(), Error> {
    let mut savepoint = transaction.begin().await.map_err(Error::catalogue("begin a record"))?;
    insert_batch(&mut savepoint, &found.arrival).await?;
    insert_record(&mut savepoint, &found.record, &found.receipt).await?;
    for (version, sha256) in &found.earlier {
        insert_version(&mut savepoint, found.record.id, *version, sha256).await?;
    }
    insert_settled(&mut savepoint, &found.record, &found.arrival, found.receipt.archived_at).await?;
    savepoint.commit().await.map_err(Error::catalogue("end a record"))
}

/// Settles the pending row of a record that is now archived; says whether there was one.
async fn settle_archived(
    connection: &mut SqliteConnection,
    record: RecordId,
    archived_at: Timestamp,
) -> Result<bool, Error> {
    // SQLite uses the index on records only where its condition is repeated as it stands.
    let done = sqlx::query(
        "UPDATE arrivals SET state = 'archived', settled_at = ?
         WHERE record = ? AND state IN ('pending', 'archived') AND state = 'pending'",
    )
    .bind(archived_at.to_string())
    .bind(record.to_string())
    .execute(connection)
    .await
    .map_err(write())?;
    Ok(done.rows_affected() == 1)
}

/// Whether this version of the record was entered before with this very PDF, as by recovery while its depositor waited.
pub(super) async fn is_there(connection: &mut SqliteConnection, record: &Record) -> Result<bool, Error> {
    let row = sqlx::query("SELECT 1 FROM versions WHERE record = ? AND version = ? AND sha256 = ?")
        .bind(record.id.to_string())
        .bind(record.version)
        .bind(record.sha256.to_string())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    Ok(row.is_some())
}

/// Takes the record's job out of the queue, where it has one: only its newest claim may.
async fn end_job(connection: &mut SqliteConnection, entering: &Entering) -> Result<(), Error> {
    let id = entering.record.id;
    let row = sqlx::query("DELETE FROM jobs WHERE record = ? AND state = 'ready' RETURNING fence")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(write())?;
    let newest: Option<i64> = row.map(|row| row.get(0));
    match (entering.fence, newest) {
        (None, None) => Ok(()),
        (Some(fence), Some(newest)) if signed(fence.0) == newest => Ok(()),
        _ => Err(Error::LeaseLost { record: id }),
    }
}

/// Writes a record, its receipt and its outbox row.
async fn insert_record(
    connection: &mut SqliteConnection,
    record: &Record,
    receipt: &Receipt,
) -> Result<(), Error> {
    let description = &record.description;
    let result_code = description.result_code.as_ref().map(ResultCode::canonical);
    sqlx::query(
        "INSERT INTO records (id, version, result_code, dossier_code, symbol_key, agency_issuing, sha256, batch,
             archived_at, level, record)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(record.id.to_string())
    .bind(record.version)
    .bind(result_code)
    .bind(description.dossier_code().map(DossierCode::canonical))
    .bind(symbol_key(description.symbol.as_str()))
    .bind(description.agency_issuing.code.canonical())
    .bind(record.sha256.to_string())
    .bind(&record.batch)
    .bind(receipt.archived_at.to_string())
    .bind(level_of(record))
    .bind(as_json("a record", record)?)
    .execute(&mut *connection)
    .await
    .map_err(|error| taken(record.id, write()(error)))?;
    insert_version_rows(connection, record, receipt).await
}

/// Writes what each version of a record leaves: its digest, its receipt and its outbox row.
pub(super) async fn insert_version_rows(
    connection: &mut SqliteConnection,
    record: &Record,
    receipt: &Receipt,
) -> Result<(), Error> {
    insert_version(connection, record.id, record.version, &record.sha256).await?;
    let id = record.id.to_string();
    sqlx::query("INSERT INTO receipts (record, version, receipt) VALUES (?, ?, ?)")
        .bind(&id)
        .bind(record.version)
        .bind(as_json("a receipt", receipt)?)
        .execute(&mut *connection)
        .await
        .map_err(write())?;
    sqlx::query("INSERT INTO outbox (record, version) VALUES (?, ?)")
        .bind(&id)
        .bind(record.version)
        .execute(&mut *connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// Writes that there is, or was, this version of a record.
async fn insert_version(
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

/// Writes the batch of a record that was found in storage, unless it is there.
async fn insert_batch(connection: &mut SqliteConnection, arrival: &ArrivalFact) -> Result<(), Error> {
    sqlx::query("INSERT INTO batches (id, opened_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(arrival.batch.as_str())
        .bind(arrival.batch_opened_at.to_string())
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// Writes the settled ledger row of a record that was found in storage.
async fn insert_settled(
    connection: &mut SqliteConnection,
    record: &Record,
    arrival: &ArrivalFact,
    archived_at: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO arrivals (batch, name, source_sha256, pages, state, record, lookup_token, arrived_at,
             settled_at)
         VALUES (?, ?, ?, ?, 'archived', ?, ?, ?, ?)",
    )
    .bind(arrival.batch.as_str())
    .bind(&arrival.name)
    .bind(arrival.sha256.to_string())
    .bind(arrival.pages)
    .bind(record.id.to_string())
    .bind(record.lookup_token.as_str())
    .bind(arrival.arrived_at.to_string())
    .bind(archived_at.to_string())
    .execute(&mut *connection)
    .await
    .map_err(|error| taken(record.id, write()(error)))?;
    Ok(())
}

/// What it means when a row would be there twice.
fn taken(record: RecordId, error: Error) -> Error {
    if error.kind() == ErrorKind::AlreadyExists { Error::Taken { record } } else { error }
}
