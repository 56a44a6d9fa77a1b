use anyhow::{Context, Result};
use muniment_archive::{ArrivalState, Count, Ledger};
use muniment_record::{Language, RecordId};

use super::{Setting, print_json};
use crate::cli::LedgerArgs;
use crate::exit::Exit;
use crate::messages::explain;
use crate::wire;

/// Shows the intake ledger: of one batch with each of its documents, or the sums of every batch.
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
            if args.batch.is_some() {
                show_documents(setting, ledger);
            }
            show_totals(setting, ledger, ledger.totals.balances());
        }
    }
    let all_balance = ledgers.iter().all(|ledger| ledger.totals.balances());
    Ok(if all_balance { Exit::Done } else { Exit::Found })
}

fn show_documents(setting: &Setting, ledger: &Ledger) {
    for row in &ledger.rows {
        let reason = row.code.as_deref().map(|code| (code, row.detail.as_deref().unwrap_or_default()));
        show_document(setting, row.state, &row.name, row.record, reason);
    }
    println!();
}

/// Prints what became of a document: its record, or the reason (a stable word and a detail) and what to do.
pub(super) fn show_document(
    setting: &Setting,
    state: ArrivalState,
    name: &str,
    record: Option<RecordId>,
    reason: Option<(&str, &str)>,
) {
    let record = record.map(|id| format!("  = {id}")).unwrap_or_default();
    println!("{:<11}  {name}{record}", word(state, setting.language).to_uppercase());
    if let Some((code, detail)) = reason {
        println!("             {}", explain(code, setting.language));
        for line in detail.split("; ") {
            println!("             [{code}] {line}");
        }
    }
}

/// Prints the sums of a batch, and whether they balance.
pub(super) fn show_totals(setting: &Setting, ledger: &Ledger, balances: bool) {
    let totals = &ledger.totals;
    println!("{} {}", setting.say("Sổ tiếp nhận lô", "Ledger of batch"), ledger.batch);
    let line = |sign: &str, name: &str, count: Count| {
        let (documents, pages) = (setting.say("tài liệu", "documents"), setting.say("trang", "pages"));
        println!("  {sign} {name:<22} {:>6} {documents} {:>6} {pages}", count.documents, count.pages);
    };
    let part =
        |sign: &str, state: ArrivalState, count: Count| line(sign, word(state, setting.language), count);
    line(" ", setting.say("đã quét", "scanned"), totals.scanned);
    part("=", ArrivalState::Archived, totals.archived);
    part("+", ArrivalState::Duplicate, totals.duplicate);
    part("+", ArrivalState::Rejected, totals.rejected);
    part("+", ArrivalState::Quarantined, totals.quarantined);
    if totals.pending != Count::default() {
        part("+", ArrivalState::Pending, totals.pending);
    }
    let balanced = setting.say("Sổ cân đối.", "The ledger balances.");
    let unbalanced = setting.say(
        "SỔ KHÔNG CÂN ĐỐI: hãy báo quản trị viên.",
        "THE LEDGER DOES NOT BALANCE: tell the administrator.",
    );
    println!("{}", if balances { balanced } else { unbalanced });
}

/// What people call a state of the ledger.
pub(super) fn word(state: ArrivalState, language: Language) -> &'static str {
    let (vietnamese, english) = match state {
        ArrivalState::Pending => ("đang chờ", "pending"),
        ArrivalState::Archived => ("đã lưu kho", "archived"),
        ArrivalState::Duplicate => ("trùng", "duplicate"),
        ArrivalState::Rejected => ("từ chối", "rejected"),
        ArrivalState::Quarantined => ("cách ly", "quarantined"),
    };
    language.choose(vietnamese, english)
}
