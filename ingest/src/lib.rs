//! Scan in, package out: intake limits, page images, text recognition, PDF/A.
//!
//! This crate turns what a scanner delivers into what the archive keeps: one PDF/A-2u with every page's image and an
//! invisible, positioned text layer. It is synchronous and CPU-bound, knows no network, database or clock, and
//! bounds what one scan may cost. It does not sign, name or store anything.
//!
//! - [`inspect`] reads headers only: an [`Inspection`] says what a [`Scan`](muniment_record::Scan) is, or why not;
//! - [`prepare`] makes the [`Package`](muniment_record::Package), under [`Options`] and their [`Limits`], telling a
//!   [`Monitor`] how far it is;
//! - [`Ocr`] reads the words of a page: [`Native`], [`Tesseract`], or both, as a [`Recogniser`] says;
//! - [`contained`] does both in a process of its own, for files that anybody may have written;
//! - [`render_page`] shows a page of an archived PDF as a JPEG;
//! - [`Error`] says why a scan was refused, with a stable word.

mod bits;
mod both;
mod compact;
pub mod contained;
mod copy;
mod encode;
mod error;
mod examine;
mod facts;
mod gray;
mod inspection;
mod jbig2;
mod jpeg_encoder;
mod lanes;
mod language;
mod limits;
mod monitor;
mod native;
mod ocr;
mod page;
mod paper;
mod pdf;
mod prepare;
mod quality;
mod raster;
mod reading;
mod recogniser;
mod render;
mod reread;
mod resize;
mod sheet;
mod signed;
mod skew;
mod source;
mod tesseract;
mod turn;
mod unread;

#[doc(hidden)]
pub use compact::kernels;
pub use error::Error;
pub use gray::Gray;
pub use inspection::{Inspection, inspect};
pub use language::LanguageData;
pub use limits::{Limits, Options, Profile};
pub use monitor::Monitor;
pub use native::Native;
pub use ocr::{Again, Ocr, Reread};
pub use prepare::prepare;
pub use recogniser::Recogniser;
pub use render::render_page;
pub use tesseract::Tesseract;
