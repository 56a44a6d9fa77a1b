use std::process::ExitCode;

/// How the program ends; scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked for was done; a verified file passed.
    Done = 0,
    /// Something was found wrong: a document was not archived, an audit has findings, a signature is not valid.
    Found = 1,
    /// A verified file is neither valid nor invalid: there is not enough to decide on.
    Indeterminate = 2,
    /// The file to verify is not a signed PDF.
    NotSigned = 3,
    /// The command line is not understood.
    Usage = 64,
    /// The command could not be carried out at all.
    Failed = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
