use anyhow::{Context, Result};
use muniment_archive::{Hold, HoldState};
use muniment_record::{LegalStatus, Record, format_date};
use serde_json::json;

use super::{Setting, find_record, print_json};
use crate::exit::Exit;
use crate::{clock, wire};

/// Shows a record and the archive's receipt for it.
pub async fn run(setting: &Setting, code: &str) -> Result<Exit> {
    let home = setting.open_home()?;
    let archive = wire::open_archive(&home).await?;
    let record = find_record(&archive, code).await?;
    let receipt = archive.receipt(record.id).await.context("failed to read the receipt")?;
    let hold = archive.hold_on(record.id).await.context("failed to read the legal hold")?;
    if setting.json {
        print_json(&json!({ "record": record, "receipt": receipt, "hold": hold }))?;
        return Ok(Exit::Done);
    }
    show(setting, &record);
    if let Some(Hold { since, reason, state, .. }) = hold
        && state != HoldState::Lifting
    {
        line(setting.say("Lệnh giữ", "Legal hold"), &format!("{} · {reason}", clock::local(since)));
    }
    Ok(Exit::Done)
}

fn line(name: &str, value: &str) {
    println!("{name:<22} {value}");
}

fn show(setting: &Setting, record: &Record) {
    let description = &record.description;
    println!("{}", description.title);
    line(setting.say("Số, ký hiệu", "Symbol"), description.symbol.as_str());
    line(setting.say("Ngày ban hành", "Issued on"), &format_date(description.issued_on));
    line(setting.say("Cơ quan ban hành", "Issued by"), &description.agency_issuing.name);
    line(setting.say("Thủ tục", "Procedure"), &description.procedure_name);
    if let Some(code) = &description.result_code {
        line(setting.say("Mã kết quả", "Result code"), &code.to_string());
    }
    line(setting.say("Chủ hồ sơ", "Holder"), &description.holder.name);
    if let Some(id) = &description.holder.id {
        line(setting.say("Số định danh / MST", "Holder's number"), id.as_str());
    }
    line(setting.say("Tình trạng", "Status"), status(setting, record));
    if let Some(last) = description.valid_to {
        line(setting.say("Có hiệu lực đến", "Valid until"), &format_date(last));
    }
    line(setting.say("Mã tra cứu", "Look-up token"), record.lookup_token.as_str());
    line(setting.say("Số trang", "Pages"), &record.pages.len().to_string());
    for signature in &record.signatures {
        let at = signature.claimed_at.map(clock::local).unwrap_or_default();
        let text = format!("{} · {} · {} · {at}", signature.subject, signature.algorithm, signature.level);
        line(setting.say("Chữ ký số", "Signature"), &text);
    }
    line(setting.say("Lưu kho lúc", "Archived"), &clock::local(record.created_at));
    line("SHA-256", &record.sha256.to_string());
    line(setting.say("Mã bản ghi", "Record"), &record.id.to_string());
}

fn status(setting: &Setting, record: &Record) -> &'static str {
    match record.description.legal_status {
        LegalStatus::InForce if record.description.is_expired(clock::today()) => {
            setting.say("Hết hiệu lực", "Expired")
        }
        LegalStatus::InForce => setting.say("Còn hiệu lực", "In force"),
        LegalStatus::Revoked { .. } => setting.say("Đã thu hồi", "Revoked"),
        LegalStatus::Annulled { .. } => setting.say("Bị hủy bỏ", "Annulled"),
        LegalStatus::Superseded { .. } => setting.say("Đã được thay thế", "Superseded"),
    }
}
