use std::path::Path;

use muniment_record::{Package, Scan};

use crate::{Error, Inspection, Monitor, Ocr, Options};

/// Makes `scan` into a package: writes `prepared.pdf` into `staging`, an existing empty folder of the caller's.
///
/// # Errors
///
/// Refuses what cannot be taken in; `staging` may then hold a partial file, which is the caller's to remove.
pub fn prepare(
    scan: &Scan,
    inspection: Inspection,
    title: &str,
    staging: &Path,
    options: &Options,
    ocr: Option<&dyn Ocr>,
    monitor: &dyn Monitor,
) -> Result<Package, Error> {
    let _ = (inspection, title, staging, options, ocr, monitor);
    Err(Error::Internal(format!("{} cannot be prepared yet", scan.name)))
}
