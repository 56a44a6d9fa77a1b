use serde::Serialize;

/// What a store did when an object of its own, locked for the trial, was attacked ([`crate::ObjectStore::try_locks`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LockTrial {
    /// An object that was held could not be removed.
    pub held_stays: bool,
    /// An object that was retained could not be removed.
    pub retained_stays: bool,
    /// The time of a retained object could not be shortened.
    pub time_stays: bool,
    /// Other bytes under the name of a retained object left it as it was, beneath them.
    pub bytes_stay: bool,
}

impl LockTrial {
    /// Whether every lock held.
    pub fn is_enforced(&self) -> bool {
        self.held_stays && self.retained_stays && self.time_stays && self.bytes_stay
    }
}
