//! What pages of records refer to: page images, the file, the receipt, the verdict. Who may see it is decided before.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use muniment_archive::ErrorKind;
use muniment_record::{Record, RecordId};
use muniment_seal::{Report, verify};

use crate::app::App;
use crate::failure::Failure;
use crate::images::{ImageKey, Width};
use crate::record_view::file_stem;
use crate::visit::Visit;

/// An error of the archive as a failure: what does not exist is not found, the rest is ours.
pub(crate) fn archive_failure(error: muniment_archive::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => Failure::NotFound,
        ErrorKind::Unavailable => {
            tracing::warn!("the archive is not available: {error}");
            Failure::Unavailable
        }
        _ => Failure::internal("read from the archive", &error),
    }
}

/// The image of a page.
pub(crate) async fn page_image(
    app: &App,
    record: &Record,
    page: u32,
    width: Width,
) -> Result<Response, Failure> {
    let pages = u32::try_from(record.pages.len()).map_err(|_| Failure::Internal)?;
    if !(1..=pages).contains(&page) {
        return Err(Failure::NotFound);
    }
    let key = ImageKey { pdf: record.sha256, page, width };
    let image = match app.images.get(key) {
        Some(image) => image,
        None => draw(app, record, key).await?,
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"))], image).into_response())
}

async fn draw(app: &App, record: &Record, key: ImageKey) -> Result<Bytes, Failure> {
    let pdf = app.archive.pdf(record).await.map_err(archive_failure)?;
    let renderer = Arc::clone(&app.images.renderer);
    let drawn = app.work("draw a page", move || renderer.render(&pdf, key.page, key.width.pixels())).await?;
    let image = drawn.map_err(|reason| {
        tracing::error!(record.id = %record.id, page = key.page, "failed to draw a page: {reason}");
        Failure::Internal
    })?;
    let image = Bytes::from(image);
    app.images.put(key, image.clone());
    Ok(image)
}

/// The archived PDF, to be saved under a name that says nothing about persons.
pub(crate) async fn file(app: &App, record: &Record) -> Result<Response, Failure> {
    let pdf = app.archive.pdf(record).await.map_err(archive_failure)?;
    attachment("application/pdf", &format!("{}.pdf", file_stem(record)), pdf)
}

/// The receipt for the record.
pub(crate) async fn receipt(app: &App, record: &Record) -> Result<Response, Failure> {
    let receipt = app.archive.receipt(record.id).await.map_err(archive_failure)?;
    let text = serde_json::to_vec_pretty(&receipt);
    let text = text.map_err(|error| Failure::internal("write a receipt", &error))?;
    attachment("application/json", &format!("{}-bien-nhan.json", file_stem(record)), text)
}

/// What the signatures of the archived PDF are worth now.
pub(crate) async fn verdict(app: &App, visit: &Visit, record: &Record) -> Result<Report, Failure> {
    let pdf = app.archive.pdf(record).await.map_err(archive_failure)?;
    let (trust, now) = (Arc::clone(&app.trust), visit.now);
    app.work("check an archived file", move || verify(&pdf, &trust, now)).await
}

/// The text of each page, as far as it was kept.
pub(crate) async fn page_texts(app: &App, record: &Record) -> Result<Vec<String>, Failure> {
    let text = app.archive.text(record).await.map_err(archive_failure)?;
    Ok(text.split('\u{c}').map(|page| page.trim().to_owned()).collect())
}

/// The record of this id.
pub(crate) async fn record(app: &App, id: RecordId) -> Result<Record, Failure> {
    app.archive.record(id).await.map_err(archive_failure)
}

fn attachment(media_type: &'static str, name: &str, content: Vec<u8>) -> Result<Response, Failure> {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|error| Failure::internal("name a file", &error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, content).into_response())
}
