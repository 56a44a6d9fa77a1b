use std::path::PathBuf;

/// What can go wrong while the portal is set up. What goes wrong while it serves becomes a page instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The accounts file cannot be read or written.
    #[error("failed to {doing} accounts file {path}")]
    AccountsFile {
        /// What was being attempted.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The accounts file is not written as it must be.
    #[error("accounts file is not well formed")]
    AccountsSyntax(#[from] toml::de::Error),
    /// The accounts cannot be written as text.
    #[error("failed to write accounts as text")]
    AccountsText(#[from] toml::ser::Error),
    /// An account breaks a rule.
    #[error("account refused: {rule}")]
    Account {
        /// The rule that does not hold.
        rule: &'static str,
    },
    /// Two accounts have one name.
    #[error("an account of this name exists already")]
    AccountExists,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
}

impl Error {
    /// A stable word for scripts and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AccountsFile { .. } => "accounts-file",
            Self::AccountsSyntax(_) => "accounts-syntax",
            Self::AccountsText(_) => "accounts-text",
            Self::Account { .. } => "account-refused",
            Self::AccountExists => "account-exists",
            Self::Random => "no-random",
        }
    }
}
