use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use muniment_archive::Totals;
use muniment_record::Language;
use serde_json::{Value, json};

use super::{Setting, ledger, print_json};
use crate::cli::TakeArgs;
use crate::exit::Exit;
use crate::flow::{self, DocumentOutcome, Reporter, Summary};
use crate::wire::Engines;
use crate::workbench::Workbench;
use crate::{clock, intake};

/// Takes in a batch and shows its ledger.
pub async fn run(setting: &Setting, args: &TakeArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let intake = intake::survey(&args.paths, args.manifest.as_deref(), &home.procedures()?, clock::today())?;
    ensure!(
        !intake.documents.is_empty(),
        setting.say(
            "không tìm thấy tài liệu nào trong các đường dẫn đã cho",
            "there are no documents in the given paths"
        )
    );
    let passed_over = intake.passed_over.len();
    let progress = Arc::new(Progress::new(setting));
    let reporter = Arc::clone(&progress) as Arc<dyn Reporter>;
    let summary = if args.queue {
        flow::enqueue(Arc::new(Workbench::open(home).await?), intake, reporter).await?
    } else {
        flow::take(Arc::new(Engines::open(home).await?), intake, reporter).await?
    };
    progress.finish();
    if setting.json {
        print_json(&as_json(&summary, passed_over))?;
    } else {
        show(setting, &summary, passed_over);
    }
    let all_safe = summary.outcomes.iter().all(|o| o.fate.record().is_some());
    Ok(if all_safe && summary.balances() { Exit::Done } else { Exit::Found })
}

fn show(setting: &Setting, summary: &Summary, passed_over: usize) {
    for DocumentOutcome { name, fate, .. } in &summary.outcomes {
        let reason = fate.reason().map(|reason| (reason.code.as_str(), reason.detail.as_str()));
        ledger::show_document(setting, fate.state(), name, fate.record(), reason);
    }
    if passed_over > 0 {
        let text =
            setting.say("tệp đi kèm (siêu dữ liệu, ghi chú)", "companions of the scans: metadata, notes");
        println!("({passed_over} {text})");
    }
    println!();
    ledger::show_totals(setting, &summary.ledger, summary.balances());
}

fn as_json(summary: &Summary, passed_over: usize) -> Value {
    let documents: Vec<Value> = summary.outcomes.iter().map(document_as_json).collect();
    let Totals { scanned, archived, duplicate, rejected, quarantined, pending } = summary.ledger.totals;
    json!({
        "batch": summary.batch,
        "documents": documents,
        "passed_over": passed_over,
        "ledger": {
            "scanned": scanned, "archived": archived, "duplicate": duplicate, "rejected": rejected,
            "quarantined": quarantined, "pending": pending, "balances": summary.balances(),
        },
    })
}

fn document_as_json(outcome: &DocumentOutcome) -> Value {
    let DocumentOutcome { name, pages, fate } = outcome;
    let mut document = json!({ "name": name, "pages": pages, "fate": fate.state() });
    if let Some(record) = fate.record() {
        document["record"] = json!(record);
    }
    if let Some(reason) = fate.reason() {
        document["reason"] = json!({ "code": reason.code, "detail": reason.detail });
    }
    document
}

/// A bar on a terminal, one plain line a document elsewhere, nothing where a machine reads.
struct Progress {
    language: Language,
    kind: Kind,
    done: AtomicUsize,
    total: AtomicUsize,
}

enum Kind {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Progress {
    fn new(setting: &Setting) -> Self {
        let kind = if setting.json {
            Kind::Silent
        } else if std::io::stderr().is_terminal() {
            Kind::Bar(ProgressBar::no_length())
        } else {
            Kind::Lines
        };
        Self { language: setting.language, kind, done: AtomicUsize::new(0), total: AtomicUsize::new(0) }
    }

    fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}

impl Reporter for Progress {
    fn begin(&self, documents: usize) {
        self.total.store(documents, Ordering::Relaxed);
        if let Kind::Bar(bar) = &self.kind {
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {elapsed} / {eta}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_length(documents as u64);
            bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn document_done(&self, outcome: &DocumentOutcome) {
        let number = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.kind {
            Kind::Silent => {}
            Kind::Bar(bar) => {
                bar.set_message(outcome.name.clone());
                bar.inc(1);
            }
            Kind::Lines => {
                let fate = ledger::word(outcome.fate.state(), self.language);
                let pages = self.language.choose("trang", "pages");
                let total = self.total.load(Ordering::Relaxed);
                eprintln!("[{number}/{total}] {fate}: {} ({} {pages})", outcome.name, outcome.pages);
            }
        }
    }
}
