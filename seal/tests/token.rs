//! A key in a PKCS#11 token (SoftHSM2): it signs, and it stays where it is. One process, one token: the module reads its
//! configuration once.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::assemble;
use jiff::{Timestamp, ToSpan};
use muniment_seal::pkcs11::{TokenKey, TokenUri};
use muniment_seal::pki::{Authority, Profile, Subject};
use muniment_seal::{Certificate, CopyForm, HashSigner, SealRequest, Trust, Verdict, sign, verify};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PIN: &str = "493817";
const MODULES: [&str; 2] = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];

fn run(program: &str, folder: &Path, args: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output =
        Command::new(program).args(args).env("SOFTHSM2_CONF", folder.join("softhsm2.conf")).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("{program} {args:?}: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
}

fn plain_pdf() -> Vec<u8> {
    assemble(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ])
}

/// Runs itself again with the module's configuration in the environment, which a process cannot safely change of itself.
#[test]
fn a_token_signs_and_keeps_its_key() -> Outcome {
    if std::env::var_os("SOFTHSM2_CONF").is_some() {
        return sign_with_the_token(Path::new(&std::env::var("TOKEN_FOLDER")?));
    }
    let folder = tempfile::tempdir()?;
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens)?;
    let configuration = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    fs::write(folder.path().join("softhsm2.conf"), configuration)?;
    let module =
        MODULES.iter().find(|module| Path::new(module).exists()).ok_or("softhsm2 is not installed")?;
    let slot = ["--init-token", "--free", "--label", "Con dấu", "--so-pin", "91827364", "--pin", PIN];
    run("softhsm2-util", folder.path(), &slot)?;
    for (kind, label) in [("EC:prime256v1", "p256"), ("RSA:2048", "rsa2048"), ("RSA:3072", "rsa3072")] {
        let make = [
            "--module",
            module,
            "--token-label",
            "Con dấu",
            "--login",
            "--pin",
            PIN,
            "--keypairgen",
            "--key-type",
            kind,
            "--label",
            label,
            "--id",
            "01",
        ];
        run("pkcs11-tool", folder.path(), &make)?;
        let public = folder.path().join(format!("{label}.der"));
        let read = [
            "--module",
            module,
            "--token-label",
            "Con dấu",
            "--read-object",
            "--type",
            "pubkey",
            "--label",
            label,
            "--output-file",
            public.to_str().ok_or("an odd path")?,
        ];
        run("pkcs11-tool", folder.path(), &read)?;
    }
    let output = Command::new(std::env::current_exe()?)
        .args(["--exact", "a_token_signs_and_keeps_its_key", "--nocapture"])
        .env("SOFTHSM2_CONF", folder.path().join("softhsm2.conf"))
        .env("TOKEN_FOLDER", folder.path())
        .env("TOKEN_MODULE", module)
        .output()?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    Ok(())
}

fn sign_with_the_token(folder: &Path) -> Outcome {
    let now = Timestamp::constant(1_795_500_000, 0);
    let (from, until) = (now - 24.hours(), now + 24.hours());
    let root = Authority::root(&Subject::new("root", "no legal value"), from, until)?;
    let mut trust = Trust::from_pem(root.identity()?.chain_pem.as_bytes())?;
    trust.add_der_crl(&root.crl_der(&[], from, until)?)?;
    let module = std::env::var("TOKEN_MODULE")?;
    let uri = |object: &str| -> Result<TokenUri, muniment_seal::Error> {
        format!("pkcs11:token=Con%20d%E1%BA%A5u;object={object}?module-path={module}").parse()
    };
    let request = SealRequest::agency(now, CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu");
    for (label, pkcs1, algorithm) in [
        ("p256", false, "ECDSA P-256 SHA-256"),
        ("rsa2048", false, "RSA-2048 PSS SHA-256"),
        ("rsa2048", true, "RSA-2048 PKCS#1 v1.5 SHA-256"),
        ("rsa3072", false, "RSA-3072 PSS SHA-256"),
    ] {
        let key = TokenKey::open(uri(label)?, PIN)?;
        assert!(!key.is_extractable()?, "{label}");
        let spki = fs::read(folder.join(format!("{label}.der")))?;
        let chain: Vec<Certificate> =
            root.issue_for(&spki, &Subject::new(label, "no legal value"), Profile::Signer, from, until)?;
        let mut signer = HashSigner::new(Box::new(key), &chain)?;
        if pkcs1 {
            signer = signer.with_pkcs1();
        }
        let signed = sign(&plain_pdf(), &request, &signer)?;
        let report = verify(&signed, &trust, now);
        assert_eq!((report.verdict, report.reason), (Verdict::Passed, None), "{label}");
        assert_eq!(report.signatures[0].algorithm.as_deref(), Some(algorithm));
    }
    let missing = TokenKey::open(uri("no-such-key")?, PIN).err().ok_or("it was opened")?;
    assert_eq!(missing.code(), "signer-failed");
    // The key's bytes cannot be had, by whoever knows the PIN.
    let secret = folder.join("secret.der");
    let read = [
        "--module",
        &module,
        "--token-label",
        "Con dấu",
        "--login",
        "--pin",
        PIN,
        "--read-object",
        "--type",
        "privkey",
        "--label",
        "p256",
        "--output-file",
        secret.to_str().ok_or("an odd path")?,
    ];
    assert!(
        run("pkcs11-tool", folder, &read).is_err() || fs::metadata(&secret).map_or(0, |file| file.len()) == 0
    );
    Ok(())
}
