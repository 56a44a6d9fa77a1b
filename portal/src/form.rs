use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;

use crate::app::App;
use crate::failure::Failure;
use crate::visit::Visit;

/// The fields of a posted form whose token is this visitor's.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The name of the field that holds the token.
    pub(crate) const TOKEN: &str = "token";

    /// The first value of a field, trimmed; empty where it is absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }
}

impl FromRequest<Arc<App>> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let body = Bytes::from_request(Request::from_parts(parts, body), app).await.map_err(|rejection| {
            match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
                _ => Failure::Malformed,
            }
        })?;
        let form = Self(form_urlencoded::parse(&body).into_owned().collect());
        if app.is_token_of(&visit, form.text(Self::TOKEN)) { Ok(form) } else { Err(Failure::Stale) }
    }
}
