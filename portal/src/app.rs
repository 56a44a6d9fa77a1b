use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use muniment_archive::Archive;
use muniment_seal::Trust;
use muniment_search::Reader;
use ring::hmac;
use tokio::sync::Semaphore;

use crate::failure::Failure;
use crate::images::ImageCache;
use crate::limiter::Limiter;
use crate::pages::check::Checked;
use crate::session::{Session, SignedIn};
use crate::ticket::Ticket;
use crate::upload::UploadBudget;
use crate::vault::{Vault, VaultLimits};
use crate::visit::Visit;
use crate::{Accounts, Engines, Error, Settings, hex, random};

/// What all requests share.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) archive: Arc<Archive>,
    pub(crate) reader: Arc<Reader>,
    pub(crate) trust: Arc<Trust>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) clock: fn() -> Timestamp,
    pub(crate) images: ImageCache,
    pub(crate) limits: Limits,
    /// Officers who are signed in.
    pub(crate) sessions: Vault<Arc<Session>>,
    /// Results that citizens looked up.
    pub(crate) tickets: Vault<Arc<Ticket>>,
    /// Reports on files that were checked.
    pub(crate) reports: Vault<Arc<Vec<Checked>>>,
    pub(crate) uploads: UploadBudget,
    /// Signs form tokens; new with each start.
    token_key: hmac::Key,
    /// Work that fills a processor core, at most as much at a time as there are cores.
    workers: Arc<Semaphore>,
}

/// What is counted.
pub(crate) struct Limits {
    pub(crate) look_ups_per_address: Limit,
    pub(crate) look_ups_per_code: Limit,
    pub(crate) checks_per_address: Limit,
    pub(crate) sign_ins_per_address: Limit,
    pub(crate) sign_ins_per_account: Limit,
}

/// A [`Limiter`] whose refusal is a page.
pub(crate) struct Limit(Limiter);

impl Limit {
    pub(crate) fn check(&self, subject: &str, now: Timestamp) -> Result<(), Failure> {
        let admitted = self.0.admit(subject, now);
        admitted.map_err(|wait_seconds| Failure::TooMany { wait_seconds })
    }
}

impl App {
    pub(crate) fn new(
        engines: Engines,
        settings: Settings,
        accounts: Accounts,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let limit = |rate| Limit(Limiter::new(rate));
        let limits = Limits {
            look_ups_per_address: limit(settings.look_ups_per_address),
            look_ups_per_code: limit(settings.look_ups_per_code),
            checks_per_address: limit(settings.checks_per_address),
            sign_ins_per_address: limit(settings.sign_ins_per_address),
            sign_ins_per_account: limit(settings.sign_ins_per_account),
        };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            archive: engines.archive,
            reader: engines.reader,
            trust: engines.trust,
            accounts: Arc::new(accounts),
            clock,
            images: ImageCache::new(engines.renderer, settings.image_cache_bytes),
            limits,
            sessions: Vault::new(VaultLimits {
                idle: SignedDuration::from_mins(30),
                absolute: SignedDuration::from_hours(10),
                capacity: 10_000,
            }),
            tickets: Vault::new(VaultLimits {
                idle: SignedDuration::from_mins(15),
                absolute: SignedDuration::from_mins(60),
                capacity: 50_000,
            }),
            reports: Vault::new(VaultLimits {
                idle: SignedDuration::from_mins(15),
                absolute: SignedDuration::from_mins(60),
                capacity: 2_000,
            }),
            uploads: UploadBudget::new(settings.check_memory_bytes),
            token_key: hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()?),
            workers: Arc::new(Semaphore::new(cores)),
            settings,
        })
    }

    /// The officer behind a session's key.
    pub(crate) fn signed_in(&self, key: &str, now: Timestamp) -> Option<SignedIn> {
        let session = self.sessions.get(key, now)?;
        Some(SignedIn { key: key.to_owned(), session })
    }

    /// The token for this visitor's forms.
    pub(crate) fn token_of(&self, visit: &Visit) -> String {
        hex::encode(hmac::sign(&self.token_key, token_subject(visit).as_bytes()).as_ref())
    }

    /// Whether a form's token is this visitor's.
    pub(crate) fn is_token_of(&self, visit: &Visit, token: &str) -> bool {
        let Some(token) = hex::decode(token) else {
            return false;
        };
        hmac::verify(&self.token_key, token_subject(visit).as_bytes(), &token).is_ok()
    }

    /// Runs work that blocks or fills a core, apart from the threads that answer.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.workers).acquire_owned().await;
        let permit = permit.map_err(|error| Failure::internal(doing, &error))?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        task.await.map_err(|error| Failure::internal(doing, &error))
    }
}

/// What a token is bound to: the sign-in where there is one, else the browser.
fn token_subject(visit: &Visit) -> String {
    match &visit.officer {
        Some(officer) => format!("session {}", officer.key),
        None => format!("visitor {}", visit.visitor),
    }
}
