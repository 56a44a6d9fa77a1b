use std::io;
use std::path::PathBuf;

/// What can go wrong with the index. Nothing in it is lost for good: the index can always be built again from the archive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no index of this program's format: feed one from the first change on.
    #[error("there is no search index in {}", dir.display())]
    Missing {
        /// The folder of the index.
        dir: PathBuf,
    },
    /// The index is damaged: build it again.
    #[error("the search index in {} is damaged: {what}", dir.display())]
    Corrupt {
        /// The folder of the index.
        dir: PathBuf,
        /// What was found, without content.
        what: String,
    },
    /// Another process writes this index.
    #[error("the search index in {} is being written by another process", dir.display())]
    Locked {
        /// The folder of the index.
        dir: PathBuf,
    },
    /// The disk failed.
    #[error("failed to {attempt} {}", path.display())]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The engine failed.
    #[error("failed to {attempt} the search index")]
    Engine {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// A stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "index-missing",
            Self::Corrupt { .. } => "index-corrupt",
            Self::Locked { .. } => "index-locked",
            Self::Io { .. } => "index-io",
            Self::Engine { .. } => "index-failed",
        }
    }

    /// Whether building the index again answers the error.
    pub fn needs_rebuild(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Corrupt { .. })
    }
}
