//! Remembers which signatures on certificates, lists and responses were right. The same few authorities stand behind
//! thousands of files, and most of the time of verifying one would go into checking them again.
//!
//! What is remembered depends on nothing but the bytes that were checked: key, algorithm, message and signature, all of
//! them in the digest that is the key here. So it is the same for every caller and every moment; whether a certificate is
//! trusted, valid or revoked is never remembered. Only right signatures are, so that nobody can fill it with rubbish.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use ring::digest::{Context, SHA256};

use crate::algorithm::{self, Algorithm, Check};
use crate::asn1::Value;

/// Signatures remembered; at 40 bytes each.
const MOST: usize = 1 << 14;

static GOOD: LazyLock<Mutex<HashSet<[u8; 32]>>> = LazyLock::new(Mutex::default);

/// As [`algorithm::check`], which is asked only once about the same bytes.
pub(crate) fn check(spki: &[u8], identifier: &Value<'_>, message: &[u8], signature: &[u8]) -> Check {
    let Some(algorithm) = algorithm::named(spki, identifier) else { return Check::Unsupported };
    let key = key(&[spki, identifier.whole, message, signature]);
    if lock().contains(&key) {
        return Check::Good(algorithm);
    }
    let check = algorithm::check(spki, identifier, None, message, signature);
    if matches!(check, Check::Good(Algorithm { .. })) {
        let mut good = lock();
        if good.len() >= MOST {
            good.clear();
        }
        good.insert(key);
    }
    check
}

fn lock() -> std::sync::MutexGuard<'static, HashSet<[u8; 32]>> {
    // A set of digests is never left half-changed.
    GOOD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A digest over the parts and their lengths.
fn key(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let mut key = [0; 32];
    key.copy_from_slice(context.finish().as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_key_are_told_apart() {
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_eq!(key(&[b"ab", b"c"]), key(&[b"ab", b"c"]));
    }
}
