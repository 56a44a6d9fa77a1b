//! Runs over a folder of signed files that are not part of this project, and says what becomes of each:
//!
//! ```text
//! SIGNATURES=FOLDER cargo test -p muniment-seal --test corpus -- --ignored --nocapture
//! ```
//!
//! The folder holds the files named below, and `ca/root.pem`, `ca/root.crl` and `ca/inter.crl`.

use std::path::PathBuf;

use jiff::Timestamp;
use muniment_seal::{Reason, Report, Trust, Verdict, verify};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What has to be said of a file.
enum Expected {
    Passed,
    Open(Reason),
    NotPassed,
    Failed(&'static [Reason]),
    Warned(Reason),
}

use Expected::{Failed, NotPassed, Open, Passed, Warned};

impl Expected {
    fn holds(&self, report: &Report) -> bool {
        let reasons: Vec<Reason> = report.reason.into_iter().chain(report.warnings.iter().copied()).collect();
        match self {
            Passed => report.verdict == Verdict::Passed,
            Open(reason) => report.verdict == Verdict::Indeterminate && report.reason == Some(*reason),
            NotPassed => report.verdict != Verdict::Passed,
            Failed(allowed) => {
                report.verdict == Verdict::Failed
                    && report.reason.is_some_and(|reason| allowed.contains(&reason))
            }
            Warned(reason) => report.verdict != Verdict::Passed && reasons.contains(reason),
        }
    }
}

/// File, with the lists at hand, with the anchor alone.
const FILES: [(&str, Expected, Expected); 16] = [
    ("ours-honest-blta", Passed, Passed),
    ("ours-two-signers", Passed, Passed),
    ("ours-renewed", Passed, Passed),
    ("pyhanko-rsa2048-bb", Passed, Open(Reason::NoRevocationData)),
    ("ours-revoked", Failed(&[Reason::Revoked]), Open(Reason::NoRevocationData)),
    ("ours-mut-flip", Failed(&[Reason::ContentChanged]), Failed(&[Reason::ContentChanged])),
    ("ours-mut-cms", NotPassed, NotPassed),
    ("ours-mut-padding", Failed(&[Reason::HiddenBytes]), Failed(&[Reason::HiddenBytes])),
    ("ours-mut-append", Warned(Reason::TrailingBytes), Warned(Reason::TrailingBytes)),
    ("ours-page-replaced", Failed(&[Reason::Modified]), Failed(&[Reason::Modified])),
    ("dss-annotation-and-visible-change", NotPassed, NotPassed),
    ("dss-certified-no-change-permitted", NotPassed, NotPassed),
    ("dss-pdf-spoofing-attack", NotPassed, NotPassed),
    ("dss-pdf-signed-out-of-byteRange", NotPassed, NotPassed),
    ("mkl-hide-shadow-file", Warned(Reason::NotFlat), Warned(Reason::NotFlat)),
    ("pyh-weird-byterange", Failed(&[Reason::OddByteRange]), Failed(&[Reason::OddByteRange])),
];

#[test]
#[ignore = "needs a folder of files that are not part of the project"]
fn every_file_gets_its_outcome() -> Outcome {
    let folder = PathBuf::from(std::env::var("SIGNATURES")?);
    let read = |name: &str| std::fs::read(folder.join(name));
    let at: Timestamp = "2026-11-24T03:00:00Z".parse()?;
    let alone = Trust::from_pem(&read("ca/root.pem")?)?;
    let mut with_lists = alone.clone();
    for list in ["ca/root.crl", "ca/inter.crl"] {
        with_lists.add_der_crl(&read(list)?)?;
    }
    let mut wrong = Vec::new();
    for (name, expected_with_lists, expected_alone) in &FILES {
        let pdf = read(&format!("{name}.pdf"))?;
        for (what, trust, expected) in
            [("lists", &with_lists, expected_with_lists), ("anchor", &alone, expected_alone)]
        {
            let report = verify(&pdf, trust, at);
            let signatures: Vec<_> = report
                .signatures
                .iter()
                .map(|signature| (signature.indication, signature.reason, signature.level))
                .collect();
            let is_right = expected.holds(&report);
            println!(
                "{} {name} ({what}): {} {:?} {:?} {signatures:?}",
                if is_right { "ok  " } else { "FAIL" },
                report.verdict.as_str(),
                report.reason,
                report.warnings,
            );
            if !is_right {
                wrong.push(format!("{name} ({what})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    Ok(())
}
