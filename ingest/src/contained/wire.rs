//! What parent and child say to each other: one job in, lines of JSON out.

use std::ffi::OsString;
use std::path::Path;

use muniment_record::{Form, Package, Page, Provenance};
use serde::{Deserialize, Serialize};

use super::Walls;
use crate::inspection::Found;
use crate::prepare::STAGED;
use crate::source::Format;
use crate::{Error, Inspection, Limits, Options};

/// All that a child is told: on one line, and behind it the bytes that some tasks are about.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) limits: Limits,
    /// Processor seconds of the child.
    pub(super) processor_seconds: u64,
    pub(super) task: Task,
}

/// What a child does.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// Tries its walls.
    Check,
    /// Says what each file is.
    Look { files: Vec<(OsString, Format)> },
    /// Prepares a document.
    Prepare {
        name: String,
        files: Vec<OsString>,
        inspection: Box<Inspection>,
        title: String,
        staging: OsString,
        options: Box<Options>,
        ocr: Option<String>,
    },
    /// Shows a page of the PDF whose bytes follow.
    Render { page: u32, width_px: u32 },
}

/// A line of a child's answer; the last one is not [`Message::Page`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    Page { page: u32, of: u32 },
    Done(Answer),
    Failed(Error),
}

/// The end of a child's work.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Walls(Walls),
    Found(Vec<Found>),
    Package(Made),
    Image(Vec<u8>),
}

/// A package without what the parent knows itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Made {
    form: Form,
    pages: Vec<(Page, String)>,
    provenance: Provenance,
}

impl Made {
    pub(super) fn of(package: Package) -> Self {
        let Package { form, pages, provenance, .. } = package;
        let pages = pages.into_iter().map(|mut page| {
            let text = std::mem::take(&mut page.text);
            (page, text)
        });
        Self { form, pages: pages.collect(), provenance }
    }

    pub(super) fn package(self, inspection: &Inspection, staging: &Path) -> Package {
        Package {
            sources: inspection.sources.clone(),
            pdf: staging.join(STAGED),
            form: self.form,
            pages: self.pages.into_iter().map(|(page, text)| Page { text, ..page }).collect(),
            provenance: self.provenance,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_a_child_babbles_is_no_message(words in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(serde_json::from_slice::<Message>(&words).is_err());
        }

        #[test]
        fn a_failure_arrives_as_it_was_sent(name in ".*", detail in ".*", limit in any::<u64>()) {
            let failures = [
                Error::Damaged { name: name.clone(), detail },
                Error::ExpandsTooFar { name: name.clone(), limit },
                Error::Missing(name.into()),
            ];
            for failure in failures {
                let (code, text) = (failure.code(), failure.to_string());
                let line = serde_json::to_vec(&Message::Failed(failure)).unwrap();
                prop_assert!(!line.contains(&b'\n'), "a message is a line");
                let Message::Failed(heard) = serde_json::from_slice(&line).unwrap() else {
                    return Err(TestCaseError::fail("another message"));
                };
                prop_assert_eq!((heard.code(), heard.to_string()), (code, text));
            }
        }
    }
}
