use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use muniment_archive::Archive;
use muniment_portal::{Accounts, Engines, PageRenderer, Portal};
use muniment_search::Reader;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::Setting;
use crate::cli::ServeArgs;
use crate::exit::Exit;
use crate::metrics::Metrics;
use crate::workshop::Workshop;
use crate::{clock, wire};

/// How often the pages look for new records.
const REFRESH: Duration = Duration::from_millis(500);

/// Serves the web pages until the process is told to stop.
pub async fn run(setting: &Setting, args: &ServeArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let config = home.config()?;
    let (archive, storage) = wire::open_archive_in_earnest(&home).await?;
    wire::ensure_index(&home, &archive).await?;
    let reader = Arc::new(Reader::open(&home.index()).context("failed to open the search index")?);
    let metrics = Arc::new(Metrics::new(Arc::clone(&archive), storage.metrics));
    let probes = probes(Arc::clone(&archive), Arc::clone(&reader), metrics);
    let feeder = wire::IndexFeeder::new(home.clone())?;
    let engines = Engines {
        archive: Arc::clone(&archive),
        reader: Arc::clone(&reader),
        trust: Arc::new(wire::trust_of(&home)?),
        renderer: Arc::new(Pages(Workshop::new(&config)?)),
    };
    let accounts = Accounts::load(&home.accounts())?;
    let portal = Portal::new(engines, accounts, config.portal, clock::now)
        .context("failed to put the pages together")?;

    let address = args.listen.unwrap_or(config.serve.listen);
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("failed to listen on {address}"))?;
    let address = listener.local_addr().context("failed to learn the address")?;
    println!("{} http://{address}/", setting.say("Mở trang:", "Open:"));
    tokio::spawn(keep_fresh(reader));
    // What workers archive, here or on other machines, is found here soon.
    tokio::spawn(feeder.keep_fed(archive));
    let service = portal.router().merge(probes).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop_asked()).await.context("failed to serve")?;
    Ok(Exit::Done)
}

/// What machines ask beside the pages' own `/healthz`: whether a visitor would be answered here, and if not, why not; and metrics.
fn probes(archive: Arc<Archive>, reader: Arc<Reader>, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/readyz", get(move || ready(Arc::clone(&archive), Arc::clone(&reader))))
        .route("/metrics", get(move || told(Arc::clone(&metrics))))
}

async fn told(metrics: Arc<Metrics>) -> (StatusCode, [(HeaderName, &'static str); 1], String) {
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4")];
    match metrics.text(clock::now()).await {
        Ok(text) => (StatusCode::OK, kind, text),
        Err(error) => {
            tracing::warn!("failed to tell metrics: {error:#}");
            (StatusCode::SERVICE_UNAVAILABLE, kind, "catalogue\n".to_owned())
        }
    }
}

async fn ready(archive: Arc<Archive>, reader: Arc<Reader>) -> (StatusCode, &'static str) {
    if let Err(error) = archive.outbox(0, 1).await {
        tracing::warn!(code = error.code(), "not ready, the catalogue does not answer: {error}");
        return (StatusCode::SERVICE_UNAVAILABLE, "catalogue\n");
    }
    if let Err(error) = reader.refresh() {
        tracing::warn!(code = error.code(), "not ready, the index cannot be read: {error}");
        return (StatusCode::SERVICE_UNAVAILABLE, "index\n");
    }
    (StatusCode::OK, "ready\n")
}

async fn keep_fresh(reader: Arc<Reader>) {
    let mut ticks = tokio::time::interval(REFRESH);
    loop {
        ticks.tick().await;
        if let Err(error) = reader.refresh() {
            tracing::warn!(code = error.code(), "failed to look for new records: {error}");
        }
    }
}

/// Ends when the process is asked to stop, which is heard from this call on.
pub(super) fn stop_asked() -> impl Future<Output = ()> {
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Draws pages in processes of their own: a signed original is a file that somebody else wrote.
struct Pages(Workshop);

impl PageRenderer for Pages {
    fn render(&self, pdf: &[u8], page: u32, width_px: u32) -> Result<Vec<u8>, String> {
        self.0.render(pdf, page, width_px).map_err(|error| error.to_string())
    }
}
