//! Timestamps (RFC 3161): what is asked, what is believed, and what is done when no authority answers.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{Timestamp, ToSpan};
use muniment_record::Digest;
use muniment_seal::pki::{self, Authority, DevelopmentPki, Profile, Subject};
use muniment_seal::tsa::{Authorities, DevelopmentAuthority, TimestampAuthority};
use muniment_seal::{Error, TimestampRequest, TimestampToken, Trust};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn now() -> Timestamp {
    Timestamp::constant(1_795_500_000, 0)
}

fn imprint() -> Digest {
    Digest::of(b"a signature value")
}

/// An authority that always fails, and counts how often it was asked.
#[derive(Default)]
struct Down {
    asked: AtomicU32,
}

impl TimestampAuthority for &'static Down {
    fn stamp(&self, _: &Digest, _: Timestamp) -> Result<TimestampToken, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Err(Error::Timestamp("it is down".to_owned()))
    }
}

/// An authority whose clock is wrong by some minutes.
struct Late(DevelopmentAuthority, i64);

impl TimestampAuthority for Late {
    fn stamp(&self, imprint: &Digest, now: Timestamp) -> Result<TimestampToken, Error> {
        self.0.stamp(imprint, now + self.1.minutes())
    }
}

struct World {
    pki: DevelopmentPki,
    trust: Trust,
}

impl World {
    fn new() -> Result<Self, Error> {
        let pki = pki::development(now())?;
        let trust = Trust::from_pem(pki.trust_pem().as_bytes())?;
        Ok(Self { pki, trust })
    }

    fn authority(&self) -> Result<DevelopmentAuthority, Error> {
        DevelopmentAuthority::new(&self.pki.tsa)
    }

    /// Another authority's certificate, for a use of its own.
    fn other(&self, profile: Profile) -> Result<DevelopmentAuthority, Error> {
        let (from, until) = (now() - 24.hours(), now() + 24.hours());
        let root = Authority::root(&Subject::new("other", "no legal value"), from, until)?;
        DevelopmentAuthority::new(&root.issue(&Subject::new("x", "no legal value"), profile, from, until)?)
    }
}

fn message(error: Option<Error>) -> String {
    error.map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_token_gives_the_time_to_the_fraction_and_leads_to_an_anchor() -> Outcome {
    let world = World::new()?;
    for nanosecond in [0, 250_000_000, 123_456_789] {
        let time = Timestamp::new(now().as_second(), nanosecond)?;
        let token = world.authority()?.stamp(&imprint(), time)?;
        assert_eq!(token.time(), time);
        token.check_trust(&world.trust)?;
        assert!(token.check_trust(&Trust::none()).is_err());
    }
    Ok(())
}

#[test]
fn an_answer_to_something_else_is_refused() -> Outcome {
    let world = World::new()?;
    let authority = world.authority()?;
    let request = TimestampRequest::new(imprint())?;
    let answer = authority.answer(&request.to_der(), now())?;
    request.read_response(&answer)?;

    let again = TimestampRequest::new(imprint())?;
    assert!(message(again.read_response(&answer).err()).contains("another number"));
    let other = TimestampRequest::new(Digest::of(b"another value"))?;
    assert!(message(other.read_response(&answer).err()).contains("something else"));
    let policy = request.clone().with_policy("1.2.3")?;
    assert!(message(policy.read_response(&answer).err()).contains("another policy"));
    request.clone().with_policy("1.3.6.1.4.1.32473.3161")?.read_response(&answer)?;

    // PKIStatusInfo: rejection, badAlg.
    let refusal = [0x30, 9, 0x30, 7, 2, 1, 2, 3, 2, 7, 0x80];
    assert!(message(request.read_response(&refusal).err()).contains("refuses, with status 2"));
    for malformed in [&[][..], b"\x30\x00", b"<html>", &answer[..answer.len() - 1]] {
        assert!(message(request.read_response(malformed).err()).contains("malformed"));
    }
    Ok(())
}

#[test]
fn a_certificate_that_is_not_for_timestamps_alone_is_refused() -> Outcome {
    let world = World::new()?;
    for profile in [Profile::Signer, Profile::OcspResponder] {
        let refused = world.other(profile)?.stamp(&imprint(), now()).err();
        assert!(message(refused).contains("not meant for timestamps alone"), "{profile:?}");
    }
    Ok(())
}

#[test]
fn no_changed_byte_of_an_answer_gives_another_token() -> Outcome {
    let world = World::new()?;
    let request = TimestampRequest::new(imprint())?;
    let answer = world.authority()?.answer(&request.to_der(), now())?;
    let token = request.read_response(&answer)?;
    for place in 0..answer.len() {
        let mut changed = answer.clone();
        changed[place] ^= 1;
        if let Ok(other) = request.read_response(&changed) {
            let is_proven = other.check_trust(&world.trust).is_ok();
            assert!(!is_proven || other.der() == token.der(), "byte {place}");
        }
    }
    Ok(())
}

#[test]
fn the_next_authority_is_asked_and_one_that_failed_is_left_alone() -> Outcome {
    let world = World::new()?;
    let down: &'static Down = Box::leak(Box::default());
    let authorities = Authorities::new(
        vec![
            Box::new(down),
            Box::new(world.other(Profile::TimeStamping)?),
            Box::new(Late(world.authority()?, 10)),
            Box::new(world.authority()?),
        ],
        world.trust.clone(),
    );
    let after = |seconds: i64| now().checked_add(seconds.seconds());
    assert_eq!(authorities.stamp(&imprint(), now())?.time(), now());
    authorities.stamp(&imprint(), after(4)?)?;
    assert_eq!(down.asked.load(Ordering::Relaxed), 1);
    authorities.stamp(&imprint(), after(6)?)?;
    assert_eq!(down.asked.load(Ordering::Relaxed), 2);
    // After its second failure it rests for ten seconds.
    authorities.stamp(&imprint(), after(14)?)?;
    assert_eq!(down.asked.load(Ordering::Relaxed), 2);
    Ok(())
}

#[test]
fn when_no_authority_answers_the_error_says_to_wait() -> Outcome {
    let world = World::new()?;
    let down: &'static Down = Box::leak(Box::default());
    let authorities = Authorities::new(
        vec![Box::new(down), Box::new(world.other(Profile::TimeStamping)?)],
        world.trust.clone(),
    );
    let error = authorities.stamp(&imprint(), now()).err().ok_or("it stamped")?;
    assert_eq!((error.code(), error.is_temporary()), ("timestamp-failed", true));
    assert!(error.to_string().contains("it is down") && error.to_string().contains("no-chain"));
    let error = authorities.stamp(&imprint(), now()).err().ok_or("it stamped")?;
    assert!(error.to_string().contains("left alone"));
    assert_eq!(down.asked.load(Ordering::Relaxed), 1);
    Ok(())
}
