//! A store in a bucket of an S3 server.
//!
//! Correctness rests on plain PUT, GET, HEAD, LIST and DELETE, which all servers agree on. `If-None-Match` is sent as a second
//! net where an object must be new; servers that ignore it are not relied on. A body is in memory, its SHA-256 is part of
//! the request's signature, so that what a server accepts is what was sent.

mod locks;
mod settings;

use std::future::Future;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ObjectLockMode};
use aws_smithy_http_client::tls;
use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use muniment_record::Digest;
use tokio::runtime::{Builder, Runtime};

use super::{Brake, LockTrial, Locks, ObjectStore};
use crate::Error;

pub use settings::{S3Credentials, S3Settings};

/// Bytes from which on a body is sent in parts.
const MULTIPART_FROM: usize = 16 << 20;
/// Bytes of a part; the last one may be smaller.
const PART: usize = 8 << 20;
/// Bytes of bodies that are in memory at a time, except that one alone may be larger.
const BODIES: usize = 64 << 20;
/// How many requests are worth making side by side, by all callers together.
const WIDTH: usize = 16;
const CONNECT: Duration = Duration::from_secs(5);
/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(60);

/// Objects in a bucket, below a prefix.
#[derive(Debug)]
pub struct S3Store {
    client: Client,
    bucket: String,
    /// Empty, or with a slash at its end.
    prefix: String,
    /// Whether what is archived is to be retained.
    locks: bool,
    bodies: Bodies,
    /// Requests that wait for their answer.
    in_flight: AtomicUsize,
    /// Serves requests; none once this is dropped.
    runtime: Option<Runtime>,
    #[cfg(test)]
    brake: Brake,
}

/// How an object is written.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Where there is none; the server is told so.
    New,
    Any,
    /// In place of any, and retained until a time.
    Retained(Timestamp),
}

/// The bytes of bodies that may still be taken into memory.
#[derive(Debug)]
struct Bodies {
    free: Mutex<usize>,
    freed: Condvar,
}

