use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use tracing::debug;

use super::{LockTrial, Locks, ObjectStore};
use crate::Error;

/// How often, and how soon, a call is made again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The most times that one call is made, the first one included.
    pub attempts: u32,
    /// The longest wait before the second time; it doubles each time. The wait itself is drawn from zero up to it.
    pub first_wait: Duration,
    /// What no wait is longer than.
    pub longest_wait: Duration,
    /// How many repetitions all calls may make beyond one in ten: a server that is down is not held down by them.
    pub budget: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(2),
            budget: 200,
        }
    }
}

/// Makes calls to a store again whose faults pass: a server that is busy, a connection that broke, an answer that did not come.
///
/// A repetition is safe, since a call that failed may be made again with the same bytes ([`ObjectStore`]).
#[derive(Debug)]
pub struct Patient<S> {
    inner: S,
    patience: Patience,
    /// Tenths of repetitions that may still be made.
    tenths: AtomicI64,
    random: SystemRandom,
}

impl<S: ObjectStore> Patient<S> {
    /// Stands around a store.
    pub fn new(inner: S, patience: Patience) -> Self {
        let tenths = AtomicI64::new(10 * i64::from(patience.budget));
        Self { inner, patience, tenths, random: SystemRandom::new() }
    }

    /// What this stands around.
    #[cfg(test)]
    pub(crate) fn inner(&self) -> &S {
        &self.inner
    }

    fn again<T>(&self, call: impl Fn(&S) -> Result<T, Error>) -> Result<T, Error> {
        for attempt in 1.. {
            match call(&self.inner) {
                Err(error) if passes(&error) && attempt < self.patience.attempts && self.may_repeat() => {
                    debug!("{error}; trying again");
                    thread::sleep(self.wait_after(attempt));
                }
                result => {
                    if result.is_ok() {
                        self.pay_in();
                    }
                    return result;
                }
            }
        }
        Err(Error::Stopped)
    }

    fn may_repeat(&self) -> bool {
        let paid = |tenths: i64| (tenths >= 10).then_some(tenths - 10);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_ok()
    }

    fn pay_in(&self) {
        let most = 10 * i64::from(self.patience.budget);
        let paid = |tenths: i64| (tenths < most).then_some(tenths + 1);
        // An error says that the budget is full.
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).ok();
    }

    /// Drawn anew each time, so that callers who failed together do not come back together.
    fn wait_after(&self, attempt: u32) -> Duration {
        let doubled = self.patience.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        let longest = doubled.min(self.patience.longest_wait);
        let mut drawn = [0; 2];
        // Without randomness the wait is the longest.
        match self.random.fill(&mut drawn) {
            Ok(()) => longest.mul_f64(f64::from(u16::from_be_bytes(drawn)) / f64::from(u16::MAX)),
            Err(_) => longest,
        }
    }
}

/// Whether a fault may be gone the next time.
pub(crate) fn passes(error: &Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted, ResourceBusy, TimedOut,
        UnexpectedEof,
    };
    let Error::Storage { source, .. } = error else { return false };
    matches!(
        source.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | Interrupted
            | ResourceBusy
            | TimedOut
            | UnexpectedEof
    )
}

impl<S: ObjectStore> ObjectStore for Patient<S> {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.again(|inner| inner.put_new(name, bytes))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.again(|inner| inner.put(name, bytes))
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.again(|inner| inner.get(name))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.again(|inner| inner.get_range(name, range.clone()))
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        self.again(|inner| inner.head(name))
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        // Names are told when all are known: a listing that is begun again would tell some twice.
        let names = self.again(|inner| {
            let mut names = Vec::new();
            inner.list(directory, &mut |name| {
                names.push(name.to_owned());
                true
            })?;
            Ok(names)
        })?;
        names.iter().all(|name| visit(name));
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.again(|inner| inner.delete(name))
    }

    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error> {
        self.again(|inner| inner.retain(name, until))
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        self.again(|inner| inner.hold(name, held))
    }

    fn has_locks(&self) -> bool {
        self.inner.has_locks()
    }

    fn put_retained(&self, name: &str, bytes: &[u8], until: Timestamp) -> Result<(), Error> {
        self.again(|inner| inner.put_retained(name, bytes, until))
    }

    fn try_locks(&self, now: Timestamp) -> Result<LockTrial, Error> {
        self.again(|inner| inner.try_locks(now))
    }

    fn locks_of(&self, name: &str) -> Result<Locks, Error> {
        self.again(|inner| inner.locks_of(name))
    }

    fn width(&self) -> usize {
        self.inner.width()
    }

    fn writes_together(&self) -> bool {
        self.inner.writes_together()
    }

    fn settle(&self) -> Result<(), Error> {
        self.again(S::settle)
    }

    fn sweep(&self) -> Result<(), Error> {
        self.again(S::sweep)
    }

    #[cfg(test)]
    fn brake(&self) -> &super::Brake {
        self.inner.brake()
    }
}
