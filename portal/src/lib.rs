//! The archive's web pages: look-up for citizens, search for officers, checking of files for everybody.
//!
//! Pages are written on the server, in Vietnamese first, and work without JavaScript. The crate holds no data of its own:
//! what it shows comes from the archive and the index, and what it remembers (sign-ins, tickets, rates) may be lost with the
//! process.
//!
//! - [`Portal`]: the pages put together from its [`Engines`], as an `axum` router;
//! - [`Settings`]: what an operator can choose, with [`Rate`]s;
//! - [`Accounts`]: officers' local accounts, each an [`Account`] with its [`AccountScope`];
//! - [`PageRenderer`]: draws a page of a PDF, given by whoever wires the portal.
//!
//! What it defends against: guessing of codes (two factors, one answer, rates), forms of other sites, scripts in data,
//! personal data in addresses, logs and caches. What it leaves to a reverse proxy: TLS, slow connections, floods.

mod accounts;
mod app;
mod assets;
mod content;
mod cookies;
mod error;
mod fact;
mod failure;
mod form;
mod frame;
mod headers;
mod hex;
mod images;
mod limiter;
mod masking;
mod moment;
mod officer;
mod pages;
mod password;
mod portal;
mod random;
mod record_view;
mod session;
mod settings;
mod status;
mod ticket;
mod upload;
mod vault;
mod verdict;
mod viewing;
mod visit;
mod words;

pub use accounts::{Account, AccountScope, Accounts};
pub use error::Error;
pub use images::PageRenderer;
pub use limiter::Rate;
pub use portal::{Engines, Portal};
pub use settings::Settings;
