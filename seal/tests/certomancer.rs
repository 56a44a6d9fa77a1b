//! A time-stamping authority, OCSP responders and a list server that we did not write: certomancer, on the loopback and
//! by the real clock. What it cannot do itself (be slow, lie, be late) something between us and it does.
#![expect(clippy::disallowed_methods, reason = "certomancer answers by the real clock")]

mod common;
mod loopback;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::assemble;
use jiff::{Timestamp, ToSpan};
use loopback::serve;
use muniment_record::Digest;
use muniment_seal::tsa::{Authorities, RemoteAuthority, TimestampAuthority};
use muniment_seal::{
    Certificate, CopyForm, Error, Fitness, Level, OnlineRevocation, Reason, RevocationSource, SealRequest,
    SoftwareSigner, TimestampRequest, Trust, Verdict, check_signer, sign_with_timestamp, uplift, verify,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(5);
const IMPATIENCE: Duration = Duration::from_millis(300);

/// A running certomancer; it is stopped when this is dropped.
struct House {
    folder: tempfile::TempDir,
    server: Child,
    url: String,
}

impl Drop for House {
    fn drop(&mut self) {
        let stopped = self.server.kill().and_then(|()| self.server.wait());
        drop(stopped);
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

impl House {
    fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let keys = folder.path().join("keys");
        fs::create_dir(&keys)?;
        for name in ["root", "issuing", "signer", "tsa", "responder"] {
            let curve = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"];
            run(Command::new("openssl").args(curve).arg(keys.join(format!("{name}.pem"))))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let config = include_str!("certomancer/house.yml").replace("PORT", &port);
        fs::write(folder.path().join("certomancer.yml"), config)?;
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no project")?;
        let program: PathBuf = project.join(".venv/bin/certomancer");
        assert!(program.exists(), "{} is missing: run scripts/tools.sh test", program.display());
        run(Command::new(&program).current_dir(folder.path()).args([
            "mass-summon",
            "house",
            "made",
            "--no-pfx",
        ]))?;
        let server = Command::new(&program)
            .current_dir(folder.path())
            .args(["animate", "--no-web-ui", "--port", &port])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let house = Self { folder, server, url: format!("http://127.0.0.1:{port}/house") };
        let start = Instant::now();
        while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "certomancer does not start");
            // It says nowhere that it listens: it is asked until it does.
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(house)
    }

    fn certificate(&self, issuer: &str, name: &str) -> Result<String> {
        let path = self.folder.path().join(format!("made/{issuer}/{name}.cert.pem"));
        Ok(fs::read_to_string(path)?)
    }

    fn trust(&self) -> Result<Trust> {
        Ok(Trust::from_pem(self.certificate("root", "root")?.as_bytes())?)
    }

    /// A signer's certificate and the one above it.
    fn chain_pem(&self, name: &str) -> Result<String> {
        Ok(self.certificate("issuing", name)? + &self.certificate("root", "issuing")?)
    }

    fn check(
        &self,
        name: &str,
        source: &dyn RevocationSource,
    ) -> Result<std::result::Result<Fitness, Error>> {
        let chain = Certificate::from_pem(self.chain_pem(name)?.as_bytes())?;
        // An answer is from a moment after the request.
        Ok(check_signer(&chain, &self.trust()?, Some(source), Timestamp::now() + 2.seconds()))
    }

    fn authority(&self, name: &str) -> RemoteAuthority {
        RemoteAuthority::new(format!("{}/tsa/{name}", self.url), PATIENCE)
    }

    /// What certomancer says to a body posted to one of its services.
    fn post(&self, service: &str) -> impl Fn(&[u8]) -> Option<Vec<u8>> + use<> {
        let url = format!("{}/{service}", self.url);
        move |body| ureq::post(&url).send(body).ok()?.body_mut().read_to_vec().ok()
    }
}

#[test]
fn a_signature_reaches_b_lt_with_what_certomancer_serves() -> Result<()> {
    let house = House::start()?;
    let key = fs::read(house.folder.path().join("keys/signer.pem"))?;
    let signer = SoftwareSigner::from_pem(&key, house.chain_pem("signer")?.as_bytes())?;
    let pdf = assemble(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]);
    let request = SealRequest::agency(Timestamp::now(), CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu");
    let signed = sign_with_timestamp(&pdf, &request, &signer, &house.authority("good"))?;
    let source = OnlineRevocation::new(PATIENCE);
    let trust = house.trust()?;
    let later = Timestamp::now() + 2.seconds();
    let kept = uplift(&signed, &trust, Some(&source), later)?.ok_or("nothing was added")?;
    let report = verify(&kept, &trust, later);
    assert_eq!((report.verdict, report.reason), (Verdict::Passed, None));
    assert_eq!(report.signatures[0].level, Level::Lt);

    // A revoked authority's token says nothing, whether that is found out at the uplift or by a verifier.
    let signed = sign_with_timestamp(&pdf, &request, &signer, &house.authority("revoked"))?;
    let refused = uplift(&signed, &trust, Some(&source), later).err().ok_or("it was uplifted")?;
    assert_eq!(refused.code(), "certificate-revoked");
    let mut with_list = trust;
    with_list.add_der_crl(&source.crl(&format!("{}/crls/issuing/latest.crl", house.url))?)?;
    with_list.add_der_crl(&source.crl(&format!("{}/crls/root/latest.crl", house.url))?)?;
    let report = verify(&signed, &with_list, later);
    assert_eq!(report.signatures[0].trusted_at, None);
    assert!(report.signatures[0].warnings.contains(&Reason::UntrustedTimestamp));
    assert_eq!(report.signatures[0].level, Level::B);
    Ok(())
}

#[test]
fn the_next_authority_stamps_when_others_are_down_slow_or_lying() -> Result<()> {
    let house = House::start()?;
    let (now, imprint) = (Timestamp::now(), Digest::of(b"a signature value"));
    let down = {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        format!("http://{}/", listener.local_addr()?)
    };
    let answer = house.post("tsa/good");
    let slow = serve(move |body| {
        // Longer than anybody here waits.
        std::thread::sleep(IMPATIENCE * 4);
        Some((200, answer(body)?))
    })?;
    // It answers another request over the same bytes, so that only the number tells.
    let answer = house.post("tsa/good");
    let other = TimestampRequest::new(imprint)?.to_der();
    let lying = serve(move |_| Some((200, answer(&other)?)))?;
    let answer = house.post("tsa/good");
    let changed = serve(move |body| {
        let mut answer = answer(body)?;
        let last = answer.len() - 1;
        answer[last] ^= 1;
        Some((200, answer))
    })?;
    let wrong_use = format!("{}/tsa/wrong-use", house.url);
    let mut members: Vec<Box<dyn TimestampAuthority>> = Vec::new();
    for (what, url, patience, message) in [
        ("down", down, PATIENCE, "did not answer"),
        ("slow", slow, IMPATIENCE, "did not answer"),
        ("lying about the number", lying, PATIENCE, "another number"),
        ("with a changed signature", changed, PATIENCE, "wrong signature"),
        ("with a certificate for other uses", wrong_use, PATIENCE, "not meant for timestamps alone"),
    ] {
        let remote = RemoteAuthority::new(url, patience);
        let error = remote.stamp(&imprint, now).err().ok_or("it stamped")?;
        assert!(error.is_temporary() && error.to_string().contains(message), "{what}: {error}");
        members.push(Box::new(remote));
    }
    members.push(Box::new(house.authority("good")));
    let token = Authorities::new(members, house.trust()?).stamp(&imprint, now)?;
    assert!(token.authority().subject().contains("CN=TSA"), "{}", token.authority().subject());
    token.check_trust(&house.trust()?)?;
    Ok(())
}

/// Certomancer as it was some time ago.
struct Past(Timestamp);

impl Past {
    const HEADER: &str = "X-Certomancer-Fake-Time";
}

impl RevocationSource for Past {
    fn crl(&self, url: &str) -> std::result::Result<Vec<u8>, Error> {
        let answer = ureq::get(url).header(Self::HEADER, self.0.to_string()).call();
        answer
            .and_then(|mut answer| answer.body_mut().read_to_vec())
            .map_err(|error| Error::Revocation(error.to_string()))
    }

    fn ocsp(&self, url: &str, request: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let answer = ureq::post(url).header(Self::HEADER, self.0.to_string()).send(request);
        answer
            .and_then(|mut answer| answer.body_mut().read_to_vec())
            .map_err(|error| Error::Revocation(error.to_string()))
    }
}

/// Two servers, of which one may be down or late.
struct Servers {
    lists: Box<dyn RevocationSource>,
    responders: Box<dyn RevocationSource>,
}

impl RevocationSource for Servers {
    fn crl(&self, url: &str) -> std::result::Result<Vec<u8>, Error> {
        self.lists.crl(url)
    }

    fn ocsp(&self, url: &str, request: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        self.responders.ocsp(url, request)
    }
}

struct Down;

impl RevocationSource for Down {
    fn crl(&self, url: &str) -> std::result::Result<Vec<u8>, Error> {
        Err(Error::Revocation(format!("{url} is down")))
    }

    fn ocsp(&self, url: &str, _: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Err(Error::Revocation(format!("{url} is down")))
    }
}

#[test]
fn revocation_is_believed_only_of_who_may_say_it_and_when() -> Result<()> {
    let house = House::start()?;
    let online = || Box::new(OnlineRevocation::new(PATIENCE));
    let week_ago = || Box::new(Past(Timestamp::now() - 168.hours()));
    let no_lists = Servers { lists: Box::new(Down), responders: online() };
    let no_responders = Servers { lists: online(), responders: Box::new(Down) };
    for source in [&*online() as &dyn RevocationSource, &no_lists, &no_responders] {
        let is_known_above = !std::ptr::addr_eq(source, &no_lists);
        assert_eq!(house.check("signer", source)??.is_revocation_known, is_known_above);
        let refused = house.check("signer-revoked", source)?;
        assert_eq!(refused.err().map(|error| error.code()), Some("certificate-revoked"));
    }
    let is_open = |name: &str, source: &dyn RevocationSource| -> Result<bool> {
        let fitness = house.check(name, source)??;
        let is_temporary = fitness.require_revocation().err().is_some_and(|refused| refused.is_temporary());
        Ok(is_temporary)
    };
    assert!(is_open("signer-expired-responder", &*online())?);
    // Both the response and the list of a week ago are out of date by now.
    assert!(is_open("signer", &*week_ago())?);
    // The old list says nothing of the signers any more, but it names the responder that has been revoked.
    let old_lists = Servers { lists: week_ago(), responders: online() };
    assert!(is_open("signer-revoked-responder", &old_lists)?);
    Ok(())
}
