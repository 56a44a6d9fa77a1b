//! Signing in and out with a local account.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::cookies::Cookie;
use crate::failure::Failure;
use crate::form::Form;
use crate::frame::{Frame, Section, page};
use crate::session::Session;
use crate::visit::Visit;

/// Where officers go after signing in.
const OFFICERS_HOME: &str = "/can-bo";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Where to go afterwards.
    next: String,
    /// What was typed as a name.
    name: String,
    wrong: bool,
}

/// The parameter of the page's address.
#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    tiep: String,
}

/// The address of the sign-in page that leads back to this one.
pub(crate) fn address_for(path: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("tiep", path).finish();
    format!("/dang-nhap?{query}")
}

/// `GET /dang-nhap`.
pub(crate) async fn show(State(app): State<Arc<App>>, visit: Visit, Query(after): Query<After>) -> Response {
    let next = own_address(&after.tiep);
    if visit.officer.is_some() {
        return Redirect::to(next).into_response();
    }
    let template = SignInPage {
        frame: Frame::private(&app, &visit, Section::Other),
        next: next.to_owned(),
        name: String::new(),
        wrong: false,
    };
    page(StatusCode::OK, &template)
}

/// `POST /dang-nhap`.
pub(crate) async fn enter(
    State(app): State<Arc<App>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Failure> {
    let name = form.text("name").to_lowercase();
    app.limits.sign_ins_per_address.check(&visit.address, visit.now)?;
    app.limits.sign_ins_per_account.check(&name, visit.now)?;
    let password = form.text("password").to_owned();
    let (accounts, typed) = (Arc::clone(&app.accounts), name.clone());
    let account =
        app.work("check a password", move || accounts.authenticate(&typed, &password).cloned()).await?;
    let next = own_address(form.text("next"));
    let Some(account) = account else {
        tracing::info!("refused a sign-in");
        let template = SignInPage {
            frame: Frame::private(&app, &visit, Section::Other),
            next: next.to_owned(),
            name,
            wrong: true,
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &template));
    };
    tracing::info!(account = account.name(), "signed in");
    if let Some(former) = &visit.officer {
        app.sessions.remove(&former.key);
    }
    let session = Arc::new(Session::new(account));
    let key = app.sessions.put(session, visit.now).map_err(|error| Failure::internal("sign in", &error))?;
    let cookie = Cookie::Session.set(&key, &app.settings).ok_or(Failure::Internal)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// `POST /dang-xuat`.
pub(crate) async fn leave(
    State(app): State<Arc<App>>,
    visit: Visit,
    _form: Form,
) -> Result<Response, Failure> {
    if let Some(officer) = &visit.officer {
        app.sessions.remove(&officer.key);
    }
    let cookie = Cookie::Session.clear(&app.settings).ok_or(Failure::Internal)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// Only pages of officers, so nobody can be led to another site by a link.
fn own_address(typed: &str) -> &str {
    let is_own = typed == OFFICERS_HOME || typed.starts_with("/can-bo/") || typed.starts_with("/can-bo?");
    let is_plain = typed.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_own && is_plain { typed } else { OFFICERS_HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(own_address("/can-bo/ho-so/1"), "/can-bo/ho-so/1");
        for elsewhere in
            ["", "//evil.vn", "https://evil.vn", "/can-bo.evil", "/can-bo/\\evil", "/can-bo/\r\nx"]
        {
            assert_eq!(own_address(elsewhere), "/can-bo", "{elsewhere}");
        }
    }
}
