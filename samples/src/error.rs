use std::io;
use std::path::PathBuf;

/// Why samples could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A font file could not be read.
    #[error("failed to read font {path}; on Debian it comes with: apt-get install fonts-liberation2")]
    FontMissing {
        /// Where it was looked for.
        path: PathBuf,
        /// Why it could not be read.
        #[source]
        source: io::Error,
    },
    /// A font file is not a font.
    #[error("failed to parse font {path}")]
    FontDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ttf_parser::FaceParsingError,
    },
    /// A file or folder could not be written.
    #[error("failed to write {path}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A page image could not be encoded.
    #[error("failed to encode {what}")]
    Encode {
        /// The kind of file.
        what: &'static str,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More than the generator can do.
    #[error("cannot make samples at {dpi} dpi: give 100 to 600")]
    Resolution {
        /// What was asked for.
        dpi: u32,
    },
}

impl Error {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FontMissing { .. } => "font-missing",
            Self::FontDamaged { .. } => "font-damaged",
            Self::Write { .. } => "unwritable",
            Self::Encode { .. } => "encode",
            Self::Resolution { .. } => "resolution",
        }
    }

    pub(crate) fn encode(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Encode { what, source: source.into() }
    }
}
