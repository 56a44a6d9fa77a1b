use std::path::Path;

use muniment_record::RecordId;

use crate::{Error, Paging, Query, Results, Scope};

/// A view of the index for searching; any number of them, in any number of processes. Searches take `&self` and may run at
/// the same time.
#[derive(Debug)]
pub struct Reader {}

impl Reader {
    /// Opens the index in this folder and checks every file of it.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::Corrupt`] are answered by building the index again.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Err(Error::Missing { dir: dir.to_owned() })
    }

    /// Shows what was committed since; cheap where nothing was.
    pub fn refresh(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The sequence number of the last change that this view shows.
    pub fn last_sequence(&self) -> u64 {
        0
    }

    /// How many records this view holds, in all scopes.
    pub fn count(&self) -> u64 {
        0
    }

    /// Searches within a scope.
    pub fn search(&self, scope: &Scope, query: &Query, paging: &Paging) -> Result<Results, Error> {
        let _ = (scope, query, paging);
        Ok(Results::default())
    }

    /// The ids of all records in the index, sorted, for the audit.
    pub fn all_ids(&self) -> Result<Vec<RecordId>, Error> {
        Ok(Vec::new())
    }
}
