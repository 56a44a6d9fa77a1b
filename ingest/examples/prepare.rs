//! Prepares scans from the command line: `prepare OUT_DIR SCAN...` writes `OUT_DIR/NAME.pdf` for each.
//!
//! For looking at what the crate makes, and for measuring it; the program of the project has more to say. What was read on a
//! scan's last page goes to `OUT_DIR/NAME.words.tsv`: confidence and text of each word. Environment: `OCR` is `none`, `blank` (a copy
//! is made for reading, and nothing is read), `native`, `tesseract` or `auto` (the default), `PROFILE` is `compact` (the default),
//! `faithful` or `bitonal`, `CONTAINED` works in a child process a scan, `THREADS` is the number of threads for a scan,
//! `REREAD_ONE_IN` of so many pages one is read again as it is archived (0: none).

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use muniment_ingest::contained::{CHILD_ARGUMENT, Contained, Job, run_child};
use muniment_ingest::{
    Again, Error, Gray, LanguageData, Limits, Ocr, Options, Profile, Recogniser, Tesseract, inspect, prepare,
};
use muniment_record::{Area, Package, Page, Scan, Word};

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from).peekable();
    if arguments.peek().is_some_and(|first| first == Path::new(CHILD_ARGUMENT)) {
        return Ok(run_child(Recogniser::open_described));
    }
    let out = arguments.next().context("usage: prepare OUT_DIR SCAN...")?;
    let is_set = |name: &str| std::env::var_os(name).is_some();
    let threads = std::env::var("THREADS").map_or(Ok(1), |threads| threads.parse())?;
    let reread_one_in = std::env::var("REREAD_ONE_IN")
        .map_or(Ok(Options::default().reread_one_in), |one_in| one_in.parse())?;
    let profile = match std::env::var("PROFILE").as_deref() {
        Ok("faithful") => Profile::Faithful,
        Ok("bitonal") => Profile::Bitonal,
        Ok("compact") | Err(_) => Profile::Compact,
        Ok(other) => anyhow::bail!("there is no profile {other}"),
    };
    let data = LanguageData::default();
    let recogniser = match std::env::var("OCR").as_deref() {
        Ok("none" | "blank") => None,
        Ok("native") => Some(Recogniser::native(&data)?),
        Ok("tesseract") => Some(Recogniser::Tesseract(Tesseract::find(&data, &Limits::default())?)),
        Ok("auto") | Err(_) => Some(Recogniser::find(&data, &Limits::default())?),
        Ok(other) => anyhow::bail!("there is no recogniser {other}"),
    };
    let ocr: Option<Box<dyn Ocr>> = match std::env::var("OCR").as_deref() {
        Ok("blank") => Some(Box::new(Blank)),
        _ => recogniser.as_ref().map(Recogniser::open).transpose()?,
    };
    let seen = Arc::new(Mutex::new(Seen { words: Vec::new(), most_kb: Some(0) }));
    let ocr = ocr.map(|inner| Box::new(Watched { inner, seen: Arc::clone(&seen) }) as Box<dyn Ocr>);
    let way = Way {
        options: Options { threads, profile, reread_one_in, ..Options::default() },
        recogniser,
        ocr,
        contained: if is_set("CONTAINED") { Some(Contained::new(std::env::current_exe()?)) } else { None },
    };
    let (mut failures, mut pages, mut read_otherwise, mut partly) = (0, 0, 0, 0);
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
        match way.prepare(&scan, staging.path()) {
            Ok(package) => {
                let target = out.join(&name).with_extension("pdf");
                let rows = seen
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .words
                    .iter()
                    .map(row)
                    .collect::<String>();
                std::fs::write(out.join(&name).with_extension("words.tsv"), rows)?;
                std::fs::rename(&package.pdf, &target)?;
                tell(&scan, &package, &target, started.elapsed().as_secs_f32())?;
                pages += package.pages.len();
                let kept = &package.provenance.kept;
                read_otherwise += kept.iter().filter(|page| page.reader.is_some()).count();
                partly += kept.iter().filter(|page| page.detail.contains(" lines read by ")).count();
            }
            Err(error) => {
                failures += 1;
                println!("{}: {} ({error})", scan.name, error.code());
            }
        }
    }
    match seen.lock().unwrap_or_else(PoisonError::into_inner).most_kb {
        Some(most_kb) => println!("reading took {most_kb} kB of memory at most"),
        None => println!("reading took memory that cannot be measured here"),
    }
    println!("{read_otherwise} of {pages} pages, and lines of {partly} others, read by the second reader");
    anyhow::ensure!(failures == 0, "{failures} scans failed");
    Ok(ExitCode::SUCCESS)
}

