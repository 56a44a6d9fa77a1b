use async_trait::async_trait;
use jiff::Timestamp;
use muniment_record::{Digest, LookupToken, RecordId};
use sqlx::sqlite::SqliteConnection;

use super::super::cells::{number, parsed};
use super::super::intake::{Known, NewRow, end_of, known, ledger_of, pending_arrival, totals_of};
use super::super::{Intake, PendingArrival, Settled};
use super::{SqliteCatalogue, look_up, write};
use crate::{Arrival, ArrivalState, BatchId, Error, Ledger, Outcome, Registration, Totals};

#[async_trait]
impl Intake for SqliteCatalogue {
    async fn open_batch(&self, now: Timestamp) -> Result<BatchId, Error> {
        let stem = BatchId::stem(now);
        let mut transaction = self.begin().await?;
        let row = sqlx::query("SELECT count(*) AS n FROM batches WHERE id LIKE ? || '-%'")
            .bind(&stem)
            .fetch_one(&mut *transaction)
            .await
            .map_err(look_up())?;
        let earlier: u32 = number(&row, "n")?;
        let batch = BatchId::from_parts(&stem, earlier + 1);
        sqlx::query("INSERT INTO batches (id, opened_at) VALUES (?, ?)")
            .bind(batch.as_str())
            .bind(now.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(write())?;
        transaction.commit().await.map_err(write())?;
        Ok(batch)
    }

    async fn batches(&self) -> Result<Vec<BatchId>, Error> {
        let rows = sqlx::query("SELECT id FROM batches ORDER BY id")
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    async fn register(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        offered: (RecordId, LookupToken),
        now: Timestamp,
    ) -> Result<Registration, Error> {
        let mut transaction = self.begin().await?;
        let registration = register(&mut transaction, batch, arrival, offered, now).await?;
        transaction.commit().await.map_err(write())?;
        Ok(registration)
    }

    async fn holder_of_source(&self, source: &Digest) -> Result<Option<RecordId>, Error> {
        let row = sqlx::query(
            "SELECT record FROM arrivals WHERE source_sha256 = ? AND state IN ('pending', 'archived')",
        )
        .bind(source.to_string())
        .fetch_optional(&self.readers)
        .await
        .map_err(look_up())?;
        row.map(|row| parsed(&row, "record")).transpose()
    }

    async fn settle(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<Settled, Error> {
        let mut transaction = self.begin().await?;
        require_batch(&mut transaction, batch).await?;
        let settled = match settle_pending(&mut transaction, batch, arrival, outcome, now).await? {
            Some(id) => Settled::Given(id),
            None if is_kept(&mut transaction, batch, arrival).await? => Settled::Kept,
            None => {
                let (state, code, detail) = end_of(outcome);
                let row = NewRow { state, why: Some((code, detail)), record: None, token: None };
                insert(&mut transaction, batch, arrival, &row, now).await?;
                Settled::New
            }
        };
        transaction.commit().await.map_err(write())?;
        Ok(settled)
    }

    async fn ledger(&self, batch: &BatchId) -> Result<Ledger, Error> {
        let mut connection = self.readers.begin().await.map_err(look_up())?;
        require_batch(&mut connection, batch).await?;
        let sum = sqlx::query(
            "SELECT count(*) AS documents, coalesce(sum(pages), 0) AS pages FROM arrivals WHERE batch = ?",
        )
        .bind(batch.as_str())
        .fetch_one(&mut *connection)
        .await
        .map_err(look_up())?;
        let rows = sqlx::query(
            "SELECT name, pages, state, code, detail, record FROM arrivals WHERE batch = ? ORDER BY number",
        )
        .bind(batch.as_str())
        .fetch_all(&mut *connection)
        .await
        .map_err(look_up())?;
        ledger_of(batch, &sum, &rows)
    }

    async fn totals(&self) -> Result<Totals, Error> {
        let rows = sqlx::query(
            "SELECT state, count(*) AS documents, coalesce(sum(pages), 0) AS pages FROM arrivals GROUP BY state",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        totals_of(&rows)
    }

    async fn pending(&self, record: Option<RecordId>) -> Result<Vec<PendingArrival>, Error> {
        // One statement for both would read every row for a single record.
        let rows =
            match record {
                Some(id) => sqlx::query(
                    "SELECT batch, opened_at, name, source_sha256, pages, record, lookup_token, arrived_at
                     FROM arrivals JOIN batches ON batches.id = batch
                     WHERE record = ? AND state IN ('pending', 'archived') AND state = 'pending'",
                )
                .bind(id.to_string())
                .fetch_all(&self.readers)
                .await,
                None => sqlx::query(
                    "SELECT batch, opened_at, name, source_sha256, pages, record, lookup_token, arrived_at
                     FROM arrivals JOIN batches ON batches.id = batch
                     WHERE state = 'pending' ORDER BY number",
                )
                .fetch_all(&self.readers)
                .await,
            };
        rows.map_err(look_up())?.iter().map(pending_arrival).collect()
    }

    async fn is_on_its_way(&self, record: RecordId) -> Result<bool, Error> {
        let row = sqlx::query(
            "SELECT 1 FROM arrivals WHERE record = ?1 AND state IN ('pending', 'archived') AND state = 'pending'
             UNION ALL SELECT 1 FROM jobs WHERE record = ?1 LIMIT 1",
        )
        .bind(record.to_string())
        .fetch_optional(&self.readers)
        .await
        .map_err(look_up())?;
        Ok(row.is_some())
    }

    async fn pending_outside_queue(&self) -> Result<Vec<PendingArrival>, Error> {
        let rows = sqlx::query(
            "SELECT batch, opened_at, name, source_sha256, pages, record, lookup_token, arrived_at
             FROM arrivals JOIN batches ON batches.id = batch
             WHERE state = 'pending' AND record NOT IN (SELECT record FROM jobs) ORDER BY number",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(pending_arrival).collect()
    }
}

/// Enters a document in the ledger.
pub(super) async fn register(
    connection: &mut SqliteConnection,
    batch: &BatchId,
    arrival: &Arrival,
    (id, token): (RecordId, LookupToken),
    now: Timestamp,
) -> Result<Registration, Error> {
    if arrival.sha256.is_none() {
        return Err(Error::NoDigest);
    }
    require_batch(connection, batch).await?;
    let registration = match look_for(connection, arrival).await? {
        Some(Known::Archived(of)) => Registration::Duplicate { of },
        // What the queue holds will not be lost, whatever becomes of it.
        Some(Known::Pending { id, .. }) if is_queued(connection, id).await? => {
            Registration::Duplicate { of: id }
        }
        // Elsewhere, what is pending may never be archived, so nothing can be its duplicate.
        Some(Known::Pending { number, id, token }) => {
            sqlx::query("UPDATE arrivals SET batch = ?, name = ?, pages = ? WHERE number = ?")
                .bind(batch.as_str())
                .bind(&arrival.name)
                .bind(arrival.pages)
                .bind(number)
                .execute(&mut *connection)
                .await
                .map_err(write())?;
            Registration::Resumed { id, token }
        }
        None => Registration::New { id, token },
    };
    if let Some(row) = NewRow::of(&registration) {
        insert(connection, batch, arrival, &row, now).await?;
    }
    Ok(registration)
}

/// Settles the pending row of a document, unless the queue holds it; gives the record that will not be.
async fn settle_pending(
    connection: &mut SqliteConnection,
    batch: &BatchId,
    arrival: &Arrival,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<RecordId>, Error> {
    let (state, code, detail) = end_of(outcome);
    let row = sqlx::query(
        "UPDATE arrivals SET state = ?, code = ?, detail = ?, settled_at = ?
         WHERE state = 'pending' AND batch = ? AND name = ? AND source_sha256 IS ?
             AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.record = arrivals.record)
         RETURNING record",
    )
    .bind(state.as_str())
    .bind(code)
    .bind(detail)
    .bind(now.to_string())
    .bind(batch.as_str())
    .bind(&arrival.name)
    .bind(arrival.sha256.map(|digest| digest.to_string()))
    .fetch_optional(connection)
    .await
    .map_err(write())?;
    row.map(|row| parsed(&row, "record")).transpose()
}

/// Whether a document of a batch is archived, or in the queue.
async fn is_kept(
    connection: &mut SqliteConnection,
    batch: &BatchId,
    arrival: &Arrival,
) -> Result<bool, Error> {
    let row = sqlx::query(
        "SELECT 1 FROM arrivals
         WHERE source_sha256 = ? AND state IN ('pending', 'archived') AND batch = ? AND name = ?",
    )
    .bind(arrival.sha256.map(|digest| digest.to_string()))
    .bind(batch.as_str())
    .bind(&arrival.name)
    .fetch_optional(connection)
    .await
    .map_err(look_up())?;
    Ok(row.is_some())
}

async fn look_for(connection: &mut SqliteConnection, arrival: &Arrival) -> Result<Option<Known>, Error> {
    let digest = arrival.sha256.map(|digest| digest.to_string());
    let row = sqlx::query(
        "SELECT number, state, record, lookup_token FROM arrivals
         WHERE source_sha256 = ? AND state IN ('pending', 'archived')",
    )
    .bind(&digest)
    .fetch_optional(&mut *connection)
    .await
    .map_err(look_up())?;
    if let Some(row) = row {
        return known(&row).map(Some);
    }
    // A source may also be a PDF that the archive itself gave out.
    let row = sqlx::query("SELECT record FROM versions WHERE sha256 = ? ORDER BY record LIMIT 1")
        .bind(&digest)
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    row.map(|row| parsed(&row, "record").map(Known::Archived)).transpose()
}

async fn is_queued(connection: &mut SqliteConnection, id: RecordId) -> Result<bool, Error> {
    let row = sqlx::query("SELECT 1 FROM jobs WHERE record = ?")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    Ok(row.is_some())
}

async fn require_batch(connection: &mut SqliteConnection, batch: &BatchId) -> Result<(), Error> {
    let row = sqlx::query("SELECT 1 FROM batches WHERE id = ?")
        .bind(batch.as_str())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    row.map(drop).ok_or_else(|| Error::NotFound { what: format!("batch {batch}") })
}

async fn insert(
    connection: &mut SqliteConnection,
    batch: &BatchId,
    arrival: &Arrival,
    row: &NewRow<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let settled_at = (row.state != ArrivalState::Pending).then(|| now.to_string());
    sqlx::query(
        "INSERT INTO arrivals (batch, name, source_sha256, pages, state, code, detail, record, lookup_token,
             arrived_at, settled_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(batch.as_str())
    .bind(&arrival.name)
    .bind(arrival.sha256.map(|digest| digest.to_string()))
    .bind(arrival.pages)
    .bind(row.state.as_str())
    .bind(row.why.map(|(code, _)| code))
    .bind(row.why.map(|(_, detail)| detail))
    .bind(row.record.map(|id| id.to_string()))
    .bind(row.token.map(LookupToken::as_str))
    .bind(now.to_string())
    .bind(settled_at)
    .execute(connection)
    .await
    .map_err(write())?;
    Ok(())
}
