//! The configuration of one home: `muniment.toml`. Every key has a default, and `config/muniment.toml` shows them all.

mod catalogue;
mod storage;
mod work;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use muniment_ingest::{LanguageData, Limits, Options, Profile, Recogniser, Tesseract};
use muniment_record::{AgencyCode, ProcedureCode};
use serde::{Deserialize, Serialize};

pub use catalogue::{CatalogueConfig, CatalogueKind};
pub use storage::{SecondKind, StorageConfig, StorageKind};
pub use work::WorkConfig;

/// The text that `init` writes: every key with its default and what it is for.
pub const DEFAULT_TEXT: &str = include_str!("../config/muniment.toml");

/// All settings of a home.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who runs the archive.
    pub agency: AgencyConfig,
    /// The folder that scanners write into.
    pub intake: IntakeConfig,
    /// Scan to PDF/A.
    pub ingest: IngestConfig,
    /// Reading text.
    pub ocr: OcrConfig,
    /// The agency's seal.
    pub seal: SealConfig,
    /// Where the archive's files lie.
    pub storage: StorageConfig,
    /// Where the archive's catalogue lies.
    pub catalogue: CatalogueConfig,
    /// The queue and its workers.
    pub work: WorkConfig,
    /// Where the web pages are served.
    pub serve: ServeConfig,
    /// The web pages.
    pub portal: muniment_portal::Settings,
}

/// The agency that runs the archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgencyConfig {
    /// Its identifier.
    pub code: AgencyCode,
    /// Its name, as it stands in the seal's visible text.
    pub name: String,
}

impl Default for AgencyConfig {
    #[expect(clippy::expect_used, reason = "a constant code, held by a test")]
    fn default() -> Self {
        Self {
            code: "H05".parse().expect("a constant agency code"),
            name: "Trung tâm Phục vụ hành chính công (bản thử nghiệm)".to_owned(),
        }
    }
}

/// The folder that scanners write into, for `muniment watch`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeConfig {
    /// The folder; empty where there is none.
    pub folder: String,
    /// Seconds between two looks.
    pub poll_seconds: u64,
    /// Seconds that a document is waited with for its metadata.
    pub metadata_seconds: u64,
    /// Tries of a document that fails for a reason which is not its own, until it is put aside.
    pub tries: u32,
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self { folder: String::new(), poll_seconds: 5, metadata_seconds: 60, tries: 12 }
    }
}

/// Settings of the step from scan to PDF/A.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestConfig {
    /// How page images are compressed.
    pub profile: Profile,
    /// Procedures whose results are compressed in another way, by the code in the national list or with the suffix.
    pub profiles: BTreeMap<ProcedureCode, Profile>,
    /// Quality of page images, 1 to 100.
    pub jpeg_quality: u8,
    /// Of how many compressed pages one is read again and compared; 0 means none.
    pub reread_one_in: u32,
    /// Threads in all; 0 means one a processor.
    pub threads: usize,
    /// What a single file may cost.
    pub limits: Limits,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            profiles: BTreeMap::new(),
            jpeg_quality: 75,
            reread_one_in: 50,
            threads: 0,
            limits: Limits::default(),
        }
    }
}

/// Settings of text recognition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OcrConfig {
    /// Which recogniser.
    pub engine: OcrEngine,
    /// Its language, by Tesseract's name.
    pub language: String,
    /// The folder with the language's data, `LANGUAGE.traineddata`, for either recogniser.
    pub data: String,
}

impl Default for OcrConfig {
    fn default() -> Self {
        let data = LanguageData::DEBIAN.to_owned();
        Self { engine: OcrEngine::Auto, language: "vie".to_owned(), data }
    }
}

impl OcrConfig {
    /// The recogniser that is asked for, if any.
    ///
    /// # Errors
    ///
    /// Fails where it is not installed.
    pub fn recogniser(&self, limits: &Limits) -> Option<Result<Recogniser, muniment_ingest::Error>> {
        let data = LanguageData::new(&self.data, &self.language);
        match self.engine {
            OcrEngine::Auto => Some(Recogniser::find(&data, limits)),
            OcrEngine::Native => Some(Recogniser::native(&data)),
            OcrEngine::Tesseract => Some(Tesseract::find(&data, limits).map(Recogniser::Tesseract)),
            OcrEngine::None => None,
        }
    }
}

