use thiserror::Error;

/// Why language data cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("failed to read language data from {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file ends early, or a length or dimension in it cannot be true.
    #[error("language data are damaged: {0}")]
    Damaged(String),
    /// The file is sound as far as it was read, but holds what this reader does not know.
    #[error("language data are of a kind that is not read here: {0}")]
    Unsupported(String),
}

impl Error {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }
}
