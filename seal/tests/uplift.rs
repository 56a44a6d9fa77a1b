//! B-T at the signing and B-LT after it: what is added, from where, and when that is refused.

mod common;

use std::collections::HashMap;
use std::sync::Mutex;

use common::assemble;
use jiff::{Timestamp, ToSpan};
use muniment_seal::pki::{self, Authority, DevelopmentPki, Identity, Profile, Subject};
use muniment_seal::tsa::DevelopmentAuthority;
use muniment_seal::{
    Certificate, CopyForm, Error, Level, Modification, Reason, RevocationSource, SealRequest, Trust, Verdict,
    check_signer, sign, sign_with_timestamp, uplift, verify,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn now() -> Timestamp {
    Timestamp::constant(1_795_500_000, 0)
}

/// A PDF of one page.
fn plain_pdf() -> Vec<u8> {
    assemble(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ])
}

fn agency_request() -> SealRequest {
    SealRequest::agency(now(), CopyForm::TrueCopy, "Ủy ban nhân dân xã Mẫu")
}

struct World {
    pki: DevelopmentPki,
    /// The anchor and the lists.
    trust: Trust,
    /// The anchor alone.
    anchor: Trust,
}

impl World {
    fn new() -> Result<Self, Error> {
        let pki = pki::development(now())?;
        let trust = Trust::from_pem(pki.trust_pem().as_bytes())?;
        let anchor = Trust::from_pem(pki.root.certificate_pem().as_bytes())?;
        Ok(Self { pki, trust, anchor })
    }

    fn stamped(&self) -> Result<Vec<u8>, Error> {
        let authority = DevelopmentAuthority::new(&self.pki.tsa)?;
        sign_with_timestamp(&plain_pdf(), &agency_request(), &self.pki.agency.signer()?, &authority)
    }
}

#[test]
fn two_signatures_with_timestamps_are_kept_for_readers_without_a_network() -> Outcome {
    let world = World::new()?;
    let authority = DevelopmentAuthority::new(&world.pki.tsa)?;
    let officer = SealRequest::officer(now(), "Nguyễn Văn Mẫu");
    let first = sign_with_timestamp(&plain_pdf(), &officer, &world.pki.officer.signer()?, &authority)?;
    let both = sign_with_timestamp(&first, &agency_request(), &world.pki.agency.signer()?, &authority)?;
    let report = verify(&both, &world.trust, now());
    assert_eq!((report.verdict, report.reason), (Verdict::Passed, None));
    assert!(report.signatures.iter().all(|signature| signature.level == Level::T));
    assert!(report.signatures.iter().all(|signature| signature.trusted_at == Some(now())));

    let kept = uplift(&both, &world.trust, None, now())?.ok_or("nothing was added")?;
    assert!(kept.starts_with(&both));
    // With the anchor alone: everything else is in the file.
    let report = verify(&kept, &world.anchor, now());
    assert_eq!((report.verdict, report.reason), (Verdict::Passed, None));
    assert!(report.signatures.iter().all(|signature| signature.level == Level::Lt));
    assert!(report.signatures.iter().all(|signature| signature.modification == Modification::Permitted));
    assert_eq!(uplift(&kept, &world.trust, None, now())?, None);
    Ok(())
}

#[test]
fn what_has_no_timestamp_or_no_data_is_not_uplifted() -> Outcome {
    let world = World::new()?;
    let plain = sign(&plain_pdf(), &agency_request(), &world.pki.agency.signer()?)?;
    let code = |pdf: &[u8], trust: &Trust| uplift(pdf, trust, None, now()).err().map(|error| error.code());
    assert_eq!(code(&plain, &world.trust), Some("no-timestamp"));
    assert_eq!(code(&world.stamped()?, &world.anchor), Some("revocation-unknown"));
    assert_eq!(code(&world.stamped()?, &Trust::none()), Some("certificate-untrusted"));
    assert_eq!(code(&plain_pdf(), &world.trust), Some("not-signed-after-all"));
    Ok(())
}

#[test]
fn a_changed_byte_of_the_timestamp_never_passes_as_b_t() -> Outcome {
    let world = World::new()?;
    let stamped = world.stamped()?;
    let start = stamped.windows(11).position(|window| window == b"/Contents <").ok_or("no value")? + 11;
    let length = stamped[start..].iter().position(|byte| *byte == b'>').ok_or("no end")?;
    let used = stamped[start..start + length].iter().rposition(|digit| *digit != b'0').ok_or("empty")?;
    for place in (start..=start + used).step_by(7) {
        let mut changed = stamped.clone();
        changed[place] = if changed[place] == b'3' { b'4' } else { b'3' };
        if changed != stamped {
            let report = verify(&changed, &world.trust, now());
            let has_passed = report.verdict == Verdict::Passed
                && report.signatures[0].level >= Level::T
                && report.warnings.is_empty()
                && report.signatures[0].warnings.is_empty();
            assert!(!has_passed, "digit {}", place - start);
        }
    }
    Ok(())
}

