//! Getting revocation data: which is needed, where it lies, and keeping what proves something.

use std::time::Duration;

use crate::chain::{Evidence, When};
use crate::http::Http;
use crate::{Certificate, Error, ocsp};

/// The largest revocation list or response that is fetched.
const MOST_BYTES: u64 = 64 << 20;

/// Where revocation lists and OCSP responses come from.
///
/// What it returns is not believed before it was checked, so it needs no secure channel. It may be called from several
/// threads at once, and bounds the time that a call takes.
pub trait RevocationSource: Send + Sync {
    /// Fetches a revocation list in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Revocation`] where it is not to be had now.
    fn crl(&self, url: &str) -> Result<Vec<u8>, Error>;

    /// Sends an OCSP request and returns the response, both in DER.
    ///
    /// # Errors
    ///
    /// [`Error::Revocation`] where it is not to be had now.
    fn ocsp(&self, url: &str, request: &[u8]) -> Result<Vec<u8>, Error>;
}

/// Fetches from the addresses that certificates name, over plain HTTP.
#[derive(Clone, Debug)]
pub struct OnlineRevocation {
    http: Http,
}

impl OnlineRevocation {
    /// Gives each server this time to answer.
    pub fn new(timeout: Duration) -> Self {
        Self { http: Http::new(timeout, MOST_BYTES) }
    }
}

impl RevocationSource for OnlineRevocation {
    fn crl(&self, url: &str) -> Result<Vec<u8>, Error> {
        self.http.get(url).map_err(|error| Error::Revocation(format!("{url} did not answer: {error}")))
    }

    fn ocsp(&self, url: &str, request: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.http.post(url, "application/ocsp-request", request);
        answer.map_err(|error| Error::Revocation(format!("{url} did not answer: {error}")))
    }
}

/// Fetches what is missing to know about each certificate of a path, its responder first, then its list, and says what
/// went wrong. With `is_newest_wanted` it also fetches where something is known already.
pub(crate) fn gather(
    path: &[Certificate],
    when: When,
    source: &dyn RevocationSource,
    is_newest_wanted: bool,
    evidence: &mut Evidence,
) -> Vec<String> {
    let mut failures = Vec::new();
    for pair in path.windows(2) {
        let [certificate, issuer] = pair else { continue };
        if !is_newest_wanted && evidence.proof(certificate, issuer, when).is_some() {
            continue;
        }
        let mut fetched = Evidence::default();
        for url in certificate.ocsp_urls() {
            match source.ocsp(&url, &ocsp::request(certificate, issuer)) {
                Ok(response) => fetched.add_response(&response),
                Err(error) => failures.push(error.to_string()),
            }
            // RFC 6960, 4.2.2.2.1: a responder that does not say otherwise is checked as any other.
            for delegate in fetched.delegates(issuer) {
                failures.extend(gather_lists(&delegate, source, &mut fetched));
            }
            if fetched.is_anything_known(certificate, issuer, when) {
                break;
            }
            failures.push(format!("{url} gave no usable answer"));
        }
        if !fetched.is_anything_known(certificate, issuer, when) {
            for url in certificate.crl_urls() {
                match source.crl(&url) {
                    Ok(list) => fetched.add_crl(&list),
                    Err(error) => failures.push(error.to_string()),
                }
                if fetched.is_anything_known(certificate, issuer, when) {
                    break;
                }
                failures.push(format!("{url} gave no usable list"));
            }
        }
        evidence.add_all(&fetched);
    }
    failures
}

/// Fetches the lists of a certificate's issuer, and says what went wrong.
fn gather_lists(
    certificate: &Certificate,
    source: &dyn RevocationSource,
    evidence: &mut Evidence,
) -> Vec<String> {
    let mut failures = Vec::new();
    for url in certificate.crl_urls() {
        match source.crl(&url) {
            Ok(list) => evidence.add_crl(&list),
            Err(error) => failures.push(error.to_string()),
        }
    }
    failures
}
