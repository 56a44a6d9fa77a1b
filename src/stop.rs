//! Why the way of a document ended before its end.

use muniment_archive::Arrival;

/// Why a document was not archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable word, for [`crate::messages::explain`] and for machines.
    pub code: String,
    /// What exactly was found, in English.
    pub detail: String,
}

/// Why a document's way ended early, and whose fault that is.
#[derive(Debug)]
pub struct Stop {
    /// Whose fault it is.
    pub fault: Fault,
    /// What is said of it.
    pub reason: Reason,
    /// The registered arrival that it is about, where there is one.
    pub arrival: Option<Arrival>,
}

/// Whose fault it is that a document's way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The document's: it will fail again until it is put right.
    Document,
    /// Ours or the machine's: it is worth trying again.
    House,
}

impl Stop {
    fn new(fault: Fault, code: &str, detail: String) -> Self {
        Self { fault, reason: Reason { code: code.to_owned(), detail }, arrival: None }
    }

    /// Ends the way of a document that must be put right.
    pub fn rejected(code: &str, detail: String) -> Self {
        Self::new(Fault::Document, code, detail)
    }

    /// Ends the way of a document for a reason that is not its own.
    pub fn quarantined(code: &str, detail: String) -> Self {
        Self::new(Fault::House, code, detail)
    }

    /// Says which registered arrival it is about.
    pub fn of(self, arrival: Arrival) -> Self {
        Self { arrival: Some(arrival), ..self }
    }
}

impl From<muniment_ingest::Error> for Stop {
    fn from(error: muniment_ingest::Error) -> Self {
        let fault = match error.code() {
            "unreadable" | "no-space" | "unwritable" | "changed" | "ocr-failed" | "ocr-missing"
            | "not-contained" | "internal" => Fault::House,
            _ => Fault::Document,
        };
        Self::new(fault, error.code(), chain(&error))
    }
}

impl From<muniment_seal::Error> for Stop {
    fn from(error: muniment_seal::Error) -> Self {
        let fault = match error.code() {
            "forged" | "not-signed-after-all" | "not-flat" | "damaged-pdf" | "password" => Fault::Document,
            _ => Fault::House,
        };
        Self::new(fault, error.code(), chain(&error))
    }
}

impl From<muniment_archive::Error> for Stop {
    fn from(error: muniment_archive::Error) -> Self {
        let fault = if error.code() == "result-code-taken" { Fault::Document } else { Fault::House };
        Self::new(fault, error.code(), chain(&error))
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::quarantined("internal", format!("{error:#}"))
    }
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
