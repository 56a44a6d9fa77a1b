use std::str::FromStr;

use crate::error::{ParseError, text_type};

/// A tax or enterprise code (mã số thuế, mã số doanh nghiệp): 10 digits of which the last is a check digit, with `-001` to
/// `-999` behind it for a branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxCode(String);

const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

impl FromStr for TaxCode {
    type Err = ParseError;

    /// Accepts the branch with or without its dash; keeps the dash.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        const FORM: ParseError =
            ParseError::new("tax code", "10 digits, or 10 digits, a dash and 3 for a branch");
        const CHECK: ParseError =
            ParseError::new("tax code", "its tenth digit must agree with the nine before it");
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (main, branch) = text.split_at_checked(10).ok_or(FORM)?;
        let branch = branch.strip_prefix('-').unwrap_or(branch);
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !digits(main)
            || !digits(branch)
            || !matches!(branch.len(), 0 | 3)
            || branch == "000"
            || text.ends_with('-')
        {
            return Err(FORM);
        }
        let values = || main.bytes().map(|b| u32::from(b - b'0'));
        let sum: u32 = values().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        if values().nth(9) != Some(10 - sum % 11) {
            return Err(CHECK);
        }
        Ok(Self(if branch.is_empty() { main.to_owned() } else { format!("{main}-{branch}") }))
    }
}

text_type!(TaxCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_with_the_right_check_digit_are_read() -> Result<(), ParseError> {
        for text in ["2399990012", "2399990037", "2499990016", "2399990037-001"] {
            assert_eq!(text.parse::<TaxCode>()?.as_str(), text);
        }
        assert_eq!("2399990037001".parse::<TaxCode>()?.as_str(), "2399990037-001");
        Ok(())
    }

    #[test]
    fn wrong_check_digits_and_forms_are_refused() {
        for text in
            ["2399990013", "239999001", "2399990012-01", "2399990012-000", "2399990012-", "239999001é"]
        {
            assert!(text.parse::<TaxCode>().is_err(), "{text}");
        }
    }
}
