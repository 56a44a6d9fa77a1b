//! The results that a look-up opened, for the browser that holds the ticket.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use muniment_record::Record;
use serde::Deserialize;

use crate::app::App;
use crate::content;
use crate::cookies::Cookie;
use crate::fact::Fact;
use crate::failure::Failure;
use crate::form::Form;
use crate::frame::{Frame, Section, page as write_page};
use crate::images::Width;
use crate::pages::home::{factor_rule, give_ticket};
use crate::record_view::{self, Heading, HolderShown, PageView};
use crate::ticket::{Opened, Ticket};
use crate::verdict::VerdictView;
use crate::viewing::{self, Viewed};
use crate::visit::Visit;
use crate::{moment, words};

#[derive(Template)]
#[template(path = "results.html")]
struct ResultsPage {
    frame: Frame,
    results: Vec<Choice>,
}

/// One of several results of a dossier.
struct Choice {
    heading: Heading,
    facts: Vec<Fact>,
}

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage {
    frame: Frame,
    /// The result's place in the ticket, from 1.
    number: usize,
    /// How many results the ticket opens.
    count: usize,
    heading: Heading,
    facts: Vec<Fact>,
    verdict: VerdictView,
    checked_at: String,
    /// Pages and file, where they are open.
    full: Option<FullView>,
    /// What was wrong with the token that was typed.
    token_error: Option<&'static str>,
}

/// What the token opens.
struct FullView {
    /// The start of the addresses of its page images.
    base: String,
    pages: Vec<PageView>,
    size: String,
}

/// The parameter of a page image's address.
#[derive(Deserialize)]
pub(crate) struct ImageParameters {
    rong: Option<String>,
}

impl ImageParameters {
    pub(crate) fn width(&self) -> Width {
        Width::from_parameter(self.rong.as_deref())
    }
}

/// `GET /ket-qua`.
pub(crate) async fn list(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let Some(ticket) = ticket(&app, &visit) else {
        return Ok(Redirect::to("/").into_response());
    };
    if ticket.results.len() == 1 {
        return Ok(Redirect::to("/ket-qua/1").into_response());
    }
    let mut results = Vec::new();
    for (id, opened) in &ticket.results {
        let record = content::record(&app, *id).await?;
        viewing::log(*id, opened.viewer(), Viewed::Description);
        results.push(Choice {
            heading: Heading::of(&record, visit.now, visit.language),
            facts: record_view::main_facts(&record, shown(*opened), visit.language),
        });
    }
    let template = ResultsPage { frame: Frame::private(&app, &visit, Section::LookUp), results };
    Ok(write_page(StatusCode::OK, &template))
}

/// `GET /ket-qua/{number}`.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<usize>,
) -> Result<Response, Failure> {
    if ticket(&app, &visit).is_none() {
        return Ok(Redirect::to("/").into_response());
    }
    result_page(&app, &visit, number, None).await
}

async fn result_page(
    app: &App,
    visit: &Visit,
    number: usize,
    token_error: Option<&'static str>,
) -> Result<Response, Failure> {
    let (record, opened, ticket) = opened(app, visit, number).await?;
    viewing::log(record.id, opened.viewer(), Viewed::Description);
    let report = content::verdict(app, visit, &record).await?;
    let full = if opened.has_file() {
        let texts = content::page_texts(app, &record).await?;
        Some(FullView {
            base: format!("/ket-qua/{number}"),
            pages: record_view::pages(&record, &texts, visit.language),
            size: words::size(record.bytes, visit.language),
        })
    } else {
        None
    };
    let template = ResultPage {
        frame: Frame::private(app, visit, Section::LookUp),
        number,
        count: ticket.results.len(),
        heading: Heading::of(&record, visit.now, visit.language),
        facts: record_view::main_facts(&record, shown(opened), visit.language),
        verdict: VerdictView::of(&report, visit.language),
        checked_at: moment::exact(visit.now),
        full,
        token_error,
    };
    let status = if token_error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(write_page(status, &template))
}

/// `POST /ket-qua/{number}`: the token opens pages and file of a result that was looked up by the holder's number.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<usize>,
    form: Form,
) -> Result<Response, Failure> {
    app.limits.look_ups_per_address.check(&visit.address, visit.now)?;
    let (record, _, ticket) = opened(&app, &visit, number).await?;
    let typed = form.text("factor");
    if Opened::by(typed, &record, false) != Some(Opened::Full) {
        let wrong = visit.language.choose(
            "Mã tra cứu không đúng. Hãy so lại từng chữ và số với phiếu",
            "The look-up code is wrong. Compare it with your slip",
        );
        let error = factor_rule(typed, visit.language).unwrap_or(wrong);
        return result_page(&app, &visit, number, Some(error)).await;
    }
    let mut results = ticket.results.clone();
    for (id, opened) in &mut results {
        if *id == record.id {
            *opened = Opened::Full;
        }
    }
    let cookie = give_ticket(&app, &visit, Ticket { results })?;
    let address = format!("/ket-qua/{number}");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response())
}

/// `POST /ket-qua/ket-thuc`: forgets the ticket, for those at a shared computer.
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    visit: Visit,
    _form: Form,
) -> Result<Response, Failure> {
    if let Some(key) = &visit.ticket {
        app.tickets.remove(key);
    }
    let cookie = Cookie::Ticket.clear(&app.settings).ok_or(Failure::Internal)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// `GET /ket-qua/{number}/trang/{page}`.
pub(crate) async fn image(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((number, page)): Path<(usize, u32)>,
    Query(parameters): Query<ImageParameters>,
) -> Result<Response, Failure> {
    let (record, opened) = with_file(&app, &visit, number).await?;
    viewing::log(record.id, opened.viewer(), Viewed::Page);
    content::page_image(&app, &record, page, parameters.width()).await
}

/// `GET /ket-qua/{number}/ban-dien-tu.pdf`.
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<usize>,
) -> Result<Response, Failure> {
    let (record, opened) = with_file(&app, &visit, number).await?;
    viewing::log(record.id, opened.viewer(), Viewed::File);
    content::file(&app, &record).await
}

/// `GET /ket-qua/{number}/bien-nhan.json`.
pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(number): Path<usize>,
) -> Result<Response, Failure> {
    let (record, opened) = with_file(&app, &visit, number).await?;
    viewing::log(record.id, opened.viewer(), Viewed::Receipt);
    content::receipt(&app, &record).await
}

fn ticket(app: &App, visit: &Visit) -> Option<Arc<Ticket>> {
    app.tickets.get(visit.ticket.as_ref()?, visit.now)
}

/// The result in this place of the visitor's ticket.
async fn opened(app: &App, visit: &Visit, number: usize) -> Result<(Record, Opened, Arc<Ticket>), Failure> {
    let ticket = ticket(app, visit).ok_or(Failure::NotFound)?;
    let place = number.checked_sub(1).ok_or(Failure::NotFound)?;
    let (id, opened) = *ticket.results.get(place).ok_or(Failure::NotFound)?;
    Ok((content::record(app, id).await?, opened, ticket))
}

async fn with_file(app: &App, visit: &Visit, number: usize) -> Result<(Record, Opened), Failure> {
    let (record, opened, _) = opened(app, visit, number).await?;
    if opened.has_file() { Ok((record, opened)) } else { Err(Failure::NotFound) }
}

fn shown(opened: Opened) -> HolderShown {
    if opened.has_file() { HolderShown::Named } else { HolderShown::Masked }
}
