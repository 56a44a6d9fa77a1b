use anyhow::{Context, Result};
use muniment_record::RecordId;
use serde_json::json;

use super::{Setting, print_json};
use crate::cli::QueueArgs;
use crate::exit::Exit;
use crate::{clock, messages, wire};

/// Shows the queue, or puts documents that were set aside back into it.
pub async fn run(setting: &Setting, args: &QueueArgs) -> Result<Exit> {
    let archive = wire::open_archive(&setting.open_home()?).await?;
    let mut aside = archive.aside().await.context("failed to read the queue")?;
    if args.retry_all || !args.retry.is_empty() {
        aside.retain(|one| args.retry_all || args.retry.contains(&one.record));
        for one in &aside {
            let retried = archive.retry(one.record, clock::now()).await;
            retried.with_context(|| format!("failed to put document {} back", one.record))?;
        }
        println!("{}: {}", setting.say("Đã đưa lại vào hàng đợi", "Put back into the queue"), aside.len());
        let is_missing = |id: &&RecordId| aside.iter().all(|one| one.record != **id);
        let missing: Vec<&RecordId> = args.retry.iter().filter(is_missing).collect();
        for id in &missing {
            println!(
                "{}: {id}",
                setting.say("Không có tài liệu để riêng nào có mã", "Nothing was set aside under")
            );
        }
        return Ok(if missing.is_empty() { Exit::Done } else { Exit::Found });
    }
    let count = archive.queue(clock::now()).await.context("failed to read the queue")?;
    if setting.json {
        let aside: Vec<_> = aside
            .iter()
            .map(|one| json!({"record": one.record, "batch": one.batch, "name": one.name, "code": one.code, "detail": one.detail}))
            .collect();
        print_json(&json!({"count": count, "set_aside": aside}))?;
        return Ok(Exit::Done);
    }
    for (vietnamese, english, number) in [
        ("Chờ xử lý", "Ready", count.ready),
        ("Đang xử lý", "Claimed", count.claimed),
        ("Sẽ thử lại", "To be tried again", count.put_off),
        ("Để riêng", "Set aside", count.set_aside),
    ] {
        println!("{:<20}{number:>8}", setting.say(vietnamese, english));
    }
    for one in &aside {
        println!("\n{}  {}\n  {}", one.record, one.name, messages::explain(&one.code, setting.language));
        println!("  ({}: {})", one.code, one.detail);
    }
    if !aside.is_empty() {
        let advice = setting.say(
            "Sau khi khắc phục, đưa lại vào hàng đợi bằng: muniment queue --retry ID",
            "When the cause is mended, put them back with: muniment queue --retry ID",
        );
        println!("\n{advice}");
    }
    Ok(Exit::Done)
}
