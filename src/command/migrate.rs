use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use muniment_archive::{Alone, Archive, MigrationReport};
use serde_json::json;

use super::{Setting, print_json, write_whole};
use crate::cli::MigrateArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::wire;

/// A database that was started anew has forgotten who has the archive alone.
async fn require_alone(alone: &Alone) -> Result<()> {
    ensure!(
        alone.stands().await,
        "the database was started anew meanwhile, and others may have worked on the archive: run this again"
    );
    Ok(())
}

/// Moves the archive to where another configuration says: files first, then the catalogue, then the home's configuration, by which
/// the move is done. Stopped before that, it goes on when it is run again.
pub async fn run(setting: &Setting, args: &MigrateArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let _lock = home.lock()?;
    let present = home.config()?;
    let attempt = || format!("failed to read {}", args.config.display());
    let text = fs::read_to_string(&args.config).with_context(attempt)?;
    let new: Config = toml::from_str(&text).context("failed to understand the new configuration")?;
    let catalogue = wire::catalogue_at(&home, &present)?;
    // From here until the configuration is in place nobody has the archive open: neither workers nor the pages.
    let alone =
        Archive::alone(&catalogue).await.context("failed to have the archive alone; stop what runs on it")?;
    let alone = Arc::new(alone);
    let mut report = MigrationReport::default();
    let mut unlocked = Vec::new();
    let target = wire::open_store(&home, &new)?.objects;
    if new.storage != present.storage {
        let (from, to) = (wire::open_store(&home, &present)?.objects, Arc::clone(&target));
        wire::require_locks(&new, to.as_ref())?;
        let (held, locks) = (Arc::clone(&alone), Arc::clone(&to));
        let copy = move || Archive::copy_store(&held, from.as_ref(), to.as_ref());
        let copied = tokio::task::spawn_blocking(copy).await;
        report = copied.context("the copy broke off")?.context("failed to copy the archive's files")?;
        let locked = Archive::lock_copy(&alone, &catalogue, locks).await;
        unlocked = locked.context("failed to lock what was copied")?;
    }
    let to = wire::catalogue_at(&home, &new)?;
    require_alone(&alone).await?;
    let left = (new.catalogue != present.catalogue).then_some(&catalogue);
    if left.is_some() {
        let rows = Archive::copy_catalogue(&alone, &catalogue, &to).await;
        report.rows = rows.context("failed to copy the catalogue")?;
    }
    ensure!(
        report != MigrationReport::default(),
        setting.say(
            "cấu hình mới không đổi nơi lưu tệp và danh mục, nên không có gì để chuyển",
            "the new configuration has storage and catalogue where they are, so there is nothing to move"
        )
    );
    require_alone(&alone).await?;
    // What runs from here on runs on the new one; with the old configuration, which other machines may still have, nothing does.
    let handed_over = Archive::hand_over(&alone, left, &to, target.as_ref()).await;
    handed_over.context("failed to hand the archive over to its new place")?;
    let kept = home.root().join("muniment.toml.before-migration");
    fs::copy(home.config_file(), &kept).context("failed to keep the present configuration")?;
    write_whole(&home.config_file(), text.as_bytes())?;
    if setting.json {
        let MigrationReport { objects, bytes, rows } = report;
        print_json(&json!({"objects": objects, "bytes": bytes, "rows": rows, "unlocked": unlocked}))?;
    } else {
        let MigrationReport { objects, bytes, rows } = report;
        println!(
            "{}: {objects} {}, {} MB, {rows} {}",
            setting.say("Đã chuyển", "Moved"),
            setting.say("tệp", "files"),
            bytes / 1_000_000,
            setting.say("dòng danh mục", "catalogue rows")
        );
        for id in &unlocked {
            let words = setting.say(
                "không đọc được nên chưa khóa tệp; `muniment audit` nêu rõ lỗi",
                "could not be read, so its files are not locked; `muniment audit` says what is wrong",
            );
            println!("{id}: {words}");
        }
        println!(
            "{}",
            setting.say(
                "Tiếp theo: chạy `muniment audit`; khi không có sai lệch mới xóa nơi lưu cũ.",
                "Next: run `muniment audit`; remove what lies at the old place only when it finds nothing.",
            )
        );
    }
    Ok(if unlocked.is_empty() { Exit::Done } else { Exit::Found })
}
