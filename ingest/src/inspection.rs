use muniment_record::{Form, Scan, Source};

use crate::{Error, Limits};

/// What a scan is, found from headers alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The files, with their digests, in page order.
    pub sources: Vec<Source>,
    /// The pages of all files together.
    pub pages: u32,
    /// What will be made of it.
    pub form: Form,
}

/// Says what `scan` is, without decoding a page: cheap enough to run before anything is promised.
///
/// # Errors
///
/// Refuses what cannot be taken in: missing, empty, unknown, cut off, damaged, protected or over a limit.
pub fn inspect(scan: &Scan, limits: &Limits) -> Result<Inspection, Error> {
    let _ = limits;
    Err(Error::Internal(format!("{} cannot be inspected yet", scan.name)))
}
