mod storage;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use muniment_search::Reader;
use serde::Serialize;

use super::{Setting, print_json};
use crate::cli::DoctorCommand;
use crate::clock;
use crate::exit::Exit;
use crate::home::Home;
use crate::sealer::Sealer;
use crate::wire;
use crate::workshop::Workshop;

/// Days before its end at which a certificate is called about to expire.
const EXPIRY_WARNING_DAYS: u32 = 30;

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    what: &'static str,
    well: bool,
    found: String,
}

impl Check {
    fn new(what: &'static str, found: Result<String>) -> Self {
        match found {
            Ok(found) => Self { what, well: true, found },
            Err(error) => Self { what, well: false, found: format!("{error:#}") },
        }
    }
}

/// Looks at this machine and home, and says what is wrong and what to do.
pub async fn run(setting: &Setting, what: Option<DoctorCommand>) -> Result<Exit> {
    let home = setting.open_home()?;
    if let Some(DoctorCommand::Storage) = what {
        return storage::run(setting, &home);
    }
    let checks = [
        Check::new("muniment", Ok(env!("CARGO_PKG_VERSION").to_owned())),
        Check::new("configuration", home.config().map(|_| home.config_file().display().to_string())),
        Check::new("procedures", procedures(&home)),
        Check::new("text recognition", text_recognition(&home)),
        Check::new("contained process", contained_process(&home)),
        Check::new("keys", keys(&home)),
        Check::new("agency certificate", agency_certificate(&home)),
        Check::new("trust anchors", trust(&home)),
        Check::new("storage", can_be_written(&home).await),
        Check::new("storage locks", storage::locks(&home)),
        Check::new("search index", search_index(&home).await),
    ];
    if setting.json {
        print_json(&checks)?;
    } else {
        for check in &checks {
            let mark = if check.well { setting.say("tốt", "well") } else { setting.say("LỖI", "WRONG") };
            println!("{mark:<6} {:<20} {}", check.what, check.found);
        }
    }
    Ok(if checks.iter().all(|check| check.well) { Exit::Done } else { Exit::Found })
}

fn procedures(home: &Home) -> Result<String> {
    let count = home.procedures()?.iter().count();
    ensure!(count > 0, "procedures.csv is empty: nothing can be taken in");
    Ok(format!("{count} procedures"))
}

fn text_recognition(home: &Home) -> Result<String> {
    let config = home.config()?;
    let Some(recogniser) = config.ocr.recogniser(&config.ingest.limits) else {
        return Ok("switched off in muniment.toml".to_owned());
    };
    let advice = || format!("install the packages tesseract-ocr and tesseract-ocr-{}", config.ocr.language);
    Ok(recogniser.and_then(|recogniser| recogniser.open()).with_context(advice)?.name())
}

/// The walls around the process in which a document is worked on.
fn contained_process(home: &Home) -> Result<String> {
    let walls = Workshop::new(&home.config()?)?.check()?;
    ensure!(walls.network_closed, "{walls}; documents must not be taken in on this machine");
    Ok(walls.to_string())
}

/// Private keys are readable by their owner only.
fn keys(home: &Home) -> Result<String> {
    let mut count = 0;
    for entry in fs::read_dir(home.keys()).context("failed to list keys/")? {
        let entry = entry.context("failed to list keys/")?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_secret = !name.ends_with(".chain.pem");
        let mode = entry.metadata().context("failed to look at keys/")?.permissions().mode();
        ensure!(
            !is_secret || mode & 0o077 == 0,
            "keys/{name} can be read by others; run: chmod 600 keys/{name}"
        );
        count += usize::from(is_secret);
    }
    wire::holder_keying(home)?;
    Ok(format!("{count} secrets, private"))
}

/// The agency's certificate may be used now, and for a while yet.
fn agency_certificate(home: &Home) -> Result<String> {
    let sealer = Sealer::of_agency(home, wire::trust_of(home)?)?;
    let (certificate, now) = (sealer.certificate()?, clock::now());
    let until = clock::local(certificate.not_after());
    sealer.check(now).with_context(|| format!("it must not be used (valid until {until})"))?;
    ensure!(
        !certificate.expires_within(now, EXPIRY_WARNING_DAYS),
        "expires on {until}, within {EXPIRY_WARNING_DAYS} days; get a new one"
    );
    Ok(format!("{}, until {until}", certificate.subject()))
}

fn trust(home: &Home) -> Result<String> {
    let anchors = wire::trust_of(home)?.anchors().len();
    ensure!(anchors > 0, "trust/ holds no certificate: nothing can be verified");
    Ok(format!("{anchors} anchors"))
}

async fn can_be_written(home: &Home) -> Result<String> {
    let archive = wire::open_archive(home).await?;
    archive.check_storage().await?;
    Ok(format!("{} records, can be written durably", archive.count().await?))
}

async fn search_index(home: &Home) -> Result<String> {
    let reader = Reader::open(&home.index()).context("run: muniment rebuild")?;
    let archive = wire::open_archive(home).await?;
    let (indexed, kept) = (reader.count(), archive.count().await?);
    ensure!(
        indexed == kept,
        "{indexed} records of {kept}; the next take brings it up to date, or run: muniment rebuild"
    );
    Ok(format!("{indexed} records"))
}
