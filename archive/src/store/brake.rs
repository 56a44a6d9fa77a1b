//! A seam for tests: stops the store between two durable effects, as a power cut would, or lets the disk be full.

use crate::{Error, point};

/// Does nothing, except in tests.
#[derive(Debug, Default)]
#[allow(unreachable_pub, reason = "in tests a method of a public trait names it")]
pub struct Brake {
    #[cfg(test)]
    stop: std::sync::Mutex<Option<Stop>>,
}

/// What happens after so many steps.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
struct Stop {
    steps_left: u32,
    /// The fault that the disk reports; none where the process ends.
    fault: Option<std::io::ErrorKind>,
}

impl Brake {
    /// Stands between two durable effects.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the test's version uses both")]
    pub(crate) fn step(&self, name: &'static str) -> Result<(), Error> {
        point::reached(name);
        Ok(())
    }

    /// Stands between two durable effects: fails once the steps are used up, and ever after.
    #[cfg(test)]
    pub(crate) fn step(&self, name: &'static str) -> Result<(), Error> {
        point::reached(name);
        let mut stop = self.stop.lock().unwrap();
        match stop.as_mut() {
            None => Ok(()),
            Some(Stop { steps_left: 0, fault: None }) => Err(Error::Stopped),
            Some(Stop { steps_left: 0, fault: Some(fault) }) => Err(Error::storage(name)((*fault).into())),
            Some(stop) => {
                stop.steps_left -= 1;
                Ok(())
            }
        }
    }

    /// Lets so many steps pass, then stops everything.
    #[cfg(test)]
    pub(crate) fn stop_after(&self, steps: u32) {
        *self.stop.lock().unwrap() = Some(Stop { steps_left: steps, fault: None });
    }

    /// Lets so many steps pass, then has every step fail with this fault, until it is released.
    #[cfg(test)]
    pub(crate) fn fail_after(&self, steps: u32, fault: std::io::ErrorKind) {
        *self.stop.lock().unwrap() = Some(Stop { steps_left: steps, fault: Some(fault) });
    }

    /// Lets all steps pass again.
    #[cfg(test)]
    pub(crate) fn release(&self) {
        *self.stop.lock().unwrap() = None;
    }
}
