use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::AgencyCode;
use crate::error::{ParseError, serde_as_text};

/// A dossier code (mã hồ sơ): receiving agency, day of receipt and the ordinal of that day, as
/// `000.00.12.H05-260224-0017` (TT 01/2018/TT-VPCP, article 19).
///
/// It has no check digit, so a typing error shows only in a look-up. Codes whose agency is written in the older and in the
/// newer form are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DossierCode {
    agency: AgencyCode,
    received_on: Date,
    sequence: String,
}

impl DossierCode {
    /// The agency that received the dossier.
    pub fn agency(&self) -> &AgencyCode {
        &self.agency
    }

    /// The code with its agency in canonical form, by which codes are kept unique and found: `H05.12-260224-0017`.
    pub fn canonical(&self) -> String {
        self.with_agency(self.agency.canonical())
    }

    fn with_agency(&self, agency: &str) -> String {
        let day = self.received_on;
        format!("{agency}-{:02}{:02}{:02}-{}", day.year() % 100, day.month(), day.day(), self.sequence)
    }

    /// The day of receipt.
    pub fn received_on(&self) -> Date {
        self.received_on
    }

    /// Reads a code as people paste it: spaces anywhere, any kind of dash, lower case.
    pub fn from_typed(text: &str) -> Result<Self, ParseError> {
        tidy(text).parse()
    }
}

impl FromStr for DossierCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError =
            ParseError::new("dossier code", "agency-YYMMDD-number, as 000.00.12.H05-260224-0017");
        let mut parts = text.rsplitn(3, '-');
        let (Some(sequence), Some(day), Some(agency)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ERROR);
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !(4..=6).contains(&sequence.len()) || !digits(sequence) || day.len() != 6 || !digits(day) {
            return Err(ERROR);
        }
        let number = |range: std::ops::Range<usize>| {
            day.get(range).and_then(|part| part.parse::<i16>().ok()).ok_or(ERROR)
        };
        let (year, month, day) = (number(0..2)?, number(2..4)?, number(4..6)?);
        let received_on = Date::new(2000 + year, month as i8, day as i8).map_err(|_| ERROR)?;
        let agency = agency.parse().map_err(|_| ERROR)?;
        Ok(Self { agency, received_on, sequence: sequence.to_owned() })
    }
}

impl fmt::Display for DossierCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_agency(self.agency.as_str()))
    }
}

serde_as_text!(DossierCode);

/// A result code (mã kết quả): the dossier's code and the ordinal of the result in it, as
/// `000.00.12.H05-260224-0017-KQ1` (NĐ 45/2020/NĐ-CP, article 14.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode {
    dossier: DossierCode,
    ordinal: u16,
}

impl ResultCode {
    /// The first result of a dossier.
    pub fn first_of(dossier: DossierCode) -> Self {
        Self { dossier, ordinal: 1 }
    }

    /// The code with its agency in canonical form, by which codes are kept unique and found: `H05.12-260224-0017-KQ1`.
    pub fn canonical(&self) -> String {
        format!("{}-KQ{}", self.dossier.canonical(), self.ordinal)
    }

    /// The dossier that the result belongs to.
    pub fn dossier(&self) -> &DossierCode {
        &self.dossier
    }

    /// Reads a code as people paste it: spaces anywhere, any kind of dash, lower case.
    pub fn from_typed(text: &str) -> Result<Self, ParseError> {
        tidy(text).parse()
    }
}

impl FromStr for ResultCode {
    type Err = ParseError;

    /// Accepts `-KQ1`, `-KQ(1)` and a bare `-KQ`, which means the first.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError = ParseError::new(
            "result code",
            "dossier code-KQ and an ordinal, as 000.00.12.H05-260224-0017-KQ1",
        );
        let (dossier, ordinal) = text.rsplit_once("-KQ").ok_or(ERROR)?;
        let digits = ordinal.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(ordinal);
        let ordinal = match digits {
            "" => 1,
            _ if digits.len() <= 3
                && !digits.starts_with('0')
                && digits.bytes().all(|b| b.is_ascii_digit()) =>
            {
                digits.parse().map_err(|_| ERROR)?
            }
            _ => return Err(ERROR),
        };
        Ok(Self { dossier: dossier.parse().map_err(|_| ERROR)?, ordinal })
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-KQ{}", self.dossier, self.ordinal)
    }
}

serde_as_text!(ResultCode);

fn tidy(text: &str) -> String {
    let dash = |c: char| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}');
    let visible = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'));
    visible.map(|c| if dash(c) { '-' } else { c.to_ascii_uppercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_spelling() -> Result<(), ParseError> {
        for text in ["000.00.53.H48-220921-0099", "H05.12-260224-001234", "H05-200325-0001"] {
            assert_eq!(text.parse::<DossierCode>()?.to_string(), text);
        }
        Ok(())
    }

    #[test]
    fn the_three_spellings_of_a_first_result_are_one_code() -> Result<(), ParseError> {
        for ending in ["-KQ1", "-KQ(1)", "-KQ"] {
            let code: ResultCode = format!("000.00.12.H05-260224-0017{ending}").parse()?;
            assert_eq!(code.to_string(), "000.00.12.H05-260224-0017-KQ1");
        }
        Ok(())
    }

    #[test]
    fn codes_of_one_agency_in_two_forms_are_one_code() -> Result<(), ParseError> {
        let old: ResultCode = "000.00.12.H05-260224-0017-KQ1".parse()?;
        let new: ResultCode = "H05.12-260224-0017-KQ1".parse()?;
        assert_eq!(old, new);
        assert_eq!(old.canonical(), "H05.12-260224-0017-KQ1");
        assert_eq!(old.dossier().canonical(), new.dossier().to_string());
        assert_eq!(old.to_string(), "000.00.12.H05-260224-0017-KQ1");
        Ok(())
    }

    #[test]
    fn pasted_codes_lose_spaces_and_gain_plain_dashes() -> Result<(), ParseError> {
        let pasted = DossierCode::from_typed(" 000.00.12.h05 – 260224 – 0017 ")?;
        assert_eq!(pasted.to_string(), "000.00.12.H05-260224-0017");
        Ok(())
    }

    #[test]
    fn impossible_codes_are_refused() {
        for text in
            ["H05-260231-0001", "H05-260224-001", "H05-260224", "260224-0017", "H05-2602é-0017", "-KQ1"]
        {
            assert!(text.parse::<DossierCode>().is_err(), "{text}");
        }
        for text in
            ["H05-260224-0017", "H05-260224-0017-KQ0", "H05-260224-0017-KQ1000", "H05-260224-0017-KQx"]
        {
            assert!(text.parse::<ResultCode>().is_err(), "{text}");
        }
    }
}
