//! Locks of an S3 server (Object Lock): retention in mode COMPLIANCE, and legal holds.

use std::io;

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention,
    ObjectLockRetentionMode,
};
use jiff::{SignedDuration, Timestamp};
use tracing::debug;

use super::{S3Store, failure};
use crate::Error;
use crate::store::{LockTrial, Locks, ObjectStore, passes};

/// What is locked for a trial. It stays behind for as long as it is retained.
const SCRATCH: &str = "locks/scratch";
/// How long; clocks may differ by less.
const TRIAL: SignedDuration = SignedDuration::from_mins(3);

impl S3Store {
    /// Retains an object's newest version, or the one that is named.
    pub(super) fn put_retention(
        &self,
        name: &str,
        version: Option<&str>,
        until: Timestamp,
    ) -> Result<(), Error> {
        let retention = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Compliance)
            .retain_until_date(DateTime::from_secs(until.as_second()))
            .build();
        let request = self.client.put_object_retention().bucket(&self.bucket).key(self.key(name));
        let request = request.retention(retention).set_version_id(version.map(str::to_owned));
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32);
        self.wait(request.send())?.map_err(failure(format!("retain {name}")))?;
        Ok(())
    }

    /// Holds an object's newest version, or the one that is named, or lets it go.
    pub(super) fn put_hold(&self, name: &str, version: Option<&str>, held: bool) -> Result<(), Error> {
        let status = if held { ObjectLockLegalHoldStatus::On } else { ObjectLockLegalHoldStatus::Off };
        let request = self.client.put_object_legal_hold().bucket(&self.bucket).key(self.key(name));
        let request = request.legal_hold(ObjectLockLegalHold::builder().status(status).build());
        let request = request.set_version_id(version.map(str::to_owned));
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32);
        self.wait(request.send())?.map_err(failure(format!("hold {name}")))?;
        Ok(())
    }

    /// Locks a scratch object and attacks it.
    pub(super) fn attack_locks(&self, now: Timestamp) -> Result<LockTrial, Error> {
        const LOCKED: &[u8] = b"muniment lock trial\n";
        let until = now.checked_add(TRIAL).map_err(|_| Error::NoLocks)?;
        let request = self.client.put_object().bucket(&self.bucket).key(self.key(SCRATCH));
        let request = request.body(ByteStream::from_static(LOCKED));
        let put = self.wait(request.send())?.map_err(failure(format!("write {SCRATCH}")))?;
        // Without versions nothing is locked: whatever is written last is what there is. Another machine may be at its own trial with
        // another version.
        let version = put.version_id.filter(|version| version != "null").ok_or(Error::NoLocks)?;
        let its = Some(version.as_str());
        self.put_hold(SCRATCH, its, true).map_err(refused)?;
        let held_stays = self.stays(&version, LOCKED)?;
        self.put_retention(SCRATCH, its, until).map_err(refused)?;
        self.put_hold(SCRATCH, its, false).map_err(refused)?;
        let retained_stays = self.stays(&version, LOCKED)?;
        let sooner = until.checked_sub(TRIAL / 2).map_err(|_| Error::NoLocks)?;
        let time_stays = is_denied(self.put_retention(SCRATCH, its, sooner))?;
        self.put(SCRATCH, b"other bytes\n")?;
        let bytes_stay = self.version_is(&version, LOCKED)?;
        Ok(LockTrial { held_stays, retained_stays, time_stays, bytes_stay })
    }

    /// Tries to remove the very version of the scratch object; says whether it is still what it was.
    fn stays(&self, version: &str, bytes: &[u8]) -> Result<bool, Error> {
        let request = self.client.delete_object().bucket(&self.bucket).key(self.key(SCRATCH));
        let removed = self.wait(request.version_id(version).send())?;
        let denied = is_denied(removed.map(drop).map_err(failure(format!("remove {SCRATCH}"))))?;
        Ok(denied && self.version_is(version, bytes)?)
    }

    pub(super) fn read_locks(&self, name: &str) -> Result<Locks, Error> {
        let request = self.client.head_object().bucket(&self.bucket).key(self.key(name));
        let head = self.wait(request.send())?.map_err(failure(format!("look at the locks of {name}")))?;
        let mode = head.object_lock_mode().filter(|mode| **mode == ObjectLockMode::Compliance);
        let until = mode.and(head.object_lock_retain_until_date()).map(DateTime::secs);
        Ok(Locks {
            retained_until: until.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            held: head.object_lock_legal_hold_status() == Some(&ObjectLockLegalHoldStatus::On),
        })
    }

    fn version_is(&self, version: &str, bytes: &[u8]) -> Result<bool, Error> {
        let request =
            self.client.get_object().bucket(&self.bucket).key(self.key(SCRATCH)).version_id(version);
        let got = self.wait(async move {
            let answer = request.send().await.map_err(failure(format!("read {SCRATCH}")))?;
            let broken = |cause| Error::storage("read a version")(io::Error::other(cause));
            Ok::<_, Error>(answer.body.collect().await.map_err(broken)?.to_vec())
        })?;
        match got {
            Ok(got) => Ok(got == bytes),
            Err(error) if passes(&error) => Err(error),
            Err(_) => Ok(false),
        }
    }
}

/// Whether the server refused for good what it should refuse.
fn is_denied(answer: Result<(), Error>) -> Result<bool, Error> {
    match answer {
        Ok(()) => Ok(false),
        Err(error) if passes(&error) => Err(error),
        Err(_) => Ok(true),
    }
}

/// A server that does not take a lock has none.
fn refused(error: Error) -> Error {
    if passes(&error) {
        return error;
    }
    debug!("the server takes no locks: {error}");
    Error::NoLocks
}
