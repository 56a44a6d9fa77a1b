//! The workbench: what makes a record of a document, for whoever brings documents to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use muniment_archive::{Archive, BatchId};
use muniment_ingest::{Inspection, Options};
use muniment_record::{Description, Digest, LookupToken, Record, RecordId, ResultCode, Scan};
use muniment_seal::Sealed;
use tokio::task::spawn_blocking;

use crate::clock;
use crate::config::Config;
use crate::home::Home;
use crate::sealer::Sealer;
use crate::stop::Stop;
use crate::wire;
use crate::workshop::Workshop;

/// Looks at documents, prepares and seals them.
pub struct Workbench {
    pub home: Home,
    pub config: Config,
    pub archive: Arc<Archive>,
    pub workshop: Workshop,
    pub sealer: Sealer,
}

/// A document as the workbench leaves it: sealed, with the text of its pages.
pub struct Made {
    pub sealed: Sealed,
    pub text: String,
}

impl Workbench {
    /// The workbench of a home.
    pub async fn open(home: Home) -> Result<Self> {
        let config = home.config()?;
        let (archive, _) = wire::open_archive_in_earnest(&home).await?;
        Ok(Self {
            archive,
            workshop: Workshop::new(&config)?,
            sealer: Sealer::of_agency(&home, wire::trust_of(&home)?)?,
            config,
            home,
        })
    }

    /// Looks at a document's files, without changing anything.
    pub async fn inspect(self: &Arc<Self>, scan: &Scan) -> Result<Inspection, Stop> {
        let (workbench, scan) = (Arc::clone(self), scan.clone());
        blocking(move || Ok(workbench.workshop.inspect(&scan)?)).await
    }

    /// Refuses early what the catalogue would refuse at the end.
    pub async fn check_code_is_free(&self, code: Option<&ResultCode>, id: RecordId) -> Result<(), Stop> {
        let Some(code) = code else { return Ok(()) };
        match self.archive.code_holder(code).await? {
            Some(holder) if holder != id => {
                Err(Stop::rejected("result-code-taken", format!("held by record {holder}")))
            }
            _ => Ok(()),
        }
    }

    /// Scan to package to sealed, on so many threads; files on their way are in the folder.
    pub async fn make(
        self: &Arc<Self>,
        scan: Scan,
        inspection: Inspection,
        description: &Description,
        folder: &Path,
        threads: usize,
    ) -> Result<Made, Stop> {
        let options = Options {
            threads,
            profile: self.config.profile_of(&description.procedure_code),
            ..self.workshop.options().clone()
        };
        let (workbench, title, folder) = (Arc::clone(self), description.title.clone(), PathBuf::from(folder));
        blocking(move || {
            let package = workbench.workshop.prepare(&scan, inspection, &title, &folder, &options)?;
            let text = package.text();
            let sealed = workbench.sealer.seal(package, &folder, clock::now())?;
            Ok(Made { sealed, text })
        })
        .await
    }
}

impl Made {
    /// The record of it.
    pub fn record(
        &self,
        (id, lookup_token): (RecordId, LookupToken),
        batch: &BatchId,
        description: Description,
    ) -> Record {
        let package = self.sealed.package();
        Record {
            format: Record::FORMAT.to_owned(),
            id,
            version: 1,
            lookup_token,
            created_at: clock::now(),
            batch: batch.to_string(),
            description,
            sources: package.sources.clone(),
            form: package.form,
            sha256: self.sealed.sha256(),
            bytes: self.sealed.bytes(),
            pages: package.pages.clone(),
            text_sha256: Digest::of(self.text.as_bytes()),
            provenance: package.provenance.clone(),
            signatures: self.sealed.signatures().to_vec(),
        }
    }
}

/// The number of images must be the number of sides of paper that was declared (TT 01/2023/TT-VPCP, article 8.2).
pub fn check_page_count(description: &Description, inspection: &Inspection) -> Result<(), Stop> {
    match description.physical_pages {
        Some(declared) if declared != inspection.pages => {
            Err(Stop::rejected("page-count", format!("{declared} declared, {} found", inspection.pages)))
        }
        _ => Ok(()),
    }
}

/// Makes a folder for one document on its way.
pub fn staging(below: &Path) -> Result<tempfile::TempDir, Stop> {
    tempfile::Builder::new().prefix("document-").tempdir_in(below).map_err(|error| {
        let code = if error.kind() == std::io::ErrorKind::StorageFull { "no-space" } else { "unwritable" };
        Stop::quarantined(code, format!("failed to make a staging folder: {error}"))
    })
}

/// Runs computing work off the async threads; a panic in it is the house's fault with this one document.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Stop::quarantined("internal", "processing broke off".to_owned())),
    }
}
