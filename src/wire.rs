//! From configuration to engines: the only place that names concrete ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use muniment_archive::Archive;
use muniment_ingest::{Ocr, Options, Tesseract};
use muniment_seal::note::{NoteKey, NoteVerifier};
use muniment_seal::{CopyForm, SealRequest, Signer, SoftwareSigner, Trust};
use muniment_search::{HolderKeying, Reader, Writer};
use tokio::sync::Mutex;

use crate::config::{Config, OcrEngine};
use crate::home::{Home, Lock};
use crate::index;

/// Everything that a batch needs, held by one process.
pub struct Engines {
    pub home: Home,
    pub config: Config,
    pub archive: Arc<Archive>,
    pub trust: Trust,
    ocr: Option<Box<dyn Ocr>>,
    signer: Box<dyn Signer>,
    copy_form: CopyForm,
    index: Mutex<Writer>,
    keying: HolderKeying,
    log_key: NoteKey,
    _lock: Lock,
}

impl Engines {
    /// Opens a home for taking in; takes its lock.
    pub async fn open(home: Home) -> Result<Self> {
        let lock = home.lock()?;
        home.clear_staging(&lock)?;
        let config = home.config()?;
        let archive = open_archive(&home).await?;
        let keying = holder_keying(&home)?;
        let index = open_index(&home, &archive, &keying).await?;
        Ok(Self {
            ocr: text_recogniser(&config),
            signer: agency_signer(&home)?,
            copy_form: copy_form(&config)?,
            trust: trust_of(&home)?,
            index: Mutex::new(index),
            log_key: log_key(&home)?,
            archive,
            keying,
            config,
            home,
            _lock: lock,
        })
    }

    /// The text recogniser, where there is one.
    pub fn ocr(&self) -> Option<&dyn Ocr> {
        self.ocr.as_deref()
    }

    /// The agency's key.
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }

    /// What the agency's seal says.
    pub fn seal_request(&self, now: Timestamp) -> SealRequest {
        SealRequest::agency(now, self.copy_form, &self.config.agency.name)
    }

    /// How scans are prepared.
    pub fn ingest_options(&self) -> Options {
        ingest_options(&self.config)
    }

    /// Brings the search index up to the archive's last change.
    pub async fn feed_index(&self) -> Result<()> {
        let mut writer = self.index.lock().await;
        index::catch_up(&self.archive, &mut writer, &self.keying).await?;
        Ok(())
    }

    /// Publishes what has happened in the transparency log.
    pub async fn publish_log(&self) -> Result<()> {
        self.archive.publish_log(&self.log_key).await.context("failed to publish the log")?;
        Ok(())
    }
}

/// The key that signs the log's checkpoints.
pub fn log_key(home: &Home) -> Result<NoteKey> {
    let text = String::from_utf8(home.read("keys/log.key")?).context("keys/log.key is not text")?;
    NoteKey::from_text(&text).context("failed to use keys/log.key")
}

/// What checks the log's checkpoints: the public half of its key, which anybody may have.
pub fn log_verifier(home: &Home) -> Result<NoteVerifier> {
    let text = String::from_utf8(home.read("log.pub")?).context("log.pub is not text")?;
    NoteVerifier::from_text(&text).context("failed to use log.pub")
}

/// Opens the archive of a home.
pub async fn open_archive(home: &Home) -> Result<Arc<Archive>> {
    let archive = Archive::open(&home.archive()).await;
    Ok(Arc::new(
        archive.with_context(|| format!("failed to open the archive in {}", home.archive().display()))?,
    ))
}

/// Opens the search index for writing; one that is missing or damaged is built again from the archive.
async fn open_index(home: &Home, archive: &Archive, keying: &HolderKeying) -> Result<Writer> {
    match Writer::open(&home.index()) {
        Err(error) if error.needs_rebuild() => rebuild_index(home, archive, keying).await,
        opened => opened.context("failed to open the search index"),
    }
}

/// Makes the search index where there is none yet or it is damaged, for a process that only reads.
pub async fn ensure_index(home: &Home, archive: &Archive) -> Result<()> {
    match Reader::open(&home.index()) {
        Err(error) if error.needs_rebuild() => {
            let _lock = home.lock()?;
            open_index(home, archive, &holder_keying(home)?).await?;
            Ok(())
        }
        Err(error) => Err(error).context("failed to open the search index"),
        Ok(_) => Ok(()),
    }
}

/// Builds the search index again beside the present one, which goes on serving until the new one takes its place.
pub async fn rebuild_index(home: &Home, archive: &Archive, keying: &HolderKeying) -> Result<Writer> {
    let attempt = "failed to build the search index again";
    let mut writer = Writer::rebuild(&home.index()).context(attempt)?;
    index::catch_up(archive, &mut writer, keying).await?;
    writer.publish().context(attempt)
}

/// How scans are prepared.
pub fn ingest_options(config: &Config) -> Options {
    Options {
        limits: config.ingest.limits.clone(),
        jpeg_quality: config.ingest.jpeg_quality,
        threads: config.threads(),
        ..Options::default()
    }
}

/// The configured text recogniser. Where it is not installed, pages are archived without text, and the log says so.
pub fn text_recogniser(config: &Config) -> Option<Box<dyn Ocr>> {
    match config.ocr.engine {
        OcrEngine::None => None,
        OcrEngine::Tesseract => match Tesseract::find(&config.ocr.language, &config.ingest.limits) {
            Ok(tesseract) => Some(Box::new(tesseract)),
            Err(error) => {
                tracing::warn!("pages will have no text: {error}");
                None
            }
        },
    }
}

/// The agency's key, from the home's `keys/`.
pub fn agency_signer(home: &Home) -> Result<Box<dyn Signer>> {
    let key = home.read("keys/agency.key.pem")?;
    let chain = home.read("keys/agency.chain.pem")?;
    let signer = SoftwareSigner::from_pem(&key, &chain).context("failed to use the agency's key in keys/")?;
    Ok(Box::new(signer))
}

/// The configured form of copy.
pub fn copy_form(config: &Config) -> Result<CopyForm> {
    config.seal.copy_form.parse().context("failed to understand copy_form in muniment.toml")
}

/// The secret with which holders are hashed in the index.
pub fn holder_keying(home: &Home) -> Result<HolderKeying> {
    Ok(HolderKeying::new(&home.read("keys/holder.secret")?))
}

/// The home's trust anchors and revocation lists: every file of `trust/`.
pub fn trust_of(home: &Home) -> Result<Trust> {
    let folder = home.trust();
    let attempt = || format!("failed to list {}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&folder).with_context(attempt)? {
        files.push(entry.with_context(attempt)?.path());
    }
    files.sort();
    let mut trust = Trust::none();
    for file in files.iter().filter(|file| file.is_file()) {
        add_trust(&mut trust, file)?;
    }
    Ok(trust)
}

/// Adds the certificates and revocation lists of a file: PEM, or one revocation list in DER.
pub fn add_trust(trust: &mut Trust, file: &Path) -> Result<()> {
    let attempt = || format!("failed to read {}", file.display());
    let bytes = fs::read(file).with_context(attempt)?;
    if bytes.starts_with(b"0") {
        trust.add_der_crl(&bytes).with_context(attempt)
    } else {
        trust.add_pem(&bytes).with_context(attempt)
    }
}