/// The text recognisers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OcrEngine {
    /// The own recogniser, and Tesseract for pages and lines of which that one is in doubt; what is not installed is done
    /// without.
    Auto,
    /// The own recogniser, with Tesseract's language data; where they are not installed, pages are archived without text.
    Native,
    /// Tesseract 5; where it is not installed, pages are archived without text and say so.
    Tesseract,
    /// None: pages are archived without text.
    None,
}

/// Settings of the agency's seal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SealConfig {
    /// The form of copy in the visible text: SAO Y, SAO LỤC or TRÍCH SAO.
    pub copy_form: String,
    /// The agency's private key: a file of the home (PKCS#8 in PEM, or PKCS#12 with the password in a file beside it), or a
    /// key in a token (`pkcs11:`, RFC 7512).
    pub key: String,
    /// Its certificate and those above it: a file of the home (PEM).
    pub chain: String,
    /// Whether RSA keys sign with PKCS#1 v1.5 instead of PSS.
    pub pkcs1: bool,
    /// Time-stamping authorities in the order in which they are asked: addresses, or `development`.
    pub timestamps: Vec<String>,
    /// Seconds that an authority has to answer.
    pub timestamp_seconds: u64,
    /// Seconds that a server of revocation data has to answer.
    pub revocation_seconds: u64,
    /// Hours from archiving until validation data is added, in which a revocation may still become known.
    pub uplift_after_hours: u32,
}

impl Default for SealConfig {
    fn default() -> Self {
        Self {
            copy_form: "SAO Y".to_owned(),
            key: "keys/agency.key.pem".to_owned(),
            chain: "keys/agency.chain.pem".to_owned(),
            pkcs1: false,
            timestamps: vec!["development".to_owned()],
            timestamp_seconds: 10,
            revocation_seconds: 10,
            uplift_after_hours: 24,
        }
    }
}

/// Where the web pages are served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)) }
    }
}

impl Config {
    /// Reads a configuration file; a key that is not known is an error.
    pub fn load(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("failed to understand {}", path.display()))
    }

    /// How scans are prepared.
    pub fn ingest_options(&self) -> Options {
        Options {
            profile: self.ingest.profile,
            limits: self.ingest.limits.clone(),
            jpeg_quality: self.ingest.jpeg_quality,
            reread_one_in: self.ingest.reread_one_in,
            threads: self.threads(),
        }
    }

    /// How the results of a procedure are compressed: as its own code says, or its code in the national list, or the default.
    pub fn profile_of(&self, procedure: &ProcedureCode) -> Profile {
        let profiles = &self.ingest.profiles;
        let national = || profiles.iter().find(|(code, _)| code.as_str() == procedure.national());
        let chosen = profiles.get(procedure).or_else(|| national().map(|(_, profile)| profile));
        chosen.copied().unwrap_or(self.ingest.profile)
    }

    /// Threads to work with.
    pub fn threads(&self) -> usize {
        match self.ingest.threads {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            chosen => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_configuration_holds_every_key_with_its_default() -> Result<()> {
        let shown: toml::Table = toml::from_str(DEFAULT_TEXT)?;
        assert_eq!(shown, toml::Table::try_from(Config::default())?);
        Ok(())
    }

    #[test]
    fn a_procedure_has_a_profile_of_its_own() -> Result<()> {
        let text = "[ingest.profiles]\n\"1.990009\" = \"faithful\"\n\"1.990009.000.00.00.H05\" = \"bitonal\"";
        let config: Config = toml::from_str(text)?;
        for (code, profile) in [
            ("1.990009", Profile::Faithful),
            ("1.990009.000.00.00.H06", Profile::Faithful),
            ("1.990009.000.00.00.H05", Profile::Bitonal),
            ("1.990010", Profile::Compact),
        ] {
            assert_eq!(config.profile_of(&code.parse()?), profile, "{code}");
        }
        Ok(())
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Config>("[seal]\ncopyform = \"SAO Y\"").is_err());
    }
}
