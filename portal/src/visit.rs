use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use muniment_record::Language;

use crate::app::App;
use crate::cookies::Cookie;
use crate::failure::Failure;
use crate::session::SignedIn;
use crate::{Settings, hex, pages, random};

/// Who asks, and in which language: worked out once for each request, before any page.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) now: Timestamp,
    pub(crate) language: Language,
    /// Where the request comes from, as far as rates are concerned.
    pub(crate) address: String,
    /// The officer who is signed in.
    pub(crate) officer: Option<SignedIn>,
    /// A random value of this browser, to which form tokens are bound while nobody is signed in.
    pub(crate) visitor: String,
    /// The key of the visitor's ticket to results.
    pub(crate) ticket: Option<String>,
    /// The key of the visitor's last report.
    pub(crate) report: Option<String>,
    /// The page's own path, with its parameters but for the language.
    pub(crate) path: String,
    /// Whether the visitor's value is new, so its cookie must be set.
    is_new: bool,
    /// Whether the language was chosen by this very request.
    chose_language: bool,
}

impl Visit {
    fn of(app: &App, request: &Request) -> Result<Self, Failure> {
        let headers = request.headers();
        let settings = &app.settings;
        let now = (app.clock)();
        let known = Cookie::Visitor.read(headers, settings).filter(|value| is_key(value));
        let is_new = known.is_none();
        let visitor = match known {
            Some(visitor) => visitor,
            None => hex::encode(
                &random::bytes::<32>().map_err(|error| Failure::internal("greet a visitor", &error))?,
            ),
        };
        let session = Cookie::Session.read(headers, settings);
        let chosen = language_parameter(request.uri());
        let kept = || Cookie::Language.read(headers, settings).and_then(|text| read_language(&text));
        Ok(Self {
            now,
            language: chosen.or_else(kept).unwrap_or_default(),
            address: address_of(request, settings),
            officer: session.and_then(|key| app.signed_in(&key, now)),
            visitor,
            ticket: Cookie::Ticket.read(headers, settings),
            report: Cookie::Report.read(headers, settings),
            path: path_without_language(request.uri()),
            is_new,
            chose_language: chosen.is_some(),
        })
    }

    fn set_cookies(&self, headers: &mut HeaderMap, settings: &Settings) {
        let is_page =
            headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
        let mut append = |cookie: Cookie, value: &str| {
            if let Some(value) = cookie.set(value, settings) {
                headers.append(header::SET_COOKIE, value);
            }
        };
        if is_page && self.is_new {
            append(Cookie::Visitor, &self.visitor);
        }
        if self.chose_language {
            append(Cookie::Language, self.language.choose("vi", "en"));
        }
    }
}

/// Works out the [`Visit`], and turns a [`Failure`] into a page in the visitor's language.
pub(crate) async fn greet(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let visit = match Visit::of(&app, &request) {
        Ok(visit) => visit,
        Err(failure) => return failure.into_response(),
    };
    request.extensions_mut().insert(visit.clone());
    let mut response = next.run(request).await;
    let failure = response.extensions_mut().remove::<Failure>();
    if let Some(failure) = failure.or_else(|| refusal_of_router(&response)) {
        let retry_after = response.headers_mut().remove(header::RETRY_AFTER);
        response = pages::failure::page(&app, &visit, failure);
        if let Some(value) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
    }
    let language = HeaderValue::from_static(visit.language.choose("vi", "en"));
    response.headers_mut().insert(header::CONTENT_LANGUAGE, language);
    visit.set_cookies(response.headers_mut(), &app.settings);
    response
}

/// What the router itself refused, in plain text: an address whose parts have the wrong form leads nowhere.
fn refusal_of_router(response: &Response) -> Option<Failure> {
    let is_plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        status if !status.is_client_error() || !is_plain => None,
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Some(Failure::NotFound),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Failure::TooLarge),
        _ => Some(Failure::Malformed),
    }
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or(Failure::Internal)
    }
}

/// Whether a text has the form of a key that we gave out.
fn is_key(text: &str) -> bool {
    text.len() == 64 && hex::decode(text).is_some()
}

fn parameters(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned()
}

fn language_parameter(uri: &Uri) -> Option<Language> {
    let found = parameters(uri).find(|(name, _)| name == "lang");
    found.and_then(|(_, value)| read_language(&value))
}

fn read_language(text: &str) -> Option<Language> {
    match text {
        "vi" => Some(Language::Vietnamese),
        "en" => Some(Language::English),
        _ => None,
    }
}

fn path_without_language(uri: &Uri) -> String {
    let others: Vec<(String, String)> = parameters(uri).filter(|(name, _)| name != "lang").collect();
    if others.is_empty() {
        return uri.path().to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
    format!("{}?{query}", uri.path())
}

/// The address that rates are counted for: an IPv4 address, or the network of an IPv6 address, of which a household has 2^64.
fn address_of(request: &Request, settings: &Settings) -> String {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip());
    let forwarded = forwarded_for(request.headers(), settings.trusted_proxies);
    match forwarded.or(peer) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        },
        None => "unknown".to_owned(),
    }
}

/// The address that the outermost of our own proxies saw: the last but `proxies - 1` in the header; those before it are hearsay.
fn forwarded_for(headers: &HeaderMap, proxies: u8) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").into_iter();
    let all: Vec<&str> =
        lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect();
    let place = all.len().checked_sub(usize::from(proxies))?;
    all.get(place)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_leaves_the_path_and_the_rest_stays() {
        let uri: Uri = "/can-bo?loc=n%C4%83m%3A2025&lang=en&trang=2".parse().unwrap();
        assert_eq!(path_without_language(&uri), "/can-bo?loc=n%C4%83m%3A2025&trang=2");
        assert_eq!(language_parameter(&uri), Some(Language::English));
        assert_eq!(path_without_language(&"/?lang=vi".parse().unwrap()), "/");
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.1.1.1, 2.2.2.2, 3.3.3.3"));
        assert_eq!(forwarded_for(&headers, 0), None);
        assert_eq!(forwarded_for(&headers, 1), "3.3.3.3".parse().ok());
        assert_eq!(forwarded_for(&headers, 2), "2.2.2.2".parse().ok());
        assert_eq!(forwarded_for(&headers, 4), None);
    }
}
