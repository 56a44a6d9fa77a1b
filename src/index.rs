//! Feeding the search index from the archive's outbox.

use anyhow::{Context, Result};
use muniment_archive::{Archive, OutboxRow};
use muniment_search::{Entry, HolderKeying, Writer};

/// Changes read from the outbox and committed to the index in one go.
const STEP: u32 = 500;

/// Brings an index up to the archive's last change and returns how many changes that took.
pub async fn catch_up(archive: &Archive, writer: &mut Writer, keying: &HolderKeying) -> Result<u64> {
    let mut applied = 0;
    loop {
        let after = writer.last_sequence();
        let rows = archive.outbox(after, STEP).await.context("failed to read the outbox")?;
        let Some(last) = rows.last().map(|row| row.sequence) else { return Ok(applied) };
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            entries.push(entry(archive, row, keying).await?);
        }
        writer.apply(&entries, last).context("failed to write the search index")?;
        applied += rows.len() as u64;
    }
}

/// A change as the index takes it. The record is read as it is now, so a change that was overtaken does no harm.
async fn entry(archive: &Archive, row: &OutboxRow, keying: &HolderKeying) -> Result<Entry> {
    let record = archive.record(row.id).await.with_context(|| format!("failed to read record {}", row.id))?;
    let text = archive
        .text(&record)
        .await
        .with_context(|| format!("failed to read the text of record {}", row.id))?;
    Ok(Entry::of(&record, &text, keying))
}
