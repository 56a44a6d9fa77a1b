//! The catalogue in SQLite: exact look-ups, the intake ledger, the outbox and the receipts.
//!
//! WAL with `synchronous=FULL`: a transaction that has returned is durable. One connection writes, so that writers
//! queue here and not at SQLite's lock; others read.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use muniment_record::{DossierCode, Receipt, Record, RecordId, ResultCode, nfc};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Row, Sqlite, Transaction};

use crate::Error;
use crate::events::ArrivalFact;

mod fixity;
mod intake;
mod log;
mod versions;

pub(crate) use intake::{PendingArrival, settle_archived};
pub(crate) use log::append_entry;
pub(crate) use versions::{insert_version, replace_record};

/// How long a transaction waits for one of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
const READERS: u32 = 4;

/// The catalogue of one archive.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// A change of a record that the index has to take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its place in the order of all changes, from 1.
    pub sequence: u64,
    /// The record.
    pub id: RecordId,
    /// The record's version after the change.
    pub version: u32,
}

impl Catalogue {
    /// Opens the catalogue in this file, makes it where there is none, and brings it to this version's schema.
    pub(crate) async fn open(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let open = Error::catalogue("open the catalogue");
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(open)?;
        sqlx::migrate!("./migrations").run(&writer).await.map_err(Error::Migrate)?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options);
        Ok(Self { writer, readers })
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        const BEGIN: &str = "BEGIN IMMEDIATE";
        let attempt = "begin a transaction of the catalogue";
        match self.writer.begin_with(BEGIN).await {
            // On a full disk SQLite rolls a transaction back by itself (sqlite.org/lang_transaction.html, 2.3), which the
            // driver does not learn: it holds the connection to be in a transaction for ever. A new one takes its place.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                let stuck = self.writer.acquire().await.map_err(Error::catalogue(attempt))?;
                stuck.close().await.map_err(Error::catalogue(attempt))?;
                self.writer.begin_with(BEGIN).await.map_err(Error::catalogue(attempt))
            }
            begun => begun.map_err(Error::catalogue(attempt)),
        }
    }

    /// The record that holds this result code.
    pub(crate) async fn code_holder(&self, code: &ResultCode) -> Result<Option<RecordId>, Error> {
        let row = sqlx::query("SELECT id FROM records WHERE result_code = ?")
            .bind(code.canonical())
            .fetch_optional(&self.readers)
            .await
            .map_err(look_up())?;
        row.map(|row| parsed(&row, "id")).transpose()
    }

    pub(crate) async fn record(&self, id: RecordId) -> Result<Option<Record>, Error> {
        let row = sqlx::query("SELECT record FROM records WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(look_up())?;
        row.map(|row| json(&row, "record")).transpose()
    }

    /// Records in the order of their ids, which is the order of intake, behind `after`.
    pub(crate) async fn records(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<Record>, Error> {
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = sqlx::query("SELECT record FROM records WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| json(row, "record")).collect()
    }

    /// The ids of records in their order, behind `after`.
    pub(crate) async fn ids(&self, after: Option<RecordId>, limit: u32) -> Result<Vec<RecordId>, Error> {
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = sqlx::query("SELECT id FROM records WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    /// Records that a code names exactly: a record id, a result code, a dossier code, or a number and symbol.
    pub(crate) async fn find(&self, code: &str) -> Result<Vec<RecordId>, Error> {
        let id = code.parse::<RecordId>().ok().map(|id| id.to_string());
        let result = ResultCode::from_typed(code).ok().map(|code| code.canonical());
        let dossier = DossierCode::from_typed(code).ok().map(|code| code.canonical());
        let rows = sqlx::query(
            "SELECT id FROM records WHERE id = ?1
             UNION SELECT id FROM records WHERE result_code = ?2
             UNION SELECT id FROM records WHERE dossier_code = ?3
             UNION SELECT id FROM records WHERE symbol_key = ?4
             ORDER BY id",
        )
        .bind(id)
        .bind(result)
        .bind(dossier)
        .bind(symbol_key(code))
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    pub(crate) async fn receipt(&self, id: RecordId, version: u32) -> Result<Option<Receipt>, Error> {
        let row = sqlx::query("SELECT receipt FROM receipts WHERE record = ? AND version = ?")
            .bind(id.to_string())
            .bind(version)
            .fetch_optional(&self.readers)
            .await
            .map_err(look_up())?;
        row.map(|row| json(&row, "receipt")).transpose()
    }

    pub(crate) async fn outbox(&self, after: u64, limit: u32) -> Result<Vec<OutboxRow>, Error> {
        let rows = sqlx::query(
            "SELECT sequence, record, version FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?",
        )
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        let outbox_row = |row: &SqliteRow| {
            Ok(OutboxRow {
                sequence: number(row, "sequence")?,
                id: parsed(row, "record")?,
                version: number(row, "version")?,
            })
        };
        rows.iter().map(outbox_row).collect()
    }

    /// How many records there are.
    pub(crate) async fn count(&self) -> Result<u64, Error> {
        let row = sqlx::query("SELECT count(*) AS n FROM records")
            .fetch_one(&self.readers)
            .await
            .map_err(look_up())?;
        number(&row, "n")
    }

    /// SQLite's own check of the file; anything but `ok` is a fault.
    pub(crate) async fn faults(&self) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("PRAGMA integrity_check")
            .fetch_all(&self.readers)
            .await
            .map_err(Error::catalogue("check the catalogue"))?;
        let lines: Vec<String> =
            rows.iter().map(|row| column(row, "integrity_check")).collect::<Result<_, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}

/// Writes a record, its receipt and its outbox row.
pub(crate) async fn insert_record(
    connection: &mut SqliteConnection,
    record: &Record,
    receipt: &Receipt,
) -> Result<(), Error> {
    let id = record.id.to_string();
    let description = &record.description;
    let result_code = description.result_code.as_ref().map(ResultCode::canonical);
    sqlx::query(
        "INSERT INTO records (id, version, result_code, dossier_code, symbol_key, agency_issuing, sha256, batch,
             archived_at, level, record)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&id)
    .bind(record.version)
    .bind(result_code)
    .bind(description.dossier_code().map(DossierCode::canonical))
    .bind(symbol_key(description.symbol.as_str()))
    .bind(description.agency_issuing.code.canonical())
    .bind(record.sha256.to_string())
    .bind(&record.batch)
    .bind(receipt.archived_at.to_string())
    .bind(versions::level_of(record))
    .bind(serde_json::to_string(record).map_err(Error::json("a record"))?)
    .execute(&mut *connection)
    .await
    .map_err(write())?;
    insert_version_rows(connection, record, receipt).await
}

/// Writes what each version of a record leaves: its digest, its receipt and its outbox row.
async fn insert_version_rows(
    connection: &mut SqliteConnection,
    record: &Record,
    receipt: &Receipt,
) -> Result<(), Error> {
    insert_version(connection, record.id, record.version, &record.sha256).await?;
    let id = record.id.to_string();
    sqlx::query("INSERT INTO receipts (record, version, receipt) VALUES (?, ?, ?)")
        .bind(&id)
        .bind(record.version)
        .bind(serde_json::to_string(receipt).map_err(Error::json("a receipt"))?)
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

/// Writes the batch of a record that was found in storage, unless it is there.
pub(crate) async fn insert_batch(
    connection: &mut SqliteConnection,
    arrival: &ArrivalFact,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO batches (id, opened_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(arrival.batch.as_str())
        .bind(arrival.batch_opened_at.to_string())
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// Writes the settled ledger row of a record that was found in storage.
pub(crate) async fn insert_settled(
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
    .map_err(write())?;
    Ok(())
}

/// The form in which numbers and symbols compare: NFC, upper case, one space where there are several.
fn symbol_key(symbol: &str) -> String {
    let words: Vec<String> = nfc(symbol).split_whitespace().map(str::to_uppercase).collect();
    words.join(" ")
}

fn look_up() -> impl FnOnce(sqlx::Error) -> Error {
    Error::catalogue("look something up in the catalogue")
}

fn write() -> impl FnOnce(sqlx::Error) -> Error {
    Error::catalogue("write to the catalogue")
}

fn column<'r, T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>>(
    row: &'r SqliteRow,
    name: &'static str,
) -> Result<T, Error> {
    row.try_get(name).map_err(Error::catalogue("read a row of the catalogue"))
}

fn parsed<T: std::str::FromStr>(row: &SqliteRow, name: &'static str) -> Result<T, Error> {
    let text: &str = column(row, name)?;
    text.parse().map_err(|_| Error::damaged("catalogue", format!("a value of column {name} cannot be read")))
}

fn json<T: serde::de::DeserializeOwned>(row: &SqliteRow, name: &'static str) -> Result<T, Error> {
    let text: &str = column(row, name)?;
    serde_json::from_str(text)
        .map_err(|_| Error::damaged("catalogue", format!("a value of column {name} cannot be read")))
}

fn number<T: TryFrom<i64>>(row: &SqliteRow, name: &'static str) -> Result<T, Error> {
    let value: i64 = column(row, name)?;
    T::try_from(value)
        .map_err(|_| Error::damaged("catalogue", format!("a value of column {name} cannot be read")))
}
