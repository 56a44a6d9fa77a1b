use serde::{Deserialize, Serialize};

/// The queue and its workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkConfig {
    /// Documents that may be in the queue; while there are so many, intake waits.
    pub queue_documents: u64,
    /// Seconds after which a worker that was not heard of is taken for dead, and its document is given to another.
    pub lease_seconds: u64,
    /// Tries of a document that fails for a reason which is not its own, until it is set aside.
    pub tries: u32,
    /// Seconds until the second try; each later one waits twice as long.
    pub wait_seconds: u64,
    /// Seconds that a worker which is told to stop may go on with what it has begun, before it gives it back.
    pub stop_seconds: u64,
}

impl Default for WorkConfig {
    fn default() -> Self {
        Self { queue_documents: 10_000, lease_seconds: 120, tries: 5, wait_seconds: 30, stop_seconds: 60 }
    }
}
