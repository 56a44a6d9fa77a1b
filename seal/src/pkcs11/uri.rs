use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;

const MALFORMED: Error =
    Error::Credential("a key's address: pkcs11:token=LABEL;object=LABEL?module-path=FILE&pin-source=FILE");

/// Where a key in a token is (RFC 7512): `pkcs11:token=LABEL;object=LABEL?module-path=FILE&pin-source=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUri {
    /// The token's label.
    pub token: String,
    /// The label of the private key, and of its certificate if that is in the token.
    pub object: String,
    /// The module that speaks to the device.
    pub module: PathBuf,
    /// The file that holds the PIN, where there is one.
    pub pin_source: Option<PathBuf>,
}

impl FromStr for TokenUri {
    type Err = Error;

    /// A PIN itself (`pin-value`) is refused: addresses stand in configuration files and logs.
    fn from_str(text: &str) -> Result<Self, Error> {
        let rest = text.strip_prefix("pkcs11:").ok_or(MALFORMED)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut token, mut object, mut module, mut pin_source) = (None, None, None, None);
        for part in path.split(';').chain(query.split('&')).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or(MALFORMED)?;
            let value = decode(value).ok_or(MALFORMED)?;
            let place = match key {
                "token" => &mut token,
                "object" => &mut object,
                "module-path" => &mut module,
                "pin-source" => &mut pin_source,
                "type" if value == "private" => continue,
                _ => return Err(MALFORMED),
            };
            if place.replace(value).is_some() {
                return Err(MALFORMED);
            }
        }
        let pin_source = pin_source.map(|path| {
            let plain = path.strip_prefix("file:").map(str::to_owned);
            PathBuf::from(plain.unwrap_or(path))
        });
        Ok(Self {
            token: token.ok_or(MALFORMED)?,
            object: object.ok_or(MALFORMED)?,
            module: module.ok_or(MALFORMED)?.into(),
            pin_source,
        })
    }
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_a_pin_in_it_refused() -> Result<(), Error> {
        let text = "pkcs11:token=Con%20d%E1%BA%A5u;object=seal;type=private?module-path=/usr/lib/x.so&pin-source=file:/run/pin";
        let uri: TokenUri = text.parse()?;
        assert_eq!((uri.token.as_str(), uri.object.as_str()), ("Con dấu", "seal"));
        assert_eq!(uri.module, PathBuf::from("/usr/lib/x.so"));
        assert_eq!(uri.pin_source, Some(PathBuf::from("/run/pin")));
        for malformed in [
            "",
            "token=a",
            "pkcs11:token=a;object=b",
            "pkcs11:token=a;token=b;object=b?module-path=/x",
            "pkcs11:token=a;object=b?module-path=/x&pin-value=1234",
            "pkcs11:token=%zz;object=b?module-path=/x",
        ] {
            assert!(malformed.parse::<TokenUri>().is_err(), "{malformed}");
        }
        Ok(())
    }
}
