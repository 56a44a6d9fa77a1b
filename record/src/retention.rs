use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};

use crate::error::{ParseError, serde_as_text};

/// A retention rule (thời hạn lưu trữ): how long a record is kept and from when that is counted.
///
/// The law counts from the end of a year: a record falls due on 31 December of the trigger's year plus the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetentionRule {
    /// `PERM`: for ever (vĩnh viễn).
    Permanent,
    /// `Y20`: years from the end of the year in which the case was closed.
    Years(u16),
    /// `EXP+10`: years after expiry or revocation; never due while the result has no end.
    AfterExpiry(u16),
    /// `WORK-LIFE`: the life of the construction work, which only an archivist can end.
    WorkLife,
}

impl RetentionRule {
    /// The last day of keeping, where it can be computed: `issued_on` stands for the year the case was closed.
    pub fn until(self, issued_on: Date, valid_to: Option<Date>) -> Option<Date> {
        let end_of = |year: i16, years: u16| date(year.saturating_add_unsigned(years).min(9999), 12, 31);
        match self {
            Self::Permanent | Self::WorkLife => None,
            Self::Years(years) => Some(end_of(issued_on.year(), years)),
            Self::AfterExpiry(years) => valid_to.map(|last| end_of(last.year(), years)),
        }
    }
}

impl FromStr for RetentionRule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError =
            ParseError::new("retention rule", "PERM, WORK-LIFE, Y2 to Y70, or EXP+1 to EXP+70");
        let years = |digits: &str, least: u16| match digits.parse() {
            Ok(years) if (least..=70).contains(&years) && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(years)
            }
            _ => Err(ERROR),
        };
        match text.trim() {
            "PERM" => Ok(Self::Permanent),
            "WORK-LIFE" => Ok(Self::WorkLife),
            other => match (other.strip_prefix("EXP+"), other.strip_prefix('Y')) {
                (Some(digits), _) => years(digits, 1).map(Self::AfterExpiry),
                (None, Some(digits)) => years(digits, 2).map(Self::Years),
                (None, None) => Err(ERROR),
            },
        }
    }
}

impl fmt::Display for RetentionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent => f.write_str("PERM"),
            Self::WorkLife => f.write_str("WORK-LIFE"),
            Self::Years(years) => write!(f, "Y{years}"),
            Self::AfterExpiry(years) => write!(f, "EXP+{years}"),
        }
    }
}

serde_as_text!(RetentionRule);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_read_as_it_is_written() -> Result<(), ParseError> {
        for text in ["PERM", "WORK-LIFE", "Y70", "Y5", "EXP+20"] {
            assert_eq!(text.parse::<RetentionRule>()?.to_string(), text);
        }
        for text in ["", "Y1", "Y71", "EXP", "EXP+0", "Y+5", "perm"] {
            assert!(text.parse::<RetentionRule>().is_err(), "{text}");
        }
        Ok(())
    }

    #[test]
    fn periods_end_with_a_year_and_open_ended_results_never_fall_due() {
        let issued_on = date(2026, 3, 2);
        assert_eq!(RetentionRule::Years(10).until(issued_on, None), Some(date(2036, 12, 31)));
        let expiry = Some(date(2029, 3, 1));
        assert_eq!(RetentionRule::AfterExpiry(20).until(issued_on, expiry), Some(date(2049, 12, 31)));
        assert_eq!(RetentionRule::AfterExpiry(20).until(issued_on, None), None);
        assert_eq!(RetentionRule::Permanent.until(issued_on, expiry), None);
    }
}
