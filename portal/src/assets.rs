//! The few files that pages refer to, part of the program. Their addresses carry a digest, so browsers keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use muniment_record::Digest;

use crate::failure::Failure;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "style.css",
        media_type: "text/css; charset=utf-8",
        content: include_str!("../static/style.css"),
    },
    Asset {
        name: "drop.js",
        media_type: "text/javascript; charset=utf-8",
        content: include_str!("../static/drop.js"),
    },
    Asset { name: "icon.svg", media_type: "image/svg+xml", content: include_str!("../static/icon.svg") },
];

/// The start of the digest of all files: when one changes, all addresses change.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.content).collect();
    Digest::of(all.as_bytes()).to_string().chars().take(16).collect()
});

/// `GET /static/{version}/{name}`.
pub(crate) async fn serve(Path((version, name)): Path<(String, String)>) -> Result<Response, Failure> {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let asset = asset.filter(|_| version == *VERSION).ok_or(Failure::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.content).into_response())
}

/// `GET /robots.txt`: the public pages may be found, records never.
pub(crate) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /can-bo\nDisallow: /dang-nhap\nDisallow: /ket-qua\nDisallow: /kiem-tra/\n"
}
