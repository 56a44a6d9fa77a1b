use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use muniment_archive::Archive;
use muniment_seal::Trust;
use muniment_search::Reader;

use crate::app::App;
use crate::failure::Failure;
use crate::{Accounts, Error, PageRenderer, Settings, assets, headers, pages, visit};

/// What the portal shows from, and what it shows with.
pub struct Engines {
    /// Where records are kept.
    pub archive: Arc<Archive>,
    /// Where officers search.
    pub reader: Arc<Reader>,
    /// Whose signatures are believed.
    pub trust: Arc<Trust>,
    /// What draws page images.
    pub renderer: Arc<dyn PageRenderer>,
}

/// The web pages of one archive.
pub struct Portal {
    app: Arc<App>,
}

/// Forms are short.
const FORM_BYTES: usize = 16 << 10;

impl Portal {
    /// Puts the portal together.
    ///
    /// # Errors
    ///
    /// [`Error::Random`] where the operating system gives no random bytes.
    pub fn new(
        engines: Engines,
        accounts: Accounts,
        settings: Settings,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let app = App::new(engines, settings, accounts, clock)?;
        Ok(Self { app: Arc::new(app) })
    }

    /// The service. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: rates are counted by address.
    pub fn router(self) -> Router {
        let app = self.app;
        let pages = Router::new()
            .route("/", get(pages::home::show).post(pages::home::look_up))
            .route("/ket-qua", get(pages::result::list))
            .route("/ket-qua/ket-thuc", post(pages::result::close))
            .route("/ket-qua/{number}", get(pages::result::show).post(pages::result::open))
            .route("/ket-qua/{number}/trang/{page}", get(pages::result::image))
            .route("/ket-qua/{number}/ban-dien-tu.pdf", get(pages::result::file))
            .route("/ket-qua/{number}/bien-nhan.json", get(pages::result::receipt))
            .route("/can-bo", get(pages::search::show).post(pages::search::ask))
            .route("/can-bo/ho-so/{id}", get(pages::record::show))
            .route("/can-bo/ho-so/{id}/trang/{page}", get(pages::record::image))
            .route("/can-bo/ho-so/{id}/ban-dien-tu.pdf", get(pages::record::file))
            .route("/can-bo/ho-so/{id}/bien-nhan.json", get(pages::record::receipt))
            .route("/dang-nhap", get(pages::sign_in::show).post(pages::sign_in::enter))
            .route("/dang-xuat", post(pages::sign_in::leave))
            .layer(DefaultBodyLimit::max(FORM_BYTES))
            .layer(from_fn_with_state((Arc::clone(&app), 1), give_up))
            .merge(checking(&app))
            .route_layer(from_fn_with_state(Arc::clone(&app), headers::refuse_foreign))
            .fallback(|| async { Failure::NotFound })
            .method_not_allowed_fallback(|| async { Failure::MethodNotAllowed })
            .layer(from_fn_with_state(Arc::clone(&app), visit::greet));
        Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/robots.txt", get(assets::robots))
            .merge(pages)
            .route("/static/{version}/{name}", get(assets::serve))
            .layer(from_fn_with_state(Arc::clone(&app), headers::harden))
            .with_state(app)
    }
}

/// The routes that take files: these may be large and come slowly.
fn checking(app: &Arc<App>) -> Router<Arc<App>> {
    let most_bytes = app.settings.check_file_bytes.saturating_mul(4);
    Router::new()
        .route("/kiem-tra", get(pages::check::show).post(pages::check::check))
        .route("/kiem-tra/ket-qua", get(pages::check::report))
        .route("/kiem-tra/ket-qua.json", get(pages::check::report_json))
        .layer(DefaultBodyLimit::max(most_bytes))
        .layer(from_fn_with_state((Arc::clone(app), 5), give_up))
}

/// Gives up a request that takes longer than it may, or than so many times that.
async fn give_up(State((app, times)): State<(Arc<App>, u32)>, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(app.settings.request_seconds).saturating_mul(times);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::TimedOut.into_response(),
    }
}
