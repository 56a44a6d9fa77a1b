//! Records on their way into the catalogue, many with one statement.

use std::collections::{HashMap, HashSet};

use muniment_record::{DossierCode, Receipt, Record, RecordId, ResultCode};
use sqlx::PgConnection;

use super::super::cells::{number, parsed, parsed_or_none, signed};
use super::super::records::{as_json, level_of, symbol_key};
use super::super::{Entering, Restored};
use super::order::append_entries;
use super::{ids, look_up, write};
use crate::Error;

/// Enters first versions; each of them wholly or not at all.
pub(super) async fn enter(
    connection: &mut PgConnection,
    entering: &[Entering],
) -> Result<Vec<Result<(), Error>>, Error> {
    let pending = lock_pending(connection, entering).await?;
    let mut refused: HashMap<RecordId, Error> = HashMap::new();
    let mut there = HashSet::new();
    for one in entering {
        let id = one.record.id;
        let newest = pending.get(&id);
        match newest {
            None if is_there(connection, &one.record).await? => {
                there.insert(id);
            }
            None => {
                refused.insert(id, Error::NotPending { record: id });
            }
            Some(newest) if *newest != one.fence.map(|fence| signed(fence.0)) => {
                refused.insert(id, Error::LeaseLost { record: id });
            }
            Some(_) => {}
        }
    }
    let is_candidate =
        |one: &&Entering| !refused.contains_key(&one.record.id) && !there.contains(&one.record.id);
    let candidates: Vec<&Entering> = entering.iter().filter(is_candidate).collect();
    let rows: Vec<(&Record, &Receipt)> = candidates.iter().map(|one| (&one.record, &one.receipt)).collect();
    let written = insert_records(connection, &rows).await?;
    let entered: Vec<&Entering> =
        candidates.iter().filter(|one| written.contains(&one.record.id)).copied().collect();
    refused.extend(
        candidates
            .iter()
            .map(|one| one.record.id)
            .filter(|id| !written.contains(id))
            .map(|id| (id, Error::Taken { record: id })),
    );
    settle_archived(connection, &entered).await?;
    let entries: Vec<_> = entered.iter().map(|one| &one.entry).collect();
    append_entries(connection, &entries).await?;
    Ok(entering.iter().map(|one| refused.remove(&one.record.id).map_or(Ok(()), Err)).collect())
}

/// Writes records that were found in storage; each of them wholly or not at all.
pub(super) async fn restore(
    connection: &mut PgConnection,
    found: &[Restored],
) -> Result<Vec<Result<(), Error>>, Error> {
    let opened: HashMap<&str, String> = found
        .iter()
        .map(|one| (one.arrival.batch.as_str(), one.arrival.batch_opened_at.to_string()))
        .collect();
    let (batches, opened): (Vec<String>, Vec<String>) =
        opened.into_iter().map(|(batch, opened)| (batch.to_owned(), opened)).unzip();
    sqlx::query("INSERT INTO batches (id, opened_at) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING")
        .bind(batches)
        .bind(opened)
        .execute(&mut *connection)
        .await
        .map_err(write())?;
    let settled = insert_settled(connection, found).await?;
    let candidates: Vec<&Restored> = found.iter().filter(|one| settled.contains(&one.record.id)).collect();
    let rows: Vec<(&Record, &Receipt)> = candidates.iter().map(|one| (&one.record, &one.receipt)).collect();
    let written = insert_records(connection, &rows).await?;
    let refused: Vec<String> =
        ids(candidates.iter().map(|one| &one.record.id).filter(|id| !written.contains(id)));
    sqlx::query("DELETE FROM arrivals WHERE record = ANY($1)")
        .bind(refused)
        .execute(&mut *connection)
        .await
        .map_err(write())?;
    let kept = candidates.iter().filter(|one| written.contains(&one.record.id));
    let earlier: Vec<(RecordId, u32, String)> = kept
        .flat_map(|one| {
            one.earlier.iter().map(|(version, sha256)| (one.record.id, *version, sha256.to_string()))
        })
        .collect();
    insert_versions(connection, &earlier).await?;
    let result = |one: &Restored| {
        if written.contains(&one.record.id) { Ok(()) } else { Err(Error::Taken { record: one.record.id }) }
    };
    Ok(found.iter().map(result).collect())
}

