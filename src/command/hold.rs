use std::time::Duration;

use anyhow::{Context, Result, bail};
use muniment_archive::{Archive, HoldReport};
use muniment_record::RecordId;
use muniment_seal::note::NoteKey;
use serde_json::json;
use tokio::time::sleep;

use super::{Setting, find_record, print_json};
use crate::cli::{HoldArgs, ReleaseArgs};
use crate::exit::Exit;
use crate::{clock, wire};

/// How often it is tried while another process makes versions, and how long it is waited in between.
const TRIES: u32 = 60;
const WAIT: Duration = Duration::from_millis(500);

/// Puts a record under a legal hold.
pub async fn hold(setting: &Setting, args: &HoldArgs) -> Result<Exit> {
    decide(setting, &args.id, Some(&args.reason), true).await
}

/// Lifts the legal hold on a record.
pub async fn release(setting: &Setting, args: &ReleaseArgs) -> Result<Exit> {
    decide(setting, &args.id, args.reason.as_deref(), false).await
}

async fn decide(setting: &Setting, code: &str, reason: Option<&str>, holds: bool) -> Result<Exit> {
    let home = setting.open_home()?;
    let key = wire::log_key(&home)?;
    let archive = wire::open_archive(&home).await?;
    let record = find_record(&archive, code).await?.id;
    let report = patiently(&archive, record, reason, holds).await?;
    publish_patiently(&archive, &key).await?;
    if setting.json {
        let HoldReport { is_new, is_enforced } = report;
        print_json(&json!({"record": record, "held": holds, "new": is_new, "enforced": is_enforced}))?;
        return Ok(Exit::Done);
    }
    println!("{}", said(setting, record, holds, report));
    Ok(Exit::Done)
}

/// Uplift and repair have their turn record by record: this waits for its own.
async fn patiently(
    archive: &Archive,
    record: RecordId,
    reason: Option<&str>,
    holds: bool,
) -> Result<HoldReport> {
    let mut tries = 1;
    loop {
        let decided = if holds {
            archive.hold(record, reason.unwrap_or_default(), clock::now()).await
        } else {
            archive.release(record, reason, clock::now()).await
        };
        match decided {
            Err(error) if error.code() == "in-use" && tries < TRIES => sleep(WAIT).await,
            decided => return decided.context("failed to change the legal hold"),
        }
        tries += 1;
    }
}

/// Until its entry is published, only the catalogue knows of a hold. Whoever is at publishing may have begun before it.
async fn publish_patiently(archive: &Archive, key: &NoteKey) -> Result<()> {
    let sizes = || async { archive.log_sizes().await.context("failed to read the log's size") };
    let (entries, _) = sizes().await?;
    for _ in 0..TRIES {
        wire::publish_log(archive, key).await?;
        if sizes().await?.1 >= entries {
            return Ok(());
        }
        sleep(WAIT).await;
    }
    bail!(
        "the hold is changed, but another process keeps the log from being published; run the command again"
    )
}

fn said(setting: &Setting, record: RecordId, holds: bool, report: HoldReport) -> String {
    let done = match (holds, report.is_new) {
        (true, true) => setting.say("Đã đặt lệnh giữ", "Put under a legal hold"),
        (true, false) => setting.say("Lệnh giữ đã có từ trước", "Was under a legal hold already"),
        (false, true) => setting.say("Đã gỡ lệnh giữ", "Lifted the legal hold"),
        (false, false) => setting.say("Không có lệnh giữ nào", "There was no legal hold"),
    };
    let advice = if holds && !report.is_enforced {
        setting.say(
            "\nNơi lưu không khóa được tệp: lệnh giữ chỉ được ghi trong danh mục và nhật ký.",
            "\nThe store cannot lock files: the hold stands in catalogue and log only.",
        )
    } else {
        ""
    };
    format!("{done}: {record}{advice}")
}
