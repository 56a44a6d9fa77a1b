use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use muniment_archive::{Archive, AuditFinding, Budget, Coverage};
use muniment_record::RecordId;
use muniment_search::Reader;
use serde_json::json;

use super::{Setting, print_json};
use crate::cli::AuditArgs;
use crate::config::SecondKind;
use crate::exit::Exit;
use crate::home::Home;
use crate::{clock, wire};

/// Checks the whole archive and its index, or a part of its objects.
pub async fn run(setting: &Setting, args: &AuditArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let storage = home.config()?.storage;
    ensure!(
        storage.second.kind != SecondKind::None || storage.locks || !args.repair,
        "there is neither a second store to repair from (muniment.toml, [storage.second]) nor one whose locks could be set"
    );
    if args.minutes.is_some() || args.gigabytes.is_some() {
        return part(setting, &home, args).await;
    }
    let archive = wire::open_archive(&home).await?;
    let trust = wire::trust_of(&home)?;
    let log_key = wire::log_verifier(&home)?;
    let (key, now) = (Some(&log_key), clock::now());
    let report = match args.repair {
        true => archive.repair(&trust, key, now, &()).await,
        false => archive.audit(&trust, key, now, &()).await,
    };
    let report = report.context("failed to audit the archive")?;
    let index = index_findings(&home, &archive).await?;
    let findings = report.findings.len() + index.len();
    if setting.json {
        print_json(&json!({
            "objects": report.objects, "bytes": report.bytes, "findings": report.findings, "index": index,
            "repaired": report.repaired,
        }))?;
    } else {
        show(setting, &report.findings, &report.repaired);
        for finding in &index {
            println!("index: {finding}");
        }
        println!(
            "{} {}, {} B: {}",
            report.objects,
            setting.say("đối tượng", "objects"),
            report.bytes,
            match findings {
                0 => setting.say("toàn vẹn, không có sai lệch".to_owned(), "intact, no findings".to_owned()),
                count => format!("{count} {}", setting.say("sai lệch", "findings")),
            }
        );
    }
    Ok(if findings == 0 { Exit::Done } else { Exit::Found })
}

/// Reads objects until the budget is used up.
async fn part(setting: &Setting, home: &Home, args: &AuditArgs) -> Result<Exit> {
    let archive = wire::open_archive(home).await?;
    let budget = Allowance {
        bytes: args.gigabytes.map_or(u64::MAX, |count| count.saturating_mul(1 << 30)),
        until: args.minutes.map(|minutes| Instant::now() + Duration::from_secs(minutes.saturating_mul(60))),
    };
    let (trust, now) = (wire::trust_of(home)?, clock::now());
    let report = match args.repair {
        true => archive.repair_part(&trust, &budget, now).await,
        false => archive.audit_part(&trust, &budget, now).await,
    };
    let report = report.context("failed to audit the archive")?;
    if setting.json {
        print_json(&report)?;
    } else {
        show(setting, &report.findings, &report.repaired);
        let Coverage { records, never, since } = report.coverage;
        let (objects, bytes, findings) = (report.objects, report.bytes, report.findings.len());
        println!(
            "{}",
            setting.say(
                format!("Đã đọc lại {objects} đối tượng, {bytes} B; sai lệch: {findings}."),
                format!("Read {objects} objects again, {bytes} B; findings: {findings}.")
            )
        );
        let since = since.map_or_else(|| "–".to_owned(), clock::local);
        println!(
            "{}",
            setting.say(
                format!("Trong {records} bản ghi, {never} bản chưa từng được đọc lại; số còn lại đã được kiểm tra kể từ {since}."),
                format!("Of {records} records {never} were never read again; all others were, since {since}.")
            )
        );
    }
    Ok(if report.findings.is_empty() { Exit::Done } else { Exit::Found })
}

fn show(setting: &Setting, findings: &[AuditFinding], repaired: &[AuditFinding]) {
    for finding in repaired {
        println!("{}: {finding}", setting.say("đã khôi phục", "repaired"));
    }
    for finding in findings {
        println!("{finding}");
    }
}

/// Bytes and time that a part of an audit may take.
struct Allowance {
    bytes: u64,
    until: Option<Instant>,
}

impl Budget for Allowance {
    fn allows(&self, bytes: u64) -> bool {
        bytes < self.bytes && self.until.is_none_or(|until| Instant::now() < until)
    }
}

/// Records that the index lacks though it has taken up what was changed in them, and entries that have no record.
async fn index_findings(home: &Home, archive: &Archive) -> Result<Vec<String>> {
    // Read in this order: what is archived meanwhile is still to be taken up, and no finding.
    let indexed =
        Reader::open(&home.index()).and_then(|reader| Ok((reader.last_sequence(), reader.all_ids()?)));
    let (sequence, indexed) = match indexed {
        Ok((sequence, ids)) => (sequence, ids.into_iter().collect::<BTreeSet<RecordId>>()),
        Err(error) => return Ok(vec![format!("{error}; run: muniment rebuild")]),
    };
    let kept = ids(archive).await.context("failed to list the records")?;
    let ahead = changed_behind(archive, sequence).await.context("failed to read the outbox")?;
    let missing = kept.difference(&indexed).filter(|id| !ahead.contains(*id));
    let missing = missing.map(|id| format!("record {id} is not in the search index"));
    let extra =
        indexed.difference(&kept).map(|id| format!("the search index holds {id}, which is no record"));
    Ok(missing.chain(extra).collect())
}

/// The records that were changed behind a number of the outbox.
async fn changed_behind(
    archive: &Archive,
    sequence: u64,
) -> Result<BTreeSet<RecordId>, muniment_archive::Error> {
    const PAGE: u32 = 1000;
    let (mut changed, mut after) = (BTreeSet::new(), sequence);
    loop {
        let rows = archive.outbox(after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(changed) };
        after = last.sequence;
        changed.extend(rows.into_iter().map(|row| row.id));
    }
}

/// The ids of all records, read a page at a time.
async fn ids(archive: &Archive) -> Result<BTreeSet<RecordId>, muniment_archive::Error> {
    const PAGE: u32 = 1000;
    let mut ids = BTreeSet::new();
    loop {
        let records = archive.records(ids.last().copied(), PAGE).await?;
        if records.is_empty() {
            return Ok(ids);
        }
        ids.extend(records.into_iter().map(|record| record.id));
    }
}
