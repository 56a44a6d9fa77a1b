use muniment_record::{Record, RecordId};

use crate::viewing::Viewer;

/// What a look-up opened, for a while, in the browser that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The results in the order of the page that lists them.
    pub(crate) results: Vec<(RecordId, Opened)>,
}

/// How far a result is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// By the holder's number: what is known about it, with a masked name.
    Summary,
    /// By the holder's number, where the operator lets it open the file too.
    FullByNumber,
    /// By the token on the holder's slip: pages and file.
    Full,
}

impl Opened {
    /// Whether pages and file may be seen.
    pub(crate) fn has_file(self) -> bool {
        self != Self::Summary
    }

    pub(crate) fn viewer(self) -> Viewer<'static> {
        match self {
            Self::Summary | Self::FullByNumber => Viewer::HolderByNumber,
            Self::Full => Viewer::HolderByToken,
        }
    }

    /// How far a second factor opens a record, if at all.
    pub(crate) fn by(factor: &str, record: &Record, number_opens_file: bool) -> Option<Self> {
        let token = factor.parse().is_ok_and(|token| record.lookup_token == token);
        let description = &record.description;
        let mut holders = std::iter::once(&description.holder).chain(&description.co_holders);
        let number = holders.any(|holder| holder.id.as_ref().is_some_and(|id| id.matches_typed(factor)));
        match (token, number) {
            (true, _) => Some(Self::Full),
            (false, true) if number_opens_file => Some(Self::FullByNumber),
            (false, true) => Some(Self::Summary),
            (false, false) => None,
        }
    }
}
