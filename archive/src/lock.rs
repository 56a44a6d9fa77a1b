use std::fs::{File, TryLockError};
use std::io;

/// A lock on a file. It is let go when this is dropped, even while a child process that is just being started has the file
/// open as well; a lock that is only closed would then live on for a moment.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock alone; nothing where another process has it.
    pub(crate) fn exclusive(file: File) -> Result<Option<Self>, io::Error> {
        Self::taken(file.try_lock(), file)
    }

    /// Takes the lock together with others that share it; nothing where another process has it alone.
    pub(crate) fn shared(file: File) -> Result<Option<Self>, io::Error> {
        Self::taken(file.try_lock_shared(), file)
    }

    fn taken(tried: Result<(), TryLockError>, file: File) -> Result<Option<Self>, io::Error> {
        match tried {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(cause),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file lets go too, only later.
        drop(self.0.unlock());
    }
}
