//! Writing PDF/A-2u (ISO 19005-2) page by page.

pub(crate) mod document;
pub(crate) mod file;
pub(crate) mod font;
pub(crate) mod icc;
pub(crate) mod text;
pub(crate) mod xmp;
