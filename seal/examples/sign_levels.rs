//! Signs a PDF in every level with several keys, for judges that are no Rust: `sign_levels IN.pdf OUT_FOLDER`.
//!
//! The folder gets `KEY-LEVEL.pdf`, signed by an officer and then by the agency; for each a `forged-KEY-LEVEL.pdf`, one
//! byte of which was changed; `anchor.pem`, the lists, and `at`, the moment for which they are good, in seconds. Needs
//! OpenSSL, which makes the RSA keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{Timestamp, ToSpan};
use muniment_seal::pki::{Authority, Profile, Subject};
use muniment_seal::tsa::DevelopmentAuthority;
use muniment_seal::{
    Certificate, CopyForm, SealRequest, Signer, SoftwareSigner, Trust, sign, sign_with_timestamp, uplift,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (input, out) = (arguments.next().ok_or("which PDF?")?, arguments.next().ok_or("to which folder?")?);
    let (pdf, out) = (fs::read(input)?, PathBuf::from(out));
    fs::create_dir_all(&out)?;
    let now = Timestamp::constant(1_795_500_000, 0);
    let (from, until) = (now - 24.hours(), now + 24_000.hours());
    let name = |text: &str| Subject::new(text, "DEVELOPMENT – no legal value");
    let root = Authority::root(&name("Judges' root"), from, until)?;
    let issuing = root.subordinate(&name("Judges' issuing authority"), from, until)?;
    let anchor = root.identity()?.chain_pem;
    let mut trust = Trust::from_pem(anchor.as_bytes())?;
    // Lists made after the signatures, as after a grace period.
    let later = now + 2.hours();
    for (file, authority) in [("root.crl", &root), ("issuing.crl", &issuing)] {
        let list = authority.crl_der(&[], later, until)?;
        trust.add_der_crl(&list)?;
        fs::write(out.join(file), list)?;
    }
    fs::write(out.join("anchor.pem"), &anchor)?;
    fs::write(out.join("at"), (later + 1.hours()).as_second().to_string())?;
    let issue = |text: &str, profile| issuing.issue(&name(text), profile, from, until);
    let officer = issue("Officer", Profile::Signer)?.signer()?;
    let authority = DevelopmentAuthority::new(&issue("Time", Profile::TimeStamping)?)?;
    let keys: [(&str, Box<dyn Signer>); 3] = [
        ("p256", Box::new(issue("P-256", Profile::Signer)?.signer()?)),
        ("rsa2048", Box::new(rsa(&out, 2048, &issuing, (from, until))?.with_pkcs1())),
        ("rsa3072pss", Box::new(rsa(&out, 3072, &issuing, (from, until))?)),
    ];
    let by_officer = SealRequest::officer(now, "Nguyễn Văn Mẫu");
    let by_agency = SealRequest::agency(now, CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu");
    for (key, agency) in &keys {
        let plain = sign(&sign(&pdf, &by_officer, &officer)?, &by_agency, &**agency)?;
        let first = sign_with_timestamp(&pdf, &by_officer, &officer, &authority)?;
        let stamped = sign_with_timestamp(&first, &by_agency, &**agency, &authority)?;
        let kept = uplift(&stamped, &trust, None, later)?.ok_or("nothing was added")?;
        for (level, signed) in [("b-b", plain), ("b-t", stamped), ("b-lt", kept)] {
            fs::write(out.join(format!("{key}-{level}.pdf")), &signed)?;
            let mut forged = signed;
            // Within a line of the last text that the agency's signature covers.
            let marks = forged.windows(8).rposition(|window| window == b"/M (D:20").ok_or("no time")?;
            forged[marks + 9] ^= 1;
            fs::write(out.join(format!("forged-{key}-{level}.pdf")), &forged)?;
        }
    }
    Ok(())
}

/// A key made by OpenSSL, as users bring one.
fn rsa(
    folder: &Path,
    bits: u32,
    authority: &Authority,
    (from, until): (Timestamp, Timestamp),
) -> Result<SoftwareSigner> {
    let key = folder.join(format!("{bits}.pem"));
    let size = format!("rsa_keygen_bits:{bits}");
    run(Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", &size, "-out"]).arg(&key))?;
    let public = run(Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&key))?;
    let subject = Subject::new(&format!("RSA {bits}"), "DEVELOPMENT – no legal value");
    let chain = authority.issue_for(&public, &subject, Profile::Signer, from, until)?;
    let pem: String = chain.iter().map(Certificate::to_pem).collect();
    Ok(SoftwareSigner::from_pem(&fs::read(&key)?, pem.as_bytes())?)
}

fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
