//! The home page: look-up of a result by its holder, with two factors.
//!
//! The answer is the same, and comes after the same time, whether there is no such result or the factors do not belong
//! together: who knows a dossier code alone learns nothing.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use muniment_record::{DossierCode, Language, LookupToken, ResultCode};
use tokio::time::Instant;

use crate::app::App;
use crate::content;
use crate::cookies::Cookie;
use crate::failure::Failure;
use crate::form::Form;
use crate::frame::{Frame, Section, page};
use crate::ticket::{Opened, Ticket};
use crate::visit::Visit;

const LONGEST_CODE: usize = 60;
const LONGEST_FACTOR: usize = 40;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    /// What was typed as a code.
    code: String,
    code_error: Option<&'static str>,
    factor_error: Option<&'static str>,
    /// Whether nothing was found with what was typed.
    nothing_found: bool,
}

/// A code as it was typed: of a dossier, or of one of its results.
enum Code {
    Dossier(DossierCode),
    Result(ResultCode),
}

impl Code {
    fn from_typed(text: &str) -> Option<Self> {
        let dossier = DossierCode::from_typed(text).map(Self::Dossier);
        dossier.or_else(|_| ResultCode::from_typed(text).map(Self::Result)).ok()
    }

    /// The dossier, which attempts are counted for.
    fn dossier(&self) -> &DossierCode {
        match self {
            Self::Dossier(code) => code,
            Self::Result(code) => code.dossier(),
        }
    }

    fn names(&self, found: &ResultCode) -> bool {
        match self {
            Self::Dossier(code) => found.dossier() == code,
            Self::Result(code) => found == code,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Dossier(code) => code.to_string(),
            Self::Result(code) => code.to_string(),
        }
    }
}

/// `GET /`.
pub(crate) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Response {
    let template = HomePage {
        frame: Frame::public(&app, &visit, Section::LookUp),
        code: String::new(),
        code_error: None,
        factor_error: None,
        nothing_found: false,
    };
    page(StatusCode::OK, &template)
}

/// `POST /`.
pub(crate) async fn look_up(
    State(app): State<Arc<App>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Failure> {
    let started = Instant::now();
    let typed = form.text("code");
    let factor = form.text("factor");
    let code = Code::from_typed(typed).filter(|_| typed.chars().count() <= LONGEST_CODE);
    let code_error = code.is_none().then(|| code_rule(typed, visit.language));
    let factor_error = factor_rule(factor, visit.language);
    let (Some(code), None) = (code, factor_error) else {
        let template = HomePage {
            frame: Frame::public(&app, &visit, Section::LookUp),
            code: typed.chars().take(LONGEST_CODE).collect(),
            code_error,
            factor_error,
            nothing_found: false,
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &template));
    };
    app.limits.look_ups_per_address.check(&visit.address, visit.now)?;
    let results = matching(&app, &code, factor).await?;
    let long_enough = started + Duration::from_millis(app.settings.look_up_milliseconds);
    // The right token is never locked out: its 60 random bits cannot be guessed. Numbers of persons can, and what only
    // looks like a token may be one.
    if !results.iter().any(|(_, opened)| *opened == Opened::Full) {
        let admitted = app.limits.look_ups_per_code.check(&code.dossier().canonical(), visit.now);
        if let Err(failure) = admitted {
            tokio::time::sleep_until(long_enough).await;
            return Err(failure);
        }
    }
    if results.is_empty() {
        tokio::time::sleep_until(long_enough).await;
        let template = HomePage {
            frame: Frame::public(&app, &visit, Section::LookUp),
            code: typed.to_owned(),
            code_error: None,
            factor_error: None,
            nothing_found: true,
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &template));
    }
    let address = if results.len() == 1 { "/ket-qua/1" } else { "/ket-qua" };
    let cookie = give_ticket(&app, &visit, Ticket { results })?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(address)).into_response())
}

/// The results that the code names and the factor opens.
async fn matching(
    app: &App,
    code: &Code,
    factor: &str,
) -> Result<Vec<(muniment_record::RecordId, Opened)>, Failure> {
    let candidates = app.archive.find(&code.text()).await.map_err(content::archive_failure)?;
    let mut results = Vec::new();
    for id in candidates {
        let record = content::record(app, id).await?;
        let is_named = record.description.result_code.as_ref().is_some_and(|found| code.names(found));
        let opened = Opened::by(factor, &record, app.settings.holder_number_opens_file);
        if let (true, Some(opened)) = (is_named, opened) {
            results.push((id, opened));
        }
    }
    Ok(results)
}

/// Keeps a ticket and returns the cookie that shows it.
pub(crate) fn give_ticket(
    app: &App,
    visit: &Visit,
    ticket: Ticket,
) -> Result<axum::http::HeaderValue, Failure> {
    if let Some(former) = &visit.ticket {
        app.tickets.remove(former);
    }
    let key = app.tickets.put(Arc::new(ticket), visit.now);
    let key = key.map_err(|error| Failure::internal("give a ticket", &error))?;
    Cookie::Ticket.set(&key, &app.settings).ok_or(Failure::Internal)
}

fn code_rule(typed: &str, language: Language) -> &'static str {
    if typed.is_empty() {
        language.choose("Hãy nhập mã hồ sơ", "Enter the dossier code")
    } else {
        language.choose(
            "Mã hồ sơ chưa đúng dạng. Ví dụ đúng: 000.00.12.H05-260224-0017",
            "The dossier code does not have the right form, such as 000.00.12.H05-260224-0017",
        )
    }
}

/// What is wrong with a second factor, as far as that can be told without looking anything up.
pub(crate) fn factor_rule(factor: &str, language: Language) -> Option<&'static str> {
    if factor.is_empty() {
        return Some(language.choose(
            "Hãy nhập mã tra cứu, số định danh cá nhân hoặc mã số thuế",
            "Enter the look-up code, or the holder's personal or tax number",
        ));
    }
    let bare: Vec<char> = factor.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let is_token_like = bare.len() == 13 && bare.iter().any(char::is_ascii_alphabetic);
    if factor.chars().count() > LONGEST_FACTOR || (is_token_like && factor.parse::<LookupToken>().is_err()) {
        return Some(language.choose(
            "Mã tra cứu có chỗ gõ nhầm. Hãy so lại từng chữ và số với phiếu",
            "There is a typing error in the look-up code. Compare it with your slip",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_paste_them() {
        let code = Code::from_typed(" 000.00.12.h05 – 260224 – 0017 ").unwrap();
        assert_eq!(code.text(), "000.00.12.H05-260224-0017");
        let result = Code::from_typed("000.00.12.H05-260224-0017-KQ(2)").unwrap();
        assert_eq!(result.dossier().to_string(), "000.00.12.H05-260224-0017");
        assert!(Code::from_typed("0017").is_none());
    }

    #[test]
    fn a_mistyped_token_is_noticed_without_a_look_up() {
        let token = LookupToken::from_random(12345);
        assert!(factor_rule(token.as_str(), Language::Vietnamese).is_none());
        assert!(factor_rule("7K2M-9QXD-0RTA0", Language::Vietnamese).is_some());
        assert!(factor_rule("099188000017", Language::Vietnamese).is_none());
        assert!(factor_rule("2399990037-001", Language::Vietnamese).is_none());
        assert!(factor_rule("", Language::Vietnamese).is_some());
    }
}
