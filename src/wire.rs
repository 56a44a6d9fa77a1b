//! From configuration to engines: the only place that names concrete ones.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use muniment_archive::{
    Alone, Archive, CatalogueAt, DiskStore, Gate, ObjectStore, Pair, Patience, Patient, PostgresSettings,
    S3Credentials, S3Settings, S3Store, StoreMetrics,
};
use muniment_seal::note::{NoteKey, NoteVerifier};
use muniment_seal::{Certificate, Trust, TrustDomain};
use muniment_search::{HolderKeying, Reader, Writer};
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::config::{CatalogueKind, Config, SecondKind, StorageKind};
use crate::home::{Home, Lock};
use crate::index;
use crate::workbench::Workbench;

/// Everything that a batch needs, held by one process.
pub struct Engines {
    pub workbench: Arc<Workbench>,
    index: Mutex<Writer>,
    keying: HolderKeying,
    log_key: NoteKey,
    _alone: Alone,
    _lock: Lock,
}

impl Engines {
    /// Opens a home for taking in; takes its lock.
    pub async fn open(home: Home) -> Result<Self> {
        let lock = home.lock()?;
        home.clear_staging(&lock)?;
        let (keying, log_key) = (holder_keying(&home)?, log_key(&home)?);
        let workbench = Workbench::open(home).await?;
        let alone = workbench.archive.take_in_alone().await.context("failed to take in alone")?;
        let index = open_index(&workbench.home, &workbench.archive, &keying).await?;
        Ok(Self {
            workbench: Arc::new(workbench),
            index: Mutex::new(index),
            keying,
            log_key,
            _alone: alone,
            _lock: lock,
        })
    }

    /// Brings the search index up to the archive's last change.
    pub async fn feed_index(&self) -> Result<()> {
        let mut writer = self.index.lock().await;
        index::catch_up(&self.workbench.archive, &mut writer, &self.keying).await?;
        Ok(())
    }

    /// Publishes what has happened in the transparency log.
    pub async fn publish_log(&self) -> Result<()> {
        publish_log(&self.workbench.archive, &self.log_key).await
    }
}

