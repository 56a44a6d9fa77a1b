//! The intake ledger in the catalogue: batches and arrivals.

use jiff::Timestamp;
use muniment_record::{Digest, LookupToken, RecordId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Catalogue, column, look_up, number, parsed, write};
use crate::events::ArrivalFact;
use crate::{
    Arrival, ArrivalState, BatchId, Count, Error, Ledger, LedgerRow, Outcome, Registration, Totals, point,
};

/// A pending row of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct PendingArrival {
    pub record: RecordId,
    pub token: LookupToken,
    pub fact: ArrivalFact,
}

impl Catalogue {
    pub(crate) async fn open_batch(&self, now: Timestamp) -> Result<BatchId, Error> {
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
        point::reached("batch-opened");
        Ok(batch)
    }

    pub(crate) async fn batches(&self) -> Result<Vec<BatchId>, Error> {
        let rows = sqlx::query("SELECT id FROM batches ORDER BY id")
            .fetch_all(&self.readers)
            .await
            .map_err(look_up())?;
        rows.iter().map(|row| parsed(row, "id")).collect()
    }

    pub(crate) async fn register(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        offered: (RecordId, LookupToken),
        now: Timestamp,
    ) -> Result<Registration, Error> {
        if arrival.sha256.is_none() {
            return Err(Error::NoDigest);
        }
        let mut transaction = self.begin().await?;
        require_batch(&mut transaction, batch).await?;
        let registration = match known(&mut transaction, arrival).await? {
            Some(Known::Archived(of)) => Registration::Duplicate { of },
            // What is pending may never be archived, so nothing can be its duplicate.
            Some(Known::Pending { number, id, token }) => {
                sqlx::query("UPDATE arrivals SET batch = ?, name = ?, pages = ? WHERE number = ?")
                    .bind(batch.as_str())
                    .bind(&arrival.name)
                    .bind(arrival.pages)
                    .bind(number)
                    .execute(&mut *transaction)
                    .await
                    .map_err(write())?;
                Registration::Resumed { id, token }
            }
            None => {
                let (id, token) = offered;
                Registration::New { id, token }
            }
        };
        match &registration {
            Registration::New { id, token } => {
                let row =
                    NewRow { state: ArrivalState::Pending, why: None, record: Some(*id), token: Some(token) };
                insert(&mut transaction, batch, arrival, &row, now).await?;
            }
            Registration::Duplicate { of } => {
                let why = Some(("duplicate", "the same bytes are archived already"));
                let row = NewRow { state: ArrivalState::Duplicate, why, record: Some(*of), token: None };
                insert(&mut transaction, batch, arrival, &row, now).await?;
            }
            Registration::Resumed { .. } => {}
        }
        transaction.commit().await.map_err(write())?;
        point::reached("registered");
        Ok(registration)
    }

    pub(crate) async fn settle(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (state, code, detail) = match outcome {
            Outcome::Rejected { code, detail } => (ArrivalState::Rejected, code, detail),
            Outcome::Quarantined { code, detail } => (ArrivalState::Quarantined, code, detail),
        };
        let mut transaction = self.begin().await?;
        require_batch(&mut transaction, batch).await?;
        let done = sqlx::query(
            "UPDATE arrivals SET state = ?, code = ?, detail = ?, settled_at = ?
             WHERE state = 'pending' AND batch = ? AND name = ? AND source_sha256 IS ?",
        )
        .bind(state.as_str())
        .bind(code)
        .bind(detail)
        .bind(now.to_string())
        .bind(batch.as_str())
        .bind(&arrival.name)
        .bind(arrival.sha256.map(|digest| digest.to_string()))
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        if done.rows_affected() == 0 {
            let row = NewRow { state, why: Some((code, detail)), record: None, token: None };
            insert(&mut transaction, batch, arrival, &row, now).await?;
        }
        transaction.commit().await.map_err(write())?;
        point::reached("settled");
        Ok(())
    }

    pub(crate) async fn ledger(&self, batch: &BatchId) -> Result<Ledger, Error> {
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
        let rows: Vec<LedgerRow> = rows.iter().map(ledger_row).collect::<Result<_, _>>()?;
        let mut totals = Totals::default();
        totals.scanned.documents = number(&sum, "documents")?;
        totals.scanned.pages = number(&sum, "pages")?;
        for row in &rows {
            let count = totals.of_state(row.state);
            count.documents += 1;
            count.pages += u64::from(row.pages);
        }
        Ok(Ledger { batch: batch.clone(), totals, rows })
    }

