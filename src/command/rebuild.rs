use anyhow::{Context, Result};
use muniment_archive::Archive;

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
    let report = Archive::rebuild_on(catalogue, store, clock::now(), args.new_log)
        .await
        .context("failed to rebuild the catalogue")?;
    let archive = wire::open_archive(&home).await?;
    archive.recover(clock::now()).await.context("failed to finish the rebuild")?;
    wire::publish_log(&archive, &wire::log_key(&home)?).await?;
    let keying = wire::holder_keying(&home)?;
    wire::rebuild_index(&home, &archive, &keying).await?;
    if setting.json {
        print_json(&report)?;
    } else {
        println!("{report}");
    }
    Ok(if report.is_complete() { Exit::Done } else { Exit::Found })
}
