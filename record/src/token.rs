use std::str::FromStr;

use crate::error::{ParseError, text_type};

/// A look-up token (mã tra cứu): 60 random bits in Crockford's base 32 with a check character, printed on the slip that the
/// holder gets, as `XXXX-XXXX-XXXXC`.
///
/// It is a second factor: it lets its bearer see one result.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LookupToken(String);

const ALPHABET: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

impl LookupToken {
    /// The token of these random bits; the lowest 60 count.
    pub fn from_random(bits: u64) -> Self {
        let value = bits & ((1 << 60) - 1);
        let symbol = |place: u32| char::from(ALPHABET[(value >> (5 * place) & 31) as usize]);
        let mut text = String::with_capacity(15);
        for place in (0..12).rev() {
            text.push(symbol(place));
            if place == 8 || place == 4 {
                text.push('-');
            }
        }
        text.push(char::from(ALPHABET[(value % 37) as usize]));
        Self(text)
    }
}

impl FromStr for LookupToken {
    type Err = ParseError;

    /// Ignores spaces, dashes and case; reads O as 0 and I or L as 1.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError = ParseError::new("look-up token", "13 letters and digits, as on the slip");
        let symbols: Vec<u8> = text
            .bytes()
            .filter(|b| !b.is_ascii_whitespace() && *b != b'-')
            .map(|b| match b.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            })
            .collect();
        let [data @ .., _check] = &symbols[..] else {
            return Err(ERROR);
        };
        if data.len() != 12 {
            return Err(ERROR);
        }
        let mut value = 0_u64;
        for symbol in data {
            let digit = ALPHABET[..32].iter().position(|known| known == symbol).ok_or(ERROR)?;
            value = value << 5 | digit as u64;
        }
        let token = Self::from_random(value);
        if token.0.as_bytes().last() == symbols.last() { Ok(token) } else { Err(ERROR) }
    }
}

text_type!(LookupToken);

/// A token opens a record, so it does not show in debug output.
impl std::fmt::Debug for LookupToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LookupToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_is_read_back_however_it_is_typed(bits: u64) {
            let token = LookupToken::from_random(bits);
            let typed = token.as_str().to_lowercase().replace('-', " ");
            prop_assert_eq!(typed.parse::<LookupToken>(), Ok(token));
        }

        #[test]
        fn one_wrong_letter_is_noticed(bits: u64, place in 0_usize..12, shift in 1_usize..32) {
            let token = LookupToken::from_random(bits);
            let mut symbols: Vec<u8> = token.as_str().bytes().filter(|b| *b != b'-').collect();
            let digit = ALPHABET.iter().position(|known| *known == symbols[place]).unwrap_or(0);
            symbols[place] = ALPHABET[(digit + shift) % 32];
            let typed = String::from_utf8_lossy(&symbols).into_owned();
            prop_assert!(typed.parse::<LookupToken>().is_err());
        }
    }
}