impl S3Store {
    /// Connects to a bucket. Nothing is asked of the server yet.
    ///
    /// # Errors
    ///
    /// Where this machine cannot start the threads that serve requests.
    pub fn connect(settings: &S3Settings, credentials: S3Credentials) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("s3").enable_all().build();
        let runtime = runtime.map_err(Error::storage("start the threads of the S3 store"))?;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(REQUEST).build();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&settings.endpoint)
            .region(Region::new(settings.region.clone()))
            .credentials_provider(Credentials::new(
                credentials.access_key,
                credentials.secret_key,
                None,
                None,
                "muniment",
            ))
            .force_path_style(true)
            .http_client(http)
            .timeout_config(timeouts)
            // Retries are made around the store, within one budget.
            .retry_config(RetryConfig::disabled())
            // Servers differ in checksums; the signature covers the body.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let prefix = settings.prefix.trim_matches('/');
        Ok(Self {
            client: Client::from_conf(config),
            bucket: settings.bucket.clone(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            locks: settings.locks,
            bodies: Bodies { free: Mutex::new(BODIES), freed: Condvar::new() },
            in_flight: AtomicUsize::new(0),
            runtime: Some(runtime),
            #[cfg(test)]
            brake: Brake::default(),
        })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Waits for the answer of a request, which threads of the store's own make: the caller may be a task of any runtime.
    fn wait<T: Send + 'static>(&self, request: impl Future<Output = T> + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = mpsc::sync_channel(1);
        let runtime = self.runtime.as_ref().ok_or(Error::Stopped)?;
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        runtime.spawn(async move { drop(answer.send(request.await)) });
        let answer = answered.recv();
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        answer.map_err(|_| Error::Stopped)
    }

    fn step(&self, name: &'static str) -> Result<(), Error> {
        #[cfg(test)]
        return self.brake.step(name);
        #[cfg(not(test))]
        Brake::default().step(name)
    }

    fn send(&self, name: &str, bytes: &[u8], way: Way) -> Result<(), Error> {
        let _taken = self.bodies.take(bytes.len());
        if bytes.len() > MULTIPART_FROM {
            return self.send_in_parts(name, bytes, way);
        }
        let request = self.client.put_object().bucket(&self.bucket).key(self.key(name));
        let request = match way {
            Way::New => request.if_none_match("*"),
            Way::Any => request,
            Way::Retained(until) => request
                .object_lock_mode(ObjectLockMode::Compliance)
                .object_lock_retain_until_date(DateTime::from_secs(until.as_second()))
                // Servers demand a checksum beside a lock.
                .checksum_sha256(Base64::encode_string(Digest::of(bytes).as_bytes())),
        };
        let body = ByteStream::from(bytes.to_vec());
        self.wait(request.body(body).send())?.map_err(failure(format!("write {name}")))?;
        Ok(())
    }

    fn send_in_parts(&self, name: &str, bytes: &[u8], way: Way) -> Result<(), Error> {
        let attempt = || format!("write {name} in parts");
        let (bucket, key) = (self.bucket.as_str(), self.key(name));
        let mut begun = self.client.create_multipart_upload().bucket(bucket).key(&key);
        if let Way::Retained(until) = way {
            begun = begun
                .object_lock_mode(ObjectLockMode::Compliance)
                .object_lock_retain_until_date(DateTime::from_secs(until.as_second()));
        }
        let begun = self.wait(begun.send())?.map_err(failure(attempt()))?;
        let upload = begun.upload_id().unwrap_or_default();
        let sent = (1..).zip(bytes.chunks(PART)).map(|(number, part)| {
            let request =
                self.client.upload_part().bucket(bucket).key(&key).upload_id(upload).part_number(number);
            let body = ByteStream::from(part.to_vec());
            let sent = self.wait(request.body(body).send())?.map_err(failure(attempt()))?;
            Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
        });
        let ended = sent.collect::<Result<Vec<_>, Error>>().and_then(|parts| {
            let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
            let request = self.client.complete_multipart_upload().bucket(bucket).key(&key).upload_id(upload);
            self.wait(request.multipart_upload(parts).send())?.map_err(failure(attempt()))?;
            Ok(())
        });
        if ended.is_err() {
            let abort = self.client.abort_multipart_upload().bucket(bucket).key(&key).upload_id(upload);
            // The server drops what it was sent, or its own rules for unfinished uploads do.
            drop(self.wait(abort.send()));
        }
        ended
    }

    fn fetch(&self, name: &str, range: Option<String>) -> Result<Vec<u8>, Error> {
        let attempt = || format!("read {name}");
        let request = self.client.get_object().bucket(&self.bucket).key(self.key(name)).set_range(range);
        let answer = self.wait(async move {
            let answer = request.send().await.map_err(failure(String::new()))?;
            let expected = answer.content_length();
            let body = answer.body.collect().await;
            let broken = |cause| Error::storage("")(io::Error::new(io::ErrorKind::ConnectionAborted, cause));
            let bytes = body.map_err(broken)?.to_vec();
            Ok((expected, bytes))
        })?;
        let (expected, bytes) = answer.map_err(|error| match error {
            Error::Storage { source, .. } => Error::storage(attempt())(source),
            other => other,
        })?;
        if expected.is_some_and(|expected| u64::try_from(expected) != u64::try_from(bytes.len())) {
            return Err(Error::storage(attempt())(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(bytes)
    }
}

impl ObjectStore for S3Store {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        // Not every server looks at what is there when it puts parts together.
        if bytes.len() > MULTIPART_FROM && self.head(name)?.is_some() {
            let refused = Error::storage(format!("write {name}"))(io::ErrorKind::AlreadyExists.into());
            return if self.get(name)? == bytes { Ok(()) } else { Err(refused) };
        }
        let refused = match self.send(name, bytes, Way::New) {
            Err(Error::Storage { attempt, source }) if source.kind() == io::ErrorKind::AlreadyExists => {
                Error::Storage { attempt, source }
            }
            sent => return sent.and_then(|()| self.step("object-put")),
        };
        // An answer may have been lost after its request had taken effect.
        if self.get(name)? == bytes { Ok(()) } else { Err(refused) }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.send(name, bytes, Way::Any)?;
        self.step("object-put")
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.fetch(name, None)
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        match self.fetch(name, Some(format!("bytes={}-{}", range.start, range.end - 1))) {
            // Nothing of the object lies in the range.
            Err(Error::Storage { source, .. }) if source.kind() == io::ErrorKind::InvalidInput => {
                Ok(Vec::new())
            }
            fetched => fetched,
        }
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        let request = self.client.head_object().bucket(&self.bucket).key(self.key(name));
        match self.wait(request.send())?.map_err(failure(format!("look at {name}"))) {
            Ok(head) => {
                Ok(Some(head.content_length().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)))
            }
            Err(Error::Storage { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        let below = format!("{}/", self.key(directory));
        let mut from = None;
        loop {
            let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&below);
            let request = request.set_continuation_token(from.take());
            let page = self.wait(request.send())?.map_err(failure(format!("list {directory}")))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            for name in keys.filter_map(|key| key.strip_prefix(&self.prefix)) {
                if !visit(name) {
                    return Ok(());
                }
            }
            match page.next_continuation_token {
                Some(token) if page.is_truncated == Some(true) => from = Some(token),
                _ => return Ok(()),
            }
        }
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        let request = self.client.delete_object().bucket(&self.bucket).key(self.key(name));
        self.wait(request.send())?.map_err(failure(format!("remove {name}")))?;
        self.step("object-deleted")
    }

    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error> {
        match self.locks {
            false => Err(Error::NoLocks),
            true if has_passed(until) => Ok(()),
            true => self.put_retention(name, None, until),
        }
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        if self.locks { self.put_hold(name, None, held) } else { Err(Error::NoLocks) }
    }

    fn has_locks(&self) -> bool {
        self.locks
    }

    fn put_retained(&self, name: &str, bytes: &[u8], until: Timestamp) -> Result<(), Error> {
        if !self.locks {
            return Err(Error::NoLocks);
        }
        let way = if has_passed(until) { Way::Any } else { Way::Retained(until) };
        self.send(name, bytes, way)?;
        self.step("object-put")
    }

    fn try_locks(&self, now: Timestamp) -> Result<LockTrial, Error> {
        self.attack_locks(now)
    }

    fn locks_of(&self, name: &str) -> Result<Locks, Error> {
        if self.locks { self.read_locks(name) } else { Err(Error::NoLocks) }
    }

    fn width(&self) -> usize {
        // Callers that keep the server busy together need no threads beside theirs.
        WIDTH.saturating_sub(self.in_flight.load(Ordering::Relaxed)).max(1)
    }

    #[cfg(test)]
    fn brake(&self) -> &Brake {
        &self.brake
    }
}

impl Drop for S3Store {
    fn drop(&mut self) {
        // Dropped where it may not be waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether a time has passed by this machine's clock, which signs requests too: servers refuse to retain until then.
#[expect(clippy::disallowed_methods, reason = "the server's clock is asked for, and this one is near it")]
fn has_passed(until: Timestamp) -> bool {
    until <= Timestamp::now()
}

/// Bytes of a body, given back at the end.
struct Taken<'a>(&'a Bodies, usize);

impl Bodies {
    fn take(&self, bytes: usize) -> Taken<'_> {
        let bytes = bytes.min(BODIES);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(free, |free| *free < bytes);
        *waited.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Taken(self, bytes)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += self.1;
        self.0.freed.notify_all();
    }
}

/// What a failed request means to the caller. The server's words are kept; they hold no credentials.
fn failure<E>(attempt: String) -> impl FnOnce(SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    move |error| {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = match (&error, status) {
            (_, Some(404)) => io::ErrorKind::NotFound,
            (_, Some(401 | 403)) => io::ErrorKind::PermissionDenied,
            (_, Some(409 | 412)) => io::ErrorKind::AlreadyExists,
            (_, Some(416)) => io::ErrorKind::InvalidInput,
            (_, Some(507)) => io::ErrorKind::StorageFull,
            (_, Some(429 | 500..)) => io::ErrorKind::ResourceBusy,
            (SdkError::TimeoutError(_), _) => io::ErrorKind::TimedOut,
            (SdkError::DispatchFailure(_) | SdkError::ResponseError(_), _) => {
                io::ErrorKind::ConnectionAborted
            }
            _ => io::ErrorKind::Other,
        };
        let words = match error.as_service_error().and_then(|cause| cause.code().zip(cause.message())) {
            Some((code, message)) => format!("{code}: {message}"),
            None => DisplayErrorContext(&error).to_string(),
        };
        Error::storage(attempt)(io::Error::new(kind, words))
    }
}