    /// The sums of all batches.
    pub(crate) async fn totals(&self) -> Result<Totals, Error> {
        let rows = sqlx::query(
            "SELECT state, count(*) AS documents, coalesce(sum(pages), 0) AS pages FROM arrivals GROUP BY state",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        let mut totals = Totals::default();
        for row in &rows {
            let count = Count { documents: number(row, "documents")?, pages: number(row, "pages")? };
            *totals.of_state(parsed(row, "state")?) += count;
            totals.scanned += count;
        }
        Ok(totals)
    }

    /// Pending arrivals, of one record or of all.
    pub(crate) async fn pending(&self, record: Option<RecordId>) -> Result<Vec<PendingArrival>, Error> {
        let rows = sqlx::query(
            "SELECT batch, opened_at, name, source_sha256, pages, record, lookup_token, arrived_at
             FROM arrivals JOIN batches ON batches.id = batch
             WHERE state = 'pending' AND (?1 IS NULL OR record = ?1) ORDER BY number",
        )
        .bind(record.map(|id| id.to_string()))
        .fetch_all(&self.readers)
        .await
        .map_err(look_up())?;
        rows.iter().map(pending_arrival).collect()
    }
}

/// Settles the pending row of a record that is now archived; says whether there was one.
pub(crate) async fn settle_archived(
    connection: &mut SqliteConnection,
    record: RecordId,
    archived_at: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE arrivals SET state = 'archived', settled_at = ? WHERE record = ? AND state = 'pending'",
    )
    .bind(archived_at.to_string())
    .bind(record.to_string())
    .execute(connection)
    .await
    .map_err(write())?;
    Ok(done.rows_affected() == 1)
}

/// What the catalogue knows of a source's bytes.
enum Known {
    Archived(RecordId),
    Pending { number: i64, id: RecordId, token: LookupToken },
}

async fn known(connection: &mut SqliteConnection, arrival: &Arrival) -> Result<Option<Known>, Error> {
    let Some(digest) = arrival.sha256 else {
        return Ok(None);
    };
    let row = sqlx::query(
        "SELECT number, state, record, lookup_token FROM arrivals
         WHERE source_sha256 = ? AND state IN ('pending', 'archived')",
    )
    .bind(digest.to_string())
    .fetch_optional(&mut *connection)
    .await
    .map_err(look_up())?;
    if let Some(row) = row {
        let id = parsed(&row, "record")?;
        let state: ArrivalState = parsed(&row, "state")?;
        return Ok(Some(match state {
            ArrivalState::Pending => {
                Known::Pending { number: column(&row, "number")?, id, token: parsed(&row, "lookup_token")? }
            }
            _ => Known::Archived(id),
        }));
    }
    archived_pdf(connection, digest).await
}

/// A source may also be a PDF that the archive itself gave out.
async fn archived_pdf(connection: &mut SqliteConnection, digest: Digest) -> Result<Option<Known>, Error> {
    let row = sqlx::query("SELECT id FROM records WHERE sha256 = ? LIMIT 1")
        .bind(digest.to_string())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    row.map(|row| parsed(&row, "id").map(Known::Archived)).transpose()
}

async fn require_batch(connection: &mut SqliteConnection, batch: &BatchId) -> Result<(), Error> {
    let row = sqlx::query("SELECT 1 FROM batches WHERE id = ?")
        .bind(batch.as_str())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    row.map(drop).ok_or_else(|| Error::NotFound { what: format!("batch {batch}") })
}

/// The part of a ledger row that depends on its state.
struct NewRow<'a> {
    state: ArrivalState,
    why: Option<(&'a str, &'a str)>,
    record: Option<RecordId>,
    token: Option<&'a LookupToken>,
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

fn ledger_row(row: &SqliteRow) -> Result<LedgerRow, Error> {
    let record: Option<&str> = column(row, "record")?;
    Ok(LedgerRow {
        name: column(row, "name")?,
        pages: number(row, "pages")?,
        state: parsed(row, "state")?,
        code: column(row, "code")?,
        detail: column(row, "detail")?,
        record: record.and_then(|text| text.parse().ok()),
    })
}

fn pending_arrival(row: &SqliteRow) -> Result<PendingArrival, Error> {
    Ok(PendingArrival {
        record: parsed(row, "record")?,
        token: parsed(row, "lookup_token")?,
        fact: ArrivalFact {
            batch: parsed(row, "batch")?,
            batch_opened_at: parsed(row, "opened_at")?,
            name: column(row, "name")?,
            sha256: parsed(row, "source_sha256")?,
            pages: number(row, "pages")?,
            arrived_at: parsed(row, "arrived_at")?,
        },
    })
}
