//! Prepares scans from the command line: `prepare OUT_DIR SCAN...` writes `OUT_DIR/NAME.pdf` for each.
//!
//! For looking at what the crate makes, and for measuring it; the program of the project has more to say.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use muniment_ingest::{Limits, Ocr, Options, Profile, Tesseract, inspect, prepare};
use muniment_record::Scan;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().context("usage: prepare OUT_DIR SCAN...")?;
    let options = Options { threads: 1, ..Options::default() };
    let ocr = match std::env::var_os("NO_OCR") {
        Some(_) => None,
        None => Some(Tesseract::find("vie", &Limits::default())?),
    };
    let mut failures = 0;
    for path in arguments {
        let name = path.file_stem().unwrap_or_default().to_owned();
        let mut files = vec![path.clone()];
        if path.is_dir() {
            files =
                std::fs::read_dir(&path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
            files.sort();
        }
        let scan = Scan { name: path.display().to_string(), files };
        let staging = tempfile::tempdir_in(&out)?;
        let started = Instant::now();
        let package = inspect(&scan, &options.limits).and_then(|mut inspection| {
            if std::env::var_os("COMPACT").is_some() {
                inspection.profile = Profile::Compact;
            }
            let ocr = ocr.as_ref().map(|ocr| ocr as &dyn Ocr);
            prepare(&scan, inspection, "Bản số hóa", staging.path(), &options, ocr, &())
        });
        match package {
            Ok(package) => {
                let target = out.join(name).with_extension("pdf");
                std::fs::rename(&package.pdf, &target)?;
                let bytes = target.metadata()?.len();
                let profile = &package.provenance.profile;
                let seconds = started.elapsed().as_secs_f32();
                println!(
                    "{}: {:?}, {} pages, {bytes} bytes, {seconds:.2} s, {profile}",
                    scan.name,
                    package.form,
                    package.pages.len()
                );
                for (number, page) in (1..).zip(&package.pages) {
                    println!(
                        "  {number}: {} x {} at {} dpi, colour {}, blank {}, skew {:.2}, confidence {:?}, {} characters, {:?}",
                        page.width_px,
                        page.height_px,
                        page.dpi,
                        page.colour,
                        page.blank,
                        page.skew_degrees,
                        page.confidence,
                        page.text.chars().count(),
                        page.findings
                    );
                }
            }
            Err(error) => {
                failures += 1;
                println!("{}: {} ({error})", scan.name, error.code());
            }
        }
    }
    anyhow::ensure!(failures == 0, "{failures} scans failed");
    Ok(())
}
