use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Account, Error, hex, random};

/// An officer's sign-in.
pub(crate) struct Session {
    account: Account,
    /// The officer's last queries, the newest last, each with the word that stands for it in addresses: what officers look
    /// for is personal data and has no place in a browser's history or a proxy's log.
    queries: Mutex<VecDeque<(String, String)>>,
}

/// A session together with its key, for the length of a request.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) key: String,
    pub(crate) session: Arc<Session>,
}

const QUERIES: usize = 50;

impl Session {
    pub(crate) fn new(account: Account) -> Self {
        Self { account, queries: Mutex::default() }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Remembers a query and returns the word that stands for it.
    pub(crate) fn remember(&self, query: &str) -> Result<String, Error> {
        let word = hex::encode(&random::bytes::<8>()?);
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        if queries.len() >= QUERIES {
            queries.pop_front();
        }
        queries.push_back((word.clone(), query.to_owned()));
        Ok(word)
    }

    /// The query that a word stands for.
    pub(crate) fn query(&self, word: &str) -> Option<String> {
        let queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = queries.iter().find(|(known, _)| known == word);
        found.map(|(_, query)| query.clone())
    }
}
