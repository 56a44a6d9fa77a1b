//! The step from scan to package: each document in a process of its own, behind walls.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use muniment_ingest::contained::{self, Contained, Job, Walls};
use muniment_ingest::{Error, Inspection, Limits, Options, Recogniser};
use muniment_record::{Package, Scan};

use crate::config::Config;

pub use contained::CHILD_ARGUMENT;

/// Seconds after which a page is not shown.
const MOST_RENDER_SECONDS: u64 = 20;

/// Where documents are looked at, prepared and shown.
pub struct Workshop {
    children: Contained,
    options: Options,
    ocr: Option<Recogniser>,
}

impl Workshop {
    /// The workshop that a configuration describes. Where its text recogniser is not installed, pages are archived without
    /// text, and the log says so.
    pub fn new(config: &Config) -> Result<Self> {
        let ocr = config.ocr.recogniser(&config.ingest.limits).transpose();
        let ocr = ocr.inspect_err(|error| tracing::warn!("pages will have no text: {error}")).ok().flatten();
        // By this name the kernel finds the running program even after another version was put in its place.
        let program = PathBuf::from("/proc/self/exe");
        let program = if program.exists() { program } else { std::env::current_exe()? };
        Ok(Self { children: Contained::new(program), options: config.ingest_options(), ocr })
    }

    /// The same without text recognition.
    pub fn without_ocr(self) -> Self {
        Self { ocr: None, ..self }
    }

    /// How documents are prepared where nothing else is asked for.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Tries the walls around a child.
    pub fn check(&self) -> Result<Walls> {
        self.children.check(&self.options.limits).context("failed to try a contained process")
    }

    /// Looks at a document's files.
    pub fn inspect(&self, scan: &Scan) -> Result<Inspection, Error> {
        self.children.inspect(scan, &self.options.limits)
    }

    /// Shows a page of an archived PDF as a JPEG, in little time or not at all: somebody waits for it.
    pub fn render(&self, pdf: &[u8], page: u32, width_px: u32) -> Result<Vec<u8>, Error> {
        let limits = Limits {
            page_seconds: self.options.limits.page_seconds.min(MOST_RENDER_SECONDS),
            ..self.options.limits.clone()
        };
        self.children.render(pdf, page, width_px, &limits)
    }

    /// Makes the package of a document in `staging`, an empty folder.
    pub fn prepare(
        &self,
        scan: &Scan,
        inspection: Inspection,
        title: &str,
        staging: &Path,
        options: &Options,
    ) -> Result<Package, Error> {
        let ocr = self.ocr.as_ref().map(serde_json::to_string).transpose();
        let ocr = ocr.map_err(|error| Error::Internal(error.to_string()))?;
        let job = Job { scan, inspection, title, staging, options, ocr: ocr.as_deref() };
        self.children.prepare(job, &())
    }
}

/// What the program does when it was started as a child.
pub fn run_child() -> ExitCode {
    contained::run_child(Recogniser::open_described)
}
