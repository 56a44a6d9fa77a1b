use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use muniment_seal::{Report, SignatureKind, SignatureReport, Trust, Verdict};
use serde_json::json;

use super::{Setting, print_json};
use crate::cli::VerifyArgs;
use crate::exit::Exit;
use crate::home::Home;
use crate::{clock, wire};

/// No PDF that people hand around is larger.
const LARGEST_FILE: u64 = 2 << 30;

/// Verifies files; the exit code is that of the worst.
pub async fn run(setting: &Setting, args: &VerifyArgs) -> Result<Exit> {
    let trust = trust(setting, args)?;
    let mut worst = Verdict::Passed;
    let mut reports = Vec::new();
    for file in &args.files {
        let pdf = read(file)?;
        let report = muniment_seal::verify(&pdf, &trust, clock::now());
        worst = worse(worst, report.verdict);
        if !setting.json {
            show(setting, file, &report, args.files.len() > 1);
        }
        reports
            .push(json!({ "file": file, "sentence": report.sentence(setting.language), "report": report }));
    }
    if setting.json {
        match &reports[..] {
            [only] => print_json(only)?,
            several => print_json(&several)?,
        }
    }
    Ok(match worst {
        Verdict::Passed => Exit::Done,
        Verdict::Failed => Exit::Found,
        Verdict::Indeterminate => Exit::Indeterminate,
        Verdict::NotSigned => Exit::NotSigned,
    })
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

fn show(setting: &Setting, file: &Path, report: &Report, name_it: bool) {
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
    println!("SHA-256 {}", report.sha256);
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
