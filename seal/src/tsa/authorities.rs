use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use muniment_record::Digest;

use super::TimestampAuthority;
use crate::{Error, TimestampToken, Trust};

/// How long an authority is left alone after its first failure, in seconds; each further one doubles it.
const FIRST_REST: i64 = 5;
/// The longest that an authority is left alone, in seconds.
const LONGEST_REST: i64 = 600;
/// How far an authority's time may be from ours (RFC 3161, 2.2), in seconds.
const LARGEST_DRIFT: i64 = 300;

/// Several authorities: the first that gives a good answer is taken.
///
/// A token counts as good where its authority leads to a trust anchor and its time is within five minutes of the
/// caller's. An authority that failed is left alone for a while, longer each time; where all of them are, the answer is an
/// error at once, so that whoever asks neither hammers nor hangs.
pub struct Authorities {
    members: Vec<Member>,
    trust: Trust,
}

struct Member {
    authority: Box<dyn TimestampAuthority>,
    rest: Mutex<Rest>,
}

#[derive(Default)]
struct Rest {
    failures: u32,
    until: Option<Timestamp>,
}

impl Authorities {
    /// Takes authorities in the order in which they are asked, and the anchors that they have to lead to.
    pub fn new(authorities: Vec<Box<dyn TimestampAuthority>>, trust: Trust) -> Self {
        let member = |authority| Member { authority, rest: Mutex::default() };
        Self { members: authorities.into_iter().map(member).collect(), trust }
    }

    fn ask(&self, member: &Member, imprint: &Digest, now: Timestamp) -> Result<TimestampToken, Error> {
        let token = member.authority.stamp(imprint, now)?;
        token.check_trust(&self.trust)?;
        if token.time().duration_since(now).abs() > SignedDuration::from_secs(LARGEST_DRIFT) {
            let text = "the authority's clock and ours are minutes apart";
            return Err(Error::Timestamp(text.to_owned()));
        }
        Ok(token.completed(&self.trust))
    }
}

impl Member {
    fn is_resting(&self, now: Timestamp) -> bool {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.until.is_some_and(|until| now < until)
    }

    fn note(&self, is_good: bool, now: Timestamp) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if is_good {
            *rest = Rest::default();
        } else {
            let seconds = FIRST_REST.saturating_mul(1_i64 << rest.failures.min(16)).min(LONGEST_REST);
            rest.failures = rest.failures.saturating_add(1);
            rest.until = now.checked_add(SignedDuration::from_secs(seconds)).ok();
        }
    }
}

impl TimestampAuthority for Authorities {
    fn stamp(&self, imprint: &Digest, now: Timestamp) -> Result<TimestampToken, Error> {
        let mut failures = Vec::new();
        for member in &self.members {
            if member.is_resting(now) {
                continue;
            }
            let answer = self.ask(member, imprint, now);
            member.note(answer.is_ok(), now);
            match answer {
                Ok(token) => return Ok(token),
                Err(Error::Timestamp(what)) => failures.push(what),
                Err(other) => failures.push(other.to_string()),
            }
        }
        Err(Error::Timestamp(if failures.is_empty() {
            "every authority failed a moment ago and is left alone for now".to_owned()
        } else {
            failures.join("; ")
        }))
    }
}
