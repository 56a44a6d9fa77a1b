//! Passwords: PBKDF2-HMAC-SHA256 (RFC 8018) by `ring`, with 600,000 iterations and a random salt for each account.
//!
//! The number of iterations is one for all, so a wrong password and an unknown account cost the same.

use std::num::NonZeroU32;

use muniment_record::nfc;
use ring::pbkdf2;
use serde::{Deserialize, Serialize};

use crate::{Error, hex, random};

const SCHEME: &str = "pbkdf2-hmac-sha256";
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
const SHORTEST: usize = 10;
const LONGEST: usize = 200;

/// A password as it is kept: salted and stretched.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub(crate) struct PasswordHash {
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl PasswordHash {
    /// Stretches a new password. Its text is brought to NFC first: keyboards differ in how they write `ệ`.
    pub(crate) fn new(password: &str) -> Result<Self, Error> {
        let password = nfc(password);
        if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
            return Err(Error::Account { rule: "a password has 10 to 200 characters" });
        }
        let salt = random::bytes::<SALT_BYTES>()?.to_vec();
        let mut hash = vec![0; HASH_BYTES];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, &salt, password.as_bytes(), &mut hash);
        Ok(Self { salt, hash })
    }

    /// A hash that no password has, to be worked on where there is no account.
    pub(crate) fn of_nobody() -> Self {
        Self { salt: vec![0; SALT_BYTES], hash: vec![0; HASH_BYTES] }
    }

    /// Whether the typed password is the one. Takes a few tenths of a second of one core, by design.
    pub(crate) fn matches(&self, typed: &str) -> bool {
        // A password beyond the longest is cut, not refused early, so it costs the same.
        let typed: String = nfc(typed).chars().take(LONGEST + 1).collect();
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, &self.salt, typed.as_bytes(), &self.hash)
            .is_ok()
    }
}

/// The form in the accounts file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    scheme: String,
    iterations: u32,
    salt: String,
    hash: String,
}

impl From<PasswordHash> for Written {
    fn from(password: PasswordHash) -> Self {
        Self {
            scheme: SCHEME.to_owned(),
            iterations: ITERATIONS.get(),
            salt: hex::encode(&password.salt),
            hash: hex::encode(&password.hash),
        }
    }
}

impl TryFrom<Written> for PasswordHash {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        if written.scheme != SCHEME || written.iterations != ITERATIONS.get() {
            return Err("a password must be written as pbkdf2-hmac-sha256 with 600000 iterations");
        }
        let read = |text: &str, length: usize| hex::decode(text).filter(|bytes| bytes.len() == length);
        match (read(&written.salt, SALT_BYTES), read(&written.hash, HASH_BYTES)) {
            (Some(salt), Some(hash)) => Ok(Self { salt, hash }),
            _ => Err("a password needs a salt of 32 and a hash of 64 hexadecimal digits"),
        }
    }
}
