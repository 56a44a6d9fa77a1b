//! Every store keeps every promise, also one whose faults pass.

use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::faulty::{FAULTS, Fault, Faulty};
use super::*;
use crate::tests::seaweed::{ACCESS_KEY, SECRET_KEY, SeaweedFs};
use model::{Step, agrees_with_a_map};

mod model;

/// Tries again at once, and never gives up.
pub(crate) const IMPATIENT: Patience = Patience {
    attempts: 60,
    first_wait: Duration::from_millis(1),
    longest_wait: Duration::from_millis(4),
    budget: 100_000,
};

pub(crate) fn on_s3(server: &SeaweedFs, bucket: &str, prefix: &str) -> S3Store {
    on_s3_with(server, bucket, prefix, false)
}

/// The same, in a bucket that may have been made for locks.
pub(crate) fn on_s3_with(server: &SeaweedFs, bucket: &str, prefix: &str, locks: bool) -> S3Store {
    let settings = S3Settings {
        endpoint: server.endpoint(),
        region: "us-east-1".to_owned(),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        locks,
    };
    let (access_key, secret_key) = (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned());
    S3Store::connect(&settings, S3Credentials { access_key, secret_key }).unwrap()
}

#[test]
fn a_local_disk_keeps_every_promise() {
    let folder = TempDir::new().unwrap();
    keeps_its_promises(&DiskStore::open(folder.path()).unwrap()).unwrap();
}

#[test]
fn seaweedfs_keeps_every_promise_and_two_prefixes_do_not_meet() {
    let server = SeaweedFs::start();
    server.make_bucket("promises");
    keeps_its_promises(&on_s3(&server, "promises", "")).unwrap();
    keeps_its_promises(&on_s3(&server, "promises", "some/where/")).unwrap();

    let (one, other) = (on_s3(&server, "promises", "one"), on_s3(&server, "promises", "other"));
    one.put_new("blobs/a", b"1").unwrap();
    assert!(!Store { objects: Arc::new(other) }.has_below("blobs").unwrap());

    let stranger = S3Credentials { access_key: ACCESS_KEY.to_owned(), secret_key: "wrong".to_owned() };
    assert!(!format!("{stranger:?}").contains("wrong"));
    let settings = S3Settings {
        endpoint: server.endpoint(),
        region: "us-east-1".to_owned(),
        bucket: "promises".to_owned(),
        prefix: "one".to_owned(),
        locks: false,
    };
    let error = S3Store::connect(&settings, stranger).unwrap().get("blobs/a").unwrap_err();
    assert!(
        matches!(&error, Error::Storage { source, .. }
        if source.kind() == std::io::ErrorKind::PermissionDenied),
        "{error:?}"
    );
}

#[test]
fn two_stores_keep_every_promise_and_both_have_the_same() {
    let folder = TempDir::new().unwrap();
    let open =
        |name| -> Arc<dyn ObjectStore> { Arc::new(DiskStore::open(&folder.path().join(name)).unwrap()) };
    keeps_its_promises(&Pair::new(open("first"), open("second"))).unwrap();
    let server = SeaweedFs::start();
    server.make_bucket("second");
    let second: Arc<dyn ObjectStore> = Arc::new(on_s3(&server, "second", ""));
    let pair = Pair::new(open("first"), Arc::clone(&second));
    keeps_its_promises(&pair).unwrap();
    let steps = [Step::Put(1, (1, 9)), Step::PutNew(2, (2, 9)), Step::Put(3, (1, 9)), Step::Delete(3)];
    agrees_with_a_map(&pair, &steps);
    for store in pair.pair().unwrap() {
        assert_eq!(store.get("model/1/1").unwrap(), [1; 9]);
        assert_eq!(store.get("model/0/2").unwrap(), [2; 9]);
        assert_eq!(store.head("model/1/3").unwrap(), None);
    }
}

