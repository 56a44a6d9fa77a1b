use std::sync::Arc;

use anyhow::Result;

use super::Setting;
use super::serve::stop_asked;
use super::watch::Lines;
use crate::cli::WorkArgs;
use crate::exit::Exit;
use crate::wire;
use crate::work::Worker;
use crate::workbench::Workbench;

/// Empties the queue until the process is told to stop.
pub async fn run(setting: &Setting, args: &WorkArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let log_key = wire::log_key(&home)?;
    let feeder = wire::IndexFeeder::new(home.clone())?;
    let workbench = Arc::new(Workbench::open(home.clone()).await?);
    let archive = Arc::clone(&workbench.archive);
    let worker = Worker::new(workbench, log_key, Arc::new(Lines(setting.language)))?;
    println!("{}", setting.say("Đang xử lý hàng đợi", "Working on the queue"));
    let feeding = tokio::spawn(feeder.keep_fed(Arc::clone(&archive)));
    let ended = worker.work(args.until_empty, stop_asked()).await;
    feeding.abort();
    // What was archived last is found, too.
    wire::feed_index(&home, &archive).await?;
    println!("{} {ended}", setting.say("Số tài liệu đã xong:", "Documents ended:"));
    archive.close().await;
    Ok(Exit::Done)
}
