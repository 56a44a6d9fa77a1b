//! A seam for tests: stops the store between two durable effects, as a power cut would.

use crate::Error;

/// Does nothing, except in tests.
#[derive(Debug, Default)]
pub(crate) struct Brake {
    #[cfg(test)]
    steps_left: std::sync::Mutex<Option<u32>>,
}

impl Brake {
    /// Stands between two durable effects.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the test's version uses both")]
    pub(crate) fn step(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Stands between two durable effects: fails once the steps are used up, and ever after.
    #[cfg(test)]
    pub(crate) fn step(&self) -> Result<(), Error> {
        let mut steps_left = self.steps_left.lock().unwrap();
        match steps_left.as_mut() {
            None => Ok(()),
            Some(0) => Err(Error::Stopped),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    /// Lets so many steps pass, then stops everything.
    #[cfg(test)]
    pub(crate) fn stop_after(&self, steps: u32) {
        *self.steps_left.lock().unwrap() = Some(steps);
    }
}
