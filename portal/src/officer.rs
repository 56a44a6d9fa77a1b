use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use muniment_record::{AccessLevel, Record};
use muniment_search::Scope;

use crate::AccountScope;
use crate::app::App;
use crate::pages::sign_in;
use crate::session::SignedIn;
use crate::visit::Visit;

/// An officer who is signed in; a page that asks for one leads everybody else to the sign-in page.
pub(crate) struct Officer(pub(crate) SignedIn);

impl Officer {
    /// The name of the account, for the log.
    pub(crate) fn account(&self) -> &str {
        self.0.session.account().name()
    }

    /// What the officer's searches see.
    pub(crate) fn search_scope(&self) -> Scope {
        match self.0.session.account().scope() {
            AccountScope::Everything => Scope::Everything,
            AccountScope::Agency { code, restricted } => {
                Scope::Office { agency: code.clone(), restricted: *restricted }
            }
        }
    }

    /// Whether a record is the officer's to see: the same rule as that of searches.
    pub(crate) fn may_see(&self, record: &Record) -> bool {
        may_see(self.0.session.account().scope(), record)
    }
}

fn may_see(scope: &AccountScope, record: &Record) -> bool {
    let description = &record.description;
    match scope {
        AccountScope::Everything => true,
        AccountScope::Agency { code, restricted } => {
            let agencies =
                [&description.agency_issuing, &description.agency_receiving, &description.agency_holding];
            let is_near = agencies.into_iter().any(|agency| agency.code.is_within(code));
            is_near && (*restricted || description.access_level == AccessLevel::Normal)
        }
    }
}

impl FromRequestParts<Arc<App>> for Officer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        match visit.officer {
            Some(officer) => Ok(Self(officer)),
            None => Err(Redirect::to(&sign_in::address_for(&visit.path)).into_response()),
        }
    }
}
