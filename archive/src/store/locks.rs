use jiff::Timestamp;

/// What locks an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// Until when it is retained.
    pub retained_until: Option<Timestamp>,
    /// Whether it is held.
    pub held: bool,
}
