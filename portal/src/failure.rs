use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request gets no page of its own. [`crate::visit::greet`] turns it into an error page in the visitor's language;
/// what went on inside is logged, never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No such page or record, or not one that this visitor may know of: the answer is the same.
    NotFound,
    /// The page exists, but not for this method.
    MethodNotAllowed,
    /// The request cannot be read.
    Malformed,
    /// The form came from another site, or its token is not this visitor's (any more).
    Stale,
    /// Too many attempts.
    TooMany {
        /// Seconds to wait.
        wait_seconds: u64,
    },
    /// More was sent than is accepted.
    TooLarge,
    /// The request took too long.
    TimedOut,
    /// The archive cannot answer just now.
    Unavailable,
    /// Something that must not happen.
    Internal,
}

impl Failure {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Stale => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TimedOut | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for scripts, logs and people on the telephone.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Malformed => "malformed",
            Self::Stale => "stale-form",
            Self::TooMany { .. } => "too-many",
            Self::TooLarge => "too-large",
            Self::TimedOut => "timed-out",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Logs an unexpected error, once, and becomes the page that says nothing of it.
    pub(crate) fn internal(doing: &'static str, error: &dyn std::error::Error) -> Self {
        let mut causes = String::new();
        let mut cause = error.source();
        while let Some(inner) = cause {
            causes.push_str(": ");
            causes.push_str(&inner.to_string());
            cause = inner.source();
        }
        tracing::error!("failed to {doing}: {error}{causes}");
        Self::Internal
    }
}

/// The response that [`crate::visit::greet`] replaces by a page.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::TooMany { wait_seconds } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait_seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
