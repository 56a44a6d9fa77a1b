use anyhow::{Context, Result};
use jiff::ToSpan;
use muniment_record::RecordId;
use muniment_seal::Error;
use serde_json::json;

use super::{Setting, print_json};
use crate::cli::UpliftArgs;
use crate::exit::Exit;
use crate::wire::Engines;
use crate::{clock, messages};

/// Records looked at in one go.
const AT_ONCE: u32 = 256;

/// What a run did.
#[derive(Default)]
struct Tally {
    uplifted: u64,
    /// Copies that hold the data already, or for which it could not be had now.
    waiting: Vec<(RecordId, &'static str)>,
    /// Copies that can never be uplifted as things are.
    refused: Vec<(RecordId, &'static str)>,
}

/// Uplifts what is due.
pub async fn run(setting: &Setting, args: &UpliftArgs) -> Result<Exit> {
    let engines = Engines::open(setting.open_home()?).await?;
    engines
        .workbench
        .archive
        .recover(clock::now())
        .await
        .context("failed to finish what an earlier run left undone")?;
    let grace = if args.now { 0 } else { i64::from(engines.workbench.config.seal.uplift_after_hours) };
    let archived_by = clock::now().checked_sub(grace.hours()).context("the clock is out of range")?;
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let looked_at = engines.workbench.archive.to_uplift(after, archived_by, AT_ONCE).await?;
        let Some(last) = looked_at.last() else { break };
        after = Some(last.id);
        for record in looked_at {
            let pdf = engines.workbench.archive.pdf(&record).await;
            let pdf = pdf.with_context(|| format!("failed to read record {}", record.id))?;
            match engines.workbench.sealer.uplift(&pdf, clock::now()) {
                Ok(Some(uplifted)) => {
                    let kept = engines.workbench.archive.uplift(record.id, &uplifted, clock::now()).await;
                    match kept {
                        Ok(_) => tally.uplifted += 1,
                        // Something is being repaired at the moment.
                        Err(error) if error.code() == "in-use" => {
                            tally.waiting.push((record.id, error.code()));
                        }
                        kept => {
                            kept.with_context(|| format!("failed to keep record {}", record.id))?;
                        }
                    }
                }
                Ok(None) => {}
                Err(error) => tally.note(record.id, &error),
            }
        }
    }
    engines.feed_index().await?;
    engines.publish_log().await?;
    tally.show(setting)?;
    Ok(if tally.refused.is_empty() && tally.waiting.is_empty() { Exit::Done } else { Exit::Found })
}

impl Tally {
    fn note(&mut self, id: RecordId, error: &Error) {
        tracing::warn!(record.id = %id, code = error.code(), "failed to uplift record {id}: {error}");
        let list = if error.is_temporary() { &mut self.waiting } else { &mut self.refused };
        list.push((id, error.code()));
    }

    fn show(&self, setting: &Setting) -> Result<()> {
        let Self { uplifted, waiting, refused } = self;
        if setting.json {
            let list = |of: &[(RecordId, &str)]| -> Vec<_> {
                of.iter().map(|(id, code)| json!({ "record": id, "code": code })).collect()
            };
            return print_json(
                &json!({ "uplifted": uplifted, "waiting": list(waiting), "refused": list(refused) }),
            );
        }
        for (id, code) in waiting.iter().chain(refused) {
            println!("{id}: {}", messages::explain(code, setting.language));
        }
        let (waiting, refused) = (waiting.len(), refused.len());
        println!(
            "{}",
            setting.say(
                format!("Đã bổ sung dữ liệu xác thực cho {uplifted} bản; chờ lần sau: {waiting}; bị từ chối: {refused}."),
                format!("Added validation data to {uplifted} copies; to be tried again: {waiting}; refused: {refused}.")
            )
        );
        Ok(())
    }
}