/// Publishes what has happened in the transparency log. Whoever is at it already does the same.
pub async fn publish_log(archive: &Archive, key: &NoteKey) -> Result<()> {
    let (entries, published) = archive.log_sizes().await.context("failed to read the log's size")?;
    if entries == published {
        return Ok(());
    }
    match archive.publish_log(key).await {
        Err(error) if error.code() != "in-use" => Err(error).context("failed to publish the log"),
        _ => Ok(()),
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

/// Where the archive's files lie, and what is counted there.
pub struct Storage {
    /// The store, or the two of them as one.
    pub objects: Arc<dyn ObjectStore>,
    /// Of each store its name in metrics and its counts.
    pub metrics: Vec<(&'static str, Arc<StoreMetrics>)>,
}

/// The store of the archive's files that a configuration names, or the two of them.
pub fn open_store(home: &Home, config: &Config) -> Result<Storage> {
    let storage = &config.storage;
    let most = storage.calls_in_flight;
    fs::create_dir_all(home.archive()).context("failed to make the archive's folder")?;
    let (first, counted) = match storage.kind {
        StorageKind::Disk => open_disk(&home.archive(), most)?,
        StorageKind::S3 => open_bucket(home, &storage.settings(), &storage.credentials, most)?,
    };
    let mut metrics = vec![("first", counted)];
    let second = &storage.second;
    let (second, counted) = match second.kind {
        SecondKind::None => return Ok(Storage { objects: first, metrics }),
        SecondKind::Disk => {
            ensure!(!second.path.is_empty(), "muniment.toml names no path in [storage.second]");
            let folder = home.place(&second.path);
            fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
            open_disk(&folder, most)?
        }
        SecondKind::S3 => open_bucket(home, &second.settings(), &second.credentials, most)?,
    };
    metrics.push(("second", counted));
    Ok(Storage { objects: Arc::new(Pair::new(first, second)), metrics })
}

type Counted = (Arc<dyn ObjectStore>, Arc<StoreMetrics>);

fn open_disk(folder: &Path, most_in_flight: usize) -> Result<Counted> {
    let attempt = || format!("failed to open the archive in {}", folder.display());
    let gate = Gate::new(DiskStore::open(folder).with_context(attempt)?, most_in_flight);
    let metrics = gate.metrics();
    Ok((Arc::new(gate), metrics))
}

fn open_bucket(
    home: &Home,
    settings: &S3Settings,
    credentials: &str,
    most_in_flight: usize,
) -> Result<Counted> {
    ensure!(
        !settings.endpoint.is_empty() && !settings.bucket.is_empty(),
        "muniment.toml names no endpoint or no bucket of a store"
    );
    let store = S3Store::connect(settings, s3_credentials(home, credentials)?)?;
    // Repetitions are counted, and wait outside the gate.
    let gate = Gate::new(store, most_in_flight);
    let metrics = gate.metrics();
    Ok((Arc::new(Patient::new(gate, Patience::default())), metrics))
}

/// Fails where the configuration asks for a legal archive and no store, or not each that is to lock, proves that it enforces locks.
pub fn require_locks(config: &Config, store: &dyn ObjectStore) -> Result<()> {
    if !config.storage.legal_archive {
        return Ok(());
    }
    let advice = "this is a legal archive (storage.legal_archive), and its storage does not enforce locks; \
                  run: muniment doctor storage";
    ensure!(store.has_locks(), "{advice}: no store has locks = true");
    let single = |store: &dyn ObjectStore| -> Result<()> {
        if store.has_locks() {
            let trial = store.try_locks(clock::now()).context(advice)?;
            ensure!(trial.is_enforced(), "{advice}: {trial:?}");
        }
        Ok(())
    };
    match store.pair() {
        Some(pair) => pair.iter().try_for_each(|store| single(store.as_ref())),
        None => single(store),
    }
}

/// Where a home's catalogue lies.
pub fn catalogue_at(home: &Home, config: &Config) -> Result<CatalogueAt> {
    let catalogue = &config.catalogue;
    if catalogue.kind == CatalogueKind::Sqlite {
        return Ok(CatalogueAt::Directory(home.archive()));
    }
    let address = if catalogue.address.is_empty() {
        env::var("DATABASE_URL").context("DATABASE_URL is not set, and catalogue.address names no file")?
    } else {
        let text = String::from_utf8(home.read(&catalogue.address)?);
        text.with_context(|| format!("{} is not text", catalogue.address))?
    };
    let settings = PostgresSettings::new(address.trim(), &catalogue.schema);
    Ok(CatalogueAt::Postgres(settings.context("failed to use [catalogue] of muniment.toml")?))
}

/// What a file of the home says, or the environment.
fn s3_credentials(home: &Home, file: &str) -> Result<S3Credentials> {
    if file.is_empty() {
        let variable = |name| env::var(name).with_context(|| format!("{name} is not set"));
        let (access_key, secret_key) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
        return Ok(S3Credentials { access_key, secret_key });
    }
    let text = String::from_utf8(home.read(file)?).with_context(|| format!("{file} is not text"))?;
    let mut lines = text.lines().map(str::trim);
    match (lines.next(), lines.next()) {
        (Some(access_key), Some(secret_key)) => {
            Ok(S3Credentials { access_key: access_key.to_owned(), secret_key: secret_key.to_owned() })
        }
        _ => bail!("{file} does not hold an access key and, on a second line, a secret key"),
    }
}

/// Opens the archive of a home for those who take in or serve, where its storage is as it must be.
pub async fn open_archive_in_earnest(home: &Home) -> Result<(Arc<Archive>, Storage)> {
    let config = home.config()?;
    let storage = open_store(home, &config)?;
    require_locks(&config, storage.objects.as_ref())?;
    let archive = open_archive_on(home, Arc::clone(&storage.objects)).await?;
    Ok((archive, storage))
}

/// Opens the archive of a home.
pub async fn open_archive(home: &Home) -> Result<Arc<Archive>> {
    open_archive_on(home, open_store(home, &home.config()?)?.objects).await
}

async fn open_archive_on(home: &Home, store: Arc<dyn ObjectStore>) -> Result<Arc<Archive>> {
    let archive = Archive::open_on(catalogue_at(home, &home.config()?)?, store).await;
    Ok(Arc::new(archive.with_context(|| format!("failed to open the archive of {}", home.root().display()))?))
}

/// Keeps a home's search index up to the archive's last change, as long as nobody else does.
pub struct IndexFeeder {
    home: Home,
    keying: HolderKeying,
    last: u64,
}

impl IndexFeeder {
    /// How often it looks for changes.
    const EVERY: Duration = Duration::from_millis(500);
    /// How long it waits after it has failed, so that the log is not full of it.
    const AFTER_FAILURE: Duration = Duration::from_secs(30);

    /// A feeder of a home's index, which is made where there is none.
    pub fn new(home: Home) -> Result<Self> {
        let keying = holder_keying(&home)?;
        // Where the index is up to date, nobody has to have it.
        let last = Reader::open(&home.index()).map_or(0, |reader| reader.last_sequence());
        Ok(Self { home, keying, last })
    }

    /// Feeds the index until this is given up.
    pub async fn keep_fed(mut self, archive: Arc<Archive>) {
        let mut ticks = tokio::time::interval(Self::EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.feed(&archive).await {
                tracing::warn!("failed to feed the search index: {error:#}");
                tokio::time::sleep(Self::AFTER_FAILURE).await;
            }
        }
    }

    /// Brings the index up to the archive's last change. Where another process has the index, that one does.
    pub async fn feed(&mut self, archive: &Archive) -> Result<()> {
        if archive.outbox(self.last, 1).await.context("failed to read the outbox")?.is_empty() {
            return Ok(());
        }
        let mut writer = match Writer::open(&self.home.index()) {
            Err(error) if error.code() == "index-locked" => return Ok(()),
            Err(error) if error.needs_rebuild() => rebuild_index(&self.home, archive, &self.keying).await?,
            opened => opened.context("failed to open the search index")?,
        };
        index::catch_up(archive, &mut writer, &self.keying).await?;
        self.last = writer.last_sequence();
        Ok(())
    }
}

/// Opens the search index for writing; one that is missing or damaged is built again from the archive.
async fn open_index(home: &Home, archive: &Archive, keying: &HolderKeying) -> Result<Writer> {
    // A process that feeds the index has it for moments only.
    const MOMENTS: u32 = 300;
    for _ in 0..MOMENTS {
        match Writer::open(&home.index()) {
            Err(error) if error.code() == "index-locked" => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) if error.needs_rebuild() => return rebuild_index(home, archive, keying).await,
            opened => return opened.context("failed to open the search index"),
        }
    }
    bail!("another process has had the search index for long; wait for it to end and try again")
}

/// Brings a home's index up to the archive's last change, however long another process is at it.
pub async fn feed_index(home: &Home, archive: &Archive) -> Result<()> {
    let keying = holder_keying(home)?;
    let mut writer = open_index(home, archive, &keying).await?;
    index::catch_up(archive, &mut writer, &keying).await?;
    Ok(())
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

/// The secret with which holders are hashed in the index.
pub fn holder_keying(home: &Home) -> Result<HolderKeying> {
    Ok(HolderKeying::new(&home.read("keys/holder.secret")?))
}

/// What a home trusts: anchors and revocation lists in `trust/`, anchors of a domain in `trust/government/` and
/// `trust/public/`, and this house's own certificates, those in `keys/` and the earlier ones in `trust/own/`.
pub fn trust_of(home: &Home) -> Result<Trust> {
    let mut trust = Trust::none();
    let folder = home.trust();
    for file in files_in(&folder)? {
        add_trust(&mut trust, &file)?;
    }
    for (name, domain) in [("government", TrustDomain::Government), ("public", TrustDomain::Public)] {
        for file in files_in(&folder.join(name))? {
            let attempt = || format!("failed to read {}", file.display());
            trust.add_pem_of(domain, &fs::read(&file).with_context(attempt)?).with_context(attempt)?;
        }
    }
    let chains = files_in(&home.keys())?.into_iter().filter(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        ["agency.", "officer."].iter().any(|start| name.starts_with(start)) && name.ends_with(".chain.pem")
    });
    for file in chains.chain(files_in(&folder.join("own"))?) {
        let attempt = || format!("failed to read {}", file.display());
        let chain = Certificate::from_pem(&fs::read(&file).with_context(attempt)?).with_context(attempt)?;
        if let Some(certificate) = chain.first() {
            trust.add_own(certificate);
        }
    }
    Ok(trust)
}

/// The files of a folder in the order of their names; none where there is no folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let attempt = || format!("failed to list {}", folder.display());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(attempt)? {
        files.push(entry.with_context(attempt)?.path());
    }
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
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
