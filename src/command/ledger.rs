use anyhow::{Context, Result};
use muniment_archive::{Count, Ledger, LedgerRow};

use super::{Setting, print_json};
use crate::cli::LedgerArgs;
use crate::exit::Exit;
use crate::wire;

/// Shows the intake ledger: one batch with each of its documents, or the sums of all batches.
pub async fn run(setting: &Setting, args: &LedgerArgs) -> Result<Exit> {
    let archive = wire::open_archive(&setting.open_home()?).await?;
    let batches = match &args.batch {
        Some(batch) => vec![batch.clone()],
        None => archive.batches().await.context("failed to list the batches")?,
    };
    let mut ledgers = Vec::new();
    for batch in &batches {
        ledgers.push(archive.ledger(batch).await.context("failed to read the ledger")?);
    }
    if setting.json {
        print_json(&ledgers)?;
    } else {
        for ledger in &ledgers {
            show(setting, ledger, args.batch.is_some());
        }
    }
    let all_balance = ledgers.iter().all(|ledger| ledger.totals.balances());
    Ok(if all_balance { Exit::Done } else { Exit::Found })
}

fn show(setting: &Setting, ledger: &Ledger, with_documents: bool) {
    let totals = &ledger.totals;
    println!(
        "{}  {} {} = {} {} + {} {} + {} {} + {} {} + {} {}  {}",
        ledger.batch,
        setting.say("đã quét", "scanned"),
        count(totals.scanned),
        setting.say("lưu kho", "archived"),
        count(totals.archived),
        setting.say("trùng", "duplicate"),
        count(totals.duplicate),
        setting.say("từ chối", "rejected"),
        count(totals.rejected),
        setting.say("cách ly", "quarantined"),
        count(totals.quarantined),
        setting.say("đang chờ", "pending"),
        count(totals.pending),
        if totals.balances() {
            setting.say("cân đối", "balances")
        } else {
            setting.say("KHÔNG CÂN ĐỐI", "DOES NOT BALANCE")
        },
    );
    if with_documents {
        ledger.rows.iter().for_each(show_row);
    }
}

fn show_row(row: &LedgerRow) {
    let record = row.record.map(|id| format!("  = {id}")).unwrap_or_default();
    let code = row.code.as_ref().map(|code| format!("  [{code}]")).unwrap_or_default();
    println!("  {:<12} {:>4}  {}{record}{code}", row.state.as_str(), row.pages, row.name);
}

/// Documents and pages: `12 (34)`.
fn count(count: Count) -> String {
    format!("{} ({})", count.documents, count.pages)
}
