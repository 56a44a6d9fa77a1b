//! Seeded faults around a store: a test that fails says its seed, and the seed makes the same faults again.

use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::{Brake, ObjectStore};
use crate::Error;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call fails, and nothing has happened.
    ErrorBefore,
    /// The call fails, and yet it has happened.
    ErrorAfter,
    /// The call has happened, but its answer never came.
    TimedOut,
    /// One bit of what is read is another.
    BitFlip,
    /// What is read ends early.
    ShortRead,
    /// The call takes its time.
    Slow,
    /// The server is busy, and stays so for some calls.
    Storm,
}

pub(crate) const FAULTS: [Fault; 7] = [
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::TimedOut,
    Fault::BitFlip,
    Fault::ShortRead,
    Fault::Slow,
    Fault::Storm,
];

/// Has one call in so many meet one of some faults.
#[derive(Debug)]
pub(crate) struct Faulty<S> {
    inner: S,
    faults: Vec<Fault>,
    one_in: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: u64,
    storm: u32,
    met: u32,
}

impl<S: ObjectStore> Faulty<S> {
    pub(crate) fn new(inner: S, seed: u64, one_in: u32, faults: &[Fault]) -> Self {
        let state = Mutex::new(State { random: seed | 1, storm: 0, met: 0 });
        Self { inner, faults: faults.to_vec(), one_in, state }
    }

    /// How many faults there were.
    pub(crate) fn met(&self) -> u32 {
        self.state.lock().unwrap().met
    }

    fn draw(&self) -> (Option<Fault>, u64) {
        let mut state = self.state.lock().unwrap();
        // xorshift64 (Marsaglia 2003).
        state.random ^= state.random << 13;
        state.random ^= state.random >> 7;
        state.random ^= state.random << 17;
        let drawn = state.random;
        let fault = if state.storm > 0 {
            state.storm -= 1;
            Some(Fault::Storm)
        } else if drawn.is_multiple_of(u64::from(self.one_in)) {
            let chosen = (drawn >> 32) % self.faults.len() as u64;
            Some(self.faults[usize::try_from(chosen).unwrap()])
        } else {
            None
        };
        if fault == Some(Fault::Storm) && state.storm == 0 && drawn.is_multiple_of(u64::from(self.one_in)) {
            state.storm = 3;
        }
        state.met += u32::from(fault.is_some());
        (fault, drawn >> 20)
    }

    fn meet<T>(&self, call: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let fail = |kind: io::ErrorKind| Err(Error::storage("meet a fault")(kind.into()));
        match self.draw().0 {
            Some(Fault::ErrorBefore) => fail(io::ErrorKind::ConnectionReset),
            Some(Fault::Storm) => fail(io::ErrorKind::ResourceBusy),
            Some(Fault::ErrorAfter) => call().and_then(|_| fail(io::ErrorKind::ConnectionAborted)),
            Some(Fault::TimedOut) => call().and_then(|_| fail(io::ErrorKind::TimedOut)),
            Some(Fault::Slow) => {
                // The fault itself: long beside a call that takes microseconds.
                thread::sleep(Duration::from_millis(2));
                call()
            }
            _ => call(),
        }
    }

    fn meet_reading(&self, call: impl Fn() -> Result<Vec<u8>, Error>) -> Result<Vec<u8>, Error> {
        let reads = [Fault::BitFlip, Fault::ShortRead];
        match self.draw() {
            (Some(fault), place) if reads.contains(&fault) => {
                let mut bytes = call()?;
                let place = usize::try_from(place).unwrap_or_default() % bytes.len().max(1);
                if fault == Fault::ShortRead {
                    bytes.truncate(place);
                } else if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1;
                }
                Ok(bytes)
            }
            (Some(Fault::ErrorBefore), _) => {
                Err(Error::storage("meet a fault")(io::ErrorKind::ConnectionReset.into()))
            }
            (Some(Fault::Storm), _) => {
                Err(Error::storage("meet a fault")(io::ErrorKind::ResourceBusy.into()))
            }
            (Some(Fault::TimedOut | Fault::ErrorAfter), _) => {
                Err(Error::storage("meet a fault")(io::ErrorKind::TimedOut.into()))
            }
            _ => call(),
        }
    }
}

impl<S: ObjectStore> ObjectStore for Faulty<S> {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.meet(|| self.inner.put_new(name, bytes))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.meet(|| self.inner.put(name, bytes))
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.meet_reading(|| self.inner.get(name))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.meet_reading(|| self.inner.get_range(name, range.clone()))
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        self.meet(|| self.inner.head(name))
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        self.meet(|| Ok(()))?;
        self.inner.list(directory, visit)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.meet(|| self.inner.delete(name))
    }

    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error> {
        self.meet(|| self.inner.retain(name, until))
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        self.meet(|| self.inner.hold(name, held))
    }

    fn brake(&self) -> &Brake {
        self.inner.brake()
    }
}