/// Keeps the pending rows of these records as they are until the transaction ends; gives the newest fence of each, where it
/// has a job.
async fn lock_pending(
    connection: &mut PgConnection,
    entering: &[Entering],
) -> Result<HashMap<RecordId, Option<i64>>, Error> {
    let ids = ids(entering.iter().map(|one| &one.record.id));
    // Jobs before arrivals, as everywhere.
    let jobs = sqlx::query(
        "SELECT record, fence FROM jobs WHERE record = ANY($1) AND state = 'ready' ORDER BY record FOR UPDATE",
    )
    .bind(&ids)
    .fetch_all(&mut *connection)
    .await
    .map_err(look_up())?;
    let arrivals = sqlx::query(
        "SELECT record FROM arrivals WHERE record = ANY($1) AND state = 'pending' ORDER BY record FOR UPDATE",
    )
    .bind(&ids)
    .fetch_all(connection)
    .await
    .map_err(look_up())?;
    let mut pending = HashMap::new();
    for row in &arrivals {
        pending.insert(parsed(row, "record")?, None);
    }
    for row in &jobs {
        let id: RecordId = parsed(row, "record")?;
        let fence: i64 = number(row, "fence")?;
        pending.entry(id).and_modify(|newest| *newest = Some(fence));
    }
    Ok(pending)
}

/// Whether this version of the record was entered before with this very PDF, as by recovery while its depositor waited.
pub(super) async fn is_there(connection: &mut PgConnection, record: &Record) -> Result<bool, Error> {
    let row = sqlx::query("SELECT 1 FROM versions WHERE record = $1 AND version = $2 AND sha256 = $3")
        .bind(record.id.to_string())
        .bind(i64::from(record.version))
        .bind(record.sha256.to_string())
        .fetch_optional(connection)
        .await
        .map_err(look_up())?;
    Ok(row.is_some())
}

/// Writes records whose ids and result codes are free, with what each version leaves; gives those that it wrote.
async fn insert_records(
    connection: &mut PgConnection,
    rows: &[(&Record, &Receipt)],
) -> Result<HashSet<RecordId>, Error> {
    let of = |value: fn(&Record) -> Option<String>| -> Vec<Option<String>> {
        rows.iter().map(|(record, _)| value(record)).collect()
    };
    let jsons: Vec<String> =
        rows.iter().map(|(record, _)| as_json("a record", record)).collect::<Result<_, _>>()?;
    let written = sqlx::query(
        "INSERT INTO records (id, version, result_code, dossier_code, symbol_key, agency_issuing, sha256, batch,
             archived_at, level, record)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::text[], $11::text[])
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(ids(rows.iter().map(|(record, _)| &record.id)))
    .bind(rows.iter().map(|(record, _)| i64::from(record.version)).collect::<Vec<_>>())
    .bind(of(|record| record.description.result_code.as_ref().map(ResultCode::canonical)))
    .bind(of(|record| record.description.dossier_code().map(DossierCode::canonical)))
    .bind(of(|record| Some(symbol_key(record.description.symbol.as_str()))))
    .bind(of(|record| Some(record.description.agency_issuing.code.canonical().to_owned())))
    .bind(of(|record| Some(record.sha256.to_string())))
    .bind(of(|record| Some(record.batch.clone())))
    .bind(rows.iter().map(|(_, receipt)| receipt.archived_at.to_string()).collect::<Vec<_>>())
    .bind(of(|record| level_of(record).map(str::to_owned)))
    .bind(jsons)
    .fetch_all(&mut *connection)
    .await
    .map_err(write())?;
    let written: HashSet<RecordId> = written.iter().map(|row| parsed(row, "id")).collect::<Result<_, _>>()?;
    let kept: Vec<(&Record, &Receipt)> =
        rows.iter().filter(|(record, _)| written.contains(&record.id)).copied().collect();
    insert_version_rows(connection, &kept).await?;
    Ok(written)
}

