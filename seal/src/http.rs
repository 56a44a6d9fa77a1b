//! Plain HTTP, for what carries its own signature: timestamps, revocation lists and OCSP responses. There is no TLS on
//! purpose: each answer is checked by its signature, and authorities publish such addresses without TLS, as a check of
//! TLS certificates would need the very data that is fetched (RFC 5280, 8).

use std::time::Duration;

use ureq::Agent;

/// A client whose every request ends within a time and a number of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    agent: Agent,
    most_bytes: u64,
}

impl Http {
    pub(crate) fn new(timeout: Duration, most_bytes: u64) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(3)
            .user_agent(concat!("muniment/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), most_bytes }
    }

    /// Posts a body and returns the answer's.
    pub(crate) fn post(&self, url: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        let request = self.agent.post(plain(url)?).header("Content-Type", kind);
        self.read(request.send(body))
    }

    /// Fetches what lies at an address.
    pub(crate) fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        self.read(self.agent.get(plain(url)?).call())
    }

    fn read(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, String> {
        let mut answer = answer.map_err(|error| error.to_string())?;
        let body = answer.body_mut().with_config().limit(self.most_bytes).read_to_vec();
        body.map_err(|error| error.to_string())
    }
}

fn plain(url: &str) -> Result<&str, String> {
    if url.starts_with("http://") {
        Ok(url)
    } else {
        Err("its address does not begin with http://".to_owned())
    }
}
