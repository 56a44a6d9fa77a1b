use std::str::FromStr;

use crate::error::{ParseError, text_type};

/// A personal identification number (số định danh cá nhân, số căn cước): 12 digits without a check digit, namely the
/// place of birth registration (3), century and sex (1), year of birth (2) and a serial (6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonalId(String);

impl PersonalId {
    /// The year of birth that the number holds: its fourth digit counts centuries from 1900, two to a century.
    pub fn birth_year(&self) -> i16 {
        let digit = |place: usize| i16::from(self.0.as_bytes()[place] - b'0');
        1900 + 100 * (digit(3) / 2) + 10 * digit(4) + digit(5)
    }
}

impl FromStr for PersonalId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(ParseError::new("personal identification number", "12 digits"))
        }
    }
}

text_type!(PersonalId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_of_birth_is_read_from_the_number() -> Result<(), ParseError> {
        for (number, year) in [("099188000017", 1988), ("099075000024", 1975), ("099203000031", 2003)] {
            assert_eq!(number.parse::<PersonalId>()?.birth_year(), year);
        }
        Ok(())
    }

    #[test]
    fn other_lengths_and_letters_are_refused() {
        for text in ["", "09918800001", "0991880000177", "09918800001x"] {
            assert!(text.parse::<PersonalId>().is_err(), "{text}");
        }
    }
}
