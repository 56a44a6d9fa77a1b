use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::SignedDuration;
use muniment_record::Language;
use tokio::time::MissedTickBehavior;

use super::serve::stop_asked;
use super::{Setting, ledger};
use crate::cli::WatchArgs;
use crate::config::IntakeConfig;
use crate::exit::Exit;
use crate::flow::{self, DocumentOutcome, Fate, Reporter};
use crate::hot_folder::{Departure, HotFolder, Stamps};
use crate::wire::Engines;
use crate::workbench::Workbench;
use crate::{clock, intake};

/// Units that are taken in as one batch: a request to stop waits for no more than these.
const AT_ONCE: usize = 32;

/// Takes in what comes into the hot folder until the process is told to stop. The home is locked only while there is
/// something to take in.
pub async fn run(setting: &Setting, args: &WatchArgs) -> Result<Exit> {
    let IntakeConfig { folder, poll_seconds, metadata_seconds, tries } =
        setting.open_home()?.config()?.intake;
    let configured = || (!folder.is_empty()).then(|| PathBuf::from(&folder));
    let Some(root) = args.folder.clone().or_else(configured) else {
        anyhow::bail!("no folder is given, and intake.folder in muniment.toml names none");
    };
    ensure!(root.is_dir(), "there is no folder {}", root.display());
    let seconds = |count: u64| SignedDuration::from_secs(i64::try_from(count).unwrap_or(i64::MAX));
    let mut hot = HotFolder::new(root, seconds(metadata_seconds));
    let mut looks = tokio::time::interval(Duration::from_secs(poll_seconds.max(1)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stop = stop_asked();
    tokio::pin!(stop);
    println!("{} {}", setting.say("Đang theo dõi thư mục", "Watching"), hot.root().display());
    loop {
        tokio::select! {
            biased;
            () = &mut stop => return Ok(Exit::Done),
            _ = looks.tick() => {}
        }
        match hot.look(clock::now()) {
            Ok(whole) if whole.is_empty() => {}
            Ok(whole) => {
                let units = whole.into_iter().take(AT_ONCE).collect();
                let first_wait = seconds(2 * poll_seconds);
                if let Err(error) = take_in(setting, &mut hot, units, first_wait, (tries, args.queue)).await {
                    tracing::error!("{error:#}");
                }
            }
            Err(error) => tracing::warn!("failed to look into the hot folder: {error}"),
        }
    }
}

/// Takes in units as one batch, and lets leave what the catalogue has committed.
async fn take_in(
    setting: &Setting,
    hot: &mut HotFolder,
    units: Vec<(PathBuf, Stamps)>,
    first_wait: SignedDuration,
    (tries, queues): (u32, bool),
) -> Result<()> {
    let home = setting.open_home()?;
    let paths: Vec<PathBuf> = units.iter().map(|(path, _)| path.clone()).collect();
    let seen: Stamps = units.into_iter().flat_map(|(_, stamps)| stamps).collect();
    let intake = intake::survey(&paths, None, &home.procedures()?, clock::today())?;
    let departures: Vec<Departure> = intake.documents.iter().map(Departure::of).collect();
    let mut held = Vec::new();
    if !departures.is_empty() {
        let reporter = Arc::new(Lines(setting.language));
        let (summary, archive) = if queues {
            let workbench = Arc::new(Workbench::open(home).await?);
            (flow::enqueue(Arc::clone(&workbench), intake, reporter).await?, Arc::clone(&workbench.archive))
        } else {
            let engines = Arc::new(Engines::open(home).await?);
            let archive = Arc::clone(&engines.workbench.archive);
            (flow::take(engines, intake, reporter).await?, archive)
        };
        archive.close().await;
        let is_in_ledger = summary.balances();
        for (departure, outcome) in departures.into_iter().zip(summary.outcomes) {
            let left = match &outcome.fate {
                Fate::Archived(_) | Fate::Duplicate(_) | Fate::Queued(_) => departure.taken(&seen),
                Fate::Rejected(reason) if is_in_ledger => {
                    departure.not_taken(hot.root(), &summary.batch, reason, clock::now())
                }
                Fate::Rejected(_) => Ok(()),
                Fate::Quarantined(reason) => {
                    held.push((departure, summary.batch.clone(), reason.clone()));
                    Ok(())
                }
            };
            if let Err(error) = left {
                tracing::warn!("failed to clear a document out of the hot folder: {error}");
            }
        }
    }
    for path in paths.iter().filter(|path| path.exists()) {
        if hot.put_off(path, first_wait, clock::now()) < tries {
            continue;
        }
        for (departure, batch, reason) in held.iter().filter(|(departure, ..)| departure.is_of(path)) {
            departure.not_taken(hot.root(), batch, reason, clock::now())?;
        }
    }
    Ok(())
}

/// One line a document.
pub(super) struct Lines(pub(super) Language);

impl Reporter for Lines {
    fn begin(&self, _documents: usize) {}

    fn document_done(&self, outcome: &DocumentOutcome) {
        println!("{}: {}", ledger::word(outcome.fate.state(), self.0), outcome.name);
    }
}
