//! Signed notes (C2SP signed-note): a text with signature lines under it, as checkpoints and receipts are published.

use base64ct::{Base64, Encoding};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::Error;

/// The signature type of a plain Ed25519 signature.
const ED25519_TYPE: u8 = 0x01;
const MALFORMED_KEY: Error = Error::Note("the key is malformed");
const MALFORMED: Error = Error::Note("the note is malformed");
/// No note here has more signatures.
const MOST_SIGNATURES: usize = 100;

/// A key that signs notes, written as `PRIVATE+KEY+<name>+<hash>+<key>`.
pub struct NoteKey {
    name: String,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl NoteKey {
    /// Makes a new key with a name, which should be a URL without a scheme that its owner controls.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where the name is empty or holds a space or a plus sign.
    pub fn generate(name: &str) -> Result<Self, Error> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| Error::Note("there is no randomness"))?;
        Self::from_seed(name, seed)
    }

    /// Reads a key from its text.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where it is malformed or of another type.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or(MALFORMED_KEY)?;
        let (name, hash, key) = split_key(rest)?;
        let seed: [u8; 32] = key.try_into().map_err(|_| MALFORMED_KEY)?;
        let key = Self::from_seed(name, seed)?;
        if key.verifier().hash == hash { Ok(key) } else { Err(MALFORMED_KEY) }
    }

    /// The key's text: a secret.
    pub fn to_secret_text(&self) -> String {
        let verifier = self.verifier();
        format!("PRIVATE+KEY+{}", join_key(&self.name, verifier.hash, &self.seed))
    }

    /// The verifier that accepts this key's signatures.
    pub fn verifier(&self) -> NoteVerifier {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        NoteVerifier { name: self.name.clone(), hash: key_hash(&self.name, &public), public }
    }

    /// Signs a text, which must end in a line feed and hold no other control characters.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where the text breaks that rule.
    pub fn sign(&self, text: &str) -> Result<String, Error> {
        if !is_text(text) {
            return Err(Error::Note("the text must end in a line feed and hold no other control characters"));
        }
        let mut value = self.verifier().hash.to_vec();
        value.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        Ok(format!("{text}\n\u{2014} {} {}\n", self.name, Base64::encode_string(&value)))
    }

    fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, Error> {
        if !is_name(name) {
            return Err(Error::Note("a key's name must not be empty or hold spaces or plus signs"));
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| MALFORMED_KEY)?;
        Ok(Self { name: name.to_owned(), seed, pair })
    }
}

/// A key does not show in debug output.
impl std::fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoteKey({})", self.name)
    }
}

/// What checks the signatures of one key, written as `<name>+<hash>+<key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    hash: [u8; 4],
    public: [u8; 32],
}

impl NoteVerifier {
    /// Reads a verifier from its text.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where it is malformed or of another type.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let (name, hash, key) = split_key(text.trim())?;
        let public: [u8; 32] = key.try_into().map_err(|_| MALFORMED_KEY)?;
        if !is_name(name) || hash != key_hash(name, &public) {
            return Err(MALFORMED_KEY);
        }
        Ok(Self { name: name.to_owned(), hash, public })
    }

    /// The verifier's text: public.
    pub fn to_text(&self) -> String {
        join_key(&self.name, self.hash, &self.public)
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks a note and returns its text. Signatures of other keys are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Note`] where the note is malformed, is not signed by this key, or this key's signature is wrong.
    pub fn verify<'a>(&self, note: &'a str) -> Result<&'a str, Error> {
        let split = note.rfind("\n\n").ok_or(MALFORMED)?;
        let (text, signatures) = note.split_at(split + 1);
        let signatures = signatures[1..].strip_suffix('\n').ok_or(MALFORMED)?;
        if !is_text(text) || signatures.is_empty() || signatures.split('\n').count() > MOST_SIGNATURES {
            return Err(MALFORMED);
        }
        let mut is_signed = false;
        for line in signatures.split('\n') {
            let (name, base64) =
                line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or(MALFORMED)?;
            let value = Base64::decode_vec(base64).map_err(|_| MALFORMED)?;
            let (hash, value) = value.split_at_checked(4).ok_or(MALFORMED)?;
            if !is_name(name) || value.is_empty() {
                return Err(MALFORMED);
            }
            if name == self.name && hash == self.hash {
                let key = UnparsedPublicKey::new(&ED25519, &self.public);
                key.verify(text.as_bytes(), value).map_err(|_| Error::Note("the signature is wrong"))?;
                is_signed = true;
            }
        }
        if is_signed { Ok(text) } else { Err(Error::Note("the note is not signed by the expected key")) }
    }
}

/// The key id: the first four bytes of SHA-256 over name, line feed, type and key.
fn key_hash(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut message = name.as_bytes().to_vec();
    message.extend_from_slice(&[b'\n', ED25519_TYPE]);
    message.extend_from_slice(public);
    let digest = muniment_record::Digest::of(&message);
    let [a, b, c, d, ..] = *digest.as_bytes();
    [a, b, c, d]
}

/// Splits `<name>+<hash>+<key>` and takes the key's type off.
fn split_key(text: &str) -> Result<(&str, [u8; 4], Vec<u8>), Error> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(MALFORMED_KEY);
    };
    if hash.len() != 8 || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(MALFORMED_KEY);
    }
    let hash = u32::from_str_radix(hash, 16).map_err(|_| MALFORMED_KEY)?.to_be_bytes();
    let key = Base64::decode_vec(key).map_err(|_| MALFORMED_KEY)?;
    match key.split_first() {
        Some((&ED25519_TYPE, key)) => Ok((name, hash, key.to_vec())),
        _ => Err(MALFORMED_KEY),
    }
}

fn join_key(name: &str, hash: [u8; 4], key: &[u8; 32]) -> String {
    let mut typed = vec![ED25519_TYPE];
    typed.extend_from_slice(key);
    format!("{name}+{:08x}+{}", u32::from_be_bytes(hash), Base64::encode_string(&typed))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.contains(char::is_whitespace)
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && !text.chars().any(|c| c < ' ' && c != '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note, which C2SP took over.
    #[test]
    fn a_published_note_is_verified() -> Result<(), Error> {
        let verifier =
            NoteVerifier::from_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")?;
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        assert_eq!(verifier.verify(&format!("{text}\n{line}"))?, text);
        assert!(verifier.verify(&format!("{text} \n{line}")).is_err());
        Ok(())
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_accept_their_own_signatures() -> Result<(), Error> {
        let key = NoteKey::generate("example.vn/log")?;
        let note = NoteKey::from_text(&key.to_secret_text())?.sign("một dòng\n\nhai dòng\n")?;
        let verifier = NoteVerifier::from_text(&key.verifier().to_text())?;
        assert_eq!(verifier.verify(&note)?, "một dòng\n\nhai dòng\n");
        let other = NoteKey::generate("example.vn/log")?.verifier();
        assert!(other.verify(&note).is_err());
        Ok(())
    }

    #[test]
    fn malformed_notes_and_keys_are_refused() -> Result<(), Error> {
        let key = NoteKey::generate("k")?;
        for note in
            ["", "\n\n", "a\n", "a\n\n", "a\n\n\u{2014} k \n", "a\n\n\u{2014} k AAAA\n", "a\n\nk AAAAAAAA\n"]
        {
            assert!(key.verifier().verify(note).is_err(), "{note:?}");
        }
        assert!(key.sign("no line feed").is_err());
        for name in ["", "a b", "a+b"] {
            assert!(NoteKey::generate(name).is_err());
        }
        assert!(NoteVerifier::from_text("k+00000000+AQ==").is_err());
        Ok(())
    }
}
