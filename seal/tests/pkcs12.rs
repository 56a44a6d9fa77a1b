//! Keys in PKCS#12 files, as OpenSSL writes them today and as it did.

use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use muniment_seal::pki;
use muniment_seal::{Certificate, Signer, SoftwareSigner};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn export(folder: &Path, options: &[&str]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let made = Command::new("openssl")
        .current_dir(folder)
        .args(["pkcs12", "-export", "-inkey", "key.pem", "-in", "chain.pem", "-out", "made.p12"])
        .args(["-passout", "pass:mật khẩu"])
        .args(options)
        .output()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(fs::read(folder.join("made.p12"))?)
}

#[test]
fn a_key_in_a_pkcs12_file_signs() -> Outcome {
    let folder = tempfile::tempdir()?;
    let pki = pki::development(Timestamp::constant(1_795_500_000, 0))?;
    fs::write(folder.path().join("key.pem"), &pki.agency.key_pem)?;
    fs::write(folder.path().join("chain.pem"), &pki.agency.chain_pem)?;
    let expected = Certificate::from_pem(pki.agency.chain_pem.as_bytes())?;
    let old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
    for options in [&[][..], &["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"], &old, &["-legacy"]] {
        let file = export(folder.path(), options)?;
        let signer = SoftwareSigner::from_pkcs12(&file, "mật khẩu")?;
        assert_eq!(signer.chain(), expected, "{options:?}");
        signer.sign(b"a message")?;
        let refused = SoftwareSigner::from_pkcs12(&file, "mat khau");
        assert_eq!(refused.err().map(|error| error.code()), Some("bad-credential"), "{options:?}");
        let cut = SoftwareSigner::from_pkcs12(&file[..file.len() / 2], "mật khẩu");
        assert_eq!(cut.err().map(|error| error.code()), Some("bad-credential"), "{options:?}");
    }
    let alone = SoftwareSigner::from_pkcs12(&export(folder.path(), &["-nocerts"])?, "mật khẩu");
    assert_eq!(alone.err().map(|error| error.code()), Some("key-mismatch"));
    Ok(())
}