/// Serves lists by their address, and counts.
#[derive(Default)]
struct Shelf {
    lists: HashMap<String, Vec<u8>>,
    asked: Mutex<Vec<String>>,
}

impl RevocationSource for Shelf {
    fn crl(&self, url: &str) -> Result<Vec<u8>, Error> {
        self.asked.lock().map_err(|_| Error::Revocation("poisoned".to_owned()))?.push(url.to_owned());
        self.lists.get(url).cloned().ok_or_else(|| Error::Revocation(format!("{url} is not there")))
    }

    fn ocsp(&self, url: &str, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::Revocation(format!("{url} is not there")))
    }
}

/// An authority whose certificates say where its list is, and one of its signers.
fn published() -> Result<(Authority, Identity, Certificate), Box<dyn std::error::Error>> {
    let (from, until) = (now() - 240.hours(), now() + 2400.hours());
    let root = Authority::root(&Subject::new("root", "no legal value"), from, until)?
        .with_crl_url("http://crl.example/root.crl");
    let identity = root.issue(&Subject::new("signer", "no legal value"), Profile::Signer, from, until)?;
    let certificate = Certificate::from_pem(identity.chain_pem.as_bytes())?.remove(0);
    Ok((root, identity, certificate))
}

#[test]
fn before_signing_the_certificate_is_checked_by_the_list_that_its_issuer_publishes() -> Outcome {
    let (root, _, certificate) = published()?;
    let trust = Trust::from_pem(root.identity()?.chain_pem.as_bytes())?;
    let chain = [certificate.clone()];
    let url = "http://crl.example/root.crl".to_owned();
    let fresh =
        |revoked: &[(&Certificate, Timestamp)]| root.crl_der(revoked, now() - 1.hours(), now() + 24.hours());
    let checked = |list: Vec<u8>, at: Timestamp| {
        let shelf = Shelf { lists: HashMap::from([(url.clone(), list)]), ..Shelf::default() };
        check_signer(&chain, &trust, Some(&shelf), at)
    };
    assert!(checked(fresh(&[])?, now())?.require_revocation()?.is_revocation_known);
    let revoked = checked(fresh(&[(&certificate, now() - 2.hours())])?, now());
    assert_eq!(revoked.err().map(|error| error.code()), Some("certificate-revoked"));
    // A list that is out of date says nothing, nor does one of somebody else.
    let stale = root.crl_der(&[], now() - 48.hours(), now() - 24.hours())?;
    let (other, _, _) = published()?;
    let foreign = other.crl_der(&[], now() - 1.hours(), now() + 24.hours())?;
    for list in [stale, foreign, b"<html>".to_vec()] {
        let fitness = checked(list, now())?;
        assert!(!fitness.is_revocation_known);
        let refused = fitness.require_revocation().err().ok_or("it is known")?;
        assert_eq!((refused.code(), refused.is_temporary()), ("revocation-unknown", true));
    }
    let expired = checked(fresh(&[])?, now() + 24_000.hours());
    assert_eq!(expired.err().map(|error| error.code()), Some("certificate-expired"));
    let early = checked(fresh(&[])?, now() - 24_000.hours());
    assert_eq!(early.err().map(|error| error.code()), Some("certificate-not-yet-valid"));
    let untrusted = check_signer(&chain, &Trust::none(), None, now());
    assert_eq!(untrusted.err().map(|error| error.code()), Some("certificate-untrusted"));
    Ok(())
}

#[test]
fn a_certificate_for_something_else_must_not_sign() -> Outcome {
    let world = World::new()?;
    let chain = Certificate::from_pem(world.pki.tsa.chain_pem.as_bytes())?;
    let refused = check_signer(&chain, &world.trust, None, now());
    assert_eq!(refused.err().map(|error| error.code()), Some("certificate-wrong-usage"));
    Ok(())
}

#[test]
fn the_end_of_a_certificate_is_seen_coming() -> Outcome {
    let (_, _, certificate) = published()?;
    assert!(!certificate.expires_within(now(), 99));
    assert!(certificate.expires_within(now(), 101));
    assert!(certificate.expires_within(now() + 24_000.hours(), 0));
    Ok(())
}