/// Writes what each version of a record leaves: its digest, its receipt and its outbox row.
pub(super) async fn insert_version_rows(
    connection: &mut PgConnection,
    rows: &[(&Record, &Receipt)],
) -> Result<(), Error> {
    let versions: Vec<(RecordId, u32, String)> =
        rows.iter().map(|(record, _)| (record.id, record.version, record.sha256.to_string())).collect();
    insert_versions(connection, &versions).await?;
    let ids = ids(rows.iter().map(|(record, _)| &record.id));
    let numbers: Vec<i64> = rows.iter().map(|(record, _)| i64::from(record.version)).collect();
    let receipts: Vec<String> =
        rows.iter().map(|(_, receipt)| as_json("a receipt", receipt)).collect::<Result<_, _>>()?;
    sqlx::query(
        "INSERT INTO receipts (record, version, receipt) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])",
    )
    .bind(&ids)
    .bind(&numbers)
    .bind(receipts)
    .execute(&mut *connection)
    .await
    .map_err(write())?;
    sqlx::query(
        "INSERT INTO outbox (record, version)
         SELECT record, version FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS given (record, version, place)
         ORDER BY place",
    )
    .bind(&ids)
    .bind(&numbers)
    .execute(connection)
    .await
    .map_err(write())?;
    Ok(())
}

/// Writes that there are, or were, these versions of records.
async fn insert_versions(
    connection: &mut PgConnection,
    versions: &[(RecordId, u32, String)],
) -> Result<(), Error> {
    sqlx::query("INSERT INTO versions (record, version, sha256) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])")
        .bind(ids(versions.iter().map(|(id, _, _)| id)))
        .bind(versions.iter().map(|(_, version, _)| i64::from(*version)).collect::<Vec<_>>())
        .bind(versions.iter().map(|(_, _, sha256)| sha256.clone()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// Settles the pending rows of records that are now archived, and ends their jobs.
async fn settle_archived(connection: &mut PgConnection, entered: &[&Entering]) -> Result<(), Error> {
    let ids = ids(entered.iter().map(|one| &one.record.id));
    let times: Vec<String> = entered.iter().map(|one| one.receipt.archived_at.to_string()).collect();
    sqlx::query(
        "UPDATE arrivals SET state = 'archived', settled_at = done.at
         FROM unnest($1::text[], $2::text[]) AS done (record, at)
         WHERE arrivals.record = done.record AND state = 'pending'",
    )
    .bind(&ids)
    .bind(times)
    .execute(&mut *connection)
    .await
    .map_err(write())?;
    sqlx::query("DELETE FROM jobs WHERE record = ANY($1)")
        .bind(&ids)
        .execute(connection)
        .await
        .map_err(write())?;
    Ok(())
}

/// Writes the settled ledger rows of records that were found in storage; gives the records whose row could be written.
async fn insert_settled(
    connection: &mut PgConnection,
    found: &[Restored],
) -> Result<HashSet<RecordId>, Error> {
    let of = |value: fn(&Restored) -> String| -> Vec<String> { found.iter().map(value).collect() };
    let rows = sqlx::query(
        "INSERT INTO arrivals (batch, name, source_sha256, pages, state, record, lookup_token, arrived_at, settled_at)
         SELECT batch, name, sha256, pages, 'archived', record, token, arrived, settled
         FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
             WITH ORDINALITY AS given (batch, name, sha256, pages, record, token, arrived, settled, place)
         ORDER BY place
         ON CONFLICT DO NOTHING RETURNING record",
    )
    .bind(of(|one| one.arrival.batch.to_string()))
    .bind(of(|one| one.arrival.name.clone()))
    .bind(of(|one| one.arrival.sha256.to_string()))
    .bind(found.iter().map(|one| i64::from(one.arrival.pages)).collect::<Vec<_>>())
    .bind(of(|one| one.record.id.to_string()))
    .bind(of(|one| one.record.lookup_token.as_str().to_owned()))
    .bind(of(|one| one.arrival.arrived_at.to_string()))
    .bind(of(|one| one.receipt.archived_at.to_string()))
    .fetch_all(connection)
    .await
    .map_err(write())?;
    let written: Vec<Option<RecordId>> =
        rows.iter().map(|row| parsed_or_none(row, "record")).collect::<Result<_, _>>()?;
    Ok(written.into_iter().flatten().collect())
}
