use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why a scan could not be made into a package.
///
/// Every variant is about one scan: the rest of a batch can go on. [`Error::code`] is the stable word for ledgers.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Error {
    /// The path does not exist, or the scan has no files.
    #[error("no file at {0}")]
    Missing(#[serde(with = "path")] PathBuf),
    /// The operating system refused to read.
    #[error("failed to read {path}")]
    Unreadable {
        /// The file.
        #[serde(with = "path")]
        path: PathBuf,
        /// What the system said.
        #[source]
        #[serde(with = "system")]
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("{0} is empty")]
    EmptyFile(#[serde(with = "path")] PathBuf),
    /// The first bytes are of no format that is taken in.
    #[error("{0} is neither PDF, TIFF, JPEG nor PNG")]
    UnknownFormat(#[serde(with = "path")] PathBuf),
    /// The file ends before its content does.
    #[error("{name} is cut off: {detail}")]
    Truncated {
        /// The file's name.
        name: String,
        /// What was missing.
        detail: String,
    },
    /// The file breaks its format's rules.
    #[error("{name} is damaged: {detail}")]
    Damaged {
        /// The file's name.
        name: String,
        /// What was found.
        detail: String,
    },
    /// The file keeps its format's rules, and uses a part of them that is not taken in.
    #[error("{name} cannot be taken in: {detail}")]
    Unsupported {
        /// The file's name.
        name: String,
        /// What it uses.
        detail: String,
    },
    /// The file, or a page in it, is over a limit; found before memory was taken for it.
    #[error("{name} is too large: {detail}")]
    TooLarge {
        /// The file's name.
        name: String,
        /// What was measured, and the limit.
        detail: String,
    },
    /// The scan has more pages than the limit.
    #[error("{name} has {pages} pages or more, over the limit of {limit}")]
    TooManyPages {
        /// The scan's name.
        name: String,
        /// The pages counted before counting stopped.
        pages: u64,
        /// The limit.
        limit: u32,
    },
    /// The file is well-formed but shows nothing.
    #[error("{0} has no pages")]
    NoPages(String),
    /// The PDF opens only with a password, or is encrypted at all.
    #[error("{0} is protected by a password")]
    Password(String),
    /// Compressed content expands beyond the limit.
    #[error("{name} expands beyond {limit} bytes")]
    ExpandsTooFar {
        /// The file's name.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// A parser broke down so far that the process in which it ran ended.
    #[error("{name} broke its reader: {detail}")]
    Crashed {
        /// The scan's name.
        name: String,
        /// How the process ended.
        detail: String,
    },
    /// Looking at the file, or a page of it, did not end in time.
    #[error("{name} took more than {seconds} seconds for a page")]
    TookTooLong {
        /// The scan's name.
        name: String,
        /// The limit.
        seconds: u64,
    },
    /// The work on the scan needed more memory than the limit.
    #[error("{name} took more than {limit} bytes of memory")]
    TookTooMuchMemory {
        /// The scan's name.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// No process could be started that holds what hostile files may do.
    #[error("scans cannot be worked on safely: {0}")]
    NotContained(String),
    /// The disk is full.
    #[error("no space left for {0}")]
    NoSpace(#[serde(with = "path")] PathBuf),
    /// The staged file could not be written, for another reason than space.
    #[error("failed to write {path}")]
    Unwritable {
        /// The file.
        #[serde(with = "path")]
        path: PathBuf,
        /// What the system said.
        #[source]
        #[serde(with = "system")]
        source: io::Error,
    },
    /// The file changed between inspection and preparation.
    #[error("{0} changed while it was being taken in")]
    Changed(String),
    /// Text recognition failed on a page.
    #[error("failed to read the text of a page: {0}")]
    OcrFailed(String),
    /// The text recogniser or its language is not installed.
    #[error("text recognition is not available: {0}")]
    OcrMissing(String),
    /// The document has no such page.
    #[error("the document has no page {0}")]
    NoSuchPage(u32),
    /// Our own output failed its check: a defect of this program, never of the scan.
    #[error("internal failure while preparing a scan: {0}")]
    Internal(String),
}

impl Error {
    /// The stable word for this kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Unreadable { .. } => "unreadable",
            Self::EmptyFile(_) => "empty-file",
            Self::UnknownFormat(_) => "unknown-format",
            Self::Truncated { .. } => "truncated",
            Self::Damaged { .. } => "damaged",
            Self::Unsupported { .. } => "unsupported",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPages { .. } => "too-many-pages",
            Self::NoPages(_) => "no-pages",
            Self::Password(_) => "password",
            Self::ExpandsTooFar { .. } => "expands-too-far",
            Self::Crashed { .. } => "crashed",
            Self::TookTooLong { .. } => "too-slow",
            Self::TookTooMuchMemory { .. } => "too-much-memory",
            Self::NotContained(_) => "not-contained",
            Self::NoSpace(_) => "no-space",
            Self::Unwritable { .. } => "unwritable",
            Self::Changed(_) => "changed",
            Self::OcrFailed(_) => "ocr-failed",
            Self::OcrMissing(_) => "ocr-missing",
            Self::NoSuchPage(_) => "no-such-page",
            Self::Internal(_) => "internal",
        }
    }

    /// The failure of something inside the file `name`, as that file's.
    pub(crate) fn within(mut self, file: &str) -> Self {
        if let Self::Truncated { name, detail }
        | Self::Damaged { name, detail }
        | Self::Unsupported { name, detail }
        | Self::TooLarge { name, detail } = &mut self
            && name != file
        {
            *detail = format!("{name}: {detail}");
            file.clone_into(name);
        }
        self
    }

    /// A failure to read `path`, told apart by what the system said.
    pub(crate) fn reading(path: &std::path::Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing(path.to_owned()),
            _ => Self::Unreadable { path: path.to_owned(), source },
        }
    }

    /// A failure to write `path`, told apart by what the system said.
    pub(crate) fn writing(path: &std::path::Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(path.to_owned()),
            _ => Self::Unwritable { path: path.to_owned(), source },
        }
    }
}

/// Paths on their way from a child: for messages only, so what is not UTF-8 may be replaced.
mod path {
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&path.to_string_lossy())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        Ok(PathBuf::from(String::deserialize(from)?))
    }
}

/// What the system said, on its way from a child: the system's number where there is one, or the words.
mod system {
    use std::io;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(error: &io::Error, to: S) -> Result<S::Ok, S::Error> {
        (error.raw_os_error(), error.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<io::Error, D::Error> {
        let (number, words) = <(Option<i32>, String)>::deserialize(from)?;
        Ok(number.map_or_else(|| io::Error::other(words), io::Error::from_raw_os_error))
    }
}
