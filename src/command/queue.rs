use anyhow::{Context, Result};
use muniment_archive::{Archive, SetAside};
use muniment_record::RecordId;
use serde_json::json;

use super::{Setting, print_json};
use crate::cli::QueueArgs;
use crate::exit::Exit;
use crate::{clock, messages, wire};

/// Shows the queue, or puts documents that were set aside back into it.
pub async fn run(setting: &Setting, args: &QueueArgs) -> Result<Exit> {
    let archive = wire::open_archive(&setting.open_home()?).await?;
    let aside = archive.aside().await.context("failed to read the queue")?;
    if args.retry_all || !args.retry.is_empty() {
        return retry(setting, args, &archive, &aside).await;
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

/// Puts documents back into the queue; what cannot be put back keeps none of the others.
async fn retry(setting: &Setting, args: &QueueArgs, archive: &Archive, aside: &[SetAside]) -> Result<Exit> {
    let all = args.retry_all.then(|| aside.iter().map(|one| one.record).collect());
    let ids: Vec<RecordId> = all.unwrap_or_else(|| args.retry.clone());
    let (mut put_back, mut refused) = (Vec::new(), Vec::new());
    for id in ids {
        match archive.retry(id, clock::now()).await {
            Ok(()) => put_back.push(id),
            Err(error) if matches!(error.code(), "taken" | "not-found") => refused.push((id, error.code())),
            Err(error) => return Err(error).context(format!("failed to put document {id} back")),
        }
    }
    if setting.json {
        let refused: Vec<_> = refused.iter().map(|(id, code)| json!({"record": id, "code": code})).collect();
        print_json(&json!({"put_back": put_back, "refused": refused}))?;
    } else {
        println!("{}: {}", setting.say("Đã đưa lại vào hàng đợi", "Put back into the queue"), put_back.len());
        for (id, code) in &refused {
            println!("{id}: {}", why_not(code, setting));
        }
    }
    Ok(if refused.is_empty() { Exit::Done } else { Exit::Found })
}

fn why_not(code: &str, setting: &Setting) -> &'static str {
    if code == "taken" {
        setting.say(
            "cùng tệp này đã được nộp lại sau đó; không cần đưa lại",
            "the same file was handed in again since; there is nothing to put back",
        )
    } else {
        setting.say("không có tài liệu nào để riêng với mã này", "nothing was set aside under this id")
    }
}
