//! Draws results of Vietnamese administrative procedures by seed and scans them: images as a scanner would give them, with
//! their exact text and metadata.
//!
//! It serves development only: nothing that it draws is a document. Names and numbers cannot be real, seals are invented,
//! and every page says *MẪU – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ* (sample, without legal value) across.
//!
//! - [`generate`] makes a folder of documents, which is what the program `muniment-samples` does;
//! - a [`Studio`] makes one [`Sample`] at a time, of a [`Kind`], on [`Page`]s, and scans it with a [`Scanner`];
//! - [`Fields`] are its metadata, in the form that `Description::from_fields` of `muniment-record` reads;
//! - [`generate_reading`] makes pages that try a reader of text, one [`ReadingPage`] after the other from a [`ReadingStudio`];
//! - [`bad_inputs`] makes files that must be refused.
//!
//! The same seed gives the same text and metadata everywhere. Pixels may differ in their last bit between machines, so a
//! test must not compare them.

mod bad;
mod compose;
mod error;
mod fields;
mod fonts;
mod generate;
mod kinds;
mod output;
mod page;
mod paint;
mod random;
mod reading;
mod sample;
mod scanner;
mod subjects;
mod words;

pub use bad::{BadInput, Expected, bad_inputs};
pub use error::Error;
pub use fields::Fields;
pub use generate::{Format, GenerateStats, Options, generate};
pub use kinds::Kind;
pub use page::Page;
pub use reading::{Layout, ReadingPage, ReadingStudio, generate_reading};
pub use sample::{Sample, Studio};
pub use scanner::Scanner;
