use anyhow::{Context, Result};
use muniment_record::Scan;

use super::{Setting, write_whole};
use crate::cli::PrepareArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::home::Home;
use crate::workshop::Workshop;

/// Makes one unsigned PDF/A. Needs no home; uses its configuration where there is one.
pub fn run(setting: &Setting, args: PrepareArgs) -> Result<Exit> {
    let config = match Home::open(&setting.home) {
        Ok(home) => home.config()?,
        Err(_) => Config::default(),
    };
    let first = args.inputs[0].clone();
    let title =
        args.title.unwrap_or_else(|| first.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let scan = Scan { name: first.display().to_string(), files: args.inputs };
    let workshop = Workshop::new(&config)?;
    let workshop = if args.no_ocr { workshop.without_ocr() } else { workshop };
    let mut options = workshop.options().clone();
    options.profile = args.profile.map_or(options.profile, Into::into);
    let staging = tempfile::tempdir().context("failed to make a temporary folder")?;
    let inspection = workshop.inspect(&scan)?;
    let package = workshop.prepare(&scan, inspection, &title, staging.path(), &options)?;
    let pdf = std::fs::read(&package.pdf).context("failed to read the prepared PDF")?;
    write_whole(&args.output, &pdf)?;
    println!(
        "{}: {} {}, {} B",
        args.output.display(),
        package.pages.len(),
        setting.say("trang", "pages"),
        pdf.len()
    );
    for (number, page) in (1..).zip(&package.pages) {
        for finding in &page.findings {
            println!("  {} {number}: {:?} ({})", setting.say("trang", "page"), finding.kind, finding.detail);
        }
    }
    Ok(Exit::Done)
}
