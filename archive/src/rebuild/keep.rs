//! What only the catalogue before a rebuild knows: documents that were not archived, the queue, versions that are being made, and
//! entries of the log that are not published yet.

use std::collections::HashSet;

use muniment_record::{Digest, RecordId};

use crate::catalogue::{Catalogue, Cell, TABLES, Table};
use crate::log::Entry;
use crate::{Error, Leaf};

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
}

impl Known {
    /// Reads a catalogue beside which a new one was made from storage.
    pub(super) async fn read(old: &dyn Catalogue, new: &dyn Catalogue) -> Result<Self, Error> {
        let arrivals = rows(old, table("arrivals")?, |row| {
            text(row, "arrivals", "state").is_ok_and(|state| state != Some("archived"))
        });
        Ok(Self {
            batches: rows(old, table("batches")?, |_| true).await?,
            arrivals: arrivals.await?,
            jobs: rows(old, table("jobs")?, |_| true).await?,
            revisions: old.revisions().await?,
            entries: unpublished(old, new).await?,
        })
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

/// The entries behind those that storage has, where the old catalogue has the same before them: each of a record that is in storage, with
/// the companion that it commits to.
async fn unpublished(old: &dyn Catalogue, new: &dyn Catalogue) -> Result<Vec<Entry>, Error> {
    let size = new.log_size().await?;
    if let Some(last) = size.checked_sub(1)
        && old.leaves(last, 1).await? != new.leaves(last, 1).await?
    {
        return Ok(Vec::new());
    }
    let (mut entries, mut first) = (Vec::new(), size);
    loop {
        let page = old.log_entries(first, u64::from(AT_ONCE)).await?;
        if page.is_empty() {
            return Ok(entries);
        }
        first += u64::try_from(page.len()).unwrap_or(u64::MAX);
        for entry in page {
            if is_sound(&entry, new).await? {
                entries.push(entry);
            }
        }
    }
}

async fn is_sound(entry: &Entry, new: &dyn Catalogue) -> Result<bool, Error> {
    let Ok(leaf) = Leaf::from_entry(&entry.leaf) else { return Ok(false) };
    if (leaf.record, leaf.version) != (entry.record, entry.version)
        || leaf.commitment != Digest::of(entry.companion.as_bytes())
    {
        return Ok(false);
    }
    Ok(match new.record(leaf.record).await? {
        Some(record) if record.version == leaf.version => record.sha256 == leaf.sha256,
        Some(record) => record.version > leaf.version,
        None => false,
    })
}
