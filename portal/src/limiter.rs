use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use muniment_record::Digest;
use serde::{Deserialize, Serialize};

/// How often somebody may try: a number of attempts at once, and one more after each interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Attempts that may follow one another at once.
    pub burst: u32,
    /// Seconds after which one more is allowed.
    pub interval_seconds: u32,
}

/// Counts attempts by address or by code (generic cell rate algorithm, ITU-T I.371): one number is held for each.
///
/// What is counted is held as a digest, so the memory holds no addresses and no codes.
pub(crate) struct Limiter {
    rate: Rate,
    /// For each subject the moment, in milliseconds since 1970, at which all its attempts are spent no more.
    free_at: Mutex<HashMap<Digest, i64>>,
}

/// The most subjects at a time; beyond it the soonest free is forgotten.
const CAPACITY: usize = 100_000;

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, free_at: Mutex::default() }
    }

    /// Counts an attempt. Where there were too many it does not count, and the answer is the number of seconds to wait.
    pub(crate) fn admit(&self, subject: &str, now: Timestamp) -> Result<(), u64> {
        let subject = Digest::of(subject.as_bytes());
        let now = now.as_millisecond();
        let interval = i64::from(self.rate.interval_seconds) * 1000;
        let tolerance = interval * i64::from(self.rate.burst);
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = free_at.get(&subject).copied().unwrap_or(now).max(now) + interval;
        let wait = next - now - tolerance;
        if wait > 0 {
            return Err(u64::try_from(wait).unwrap_or_default().div_ceil(1000));
        }
        if free_at.len() >= CAPACITY {
            free_at.retain(|_, moment| *moment > now);
        }
        if free_at.len() >= CAPACITY {
            let soonest = free_at.iter().min_by_key(|(_, moment)| **moment);
            if let Some(place) = soonest.map(|(place, _)| *place) {
                free_at.remove(&place);
            }
        }
        free_at.insert(subject, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_one_attempt_an_interval() {
        let limiter = Limiter::new(Rate { burst: 3, interval_seconds: 60 });
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        for _ in 0..3 {
            assert_eq!(limiter.admit("a", at(0)), Ok(()));
        }
        assert_eq!(limiter.admit("a", at(10)), Err(50));
        assert_eq!(limiter.admit("b", at(10)), Ok(()));
        assert_eq!(limiter.admit("a", at(60)), Ok(()));
        assert!(limiter.admit("a", at(61)).is_err());
    }
}
