use std::time::Duration;

use jiff::Timestamp;
use muniment_record::Digest;

use super::TimestampAuthority;
use crate::http::Http;
use crate::{Error, TimestampRequest, TimestampToken};

/// A token has a few thousand bytes; an authority that sends more is not listened to.
const MOST_BYTES: u64 = 1 << 20;

/// An authority at an address (RFC 3161, 3.4).
#[derive(Clone, Debug)]
pub struct RemoteAuthority {
    url: String,
    policy: Option<String>,
    http: Http,
}

impl RemoteAuthority {
    /// An authority at an address that begins with `http://`, which is given this time to answer.
    pub fn new(url: impl Into<String>, timeout: Duration) -> Self {
        Self { url: url.into(), policy: None, http: Http::new(timeout, MOST_BYTES) }
    }

    /// Asks for a policy of the authority, an object identifier as `1.2.3.4`.
    #[must_use]
    pub fn with_policy(self, policy: impl Into<String>) -> Self {
        Self { policy: Some(policy.into()), ..self }
    }
}

impl TimestampAuthority for RemoteAuthority {
    fn stamp(&self, imprint: &Digest, _now: Timestamp) -> Result<TimestampToken, Error> {
        let mut request = TimestampRequest::new(*imprint)?;
        if let Some(policy) = &self.policy {
            request = request.with_policy(policy)?;
        }
        let answer = self.http.post(&self.url, "application/timestamp-query", &request.to_der());
        let answer =
            answer.map_err(|error| Error::Timestamp(format!("{} did not answer: {error}", self.url)))?;
        request.read_response(&answer).map_err(|error| match error {
            Error::Timestamp(what) => Error::Timestamp(format!("{}: {what}", self.url)),
            other => other,
        })
    }
}
