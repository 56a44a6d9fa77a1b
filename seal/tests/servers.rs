//! Servers on the loopback: a time-stamping authority that is good, slow, down, babbling or lying, and OpenSSL's OCSP
//! responder.

mod loopback;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use loopback::serve;
use muniment_record::Digest;
use muniment_seal::pki::{self, Authority, Identity, Profile, Subject};
use muniment_seal::tsa::{Authorities, DevelopmentAuthority, RemoteAuthority, TimestampAuthority};
use muniment_seal::{Certificate, Error, OnlineRevocation, RevocationSource, Trust, check_signer};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_millis(400);

#[test]
fn the_next_authority_stamps_when_others_are_down_slow_or_lying() -> Result<()> {
    let now = Timestamp::constant(1_795_500_000, 0);
    let development = pki::development(now)?;
    let trust = Trust::from_pem(development.trust_pem().as_bytes())?;
    let authority = || DevelopmentAuthority::new(&development.tsa);
    let imprint = Digest::of(b"a signature value");

    let down = {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        format!("http://{}/", listener.local_addr()?)
    };
    let stored = {
        let request = muniment_seal::TimestampRequest::new(imprint)?;
        authority()?.answer(&request.to_der(), now)?
    };
    let wrong_use = DevelopmentAuthority::new(&development.agency)?;
    let good = authority()?;
    let bad = [
        ("down", down, "did not answer"),
        ("hanging", serve(|_| None)?, "did not answer"),
        ("failing", serve(|_| Some((503, Vec::new())))?, "did not answer"),
        ("babbling", serve(|_| Some((200, b"<html>".to_vec())))?, "malformed"),
        ("endless", serve(|_| Some((200, vec![b'0'; 2 << 20])))?, "did not answer"),
        ("lying about the number", serve(move |_| Some((200, stored.clone())))?, "another number"),
        (
            "with a certificate for something else",
            serve(move |request| Some((200, wrong_use.answer(request, now).unwrap_or_default())))?,
            "not meant for timestamps alone",
        ),
        ("of another kind of address", "ftp://127.0.0.1/".to_owned(), "http://"),
    ];
    let mut members: Vec<Box<dyn TimestampAuthority>> = Vec::new();
    for (what, url, message) in bad {
        let remote = RemoteAuthority::new(url, PATIENCE);
        let error = remote.stamp(&imprint, now).err().ok_or("it stamped")?;
        assert!(error.is_temporary() && error.to_string().contains(message), "{what}: {error}");
        members.push(Box::new(remote));
    }
    let url = serve(move |request| Some((200, good.answer(request, now).unwrap_or_default())))?;
    members.push(Box::new(RemoteAuthority::new(url, PATIENCE).with_policy("1.3.6.1.4.1.32473.3161")));
    let token = Authorities::new(members, trust).stamp(&imprint, now)?;
    assert_eq!(token.time(), now);
    Ok(())
}

/// OpenSSL's responder, run once a request.
struct Responder {
    folder: PathBuf,
    /// Prefix of the responder's key and certificate.
    signer: &'static str,
}

impl Responder {
    fn answer(&self, request: &[u8]) -> Result<Vec<u8>> {
        let path = |name: &str| self.folder.join(name);
        fs::write(path("request"), request)?;
        let output = Command::new("openssl")
            .current_dir(&self.folder)
            .args([
                "ocsp",
                "-index",
                "index.txt",
                "-CA",
                "authority.pem",
                "-reqin",
                "request",
                "-respout",
                "response",
            ])
            .args(["-rsigner", &format!("{}.pem", self.signer), "-rkey", &format!("{}.key", self.signer)])
            .args(["-nmin", "60"])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(fs::read(path("response"))?)
    }
}

fn keep(folder: &Path, name: &str, identity: &Identity) -> Result<()> {
    fs::write(folder.join(format!("{name}.pem")), identity.certificate_pem())?;
    fs::write(folder.join(format!("{name}.key")), &identity.key_pem)?;
    Ok(())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "OpenSSL answers by the real clock")]
fn openssl_says_by_ocsp_who_has_been_revoked() -> Result<()> {
    let now = Timestamp::now();
    let (from, until) = (now - 48.hours(), now + 48.hours());
    let folder = tempfile::tempdir()?;
    let (to_responder, requests) = channel::<Vec<u8>>();
    let (to_server, responses) = channel::<Vec<u8>>();
    let url = serve(move |body| {
        to_responder.send(body.to_vec()).ok()?;
        let response = responses.recv().ok()?;
        Some((200, response))
    })?;
    let name = |text: &str| Subject::new(text, "no legal value");
    let root = Authority::root(&name("root"), from, until)?.with_ocsp_url(url);
    let trust = Trust::from_pem(root.identity()?.chain_pem.as_bytes())?;
    let signer = root.issue(&name("signer"), Profile::Signer, from, until)?;
    let chain = Certificate::from_pem(signer.chain_pem.as_bytes())?;
    keep(folder.path(), "authority", &root.identity()?)?;
    keep(folder.path(), "responder", &root.issue(&name("responder"), Profile::OcspResponder, from, until)?)?;
    let past = now - 24.hours();
    keep(folder.path(), "expired", &root.issue(&name("responder"), Profile::OcspResponder, from, past)?)?;
    keep(folder.path(), "unauthorised", &root.issue(&name("somebody"), Profile::Signer, from, until)?)?;

    let check = |responder: Responder, is_revoked: bool| -> Result<std::result::Result<bool, Error>> {
        let serial = chain[0].serial().to_uppercase();
        let entry = if is_revoked {
            format!("R\t491231235959Z\t260101000000Z\t{serial}\tunknown\t/CN=x\n")
        } else {
            format!("V\t491231235959Z\t\t{serial}\tunknown\t/CN=x\n")
        };
        fs::write(folder.path().join("index.txt"), entry)?;
        let (trust, chain) = (trust.clone(), chain.clone());
        // A response is from a moment after the request, so the check is as of a little later.
        let asked = std::thread::spawn(move || {
            let source = OnlineRevocation::new(Duration::from_secs(20));
            let source: &dyn RevocationSource = &source;
            check_signer(&chain, &trust, Some(source), now + 30.seconds())
                .map(|fitness| fitness.is_revocation_known)
        });
        let request = requests.recv_timeout(Duration::from_secs(20))?;
        to_server.send(responder.answer(&request)?)?;
        asked.join().map_err(|_| "the check broke off".into())
    };
    let by = |signer| Responder { folder: folder.path().to_owned(), signer };
    for signer in ["authority", "responder"] {
        assert!(check(by(signer), false)??, "{signer}");
        let refused = check(by(signer), true)?;
        assert_eq!(refused.err().map(|error| error.code()), Some("certificate-revoked"), "{signer}");
    }
    for signer in ["expired", "unauthorised"] {
        assert!(!check(by(signer), false)??, "{signer} is believed");
        assert!(!check(by(signer), true)??, "{signer} is believed");
    }
    Ok(())
}
