//! What only the catalogue before a rebuild knows: documents that were not archived, the queue, versions that are being made, and
//! entries of the log that are not published yet.

use std::collections::HashSet;

use muniment_record::{Digest, RecordId};

use super::logged::missing;
use crate::catalogue::{Catalogue, Cell, TABLES, Table};
use crate::log::Entry;
use crate::{AuditFinding, Error, Leaf};

/// How many rows are read, or written in one transaction, at a time.
const AT_ONCE: u32 = 5000;

type Row = Vec<Cell>;

/// What was read of the old catalogue.
pub(super) struct Known {
    batches: Vec<Row>,
    /// Of documents that were not archived.
    arrivals: Vec<Row>,
    jobs: Vec<Row>,
    revisions: Vec<(RecordId, u32)>,
    entries: Vec<Entry>,
    /// Versions that other entries name, and that storage has not.
    missing: Vec<AuditFinding>,
}

impl Known {
    /// Reads a catalogue beside which a new one was made from storage.
    pub(super) async fn read(old: &dyn Catalogue, new: &dyn Catalogue) -> Result<Self, Error> {
        let arrivals = rows(old, table("arrivals")?, |row| {
            text(row, "arrivals", "state").is_ok_and(|state| state != Some("archived"))
        });
        let (entries, missing) = unpublished(old, new).await?;
        Ok(Self {
            batches: rows(old, table("batches")?, |_| true).await?,
            arrivals: arrivals.await?,
            jobs: rows(old, table("jobs")?, |_| true).await?,
            revisions: old.revisions().await?,
            entries,
            missing,
        })
    }

    /// The versions that were entered in the log, not published yet, and that storage has not.
    pub(super) fn missing(&self) -> &[AuditFinding] {
        &self.missing
    }

    /// Writes it to the new catalogue, into which so many records were brought: all that does not contradict storage. Gives how
    /// many documents those are.
    pub(super) async fn write(self, new: &dyn Catalogue, records: u64) -> Result<u64, Error> {
        let there: HashSet<String> = new.batches().await?.iter().map(ToString::to_string).collect();
        let is_missing =
            |row: &Row| text(row, "batches", "id").is_ok_and(|id| id.is_some_and(|id| !there.contains(id)));
        let batches: Vec<Row> = self.batches.into_iter().filter(is_missing).collect();
        write_rows(new, table("batches")?, &batches).await?;

        let mut number = last_number(new, records).await?;
        let (mut arrivals, mut on_their_way) = (Vec::new(), HashSet::new());
        for mut row in self.arrivals {
            if is_archived(new, &row).await? {
                continue;
            }
            if text(&row, "arrivals", "state")? != Some("duplicate") {
                on_their_way.extend(text(&row, "arrivals", "record")?.map(str::to_owned));
            }
            number += 1;
            if let Some(cell) = row.first_mut() {
                *cell = Cell::Number(Some(number));
            }
            arrivals.push(row);
        }
        write_rows(new, table("arrivals")?, &arrivals).await?;
        let is_kept = |row: &Row| {
            text(row, "jobs", "record").is_ok_and(|id| id.is_some_and(|id| on_their_way.contains(id)))
        };
        let jobs: Vec<Row> = self.jobs.into_iter().filter(is_kept).collect();
        write_rows(new, table("jobs")?, &jobs).await?;
        new.go_on_behind().await?;

        for (id, version) in self.revisions {
            if let Some(record) = new.record(id).await?
                && record.version + 1 == version
            {
                new.begin_revision(id, version, record.created_at).await?;
            }
        }
        new.append(&self.entries).await?;
        Ok(u64::try_from(arrivals.len()).unwrap_or(u64::MAX))
    }
}

