use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

#[cfg(test)]
use super::Brake;
use super::{Content, LockTrial, Locks, ObjectStore, Parcel};
use crate::Error;

/// What a store is asked to do, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Put,
    Get,
    Head,
    List,
    Delete,
    Lock,
    Write,
}

const OPERATIONS: [(Operation, &str); 7] = [
    (Operation::Put, "put"),
    (Operation::Get, "get"),
    (Operation::Head, "head"),
    (Operation::List, "list"),
    (Operation::Delete, "delete"),
    (Operation::Lock, "lock"),
    (Operation::Write, "write"),
];

/// What calls to a store came to, by operation: how many, how many of them failed, their bytes and their time.
#[derive(Debug, Default)]
pub struct StoreMetrics {
    counts: [Counts; OPERATIONS.len()],
    /// Calls that wait or are being made.
    calls: AtomicU64,
}

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    failures: AtomicU64,
    bytes: AtomicU64,
    microseconds: AtomicU64,
}

impl StoreMetrics {
    /// How many calls were made.
    #[cfg(test)]
    pub(crate) fn calls(&self) -> u64 {
        self.counts.iter().map(|counts| counts.calls.load(Ordering::Relaxed)).sum()
    }

    /// Writes the metrics of some stores, each with its name, in Prometheus' text format.
    pub fn write(stores: &[(&str, Arc<Self>)], to: &mut String) {
        type Value = fn(&Counts) -> f64;
        let series: [(&str, &str, Value); 4] = [
            ("calls_total", "Calls.", |counts| load(&counts.calls)),
            ("failures_total", "Calls that failed; what was not found counts as well.", |counts| {
                load(&counts.failures)
            }),
            ("bytes_total", "Bytes written or read.", |counts| load(&counts.bytes)),
            (
                "seconds_total",
                "Time that calls took, with the time that they waited for their turn.",
                |counts| load(&counts.microseconds) / 1e6,
            ),
        ];
        for (name, help, value) in series {
            head(to, &format!("muniment_store_{name}"), "counter", help);
            for (store, metrics) in stores {
                for ((_, operation), counts) in OPERATIONS.iter().zip(&metrics.counts) {
                    let labels = format!("store=\"{store}\",operation=\"{operation}\"");
                    line(to, &format!("muniment_store_{name}{{{labels}}}"), value(counts));
                }
            }
        }
        head(to, "muniment_store_calls_in_flight", "gauge", "Calls that wait or are being made.");
        for (store, metrics) in stores {
            line(to, &format!("muniment_store_calls_in_flight{{store=\"{store}\"}}"), load(&metrics.calls));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
fn load(count: &AtomicU64) -> f64 {
    count.load(Ordering::Relaxed) as f64
}

fn head(to: &mut String, name: &str, kind: &str, help: &str) {
    to.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
}

fn line(to: &mut String, name: &str, value: f64) {
    to.push_str(&format!("{name} {value}\n"));
}

/// Lets at most so many calls at a time through to a store, and counts them.
///
/// Whoever comes when all are taken waits: so a store that is slow slows its callers down instead of being buried under them.
#[derive(Debug)]
pub struct Gate<S> {
    inner: S,
    metrics: Arc<StoreMetrics>,
    free: Mutex<usize>,
    freed: Condvar,
}

impl<S: ObjectStore> Gate<S> {
    /// Stands around a store.
    pub fn new(inner: S, most_in_flight: usize) -> Self {
        Self {
            inner,
            metrics: Arc::default(),
            free: Mutex::new(most_in_flight.max(1)),
            freed: Condvar::new(),
        }
    }

    /// What was counted, and goes on being counted.
    pub fn metrics(&self) -> Arc<StoreMetrics> {
        Arc::clone(&self.metrics)
    }

    fn through<T>(
        &self,
        operation: Operation,
        bytes: impl FnOnce(&T) -> usize,
        call: impl FnOnce(&S) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let started = Instant::now();
        self.metrics.calls.fetch_add(1, Ordering::Relaxed);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(free, |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        let place = Place { gate: self };
        let result = call(&self.inner);
        drop(place);

        let counts = &self.metrics.counts[operation as usize];
        counts.calls.fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        counts.microseconds.fetch_add(took, Ordering::Relaxed);
        match &result {
            Ok(value) => {
                let bytes = u64::try_from(bytes(value)).unwrap_or(u64::MAX);
                counts.bytes.fetch_add(bytes, Ordering::Relaxed)
            }
            Err(_) => counts.failures.fetch_add(1, Ordering::Relaxed),
        };
        result
    }

    fn silently<T>(
        &self,
        operation: Operation,
        call: impl FnOnce(&S) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.through(operation, |_| 0, call)
    }
}

/// A place that a call takes up, however it ends.
struct Place<'a, S> {
    gate: &'a Gate<S>,
}

impl<S> Drop for Place<'_, S> {
    fn drop(&mut self) {
        *self.gate.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.gate.freed.notify_one();
        self.gate.metrics.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S: ObjectStore> ObjectStore for Gate<S> {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.through(Operation::Put, |()| bytes.len(), |inner| inner.put_new(name, bytes))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.through(Operation::Put, |()| bytes.len(), |inner| inner.put(name, bytes))
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.through(Operation::Get, Vec::len, |inner| inner.get(name))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.through(Operation::Get, Vec::len, |inner| inner.get_range(name, range))
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        self.silently(Operation::Head, |inner| inner.head(name))
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        self.silently(Operation::List, |inner| inner.list(directory, visit))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.silently(Operation::Delete, |inner| inner.delete(name))
    }

    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error> {
        self.silently(Operation::Lock, |inner| inner.retain(name, until))
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        self.silently(Operation::Lock, |inner| inner.hold(name, held))
    }

    fn has_locks(&self) -> bool {
        self.inner.has_locks()
    }

    fn put_retained(&self, name: &str, bytes: &[u8], until: Timestamp) -> Result<(), Error> {
        self.through(Operation::Put, |()| bytes.len(), |inner| inner.put_retained(name, bytes, until))
    }

    fn try_locks(&self, now: Timestamp) -> Result<LockTrial, Error> {
        self.silently(Operation::Lock, |inner| inner.try_locks(now))
    }

    fn locks_of(&self, name: &str) -> Result<Locks, Error> {
        self.silently(Operation::Lock, |inner| inner.locks_of(name))
    }

    fn width(&self) -> usize {
        self.inner.width()
    }

    fn writes_together(&self) -> bool {
        self.inner.writes_together()
    }

    fn put_all_new(&self, objects: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let bytes = objects.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.through(Operation::Write, |()| bytes, |inner| inner.put_all_new(objects))
    }

    fn write(&self, parcels: Vec<Parcel>) -> Result<Vec<Result<(), Error>>, Error> {
        let in_memory = |content: &Content| match content {
            Content::Memory(bytes) => bytes.len(),
            // What a file holds is not known without looking; it counts as nothing.
            Content::File(..) => 0,
        };
        let contents = parcels.iter().flat_map(|parcel| {
            let files = parcel.tree.iter().flat_map(|tree| tree.files.iter());
            parcel.blobs.iter().chain(files).map(|(_, content)| content)
        });
        let bytes = contents.map(in_memory).sum::<usize>();
        self.through(Operation::Write, |_| bytes, |inner| inner.write(parcels))
    }

    fn withdraw(&self, directory: &str, known_by: &str) -> Result<(), Error> {
        self.silently(Operation::Delete, |inner| inner.withdraw(directory, known_by))
    }

    fn settle(&self) -> Result<(), Error> {
        self.inner.settle()
    }

    fn sweep(&self) -> Result<(), Error> {
        self.inner.sweep()
    }

    #[cfg(test)]
    fn brake(&self) -> &Brake {
        self.inner.brake()
    }
}
