use ring::rand::{SecureRandom, SystemRandom};

use crate::Error;

/// Random bytes of the operating system, fit for keys and salts.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}
