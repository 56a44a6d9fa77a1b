//! Keys in devices and security modules, through PKCS#11 (OASIS PKCS #11 v2.40): the key signs digests and never leaves.

mod uri;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Fault, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use muniment_record::Digest;

use crate::{Certificate, Error, HashKey, Scheme, ecdsa_to_der};

pub use uri::TokenUri;

/// DigestInfo of a SHA-256 digest without the digest itself (RFC 8017, 9.2, note 1).
const SHA256_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
/// The salt of PSS, in bytes.
const SALT: u8 = 32;

/// A private key in a token. Signing goes through one session, one after the other; a session that was lost, as when a
/// device was unplugged, is opened anew by the next call.
pub struct TokenKey {
    context: Pkcs11,
    uri: TokenUri,
    pin: AuthPin,
    session: Mutex<Option<Open>>,
}

struct Open {
    session: Session,
    key: ObjectHandle,
}

impl TokenKey {
    /// Loads the module, finds the token and the key by their labels, and logs in.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] says what could not be done.
    pub fn open(uri: TokenUri, pin: &str) -> Result<Self, Error> {
        let context = Pkcs11::new(&uri.module).map_err(failed("load the PKCS#11 module"))?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another key of this process may use the same module.
            Ok(()) | Err(Fault::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(fault) => return Err(failed("start the PKCS#11 module")(fault)),
        }
        let pin = AuthPin::new(pin.to_owned().into());
        let key = Self { context, uri, pin, session: Mutex::new(None) };
        let open = key.log_in()?;
        *key.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(open);
        Ok(key)
    }

    /// The certificates in the token, the one that has the key's label first. There may be none.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where the token cannot be read.
    pub fn certificates(&self) -> Result<Vec<Certificate>, Error> {
        self.with_session(|open| {
            let mut found = Vec::new();
            let certificates = open.session.find_objects(&[Attribute::Class(ObjectClass::CERTIFICATE)])?;
            for handle in certificates {
                let wanted = [AttributeType::Label, AttributeType::Value];
                let attributes = open.session.get_attributes(handle, &wanted)?;
                let mut is_labelled = false;
                let mut certificate = None;
                for attribute in attributes {
                    match attribute {
                        Attribute::Label(label) => is_labelled = label == self.uri.object.as_bytes(),
                        Attribute::Value(der) => certificate = Certificate::read(&der),
                        _ => {}
                    }
                }
                if let Some(certificate) = certificate {
                    found.push((!is_labelled, certificate));
                }
            }
            found.sort_by_key(|(is_other, _)| *is_other);
            Ok(found.into_iter().map(|(_, certificate)| certificate).collect())
        })
    }

    /// Whether the token would give the key away: a key made for signatures says no.
    ///
    /// # Errors
    ///
    /// [`Error::Signer`] where the token cannot be read.
    pub fn is_extractable(&self) -> Result<bool, Error> {
        self.with_session(|open| {
            let wanted = [AttributeType::Extractable, AttributeType::Sensitive];
            let attributes = open.session.get_attributes(open.key, &wanted)?;
            let is_kept = attributes.iter().all(|attribute| {
                matches!(attribute, Attribute::Extractable(false) | Attribute::Sensitive(true))
            });
            Ok(attributes.len() != wanted.len() || !is_kept)
        })
    }

    fn log_in(&self) -> Result<Open, Error> {
        let attempt = "find the token";
        let slots = self.context.get_slots_with_initialized_token().map_err(failed(attempt))?;
        let mut slot = None;
        for candidate in slots {
            let information = self.context.get_token_info(candidate).map_err(failed(attempt))?;
            if information.label() == self.uri.token {
                slot = Some(candidate);
            }
        }
        let slot = slot.ok_or_else(|| Error::Signer("there is no token of that label".to_owned()))?;
        let session = self.context.open_ro_session(slot).map_err(failed("open the token"))?;
        match session.login(UserType::User, Some(&self.pin)) {
            Ok(()) | Err(Fault::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(fault) => return Err(failed("log in to the token")(fault)),
        }
        let label = self.uri.object.as_bytes().to_vec();
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(label)];
        let keys = session.find_objects(&wanted).map_err(failed("find the key in the token"))?;
        match keys.as_slice() {
            [key] => Ok(Open { key: *key, session }),
            [] => Err(Error::Signer("the token has no private key of that label".to_owned())),
            _ => Err(Error::Signer("the token has several private keys of that label".to_owned())),
        }
    }

    fn with_session<T>(&self, work: impl Fn(&Open) -> Result<T, Fault>) -> Result<T, Error> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match session.take() {
            Some(open) => open,
            None => self.log_in()?,
        };
        let done = work(&open).map_err(failed("use the token"))?;
        // Only a session that works is kept.
        *session = Some(open);
        Ok(done)
    }
}

impl HashKey for TokenKey {
    fn sign_hash(&self, scheme: Scheme, digest: &Digest) -> Result<Vec<u8>, Error> {
        let value = self.with_session(|open| match scheme {
            Scheme::EcdsaP256 => open.session.sign(&Mechanism::Ecdsa, open.key, digest.as_bytes()),
            Scheme::RsaPkcs1 => {
                let message = [&SHA256_INFO[..], digest.as_bytes()].concat();
                open.session.sign(&Mechanism::RsaPkcs, open.key, &message)
            }
            Scheme::RsaPss => {
                let parameters = PkcsPssParams {
                    hash_alg: MechanismType::SHA256,
                    mgf: PkcsMgfType::MGF1_SHA256,
                    s_len: u64::from(SALT).into(),
                };
                open.session.sign(&Mechanism::RsaPkcsPss(parameters), open.key, digest.as_bytes())
            }
        })?;
        if scheme == Scheme::EcdsaP256 { ecdsa_to_der(&value) } else { Ok(value) }
    }
}

/// Neither the PIN nor the session shows in debug output.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({:?})", self.uri)
    }
}

fn failed(attempt: &'static str) -> impl Fn(Fault) -> Error {
    move |fault| Error::Signer(format!("failed to {attempt}: {fault}"))
}