#[test]
fn locks_are_enforced_where_there_are_any_and_owned_up_to_where_there_are_none() {
    let now = Timestamp::from_second(seconds_since_1970()).unwrap();
    let folder = TempDir::new().unwrap();
    let disk = DiskStore::open(folder.path()).unwrap();
    keeps_its_locks(&disk, now).unwrap();
    assert!(matches!(disk.try_locks(now), Err(Error::NoLocks)));

    let server = SeaweedFs::start();
    server.make_bucket_with_locks("locked");
    server.make_bucket("plain");
    keeps_its_locks(&on_s3_with(&server, "locked", "", true), now).unwrap();
    let second = Arc::new(on_s3_with(&server, "locked", "pair", true));
    keeps_its_locks(&on_s3(&server, "plain", ""), now).unwrap();
    // A bucket that was not made for locks only pretends.
    let pretends = on_s3_with(&server, "plain", "", true);
    assert!(matches!(pretends.try_locks(now), Err(Error::NoLocks)));
    keeps_its_locks(&pretends, now).unwrap_err();

    // What was to be kept until yesterday is kept by nobody.
    let yesterday = now - jiff::SignedDuration::from_hours(24);
    second.put_retained("blobs/old", b"1", yesterday).unwrap();
    second.retain("blobs/old", yesterday).unwrap();
    assert_eq!(second.locks_of("blobs/old").unwrap(), Locks::default());

    let pair = Pair::new(Arc::new(disk), second.clone());
    pair.put("blobs/a", b"1").unwrap();
    pair.retain("blobs/a", now + jiff::SignedDuration::from_mins(3)).unwrap();
    pair.hold("blobs/a", true).unwrap();
    assert!(second.locks_of("blobs/a").is_ok_and(|locks| locks.retained_until.is_some() && locks.held));
    // What is locked can be deleted from sight, and is put back.
    pair.delete("blobs/a").unwrap();
    assert_eq!(pair.head("blobs/a").unwrap(), None);
    pair.put_new("blobs/a", b"1").unwrap();
    assert_eq!(second.get("blobs/a").unwrap(), b"1");
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is this machine's")]
fn seconds_since_1970() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// The faults after which it is enough to ask again.
pub(crate) fn passing_faults() -> Vec<Fault> {
    FAULTS.into_iter().filter(|fault| !matches!(fault, Fault::BitFlip | Fault::ShortRead)).collect()
}

#[test]
fn faults_that_pass_break_no_promise() {
    let passing = passing_faults();
    for seed in [1, 20, 300] {
        let folder = TempDir::new().unwrap();
        let faulty = Faulty::new(DiskStore::open(folder.path()).unwrap(), seed, 5, &passing);
        let patient = Patient::new(faulty, IMPATIENT);
        keeps_its_promises(&patient).unwrap_or_else(|broken| panic!("seed {seed}: {broken:?}"));
        assert!(patient.inner().met() > 300, "{} faults", patient.inner().met());
    }
}

#[test]
fn a_gate_keeps_every_promise_counts_calls_and_lets_few_through_at_a_time() {
    let folder = TempDir::new().unwrap();
    let gate = Gate::new(DiskStore::open(folder.path()).unwrap(), 1);
    keeps_its_promises(&gate).unwrap();
    gate.put("a", b"four").unwrap();
    let before = told(&gate);
    gate.get("a").unwrap();
    gate.get("b").unwrap_err();
    let after = told(&gate);
    let grew = |name: &str| after[name] - before[name];
    let of = |name: &str, operation: &str| {
        format!("muniment_store_{name}{{store=\"first\",operation=\"{operation}\"}}")
    };
    assert_eq!(grew(&of("calls_total", "get")), 2.0);
    assert_eq!(grew(&of("failures_total", "get")), 1.0);
    assert_eq!(grew(&of("bytes_total", "get")), 4.0);
    assert!(grew(&of("seconds_total", "get")) > 0.0);
    assert_eq!(grew(&of("calls_total", "put")), 0.0);
    assert_eq!(after["muniment_store_calls_in_flight{store=\"first\"}"], 0.0);
}

/// The metrics of a gate, by their names with labels.
fn told(gate: &Gate<DiskStore>) -> std::collections::BTreeMap<String, f64> {
    let mut text = String::new();
    StoreMetrics::write(&[("first", gate.metrics())], &mut text);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let values = lines.map(|line| line.rsplit_once(' ').unwrap());
    values.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

#[test]
fn a_gate_makes_those_wait_for_whom_there_is_no_room() {
    let folder = TempDir::new().unwrap();
    // Each call takes two milliseconds.
    let slow = Faulty::new(DiskStore::open(folder.path()).unwrap(), 1, 1, &[Fault::Slow]);
    let gate = Gate::new(slow, 2);
    let started = std::time::Instant::now();
    side_by_side(16, (0..64).collect(), |number: u32| gate.head(&format!("many/{number}")).unwrap());
    assert!(started.elapsed() >= Duration::from_millis(64), "two at a time: {:?}", started.elapsed());
}

#[test]
fn a_store_that_breaks_a_promise_is_found_out() {
    for fault in FAULTS.into_iter().filter(|fault| *fault != Fault::Slow) {
        let folder = TempDir::new().unwrap();
        let faulty = Faulty::new(DiskStore::open(folder.path()).unwrap(), 7, 2, &[fault]);
        assert!(keeps_its_promises(&faulty).is_err(), "{fault:?}");
    }
}

#[test]
fn patience_has_a_budget() {
    let folder = TempDir::new().unwrap();
    let down = Faulty::new(DiskStore::open(folder.path()).unwrap(), 1, 1, &[Fault::ErrorBefore]);
    let patient = Patient::new(down, Patience { attempts: 5, budget: 10, ..IMPATIENT });
    for _ in 0..20 {
        patient.get("blobs/a").unwrap_err();
    }
    // Twenty calls, and ten repetitions in all.
    assert_eq!(patient.inner().met(), 30);
}

#[test]
fn a_name_that_leaves_the_store_is_refused() {
    let folder = TempDir::new().unwrap();
    let store = DiskStore::open(&folder.path().join("store")).unwrap();
    std::fs::write(folder.path().join("secret"), b"secret").unwrap();
    for name in ["../secret", "blobs/../../secret", "/etc/hostname", ""] {
        store.get(name).unwrap_err();
        store.put(name, b"").unwrap_err();
        store.get_range(name, 0..1).unwrap_err();
    }
}
