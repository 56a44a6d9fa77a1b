//! Checking of files: what was sent is verified, matched with the archive and forgotten; the report stays for a while.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use muniment_record::{Language, RecordId};
use muniment_seal::{Report, Verdict, verify};
use serde::Serialize;

use crate::app::App;
use crate::content::{self, archive_failure};
use crate::cookies::Cookie;
use crate::failure::Failure;
use crate::form::Form;
use crate::frame::{Frame, Section, page};
use crate::moment;
use crate::status::StatusView;
use crate::upload::{Upload, failure_of};
use crate::verdict::{VerdictView, title_of, tone_of};
use crate::visit::Visit;

/// A file that was checked.
#[derive(Clone, Serialize)]
pub(crate) struct Checked {
    /// Its name, as it was sent.
    name: String,
    /// What was found; nothing where the file was too large.
    report: Option<Report>,
    /// The record whose archived PDF has exactly these bytes.
    kept_as: Option<RecordId>,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    frame: Frame,
    error: Option<String>,
    most_files: usize,
    most_megabytes: usize,
}

#[derive(Template)]
#[template(path = "checked.html")]
struct CheckedPage {
    frame: Frame,
    files: Vec<FileView>,
    counts: Vec<CountView>,
    /// When the files were checked.
    checked_at: String,
}

/// A checked file as the page shows it.
struct FileView {
    name: String,
    verdict: VerdictView,
    sha256: String,
    /// Its standing, where it is kept here.
    kept: Option<StatusView>,
}

/// How many files got a verdict.
struct CountView {
    tone: &'static str,
    title: &'static str,
    count: usize,
}

/// `GET /kiem-tra`.
pub(crate) async fn show(State(app): State<Arc<App>>, visit: Visit) -> Response {
    form(&app, &visit, None)
}

fn form(app: &App, visit: &Visit, error: Option<String>) -> Response {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let template = CheckPage {
        frame: Frame::public(app, visit, Section::Check),
        error,
        most_files: app.settings.check_files,
        most_megabytes: app.settings.check_file_bytes >> 20,
    };
    page(status, &template)
}

/// `POST /kiem-tra`.
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    visit: Visit,
    mut parts: Multipart,
) -> Result<Response, Failure> {
    let mut files = Vec::new();
    let mut is_ours = false;
    while let Some(field) = parts.next_field().await.map_err(failure_of)? {
        if field.name() == Some(Form::TOKEN) {
            is_ours = app.is_token_of(&visit, &field.text().await.map_err(failure_of)?);
            continue;
        }
        // The token comes first, so nothing is read for a form of another site.
        if !is_ours {
            return Err(Failure::Stale);
        }
        // A browser sends an unchosen file as one without name and content.
        if field.file_name().is_none_or(str::is_empty) {
            continue;
        }
        if files.len() >= app.settings.check_files {
            return Ok(form(&app, &visit, Some(too_many_files(&app, visit.language))));
        }
        app.limits.checks_per_address.check(&visit.address, visit.now)?;
        let upload = app.uploads.read(field, app.settings.check_file_bytes).await?;
        files.push(judge(&app, &visit, upload).await?);
    }
    if !is_ours {
        return Err(Failure::Stale);
    }
    if files.is_empty() {
        let error = visit.language.choose("Hãy chọn ít nhất một tệp PDF.", "Choose at least one PDF file.");
        return Ok(form(&app, &visit, Some(error.to_owned())));
    }
    if let [Checked { report: None, .. }] = &files[..] {
        return Err(Failure::TooLarge);
    }
    let key = app.reports.put(Arc::new(files), visit.now);
    let key = key.map_err(|error| Failure::internal("keep a report", &error))?;
    let cookie = Cookie::Report.set(&key, &app.settings).ok_or(Failure::Internal)?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/kiem-tra/ket-qua")).into_response())
}

async fn judge(app: &App, visit: &Visit, upload: Upload) -> Result<Checked, Failure> {
    let (trust, now) = (Arc::clone(&app.trust), visit.now);
    let name = upload.name.clone();
    let report = app
        .work("check a file", move || upload.content.as_ref().map(|content| verify(content, &trust, now)))
        .await?;
    let kept_as = match &report {
        Some(report) => app.archive.holder_of(&report.sha256).await.map_err(archive_failure)?,
        None => None,
    };
    Ok(Checked { name, report, kept_as })
}

fn too_many_files(app: &App, language: Language) -> String {
    let most = app.settings.check_files;
    language.choose(
        format!("Mỗi lần kiểm tra tối đa {most} tệp. Hãy chia thành nhiều lần."),
        format!("Up to {most} files are checked at a time. Send them in several parts."),
    )
}

/// `GET /kiem-tra/ket-qua`.
pub(crate) async fn report(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let Some(files) = kept(&app, &visit) else {
        return Ok(Redirect::to("/kiem-tra").into_response());
    };
    let language = visit.language;
    let checked_at = files.iter().find_map(|file| file.report.as_ref()).map(|report| report.validated_at);
    let mut views = Vec::new();
    for file in &*files {
        views.push(FileView::of(&app, &visit, file).await?);
    }
    let template = CheckedPage {
        frame: Frame::private(&app, &visit, Section::Check),
        counts: counts(&files, language),
        files: views,
        checked_at: checked_at.map(moment::exact).unwrap_or_default(),
    };
    Ok(page(StatusCode::OK, &template))
}

/// `GET /kiem-tra/ket-qua.json`: the same for programs and for the file.
pub(crate) async fn report_json(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let files = kept(&app, &visit).ok_or(Failure::NotFound)?;
    let text = serde_json::to_string_pretty(&*files);
    let text = text.map_err(|error| Failure::internal("write a report", &error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"ket-qua-kiem-tra.json\""),
        ),
    ];
    Ok((headers, text).into_response())
}

fn kept(app: &App, visit: &Visit) -> Option<Arc<Vec<Checked>>> {
    app.reports.get(visit.report.as_ref()?, visit.now)
}

fn counts(files: &[Checked], language: Language) -> Vec<CountView> {
    let all = [Verdict::Passed, Verdict::Indeterminate, Verdict::Failed, Verdict::NotSigned];
    let count = |verdict| files.iter().filter(|file| file.verdict() == verdict).count();
    all.into_iter()
        .map(|verdict| CountView {
            tone: tone_of(verdict),
            title: title_of(verdict, language),
            count: count(verdict),
        })
        .filter(|view| view.count > 0)
        .collect()
}

impl Checked {
    fn verdict(&self) -> Verdict {
        self.report.as_ref().map_or(Verdict::NotSigned, Report::verdict)
    }
}

impl FileView {
    async fn of(app: &App, visit: &Visit, file: &Checked) -> Result<Self, Failure> {
        let language = visit.language;
        let verdict = match &file.report {
            Some(report) => VerdictView::of(report, language),
            None => VerdictView::too_large(app.settings.check_file_bytes >> 20, language),
        };
        let kept = match file.kept_as {
            Some(id) => {
                let record = content::record(app, id).await?;
                Some(StatusView::of(&record.description, moment::day(visit.now), language))
            }
            None => None,
        };
        let sha256 = file.report.as_ref().map(|report| report.sha256.to_string()).unwrap_or_default();
        Ok(Self { name: file.name.clone(), verdict, sha256, kept })
    }
}
