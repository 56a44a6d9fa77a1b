//! What every response says about how browsers must treat it, and what every request must prove about where it comes from.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Settings;
use crate::app::App;
use crate::failure::Failure;

/// No script, style, frame or form but our own, from our own files (Content Security Policy, level 3).
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`, under which browsers send `Origin: null` with forms.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Sets the headers of every response, and logs the request by its route: never by its address, which may hold codes.
pub(crate) async fn harden(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    if app.settings.is_secure() {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    // Pages hold personal data and must not stay on a shared computer; files that may be kept say so themselves.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let elapsed_ms = started.elapsed().as_millis();
    tracing::info!(%method, route, status = response.status().as_u16(), elapsed_ms, "answered {method} {route}");
    response
}

/// Refuses what another site makes a browser send. Programs other than browsers send neither header and pass; they meet
/// the form token.
pub(crate) async fn refuse_foreign(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read || is_own(request.headers(), &app.settings) {
        next.run(request).await
    } else {
        Failure::Stale.into_response()
    }
}

/// Whether the headers say that the request comes from this site (Fetch Metadata; RFC 6454).
fn is_own(headers: &HeaderMap, settings: &Settings) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN) {
        None => true,
        Some(origin) if !settings.origin.is_empty() => origin == settings.origin.trim_end_matches('/'),
        Some(origin) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == text(header::HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &'static str)], origin: &str) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let settings = Settings { origin: origin.to_owned(), ..Settings::default() };
        is_own(&headers.collect(), &settings)
    }

    #[test]
    fn a_form_of_another_site_is_foreign() {
        assert!(own(&[("sec-fetch-site", "same-origin")], ""));
        assert!(!own(&[("sec-fetch-site", "cross-site")], ""));
        assert!(!own(&[("sec-fetch-site", "same-site")], ""));
        assert!(own(&[("origin", "http://a.vn"), ("host", "a.vn")], ""));
        assert!(!own(&[("origin", "http://b.vn"), ("host", "a.vn")], ""));
        assert!(!own(&[("origin", "null"), ("host", "a.vn")], ""));
        assert!(own(&[("origin", "https://a.vn"), ("host", "inside:8080")], "https://a.vn"));
        assert!(!own(&[("origin", "https://b.vn"), ("host", "b.vn")], "https://a.vn"));
        assert!(own(&[("host", "a.vn")], ""));
    }
}
