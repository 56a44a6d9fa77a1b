use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use muniment_record::RecordId;
use muniment_seal::{Report, SignatureKind, SignatureReport, Trust, TrustDomain, Verdict};
use serde_json::json;
use tokio::sync::mpsc::{Sender, channel};

use super::{Setting, print_json};
use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::home::Home;
use crate::{clock, wire};

/// No PDF that people hand around is larger.
const LARGEST_FILE: u64 = 2 << 30;

/// Verifies files and what is in folders, several at a time; the exit code is that of the worst.
pub async fn run(setting: &Setting, args: &VerifyArgs) -> Result<Exit> {
    let trust = trust(setting, args)?;
    let at = args.at.unwrap_or_else(clock::now);
    let files = pdfs(&args.files)?;
    let archive = match Home::open(&setting.home) {
        Ok(home) => wire::open_archive(&home).await.ok(),
        Err(_) => None,
    };
    let mut output = Output::new(setting, files.len());
    let mut worst = Verdict::Passed;
    let (results, mut verified) = channel(2 * threads());
    let mut waiting = BTreeMap::new();
    let paths: Arc<[PathBuf]> = files.into();
    let workers = tokio::task::spawn_blocking({
        let paths = Arc::clone(&paths);
        move || verify_all(&paths, &trust, at, &results)
    });
    let mut next = 0;
    while let Some((number, result)) = verified.recv().await {
        waiting.insert(number, result);
        // Told in the order in which they were given, whichever is done first.
        while let Some(result) = waiting.remove(&next) {
            let path = &paths[next];
            next += 1;
            let report: Report = match result {
                Ok(report) => report,
                // One that cannot be read does not keep the others from being checked.
                Err(error) if paths.len() > 1 => {
                    worst = worse(worst, Verdict::Indeterminate);
                    output.unreadable(path, &error)?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let record = match &archive {
                Some(archive) => archive.holder_of(&report.sha256).await.ok().flatten(),
                None => None,
            };
            worst = worse(worst, report.verdict);
            let kept = archive.as_ref().map(|_| record);
            output.file(path, &report, kept)?;
        }
    }
    workers.await.context("the verification was stopped")?;
    output.finish()?;
    Ok(match worst {
        Verdict::Passed => Exit::Done,
        Verdict::Failed => Exit::Found,
        Verdict::Indeterminate => Exit::Indeterminate,
        Verdict::NotSigned => Exit::NotSigned,
    })
}

/// Verifies on every processor, and hands each report on with its file's number.
fn verify_all(paths: &[PathBuf], trust: &Trust, at: Timestamp, results: &Sender<(usize, Result<Report>)>) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads().min(paths.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(number) else { return };
                    let report = read(path).map(|pdf| muniment_seal::verify(&pdf, trust, at));
                    // Nobody listens any more once a file could not be read.
                    if results.blocking_send((number, report)).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The given files, and the PDFs below the given folders, in the order of their names.
fn pdfs(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if path.is_dir() {
            let before = files.len();
            pdfs_below(path, &mut files)?;
            ensure!(files.len() > before, "there are no PDFs in {}", path.display());
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn pdfs_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let attempt = || format!("failed to list {}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(attempt)? {
        entries.push(entry.with_context(attempt)?);
    }
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type().with_context(attempt)?);
        if kind.is_dir() {
            pdfs_below(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")) {
            files.push(path);
        }
    }
    Ok(())
}

/// Shows reports as they come: text, one JSON object, or a list of them.
struct Output<'a> {
    setting: &'a Setting,
    files: usize,
    shown: usize,
}

impl<'a> Output<'a> {
    fn new(setting: &'a Setting, files: usize) -> Self {
        Self { setting, files, shown: 0 }
    }

    /// `kept` is the record that holds exactly this file, where there is an archive to ask.
    fn file(&mut self, path: &Path, report: &Report, kept: Option<Option<RecordId>>) -> Result<()> {
        if !self.setting.json {
            show(self.setting, path, report, kept, self.files > 1);
            return Ok(());
        }
        let mut value =
            json!({ "file": path, "sentence": report.sentence(self.setting.language), "report": report });
        if let Some(record) = kept {
            value["archive"] = json!({ "record": record });
        }
        self.json(&value)
    }

    fn unreadable(&mut self, path: &Path, error: &anyhow::Error) -> Result<()> {
        if self.setting.json {
            return self.json(&json!({ "file": path, "error": format!("{error:#}") }));
        }
        let sentence = self.setting.say("Không đọc được tệp", "The file cannot be read");
        println!("{}\n{sentence}: {error:#}\n", path.display());
        Ok(())
    }

    /// One object, or the next of a list.
    fn json(&mut self, value: &serde_json::Value) -> Result<()> {
        self.shown += 1;
        if self.files > 1 {
            print!("{}", if self.shown == 1 { "[\n" } else { ",\n" });
        }
        print_json(value)
    }

    fn finish(&self) -> Result<()> {
        if self.setting.json && self.files > 1 {
            println!("]");
        }
        Ok(())
    }
}

/// Given anchors stand alone; else the home's are used; without either nobody is trusted.
fn trust(setting: &Setting, args: &VerifyArgs) -> Result<Trust> {
    let mut trust = if args.trust.is_empty() {
        match Home::open(&setting.home) {
            Ok(home) => wire::trust_of(&home)?,
            Err(_) => Trust::none(),
        }
    } else {
        Trust::none()
    };
    for file in args.trust.iter().chain(&args.crl) {
        wire::add_trust(&mut trust, file)?;
    }
    Ok(trust)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let attempt = || format!("failed to read {}", path.display());
    let file = fs::File::open(path).with_context(attempt)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).with_context(attempt)?;
    ensure!(
        bytes.len() as u64 <= LARGEST_FILE,
        "{} is larger than 2 GiB and was not checked",
        path.display()
    );
    Ok(bytes)
}

fn worse(a: Verdict, b: Verdict) -> Verdict {
    let rank = |verdict: Verdict| match verdict {
        Verdict::Passed => 0,
        Verdict::NotSigned => 1,
        Verdict::Indeterminate => 2,
        Verdict::Failed => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn show(setting: &Setting, file: &Path, report: &Report, kept: Option<Option<RecordId>>, name_it: bool) {
    if name_it {
        println!("{}", file.display());
    }
    println!("{}", report.sentence(setting.language));
    for (number, signature) in (1..).zip(&report.signatures) {
        show_signature(setting, number, signature);
    }
    for warning in &report.warnings {
        println!("! {}", warning.text(setting.language));
    }
    let is_own = report.signatures.iter().any(|signature| signature.domain == TrustDomain::Own);
    match kept {
        Some(Some(record)) => {
            println!("{} {record}", setting.say("Giống hệt bản lưu trong kho:", "The same as the archive keeps:"));
        }
        // Whoever holds the agency's key could have signed it anywhere.
        Some(None) if is_own => println!(
            "! {}",
            setting.say(
                "Chữ ký của cơ quan này nhưng kho không lưu tệp này. Hỏi cơ quan trước khi sử dụng.",
                "Signed by this agency, yet the archive does not hold this file. Ask the agency before relying on it."
            )
        ),
        _ => {}
    }
    println!("SHA-256 {}", report.sha256);
    if name_it {
        println!();
    }
}

fn show_signature(setting: &Setting, number: usize, signature: &SignatureReport) {
    let kind = match signature.kind {
        SignatureKind::Signature => setting.say("Chữ ký", "Signature"),
        SignatureKind::Certification => setting.say("Chữ ký chứng nhận", "Certification"),
        SignatureKind::DocumentTimestamp => setting.say("Dấu thời gian", "Document timestamp"),
    };
    println!("\n{number}. {kind}: {}", signature.indication.as_str());
    let line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            println!("   {name:<22} {value}");
        }
    };
    line(setting.say("Người ký", "Signed by"), signature.signed_by.clone());
    line(setting.say("Tổ chức", "Organisation"), signature.organisation.clone());
    line(setting.say("Nhóm tin cậy", "Trust domain"), domain(setting, signature.domain).map(str::to_owned));
    line(setting.say("Thời điểm ký (tự khai)", "Claimed time"), signature.claimed_at.map(clock::local));
    line(setting.say("Thời điểm tin cậy", "Trusted time"), signature.trusted_at.map(clock::local));
    line(setting.say("Cấp chứng thư", "Certificate issuer"), signature.issuer.clone());
    line(
        setting.say("Thuật toán, mức", "Algorithm, level"),
        signature.algorithm.as_ref().map(|algorithm| format!("{algorithm}, {}", signature.level.as_str())),
    );
    line(
        setting.say("Lý do", "Reason"),
        signature.reason.map(|reason| reason.text(setting.language).to_owned()),
    );
    for warning in &signature.warnings {
        println!("   ! {}", warning.text(setting.language));
    }
}

fn domain(setting: &Setting, domain: TrustDomain) -> Option<&'static str> {
    match domain {
        TrustDomain::Own => Some(setting.say("chính cơ quan này", "this agency")),
        TrustDomain::Government => Some(setting.say("chuyên dùng Chính phủ", "government")),
        TrustDomain::Public => Some(setting.say("tổ chức chứng thực công cộng", "public authority")),
        TrustDomain::Unknown => None,
    }
}
