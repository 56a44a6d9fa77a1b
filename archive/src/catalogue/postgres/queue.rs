use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use muniment_record::{LookupToken, RecordId};
use sqlx::PgConnection;

use super::super::Catalogue;
use super::super::cells::signed;
use super::super::intake::end_of;
use super::super::queue::{Staged, claim, end_of_lease, queue_count, set_aside};
use super::super::records::as_json;
use super::super::{Claim, Fence, Queue, QueueCount, SetAside, Task};
use super::intake::register;
use super::{PostgresCatalogue, look_up, write};
use crate::{Arrival, BatchId, Error, ErrorKind, Outcome, Registration};

#[async_trait]
impl Queue for PostgresCatalogue {
    async fn enqueue(
        &self,
        batch: &BatchId,
        arrival: &Arrival,
        offered: (RecordId, LookupToken),
        task: &Task,
        may_resume: bool,
        now: Timestamp,
    ) -> Result<Registration, Error> {
        let mut transaction = self.begin().await?;
        let registration = register(&mut transaction, batch, arrival, offered, now).await?;
        if !may_resume && matches!(registration, Registration::Resumed { .. }) {
            return Err(Error::InUse { path: self.place() });
        }
        if let Registration::New { id, .. } | Registration::Resumed { id, .. } = &registration {
            sqlx::query("INSERT INTO jobs (record, task, state, due_at) VALUES ($1, $2, 'ready', $3)")
                .bind(id.to_string())
                .bind(as_json("a task", task)?)
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await
                .map_err(write())?;
        }
        transaction.commit().await.map_err(write())?;
        Ok(registration)
    }

    async fn claim(
        &self,
        worker: &str,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Claim>, Error> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query(
            "UPDATE jobs SET due_at = $1, worker = $2, tries = tries + 1, fence = fence + 1
             WHERE record = (SELECT record FROM jobs WHERE state = 'ready' AND due_at <= $3 ORDER BY due_at, record
                             LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING record",
        )
        .bind(end_of_lease(now, lease).as_millisecond())
        .bind(worker)
        .bind(now.as_millisecond())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(write())?;
        let Some(row) = row else { return Ok(None) };
        let id: RecordId = super::super::cells::parsed(&row, "record")?;
        let claimed = claimed(&mut transaction, id).await?;
        transaction.commit().await.map_err(write())?;
        Ok(Some(claimed))
    }

    async fn renew(
        &self,
        record: RecordId,
        fence: Fence,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE jobs SET due_at = $1 WHERE record = $2 AND fence = $3 AND worker IS NOT NULL",
        )
        .bind(end_of_lease(now, lease).as_millisecond())
        .bind(record.to_string())
        .bind(signed(fence.0))
        .execute(&self.pool)
        .await
        .map_err(write())?;
        Ok(done.rows_affected() == 1)
    }

    async fn stage(&self, record: RecordId, fence: Fence, staged: &Staged) -> Result<(), Error> {
        let done = sqlx::query(
            "UPDATE jobs SET staged = $1 WHERE record = $2 AND fence = $3 AND worker IS NOT NULL AND staged IS NULL",
        )
        .bind(as_json("what was sealed", staged)?)
        .bind(record.to_string())
        .bind(signed(fence.0))
        .execute(&self.pool)
        .await
        .map_err(write())?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(Error::LeaseLost { record }) }
    }

    async fn let_go(
        &self,
        record: RecordId,
        fence: Fence,
        due_at: Timestamp,
        failure: Option<&str>,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE jobs SET due_at = $1, worker = NULL, tries = tries - $2, fault = coalesce($3, fault)
             WHERE record = $4 AND fence = $5 AND worker IS NOT NULL",
        )
        .bind(due_at.as_millisecond())
        .bind(i64::from(failure.is_none()))
        .bind(failure)
        .bind(record.to_string())
        .bind(signed(fence.0))
        .execute(&self.pool)
        .await
        .map_err(write())?;
        Ok(done.rows_affected() == 1)
    }

    async fn set_aside(
        &self,
        record: RecordId,
        fence: Fence,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (state, code, detail) = end_of(outcome);
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE jobs SET state = 'aside', worker = NULL, fault = $1
             WHERE record = $2 AND fence = $3 AND worker IS NOT NULL",
        )
        .bind(code)
        .bind(record.to_string())
        .bind(signed(fence.0))
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        if done.rows_affected() != 1 {
            return Err(Error::LeaseLost { record });
        }
        sqlx::query(
            "UPDATE arrivals SET state = $1, code = $2, detail = $3, settled_at = $4
             WHERE record = $5 AND state = 'pending'",
        )
        .bind(state.as_str())
        .bind(code)
        .bind(detail)
        .bind(now.to_string())
        .bind(record.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        transaction.commit().await.map_err(write())
    }

    async fn aside(&self) -> Result<Vec<SetAside>, Error> {
        let rows = sqlx::query(
            "SELECT jobs.record, batch, name, code, detail, task FROM jobs
             JOIN arrivals ON arrivals.record = jobs.record AND arrivals.state IN ('rejected', 'quarantined')
             WHERE jobs.state = 'aside' ORDER BY number",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(look_up())?;
        rows.iter().map(set_aside).collect()
    }

    async fn retry(&self, record: RecordId, now: Timestamp) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE jobs SET state = 'ready', due_at = $1, tries = 0, fault = NULL WHERE record = $2 AND state = 'aside'",
        )
        .bind(now.as_millisecond())
        .bind(record.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(write())?;
        if done.rows_affected() != 1 {
            return Err(Error::NotFound { what: format!("document {record} that was set aside") });
        }
        sqlx::query(
            "UPDATE arrivals SET state = 'pending', code = NULL, detail = NULL, settled_at = NULL
             WHERE record = $1 AND state IN ('rejected', 'quarantined')",
        )
        .bind(record.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(write())
        .map_err(|error| {
            if error.kind() == ErrorKind::AlreadyExists { Error::Taken { record } } else { error }
        })?;
        transaction.commit().await.map_err(write())
    }

    async fn queue_count(&self, now: Timestamp) -> Result<QueueCount, Error> {
        let row = sqlx::query(
            "SELECT count(*) FILTER (WHERE state = 'ready' AND due_at <= $1) AS ready,
                    count(*) FILTER (WHERE state = 'ready' AND due_at > $1 AND worker IS NOT NULL) AS claimed,
                    count(*) FILTER (WHERE state = 'ready' AND due_at > $1 AND worker IS NULL) AS put_off,
                    count(*) FILTER (WHERE state = 'aside') AS set_aside
             FROM jobs",
        )
        .bind(now.as_millisecond())
        .fetch_one(&self.pool)
        .await
        .map_err(look_up())?;
        queue_count(&row)
    }
}

async fn claimed(connection: &mut PgConnection, id: RecordId) -> Result<Claim, Error> {
    let row = sqlx::query(
        "SELECT batch, opened_at, name, source_sha256, pages, jobs.record, lookup_token, arrived_at,
             task, tries, fence, staged
         FROM jobs JOIN arrivals ON arrivals.record = jobs.record AND arrivals.state = 'pending'
         JOIN batches ON batches.id = batch
         WHERE jobs.record = $1",
    )
    .bind(id.to_string())
    .fetch_one(connection)
    .await
    .map_err(look_up())?;
    claim(&row)
}
