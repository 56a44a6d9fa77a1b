use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use tokio::sync::Mutex;

use crate::lock::Lock;

/// What one process does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// Publishing the log.
    Publish,
    /// Making next versions of records.
    Revise,
    /// Taking in without the queue: what is pending is then taken up again by whoever comes first.
    TakeIn,
}

impl Right {
    /// The word that stands for it in the names of locks.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publishing",
            Self::Revise => "revising",
            Self::TakeIn => "taking-in",
        }
    }
}

/// The right to do something with an archive alone. It ends when this is dropped.
#[derive(Debug)]
pub struct Alone(Held);

impl Alone {
    pub(crate) fn new(held: Held) -> Self {
        Self(held)
    }

    /// Gives the right up. When this returns, another may have it.
    pub async fn give_up(self) {
        self.0.give_up().await;
    }

    /// Whether the right is still held. A database that was started anew has forgotten it, and another may have it by now: to be asked
    /// before each step that nobody else may come between.
    pub async fn stands(&self) -> bool {
        self.0.stands().await
    }
}

/// A right that is held. It ends with the process, however that ends.
#[derive(Debug)]
pub(crate) enum Held {
    /// By a lock on a file of this machine.
    File(Lock),
    /// By a session of the database. It is never connected anew: where it answers, the right has been held all the time.
    Session(Box<Mutex<PgConnection>>),
}

impl Held {
    /// Gives the right up. When this returns, another may have it; a right that is dropped is given up a moment later.
    pub(crate) async fn give_up(self) {
        match self {
            Self::File(lock) => drop(lock),
            Self::Session(session) => {
                let mut session = session.into_inner();
                // Where the session is broken, the server has given the right up already.
                session.execute("SELECT pg_advisory_unlock_all()").await.ok();
                session.close().await.ok();
            }
        }
    }

    /// Whether the right is still held: a database forgets those of a session that broke off.
    pub(crate) async fn stands(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Session(session) => session.lock().await.ping().await.is_ok(),
        }
    }
}
