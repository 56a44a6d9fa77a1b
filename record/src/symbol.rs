use std::str::FromStr;

use crate::error::{ParseError, text_type};
use crate::nfc;

/// The number and symbol of a document (số, ký hiệu), as `34/2026/ATTP-CNĐK` or the serial `AA 01234567`.
///
/// Offices write symbols in too many ways to judge them: any text of one to 100 characters is kept as written, NFC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(String);

impl FromStr for Symbol {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = nfc(text);
        if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
            return Err(ParseError::new("document symbol", "1 to 100 characters on one line"));
        }
        Ok(Self(text))
    }
}

text_type!(Symbol);
