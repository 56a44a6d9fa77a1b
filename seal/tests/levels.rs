//! Every level, key and kind of file, judged by programs that we did not write (`tests/judges/levels.py`).

mod common;
mod kinds;

use std::fs;
use std::path::Path;

use jiff::{Timestamp, ToSpan};
use kinds::{kinds_of_files, run, text};
use muniment_seal::pki::{Authority, Profile, Subject};
use muniment_seal::tsa::DevelopmentAuthority;
use muniment_seal::{
    CopyForm, Level, SealRequest, Signer, SoftwareSigner, Trust, Verdict, sign, sign_with_timestamp, uplift,
    verify,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn now() -> Timestamp {
    Timestamp::constant(1_795_500_000, 0)
}

/// A key made by OpenSSL, as users bring one.
fn rsa(
    folder: &Path,
    bits: u32,
    authority: &Authority,
    validity: (Timestamp, Timestamp),
) -> Result<SoftwareSigner> {
    let (key, public) = (folder.join(format!("{bits}.pem")), folder.join(format!("{bits}.der")));
    let size = format!("rsa_keygen_bits:{bits}");
    run("openssl", &["genpkey", "-algorithm", "RSA", "-pkeyopt", &size, "-out", text(&key)?])?;
    run("openssl", &["pkey", "-in", text(&key)?, "-pubout", "-outform", "DER", "-out", text(&public)?])?;
    let subject = Subject::new(&format!("RSA {bits}"), "no legal value");
    let chain =
        authority.issue_for(&fs::read(&public)?, &subject, Profile::Signer, validity.0, validity.1)?;
    let pem: String = chain.iter().map(muniment_seal::Certificate::to_pem).collect();
    Ok(SoftwareSigner::from_pem(&fs::read(&key)?, pem.as_bytes())?)
}

#[test]
fn every_judge_accepts_every_level_key_and_kind_of_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("signed");
    fs::create_dir(&out)?;
    let validity = (now() - 24.hours(), now() + 24_000.hours());
    let root = Authority::root(&Subject::new("root", "no legal value"), validity.0, validity.1)?;
    let issuing = root.subordinate(&Subject::new("issuing", "no legal value"), validity.0, validity.1)?;
    let lists = [root.crl_pem(&[], now(), validity.1)?, issuing.crl_pem(&[], now(), validity.1)?].concat();
    let anchor = root.identity()?.chain_pem;
    let trust = Trust::from_pem(format!("{anchor}{lists}").as_bytes())?;
    let alone = Trust::from_pem(anchor.as_bytes())?;
    let issue = |name: &str, profile| {
        issuing.issue(&Subject::new(name, "no legal value"), profile, validity.0, validity.1)
    };
    let authority = DevelopmentAuthority::new(&issue("time", Profile::TimeStamping)?)?;
    let officer = issue("officer", Profile::Signer)?.signer()?;
    let keys: Vec<(&str, Box<dyn Signer>)> = vec![
        ("p256", Box::new(issue("P-256", Profile::Signer)?.signer()?)),
        ("rsa2048", Box::new(rsa(folder.path(), 2048, &issuing, validity)?.with_pkcs1())),
        ("rsa3072", Box::new(rsa(folder.path(), 3072, &issuing, validity)?.with_pkcs1())),
        ("pss", Box::new(rsa(folder.path(), 2048, &issuing, validity)?)),
    ];
    let agency = SealRequest::agency(now(), CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu");
    let by_officer = SealRequest::officer(now(), "Nguyễn Văn Mẫu");
    for (kind, pdf) in kinds_of_files(folder.path())? {
        for (key, signer) in &keys {
            fs::write(out.join(format!("{kind}-{key}-b-b.pdf")), sign(&pdf, &agency, &**signer)?)?;
            // With one of the keys the officer signs first, as in the order of TT 01/2023/TT-VPCP.
            let base = match *key {
                "p256" => sign_with_timestamp(&pdf, &by_officer, &officer, &authority)?,
                _ => pdf.clone(),
            };
            let stamped = sign_with_timestamp(&base, &agency, &**signer, &authority)?;
            let kept = uplift(&stamped, &trust, None, now())?.ok_or("nothing was added")?;
            let report = verify(&kept, &alone, now());
            assert_eq!((report.verdict, report.reason), (Verdict::Passed, None), "{kind} {key}");
            assert!(report.signatures.iter().all(|signature| signature.level == Level::Lt), "{kind} {key}");
            fs::write(out.join(format!("{kind}-{key}-b-t.pdf")), &stamped)?;
            fs::write(out.join(format!("{kind}-{key}-b-lt.pdf")), &kept)?;
        }
    }
    assert_eq!(fs::read_dir(&out)?.count(), 48);
    fs::write(folder.path().join("anchor.pem"), &anchor)?;
    fs::write(folder.path().join("lists.pem"), &lists)?;
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no project")?;
    let python = project.join(".venv/bin/python");
    assert!(python.exists(), "{} is missing: run scripts/tools.sh test", python.display());
    let at = (now() + 1.hours()).as_second().to_string();
    let (anchor, lists) = (folder.path().join("anchor.pem"), folder.path().join("lists.pem"));
    let judge = project.join("tests/judges/levels.py");
    let args = [text(&judge)?, "--trust", text(&anchor)?, "--crls", text(&lists)?, "--at", &at, text(&out)?];
    let said = run(&python, &args)?;
    assert!(said.contains("48 judged, 0 failed"), "{said}");
    // Judges that accept anything would say nothing.
    let stranger = Authority::root(&Subject::new("root", "no legal value"), validity.0, validity.1)?;
    fs::write(&anchor, stranger.identity()?.chain_pem)?;
    let one = out.join("table-pss-b-lt.pdf");
    let refused = run(&python, &[&args[..7], &[text(&one)?]].concat())
        .err()
        .ok_or("a stranger is trusted")?
        .to_string();
    for judge in ["validate:", "adesverify:", "openssl cms:", "openssl ts:"] {
        assert!(refused.contains(judge), "{judge} {refused}");
    }
    Ok(())
}
