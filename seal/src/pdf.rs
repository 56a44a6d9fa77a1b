//! Reading PDF files by their bytes (ISO 32000-1, 7) and adding to them.
//!
//! A verifier has to know where each thing stands in the file, what every revision said, and must never be steered by the
//! file into much work. So this reader is strict where readers differ: it follows the cross-reference sections from the
//! last `startxref` and repairs nothing, reads objects only when asked, recurses to a fixed depth, follows every kind of
//! chain a fixed number of steps, and inflates within a budget. Anything else is [`Flaw`]: reported, never guessed.

mod document;
mod object;
mod parser;
mod stream;
mod update;
mod xref;

pub(crate) use document::Document;
pub(crate) use object::{Dictionary, Id, Object, Text};
pub(crate) use parser::Parser;
pub(crate) use update::{Update, hex_digits, text_to};
pub(crate) use xref::{Entry, Section};

/// Why a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is no PDF.
    NotPdf,
    /// Its structure is broken.
    Damaged,
    /// It goes beyond the bounds of this reader.
    TooComplex,
}

impl Flaw {
    pub(crate) fn reason(self) -> crate::Reason {
        match self {
            Self::NotPdf => crate::Reason::NotPdf,
            Self::Damaged => crate::Reason::Damaged,
            Self::TooComplex => crate::Reason::TooComplex,
        }
    }

    pub(crate) fn error(self) -> crate::Error {
        crate::Error::Pdf(match self {
            Self::NotPdf => "it is not a PDF",
            Self::Damaged => "its structure is damaged",
            Self::TooComplex => "it is too complex",
        })
    }
}
