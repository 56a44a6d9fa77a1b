//! Whether storage enforces locks, or only pretends.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use muniment_archive::{Error, LockTrial, ObjectStore};
use serde::Serialize;

use super::super::{Setting, print_json};
use crate::clock;
use crate::config::{Config, SecondKind, StorageKind};
use crate::exit::Exit;
use crate::home::Home;
use crate::wire;

/// What a trial of one store showed.
#[derive(Serialize)]
struct StoreTrial {
    /// Whether it is the second store.
    second: bool,
    /// Whether it lies on a disk.
    on_disk: bool,
    /// Whether the configuration has it lock.
    is_to_lock: bool,
    /// What came of the attacks; nothing where the store takes no locks.
    trial: Option<LockTrial>,
}

impl StoreTrial {
    fn is_enforced(&self) -> bool {
        self.trial.is_some_and(|trial| trial.is_enforced())
    }

    /// Whether it is as the configuration wants it.
    fn is_well(&self) -> bool {
        !self.is_to_lock || self.is_enforced()
    }
}

/// Attacks locks in each store and says what came of it.
pub(super) fn run(setting: &Setting, home: &Home) -> Result<Exit> {
    let config = home.config()?;
    let trials = try_each(home, &config)?;
    if setting.json {
        print_json(&trials)?;
    } else {
        trials.iter().for_each(|trial| show(setting, trial));
    }
    let is_well = trials.iter().all(StoreTrial::is_well)
        && (!config.storage.legal_archive || trials.iter().any(|trial| trial.is_to_lock));
    Ok(if is_well { Exit::Done } else { Exit::Found })
}

/// One line on locks: what is to be enforced is.
pub(super) fn locks(home: &Home) -> Result<String> {
    let config = home.config()?;
    if !config.storage.locks && !config.storage.second.locks && !config.storage.legal_archive {
        return Ok("not asked for".to_owned());
    }
    let store = wire::open_store(home, &config)?.objects;
    wire::require_locks(&config, store.as_ref())?;
    let trials = try_each(home, &config)?;
    ensure!(trials.iter().all(StoreTrial::is_well), "not enforced; run: muniment doctor storage");
    Ok("enforced".to_owned())
}

fn try_each(home: &Home, config: &Config) -> Result<Vec<StoreTrial>> {
    let store = wire::open_store(home, config)?.objects;
    let alone = [Arc::clone(&store)];
    let stores: &[Arc<dyn ObjectStore>] = store.pair().map_or(alone.as_slice(), |pair| pair.as_slice());
    let kinds = [config.storage.kind == StorageKind::Disk, config.storage.second.kind == SecondKind::Disk];
    let mut trials = Vec::new();
    for ((number, store), on_disk) in stores.iter().enumerate().zip(kinds) {
        let trial = match store.try_locks(clock::now()) {
            Ok(trial) => Some(trial),
            Err(Error::NoLocks) => None,
            Err(error) => return Err(error).context("failed to try the locks of storage"),
        };
        trials.push(StoreTrial { second: number > 0, on_disk, is_to_lock: store.has_locks(), trial });
    }
    Ok(trials)
}

fn show(setting: &Setting, store: &StoreTrial) {
    let name = match store.second {
        false => setting.say("Kho lưu trữ thứ nhất", "First store"),
        true => setting.say("Kho lưu trữ thứ hai", "Second store"),
    };
    println!("{name}:");
    match &store.trial {
        Some(trial) => {
            for (held, vietnamese, english) in [
                (trial.held_stays, "Bản bị giữ theo lệnh không xóa được", "what is held cannot be removed"),
                (
                    trial.retained_stays,
                    "Bản còn thời hạn lưu không xóa được",
                    "what is retained cannot be removed",
                ),
                (trial.time_stays, "Thời hạn lưu không rút ngắn được", "the time cannot be shortened"),
                (
                    trial.bytes_stay,
                    "Ghi đè không làm mất bản đã khóa",
                    "writing over it leaves the locked version as it was",
                ),
            ] {
                let mark = if held { setting.say("tốt", "well") } else { setting.say("LỖI", "WRONG") };
                println!("  {mark:<6} {}", setting.say(vietnamese, english));
            }
        }
        None if store.on_disk => println!(
            "  {}",
            setting.say(
                "Là ổ đĩa, không có khóa: ai ghi được vào thư mục thì cũng xóa được.",
                "A disk has no locks: whoever may write to the folder may remove from it."
            )
        ),
        None => println!(
            "  {}",
            setting.say(
                "Máy chủ không nhận khóa: bộ chứa (bucket) này không được tạo với Object Lock.",
                "The server takes no locks: this bucket was not made with Object Lock."
            )
        ),
    }
    let verdict = match (store.is_to_lock, store.is_enforced()) {
        (true, true) => setting.say("Khóa có hiệu lực THẬT.", "Locks are enforced."),
        (true, false) => setting.say(
            "Khóa KHÔNG có hiệu lực, chỉ giả vờ: không dùng làm kho lưu trữ pháp lý.",
            "Locks are NOT enforced, only pretended: not fit for a legal archive.",
        ),
        (false, true) => setting.say(
            "Máy chủ khóa được, nhưng cấu hình chưa bật (locks = true).",
            "The server enforces locks, but the configuration does not use them (locks = true).",
        ),
        (false, false) => setting.say("Cấu hình không yêu cầu khóa.", "The configuration asks for no locks."),
    };
    println!("  {verdict}");
}
