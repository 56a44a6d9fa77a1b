use std::fmt;

use muniment_record::{AgencyCode, HolderId};
use ring::hmac;

/// What a search may see. There is no search without one: it becomes a part of the query itself, so what lies outside shows
/// neither in hits nor in counts, facets, snippets or suggestions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything: for the archive's owner at its own machine.
    Everything,
    /// The records that an office received, issued or holds, and those of the offices below it.
    Office {
        /// The office.
        agency: AgencyCode,
        /// Whether restricted records are seen too.
        restricted: bool,
    },
    /// The records of one holder, restricted or not.
    Holder(HolderKey),
}

/// A holder in the index: HMAC-SHA256 (RFC 2104) of the holder's number, so that a stolen index cannot be asked by guessing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderKey([u8; 32]);

impl HolderKey {
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKey(…)")
    }
}

/// The secret with which holders are hashed. The writer and every reader of an index must have the same one.
#[derive(Clone)]
pub struct HolderKeying(hmac::Key);

impl HolderKeying {
    /// Takes a secret of 32 random bytes, or of any other length.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The key of a holder. Spaces, dashes and case of the number do not count.
    pub fn key(&self, id: &HolderId) -> HolderKey {
        let bare: Vec<u8> = id
            .as_str()
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_uppercase())
            .collect();
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.0, &bare).as_ref());
        HolderKey(key)
    }
}

impl fmt::Debug for HolderKeying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderKeying(…)")
    }
}
