//! What a running program tells of itself, in Prometheus' text format: numbers only, never a name or a code.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use muniment_archive::{Archive, ArrivalState, Coverage, StoreMetrics, Totals};
use tokio::sync::Mutex;

/// How long what the catalogue says is told again instead of being asked for: sums over a large archive take a while.
const FRESH: Duration = Duration::from_secs(30);

/// The metrics of a process that has an archive open.
pub struct Metrics {
    archive: Arc<Archive>,
    stores: Vec<(&'static str, Arc<StoreMetrics>)>,
    of_catalogue: Mutex<Option<(Instant, String)>>,
}

impl Metrics {
    pub fn new(archive: Arc<Archive>, stores: Vec<(&'static str, Arc<StoreMetrics>)>) -> Self {
        Self { archive, stores, of_catalogue: Mutex::new(None) }
    }

    /// All metrics as text.
    pub async fn text(&self, now: Timestamp) -> Result<String> {
        let mut text = self.of_catalogue(now).await?;
        StoreMetrics::write(&self.stores, &mut text);
        Ok(text)
    }

    async fn of_catalogue(&self, now: Timestamp) -> Result<String> {
        let mut kept = self.of_catalogue.lock().await;
        if let Some((since, text)) = kept.as_ref()
            && since.elapsed() < FRESH
        {
            return Ok(text.clone());
        }
        let attempt = "failed to read the catalogue";
        let text = catalogue_text(
            &self.archive.totals().await.context(attempt)?,
            self.archive.log_sizes().await.context(attempt)?,
            self.archive.coverage().await.context(attempt)?,
            now,
        );
        *kept = Some((Instant::now(), text.clone()));
        Ok(text)
    }
}

fn catalogue_text(
    totals: &Totals,
    (entries, published): (u64, u64),
    coverage: Coverage,
    now: Timestamp,
) -> String {
    let states = [
        (ArrivalState::Pending, totals.pending),
        (ArrivalState::Archived, totals.archived),
        (ArrivalState::Duplicate, totals.duplicate),
        (ArrivalState::Rejected, totals.rejected),
        (ArrivalState::Quarantined, totals.quarantined),
    ];
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, values: &[(String, u64)]| {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
        for (labels, value) in values {
            text.push_str(&format!("{name}{labels} {value}\n"));
        }
    };
    let alone = |value| [(String::new(), value)];
    let by_state = |state: ArrivalState| format!("{{state=\"{}\"}}", state.as_str());
    gauge(
        "muniment_ledger_documents",
        "Documents in the intake ledger, by what became of them.",
        &states.map(|(state, count)| (by_state(state), count.documents)),
    );
    gauge(
        "muniment_ledger_pages",
        "Their pages.",
        &states.map(|(state, count)| (by_state(state), count.pages)),
    );
    gauge("muniment_log_entries", "Entries of the transparency log.", &alone(entries));
    gauge("muniment_log_published_entries", "Those of them under a signed checkpoint.", &alone(published));
    gauge("muniment_records", "Records in the archive.", &alone(coverage.records));
    gauge(
        "muniment_records_never_audited",
        "Those of them that no audit has read again.",
        &alone(coverage.never),
    );
    if let Some(since) = coverage.since {
        let age = u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0);
        gauge(
            "muniment_audit_age_seconds",
            "How long ago the longest unread of the others was read.",
            &alone(age),
        );
    }
    text
}
