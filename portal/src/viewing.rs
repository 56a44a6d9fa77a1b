//! Every look at a record leaves a line in the log, under the target `muniment::viewing`: which record, by whom, what of it.
//! No name, number or token of a holder is in it.

use muniment_record::RecordId;

/// Who looks at a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Viewer<'a> {
    /// Somebody who knows the dossier code and the holder's number.
    HolderByNumber,
    /// Somebody who knows the dossier code and the token.
    HolderByToken,
    /// An officer, by account.
    Officer(&'a str),
}

/// What of the record is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Viewed {
    /// What is known about it.
    Description,
    /// The image of a page.
    Page,
    /// The file.
    File,
    /// The receipt.
    Receipt,
}

/// Logs a look.
pub(crate) fn log(record: RecordId, viewer: Viewer<'_>, viewed: Viewed) {
    let (viewer, account) = match viewer {
        Viewer::HolderByNumber => ("holder-by-number", ""),
        Viewer::HolderByToken => ("holder-by-token", ""),
        Viewer::Officer(account) => ("officer", account),
    };
    let viewed = match viewed {
        Viewed::Description => "description",
        Viewed::Page => "page",
        Viewed::File => "file",
        Viewed::Receipt => "receipt",
    };
    tracing::info!(
        target: "muniment::viewing",
        record = %record,
        viewer,
        account,
        viewed,
        "{viewer} viewed {viewed} of record {record}"
    );
}
