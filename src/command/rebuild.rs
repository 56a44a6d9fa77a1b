use anyhow::{Context, Error, Result};
use muniment_archive::{Archive, ErrorKind};

use super::{Setting, print_json};
use crate::cli::RebuildArgs;
use crate::exit::Exit;
use crate::{clock, wire};

/// Makes catalogue and index again from storage alone.
pub async fn run(setting: &Setting, args: &RebuildArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let _lock = home.lock()?;
    let config = home.config()?;
    let (catalogue, store) = (wire::catalogue_at(&home, &config)?, wire::open_store(&home, &config)?.objects);
    let report = Archive::rebuild_on(catalogue, store, clock::now(), args.new_log).await.map_err(failed)?;
    let archive = wire::open_archive(&home).await?;
    archive.recover(clock::now()).await.context("failed to finish the rebuild")?;
    if report.log_is_damaged() {
        eprintln!(
            "muniment: the transparency log is damaged, and nothing is published: bring the files that are named back from a copy, then \
             rebuild again"
        );
    } else {
        wire::publish_log(&archive, &wire::log_key(&home)?).await?;
    }
    let keying = wire::holder_keying(&home)?;
    wire::rebuild_index(&home, &archive, &keying).await?;
    if setting.json {
        print_json(&report)?;
    } else {
        println!("{report}");
    }
    Ok(if report.is_complete() { Exit::Done } else { Exit::Found })
}

/// What to do about a rebuild that did not come to its end.
fn failed(error: muniment_archive::Error) -> Error {
    let may_answer = error.kind() == ErrorKind::Unavailable && error.code() != "in-use";
    Error::new(error).context(if may_answer {
        "failed to rebuild the catalogue; nothing is lost: run it again when what failed answers"
    } else {
        "failed to rebuild the catalogue"
    })
}