fn table(name: &'static str) -> Result<&'static Table, Error> {
    TABLES.iter().find(|table| table.name == name).ok_or(Error::Setting("there is no such table"))
}

/// The text in a column.
fn text<'a>(row: &'a Row, name: &'static str, column: &str) -> Result<Option<&'a str>, Error> {
    let unreadable = || Error::damaged("catalogue", format!("a row of {name} has no {column}"));
    let place = table(name)?.columns.iter().position(|one| one.name() == column).ok_or_else(unreadable)?;
    match row.get(place) {
        Some(Cell::Text(text)) => Ok(text.as_deref()),
        _ => Err(unreadable()),
    }
}

async fn rows(
    from: &dyn Catalogue,
    table: &Table,
    is_wanted: impl Fn(&Row) -> bool,
) -> Result<Vec<Row>, Error> {
    let (mut wanted, mut passed_over) = (Vec::new(), 0);
    loop {
        let rows = from.read_table(table, passed_over, AT_ONCE).await?;
        if rows.is_empty() {
            return Ok(wanted);
        }
        passed_over += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        wanted.extend(rows.into_iter().filter(&is_wanted));
    }
}

async fn write_rows(to: &dyn Catalogue, table: &Table, rows: &[Row]) -> Result<(), Error> {
    for some in rows.chunks(AT_ONCE as usize) {
        to.write_table(table, some).await?;
    }
    Ok(())
}

/// The largest number of a row of the ledger, which holds so many.
async fn last_number(of: &dyn Catalogue, rows: u64) -> Result<i64, Error> {
    let Some(before) = rows.checked_sub(1) else { return Ok(0) };
    let last = of.read_table(table("arrivals")?, before, 1).await?;
    Ok(match last.first().and_then(|row| row.first()) {
        Some(Cell::Number(Some(number))) => *number,
        _ => 0,
    })
}

/// Whether what was on its way is in storage.
async fn is_archived(new: &dyn Catalogue, row: &Row) -> Result<bool, Error> {
    if text(row, "arrivals", "state")? != Some("pending") {
        return Ok(false);
    }
    if let Some(id) = text(row, "arrivals", "record")?.and_then(|id| id.parse::<RecordId>().ok())
        && new.record(id).await?.is_some()
    {
        return Ok(true);
    }
    match text(row, "arrivals", "source_sha256")?.and_then(|digest| digest.parse::<Digest>().ok()) {
        Some(source) => Ok(new.holder_of_source(&source).await?.is_some()),
        None => Ok(false),
    }
}

/// The records of which entries behind those that storage has speak.
pub(super) async fn unpublished_ids(
    old: &dyn Catalogue,
    new: &dyn Catalogue,
) -> Result<HashSet<RecordId>, Error> {
    let (mut ids, mut first) = (HashSet::new(), new.log_size().await?);
    if !goes_on(old, new, first).await? {
        return Ok(ids);
    }
    loop {
        let page = old.leaves(first, AT_ONCE).await?;
        if page.is_empty() {
            return Ok(ids);
        }
        first += u64::try_from(page.len()).unwrap_or(u64::MAX);
        ids.extend(page.iter().filter_map(|leaf| Leaf::from_entry(leaf).ok()).map(|leaf| leaf.record));
    }
}

/// The entries behind those that storage has, where the old catalogue has the same before them: each of a record that is in storage, with
/// the companion that it commits to. And the versions that others name and storage has not.
async fn unpublished(
    old: &dyn Catalogue,
    new: &dyn Catalogue,
) -> Result<(Vec<Entry>, Vec<AuditFinding>), Error> {
    let (mut entries, mut lost, mut first) = (Vec::new(), Vec::new(), new.log_size().await?);
    if !goes_on(old, new, first).await? {
        return Ok((entries, lost));
    }
    loop {
        let page = old.log_entries(first, u64::from(AT_ONCE)).await?;
        if page.is_empty() {
            return Ok((entries, lost));
        }
        first += u64::try_from(page.len()).unwrap_or(u64::MAX);
        for entry in page {
            let Some(leaf) = sound_leaf(&entry) else { continue };
            if is_in_storage(&leaf, new).await? {
                entries.push(entry);
            } else if !leaf.event.is_of_holds() {
                lost.push(missing(leaf.record, leaf.version, &leaf.sha256));
            }
        }
    }
}

/// Whether the old catalogue has the same entry as the new one where that ends, which has so many.
async fn goes_on(old: &dyn Catalogue, new: &dyn Catalogue, size: u64) -> Result<bool, Error> {
    match size.checked_sub(1) {
        Some(last) => Ok(old.leaves(last, 1).await? == new.leaves(last, 1).await?),
        None => Ok(true),
    }
}

/// The leaf of an entry that agrees with itself.
fn sound_leaf(entry: &Entry) -> Option<Leaf> {
    let leaf = Leaf::from_entry(&entry.leaf).ok()?;
    let agrees = (leaf.record, leaf.version) == (entry.record, entry.version)
        && leaf.commitment == Digest::of(entry.companion.as_bytes());
    agrees.then_some(leaf)
}

async fn is_in_storage(leaf: &Leaf, new: &dyn Catalogue) -> Result<bool, Error> {
    Ok(match new.record(leaf.record).await? {
        Some(record) if record.version == leaf.version => record.sha256 == leaf.sha256,
        Some(record) => record.version > leaf.version,
        None => false,
    })
}
