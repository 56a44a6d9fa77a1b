use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use muniment_archive::Error;
use tokio::time::sleep;

use super::Setting;
use super::serve::stop_asked;
use super::watch::Lines;
use crate::cli::WorkArgs;
use crate::exit::Exit;
use crate::home::Home;
use crate::wire;
use crate::work::Worker;
use crate::workbench::Workbench;

/// How long a worker waits before it asks a second time for what does not answer, and the longest wait.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Empties the queue until the process is told to stop.
pub async fn run(setting: &Setting, args: &WorkArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let log_key = wire::log_key(&home)?;
    let feeder = wire::IndexFeeder::new(home.clone())?;
    let stop = stop_asked();
    tokio::pin!(stop);
    let Some(workbench) = open_patiently(setting, &home, stop.as_mut()).await? else {
        return Ok(Exit::Done);
    };
    let workbench = Arc::new(workbench);
    let archive = Arc::clone(&workbench.archive);
    let worker = Worker::new(workbench, log_key, Arc::new(Lines(setting.language)))?;
    println!("{}", setting.say("Đang xử lý hàng đợi", "Working on the queue"));
    let feeding = tokio::spawn(feeder.keep_fed(Arc::clone(&archive)));
    let ended = worker.work(args.until_empty, stop).await;
    feeding.abort();
    // What was archived last is found, too.
    wire::feed_index(&home, &archive).await?;
    println!("{} {ended}", setting.say("Số tài liệu đã xong:", "Documents ended:"));
    archive.close().await;
    Ok(Exit::Done)
}

/// Opens the workbench, however long the catalogue or the store does not answer; gives none where it is told to stop meanwhile.
async fn open_patiently(
    setting: &Setting,
    home: &Home,
    mut stop: impl Future<Output = ()> + Unpin,
) -> Result<Option<Workbench>> {
    let mut wait = FIRST_WAIT;
    loop {
        let error = match Workbench::open(home.clone()).await {
            Err(error) if is_unanswered(&error) => error,
            opened => return opened.map(Some),
        };
        let seconds = wait.as_secs();
        println!(
            "{}",
            setting.say(
                format!("Danh mục hoặc nơi lưu chưa trả lời; thử lại sau {seconds} giây"),
                format!("Catalogue or store does not answer; trying again in {seconds} seconds"),
            )
        );
        tracing::warn!("failed to begin: {error:#}");
        tokio::select! {
            biased;
            () = &mut stop => return Ok(None),
            () = sleep(wait) => {}
        }
        wait = wait.saturating_mul(2).min(LONGEST_WAIT);
    }
}

fn is_unanswered(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref().is_some_and(Error::is_unanswered))
}
