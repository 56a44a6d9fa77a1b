use std::sync::Arc;

use axum::extract::multipart::{Field, MultipartError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// Files that were sent, held in memory while they are checked and no longer: a budget of bytes for all of them together.
///
/// The budget is spent as bytes arrive, so slow senders hold what they sent, not what they may send.
pub(crate) struct UploadBudget(Arc<Semaphore>);

/// A file that was sent, with its share of the budget.
pub(crate) struct Upload {
    pub(crate) name: String,
    /// The bytes, or nothing where there were more than a file may have.
    pub(crate) content: Option<Vec<u8>>,
    _share: Option<OwnedSemaphorePermit>,
}

const UNIT: usize = 1024;
const LONGEST_NAME: usize = 120;

impl UploadBudget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// Reads a file to its end. What goes beyond `most` is read and thrown away, so the browser gets to see the answer.
    pub(crate) async fn read(&self, mut field: Field<'_>, most: usize) -> Result<Upload, Failure> {
        let name = shown_name(field.file_name().unwrap_or_default());
        let mut content = Some(Vec::new());
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(chunk) = field.chunk().await.map_err(failure_of)? {
            let Some(bytes) = &mut content else { continue };
            if bytes.len() + chunk.len() > most {
                content = None;
                share = None;
                continue;
            }
            let more = self.claim(chunk.len())?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Upload { name, content, _share: share })
    }

    fn claim(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| Failure::TooLarge)?;
        Arc::clone(&self.0).try_acquire_many_owned(units).map_err(|_| Failure::Unavailable)
    }
}

/// What went wrong with the sending, as a failure.
pub(crate) fn failure_of(error: MultipartError) -> Failure {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Failure::TooLarge
    } else {
        Failure::Malformed
    }
}

/// A file's name without folders, control characters or great length: for the sender's eyes only, never for the disk or a log.
fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_shown_without_folders() {
        assert_eq!(super::shown_name("C:\\Users\\x\\giấy phép.pdf"), "giấy phép.pdf");
        assert_eq!(super::shown_name("a/b\n.pdf"), "b.pdf");
    }
}