/// How scans are prepared here.
struct Way {
    options: Options,
    /// As it is told to a contained process, and as it is used without one.
    recogniser: Option<Recogniser>,
    ocr: Option<Box<dyn Ocr>>,
    contained: Option<Contained>,
}

impl Way {
    fn prepare(&self, scan: &Scan, staging: &Path) -> Result<Package, Error> {
        let title = "Bản số hóa";
        let limits = &self.options.limits;
        let inspection = match &self.contained {
            Some(contained) => contained.inspect(scan, limits)?,
            None => inspect(scan, limits)?,
        };
        match &self.contained {
            Some(contained) => {
                let ocr = self.recogniser.as_ref().map(serde_json::to_string).transpose();
                let ocr = ocr.map_err(|error| Error::Internal(error.to_string()))?;
                let (options, ocr) = (&self.options, ocr.as_deref());
                contained.prepare(Job { scan, inspection, title, staging, options, ocr }, &())
            }
            None => prepare(scan, inspection, title, staging, &self.options, self.ocr.as_deref(), &()),
        }
    }
}

/// Has pages copied as for the own reader, and says at once that all is read.
struct Blank;

impl Ocr for Blank {
    fn name(&self) -> String {
        "blank".to_owned()
    }

    fn dpi(&self) -> u32 {
        300
    }

    fn read(&self, _: &Gray) -> Result<Vec<Word>, Error> {
        let place = Area { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };
        Ok(vec![Word { text: "blank".to_owned(), place, confidence: 100.0, line: 0 }; 20])
    }
}

/// What was seen of reading.
struct Seen {
    /// The words of the last page.
    words: Vec<Word>,
    /// The memory that reading a page takes at most beside what the process has already; `None` where the kernel does not tell.
    /// Right on one thread only, and of this process: Tesseract is another.
    most_kb: Option<u64>,
}

/// Has pages read, and watches.
struct Watched {
    inner: Box<dyn Ocr>,
    seen: Arc<Mutex<Seen>>,
}

impl Watched {
    fn watch<T>(&self, read: impl FnOnce(&dyn Ocr) -> T, words: impl FnOnce(&T) -> &[Word]) -> T {
        // The peak begins anew (proc_pid_clear_refs(5)).
        let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
        let before = memory_kb("VmRSS:").filter(|_| is_reset);
        let result = read(self.inner.as_ref());
        let took = before.zip(memory_kb("VmHWM:")).map(|(before, peak)| peak.saturating_sub(before));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.most_kb = seen.most_kb.zip(took).map(|(most, took)| most.max(took));
        seen.words = words(&result).to_vec();
        result
    }
}

impl Ocr for Watched {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn dpi(&self) -> u32 {
        self.inner.dpi()
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.inner.folders()
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        self.watch(|ocr| ocr.read(page), |read| read.as_deref().unwrap_or_default())
    }

    fn read_lines(&self, sheet: &Gray) -> Result<Vec<Word>, Error> {
        self.inner.read_lines(sheet)
    }

    fn read_again(&self, page: &Gray, words: Vec<Word>) -> Again {
        self.watch(|ocr| ocr.read_again(page, words), |again| &again.words)
    }
}

/// A word as a row of a table.
fn row(word: &Word) -> String {
    format!("{:.1}\t{}\n", word.confidence, word.text)
}

/// A line of `/proc/self/status`.
fn memory_kb(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn tell(scan: &Scan, package: &Package, target: &Path, seconds: f32) -> anyhow::Result<()> {
    let (name, form, count) = (&scan.name, package.form, package.pages.len());
    let (bytes, profile) = (target.metadata()?.len(), &package.provenance.profile);
    println!("{name}: {form:?}, {count} pages, {bytes} bytes, {seconds:.2} s, {profile}");
    for (number, page) in (1..).zip(&package.provenance.kept) {
        let reader = page.reader.as_deref().map(|reader| format!(", read by {reader}")).unwrap_or_default();
        println!("  {number}: {} ({}){reader}", page.profile, page.detail);
    }
    for (number, page) in (1..).zip(&package.pages) {
        println!(
            "  {number}: {} x {} at {} dpi, colour {}, blank {}, skew {:.2}, confidence {:?}, {} characters{}",
            page.width_px,
            page.height_px,
            page.dpi,
            page.colour,
            page.blank,
            page.skew_degrees,
            page.confidence,
            page.text.chars().count(),
            findings(page)
        );
    }
    Ok(())
}

/// What there is to look at on a page, each by its name in records.
fn findings(page: &Page) -> String {
    let each = page.findings.iter().map(|finding| {
        let kind = serde_json::to_value(finding.kind).unwrap_or_default();
        format!("; {}: {}", kind.as_str().unwrap_or_default().replace('_', " "), finding.detail)
    });
    each.collect()
}
