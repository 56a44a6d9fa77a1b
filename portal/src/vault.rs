use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use muniment_record::Digest;

use crate::{Error, hex, random};

/// Values kept in memory for a while, each behind a random key that only its bearer knows: sign-ins, tickets, reports.
///
/// Keys are held as digests, so neither the time of a look-up nor a picture of the memory gives one away. When the vault is
/// full, the value that was not used for longest leaves. A restart empties it: people sign in or look up again.
pub(crate) struct Vault<T> {
    /// Guarded: never held across a wait.
    entries: Mutex<HashMap<Digest, Entry<T>>>,
    limits: VaultLimits,
}

/// How long and how much a vault keeps.
pub(crate) struct VaultLimits {
    /// A value leaves when it was not used for this long.
    pub(crate) idle: SignedDuration,
    /// A value leaves this long after it was put in.
    pub(crate) absolute: SignedDuration,
    /// The most values at a time.
    pub(crate) capacity: usize,
}

struct Entry<T> {
    value: T,
    made_at: Timestamp,
    used_at: Timestamp,
}

impl<T: Clone> Vault<T> {
    pub(crate) fn new(limits: VaultLimits) -> Self {
        Self { entries: Mutex::default(), limits }
    }

    /// Keeps a value and returns its key: 64 hexadecimal digits.
    pub(crate) fn put(&self, value: T, now: Timestamp) -> Result<String, Error> {
        let key = hex::encode(&random::bytes::<32>()?);
        let mut entries = self.lock();
        if entries.len() >= self.limits.capacity {
            entries.retain(|_, entry| self.limits.hold(entry, now));
        }
        if entries.len() >= self.limits.capacity {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used_at);
            if let Some(place) = oldest.map(|(place, _)| *place) {
                entries.remove(&place);
            }
        }
        let entry = Entry { value, made_at: now, used_at: now };
        entries.insert(Digest::of(key.as_bytes()), entry);
        Ok(key)
    }

    /// The value behind a key, if its time is not over.
    pub(crate) fn get(&self, key: &str, now: Timestamp) -> Option<T> {
        let mut entries = self.lock();
        let entry = entries.get_mut(&Digest::of(key.as_bytes()))?;
        if !self.limits.hold(entry, now) {
            return None;
        }
        entry.used_at = now;
        Some(entry.value.clone())
    }

    /// Forgets the value behind a key.
    pub(crate) fn remove(&self, key: &str) {
        self.lock().remove(&Digest::of(key.as_bytes()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Entry<T>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VaultLimits {
    fn hold<T>(&self, entry: &Entry<T>, now: Timestamp) -> bool {
        now.duration_since(entry.used_at) < self.idle && now.duration_since(entry.made_at) < self.absolute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minutes: i64) -> Timestamp {
        Timestamp::from_second(60 * minutes).unwrap()
    }

    fn vault() -> Vault<u32> {
        Vault::new(VaultLimits {
            idle: SignedDuration::from_mins(10),
            absolute: SignedDuration::from_mins(25),
            capacity: 2,
        })
    }

    #[test]
    fn a_value_leaves_when_unused_and_in_the_end_anyway() {
        let vault = vault();
        let key = vault.put(7, minute(0)).unwrap();
        assert_eq!(vault.get(&key, minute(9)), Some(7));
        assert_eq!(vault.get(&key, minute(18)), Some(7));
        assert_eq!(vault.get(&key, minute(26)), None);
        let other = vault.put(8, minute(30)).unwrap();
        assert_eq!(vault.get(&other, minute(41)), None);
    }

    #[test]
    fn a_full_vault_drops_what_was_unused_longest() {
        let vault = vault();
        let first = vault.put(1, minute(0)).unwrap();
        let second = vault.put(2, minute(1)).unwrap();
        vault.get(&first, minute(2));
        let third = vault.put(3, minute(3)).unwrap();
        assert_eq!(vault.get(&second, minute(3)), None);
        assert_eq!(vault.get(&first, minute(3)), Some(1));
        vault.remove(&third);
        assert_eq!(vault.get(&third, minute(3)), None);
    }
}