#[test]
fn a_revocation_that_becomes_known_in_the_grace_period_stops_the_uplift() -> Outcome {
    let world = World::new()?;
    let (root, identity, certificate) = published()?;
    let mut trust = world.trust.clone();
    trust.add_anchor(Certificate::from_pem(root.identity()?.chain_pem.as_bytes())?.remove(0));
    let authority = DevelopmentAuthority::new(&world.pki.tsa)?;
    let signed = sign_with_timestamp(&plain_pdf(), &agency_request(), &identity.signer()?, &authority)?;
    let later = now() + 48.hours();
    for (revoked_at, expected) in [
        (None, None),
        (Some(now() - 1.hours()), Some("certificate-revoked")),
        (Some(now() + 1.hours()), None),
    ] {
        let entries: Vec<_> = revoked_at.iter().map(|at| (&certificate, *at)).collect();
        let list = root.crl_der(&entries, later - 1.hours(), later + 24.hours())?;
        let shelf = Shelf {
            lists: HashMap::from([("http://crl.example/root.crl".to_owned(), list)]),
            ..Shelf::default()
        };
        let outcome = uplift(&signed, &trust, Some(&shelf), later);
        assert_eq!(outcome.as_ref().err().map(Error::code), expected, "{revoked_at:?}");
        if let Ok(Some(kept)) = outcome {
            let report = verify(&kept, &trust, later);
            assert_eq!((report.verdict, report.signatures[0].level), (Verdict::Passed, Level::Lt));
        }
    }
    let down = uplift(&signed, &trust, Some(&Shelf::default()), later).err().ok_or("it was uplifted")?;
    assert_eq!((down.code(), down.is_temporary()), ("revocation-unknown", true));
    assert_ne!(verify(&signed, &trust, later).reason, Some(Reason::Revoked));
    Ok(())
}

/// A list that revokes the time-stamping authority later than its token, without a reason: its key may have been lost
/// before, and the token may be younger than it says (RFC 3161, 4).
#[test]
fn a_token_of_an_authority_that_was_revoked_later_for_no_reason_says_nothing() -> Outcome {
    let world = World::new()?;
    let (root, _, _) = published()?;
    let (from, until) = (now() - 24.hours(), now() + 2400.hours());
    let tsa = root.issue(&Subject::new("time", "no legal value"), Profile::TimeStamping, from, until)?;
    let authority = DevelopmentAuthority::new(&tsa)?;
    let signed =
        sign_with_timestamp(&plain_pdf(), &agency_request(), &world.pki.agency.signer()?, &authority)?;
    let certificate = Certificate::from_pem(tsa.chain_pem.as_bytes())?.remove(0);
    let later = now() + 48.hours();
    for (revoked, trusted_at) in [(vec![], Some(now())), (vec![(&certificate, now() + 1.hours())], None)] {
        let mut trust = world.trust.clone();
        trust.add_anchor(Certificate::from_pem(root.identity()?.chain_pem.as_bytes())?.remove(0));
        trust.add_der_crl(&root.crl_der(&revoked, later - 1.hours(), until)?)?;
        assert_eq!(verify(&signed, &trust, later).signatures[0].trusted_at, trusted_at);
    }
    Ok(())
}

/// A revoked authority above the signer leaves the signature open (ETSI EN 319 102-1, REVOKED_CA_NO_POE), and stops the
/// use of a key below it.
#[test]
fn a_revoked_authority_above_leaves_a_signature_open() -> Outcome {
    let (from, until) = (now() - 240.hours(), now() + 2400.hours());
    let name = |text: &str| Subject::new(text, "no legal value");
    let root = Authority::root(&name("root"), from, until)?;
    let issuing = root.subordinate(&name("issuing"), from, until)?;
    let identity = issuing.issue(&name("signer"), Profile::Signer, from, until)?;
    let chain = Certificate::from_pem(identity.chain_pem.as_bytes())?;
    let signed = sign(&plain_pdf(), &agency_request(), &identity.signer()?)?;
    let revoked = [(&chain[1], now() - 2.hours())];
    let mut trust = Trust::from_pem(root.identity()?.chain_pem.as_bytes())?;
    trust.add_der_crl(&issuing.crl_der(&[], now() - 1.hours(), until)?)?;
    trust.add_der_crl(&root.crl_der(&revoked, now() - 1.hours(), until)?)?;
    let report = verify(&signed, &trust, now());
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Some(Reason::AuthorityRevoked)));
    let refused = check_signer(&chain, &trust, None, now());
    assert_eq!(refused.err().map(|error| error.code()), Some("certificate-revoked"));
    Ok(())
}
