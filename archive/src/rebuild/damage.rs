//! What a rebuild goes on without, and what ends it: only what is damaged or gone for good may be missing in the new catalogue.

use sqlx::migrate::MigrateError;

use crate::store::Store;
use crate::{Error, ErrorKind};

/// Whether an error tells of damage to the one file that was read, or that it is gone. Whatever did not answer ends the rebuild.
///
/// A disk that cannot read a file says so with an input/output error. That is this file's damage as long as the disk serves
/// otherwise: it takes a probe, syncs it and gives it back. A disk that fails altogether does not, or the kernel has made it read-only.
pub(super) fn is_damage(store: &Store, error: &Error) -> bool {
    match error {
        Error::Storage { source, .. }
            if source.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) =>
        {
            store.try_out().is_ok()
        }
        error => matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::NotFound),
    }
}

/// Why nothing can be had from the old catalogue, now or later: it is not there, damaged, or none of this program's. The rebuild goes on
/// without it then.
///
/// # Errors
///
/// Where it may answer later: what only it knows, such as the queue, would be lost.
pub(super) fn none_to_be_had(error: Error) -> Result<String, Error> {
    let said = error.to_string();
    let error = match error {
        Error::Migrate(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
            Error::Catalogue { attempt: "upgrade the catalogue", source }
        }
        other => other,
    };
    let is_foreign = matches!(&error, Error::Catalogue { source, .. } if is_of_another_schema(source));
    if is_foreign || error.kind() == ErrorKind::Corrupt { Ok(said) } else { Err(error) }
}

/// Whether a statement did not fit the tables that there are.
fn is_of_another_schema(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(cause) = error else { return matches!(error, sqlx::Error::ColumnNotFound(_)) };
    let code = cause.code().unwrap_or_default();
    if cause.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        // SQLSTATE class 42: undefined or other tables and columns. A role without the right to read them is told so too.
        code.starts_with("42") && code != "42501"
    } else {
        // SQLITE_ERROR: what a statement names is not there.
        code == "1"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_catalogue_is_given_up_only_where_it_will_never_answer() {
        let missing = Error::CatalogueMissing { path: String::new() };
        let newer = Error::Migrate(MigrateError::VersionMissing(99));
        for error in [missing, newer, Error::catalogue("read")(sqlx::Error::ColumnNotFound(String::new()))] {
            none_to_be_had(error).unwrap();
        }
        let busy = Error::Migrate(MigrateError::Execute(sqlx::Error::PoolTimedOut));
        for error in [busy, Error::catalogue("read")(sqlx::Error::PoolClosed), Error::Stopped] {
            none_to_be_had(error).unwrap_err();
        }
    }
}
