//! A record as officers see it: everything that is known about it, its pages, its signatures and its history.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use muniment_archive::Events;
use muniment_record::{Language, Record, RecordId};

use crate::app::App;
use crate::content;
use crate::fact::Fact;
use crate::failure::Failure;
use crate::frame::{Frame, Section, page as write_page};
use crate::officer::Officer;
use crate::pages::result::ImageParameters;
use crate::record_view::{self, Heading, HolderShown, PageView};
use crate::verdict::VerdictView;
use crate::viewing::{self, Viewed, Viewer};
use crate::visit::Visit;
use crate::{moment, words};

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    frame: Frame,
    /// The start of the addresses of this record.
    base: String,
    heading: Heading,
    facts: Vec<Fact>,
    further: Vec<Fact>,
    file: Vec<Fact>,
    verdict: VerdictView,
    checked_at: String,
    pages: Vec<PageView>,
    /// How many things an officer should look at.
    finding_count: usize,
    events: Vec<EventView>,
    size: String,
    /// The token on the holder's slip.
    token: String,
}

/// Something that was done to the record, as the page shows it.
struct EventView {
    what: String,
    at: String,
    by: String,
    outcome: String,
    detail: String,
}

/// `GET /can-bo/ho-so/{id}`.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let record = seen(&app, &officer, &id, Viewed::Description).await?;
    let report = content::verdict(&app, &visit, &record).await?;
    let events = app.archive.events(&record).await.map_err(content::archive_failure)?;
    let texts = content::page_texts(&app, &record).await?;
    let language = visit.language;
    let template = RecordPage {
        frame: Frame::private(&app, &visit, Section::Search),
        base: format!("/can-bo/ho-so/{}", record.id),
        heading: Heading::of(&record, visit.now, language),
        facts: record_view::main_facts(&record, HolderShown::Full, language),
        further: record_view::further_facts(&record, language),
        file: record_view::file_facts(&record, language),
        verdict: VerdictView::of(&report, language),
        checked_at: moment::exact(visit.now),
        pages: record_view::pages(&record, &texts, language),
        finding_count: record.pages.iter().map(|page| page.findings.len()).sum(),
        events: event_views(&events, language),
        size: words::size(record.bytes, language),
        token: record.lookup_token.to_string(),
    };
    Ok(write_page(StatusCode::OK, &template))
}

/// `GET /can-bo/ho-so/{id}/trang/{page}`.
pub(crate) async fn image(
    State(app): State<Arc<App>>,
    officer: Officer,
    Path((id, page)): Path<(String, u32)>,
    Query(parameters): Query<ImageParameters>,
) -> Result<Response, Failure> {
    let record = seen(&app, &officer, &id, Viewed::Page).await?;
    content::page_image(&app, &record, page, parameters.width()).await
}

/// `GET /can-bo/ho-so/{id}/ban-dien-tu.pdf`.
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let record = seen(&app, &officer, &id, Viewed::File).await?;
    content::file(&app, &record).await
}

/// `GET /can-bo/ho-so/{id}/bien-nhan.json`.
pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    officer: Officer,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let record = seen(&app, &officer, &id, Viewed::Receipt).await?;
    content::receipt(&app, &record).await
}

/// The record, if it is the officer's to see; what is not does not exist.
async fn seen(app: &App, officer: &Officer, id: &str, viewed: Viewed) -> Result<Record, Failure> {
    let id: RecordId = id.parse().map_err(|_| Failure::NotFound)?;
    let record = content::record(app, id).await?;
    if !officer.may_see(&record) {
        return Err(Failure::NotFound);
    }
    viewing::log(id, Viewer::Officer(officer.account()), viewed);
    Ok(record)
}

fn event_views(events: &Events, language: Language) -> Vec<EventView> {
    let view = |event: &muniment_archive::Event| EventView {
        what: words::event(&event.kind, language).to_owned(),
        at: moment::exact(event.at),
        by: event.agent.clone(),
        outcome: words::outcome(&event.outcome, language).to_owned(),
        detail: event.detail.clone().unwrap_or_default(),
    };
    events.events.iter().map(view).collect()
}
