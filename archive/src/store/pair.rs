use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

#[cfg(test)]
use super::Brake;
use super::{ObjectStore, Parcel};
use crate::inventory::INVENTORY;
use crate::{Error, ErrorKind};

/// Two stores that keep the same, each with settings of its own: what is acknowledged, both have.
///
/// Whatever is written goes to the second store before the first, and what is removed leaves the first before the second; reads
/// come from the first. So what a reader sees, and what recovery rolls forward, is in both, whenever a write was stopped. A
/// write fails where either store refuses it.
///
/// What the second store lacks because it came later, and what either has lost or let rot, [`crate::Archive::repair`] puts right.
pub struct Pair {
    stores: [Arc<dyn ObjectStore>; 2],
}

impl Pair {
    /// Has two stores keep the same.
    pub fn new(first: Arc<dyn ObjectStore>, second: Arc<dyn ObjectStore>) -> Self {
        Self { stores: [first, second] }
    }

    fn first(&self) -> &dyn ObjectStore {
        self.stores[0].as_ref()
    }

    fn second(&self) -> &dyn ObjectStore {
        self.stores[1].as_ref()
    }

    /// Asks each store that keeps locks; one at least must.
    fn lock(&self, ask: impl Fn(&dyn ObjectStore) -> Result<(), Error>) -> Result<(), Error> {
        let mut has_locks = false;
        for store in &self.stores {
            match ask(store.as_ref()) {
                Err(Error::NoLocks) => {}
                asked => {
                    asked?;
                    has_locks = true;
                }
            }
        }
        if has_locks { Ok(()) } else { Err(Error::NoLocks) }
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pair").field(&self.stores).finish()
    }
}

impl ObjectStore for Pair {
    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.second().put_new(name, bytes)?;
        self.first().put_new(name, bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.second().put(name, bytes)?;
        self.first().put(name, bytes)
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.first().get(name)
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, Error> {
        self.first().get_range(name, range)
    }

    fn head(&self, name: &str) -> Result<Option<u64>, Error> {
        self.first().head(name)
    }

    fn list(&self, directory: &str, visit: &mut dyn FnMut(&str) -> bool) -> Result<(), Error> {
        self.first().list(directory, visit)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.first().delete(name)?;
        self.second().delete(name)
    }

    fn retain(&self, name: &str, until: Timestamp) -> Result<(), Error> {
        self.lock(|store| store.retain(name, until))
    }

    fn hold(&self, name: &str, held: bool) -> Result<(), Error> {
        self.lock(|store| store.hold(name, held))
    }

    fn has_locks(&self) -> bool {
        self.stores.iter().any(|store| store.has_locks())
    }

    fn width(&self) -> usize {
        self.first().width().max(self.second().width())
    }

    fn writes_together(&self) -> bool {
        self.stores.iter().any(|store| store.writes_together())
    }

    fn put_all_new(&self, objects: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.second().put_all_new(objects.clone())?;
        self.first().put_all_new(objects)
    }

    fn write(&self, parcels: Vec<Parcel>) -> Result<Vec<Result<(), Error>>, Error> {
        // Whoever found a place vacant looked into the first store.
        let mut of_second = parcels.clone();
        of_second.iter_mut().filter_map(|parcel| parcel.tree.as_mut()).for_each(|tree| tree.vacant = false);
        let mut written = self.second().write(of_second)?;
        let sound = written.iter().map(Result::is_ok);
        let parcels =
            parcels.into_iter().zip(sound).filter_map(|(parcel, is_sound)| is_sound.then_some(parcel));
        let of_first = self.first().write(parcels.collect())?;
        // One answer for each that the second store has.
        for (answer, first) in written.iter_mut().filter(|answer| answer.is_ok()).zip(of_first) {
            *answer = first;
        }
        Ok(written)
    }

    fn withdraw(&self, directory: &str, known_by: &str) -> Result<(), Error> {
        self.first().withdraw(directory, known_by)?;
        match self.second().withdraw(directory, known_by) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            withdrawn => withdrawn,
        }
    }

    fn settle(&self) -> Result<(), Error> {
        self.stores.iter().try_for_each(|store| store.settle())
    }

    fn sweep(&self) -> Result<(), Error> {
        self.stores.iter().try_for_each(|store| store.sweep())
    }

    fn pair(&self) -> Option<&[Arc<dyn ObjectStore>; 2]> {
        Some(&self.stores)
    }

    fn clear_second(&self, directory: &str) -> Result<(), Error> {
        let is_empty = |store: &dyn ObjectStore| -> Result<bool, Error> {
            let mut is_empty = true;
            store.list(directory, &mut |_| {
                is_empty = false;
                false
            })?;
            Ok(is_empty)
        };
        if is_empty(self.first())? && !is_empty(self.second())? {
            self.second().withdraw(directory, INVENTORY)?;
        }
        Ok(())
    }

    fn take_from_second(&self, directory: &str) -> Result<(), Error> {
        let mut names = Vec::new();
        self.second().list(directory, &mut |name| {
            names.push(name.to_owned());
            true
        })?;
        for name in names {
            if self.first().head(&name)?.is_none() {
                self.first().put_new(&name, &self.second().get(&name)?)?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn brake(&self) -> &Brake {
        self.first().brake()
    }
}
