use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{ParseError, serde_as_text};

/// An agency identifier (mã định danh cơ quan), in the older form `000.00.12.H05` (QCVN 102:2016) or the newer one
/// `H05.12` (QĐ 20/2020/QĐ-TTg).
///
/// Both forms are kept and shown as written. They compare in the common form of [`AgencyCode::canonical`]: level by level
/// from the province down, padding removed.
#[derive(Clone, Debug)]
pub struct AgencyCode {
    raw: String,
    canonical: String,
}

impl AgencyCode {
    /// The code as it was written.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The code from the province down, without padding: `H05.12` for `000.00.12.H05`.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether `self` is `other` or an office below it.
    pub fn is_within(&self, other: &Self) -> bool {
        match self.canonical.strip_prefix(&other.canonical) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        }
    }
}

impl PartialEq for AgencyCode {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for AgencyCode {}

impl PartialOrd for AgencyCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AgencyCode {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

impl Hash for AgencyCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl FromStr for AgencyCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError = ParseError::new("agency code", "the form 000.00.12.H05 or H05.12");
        let raw = text.trim().to_ascii_uppercase();
        let parts: Vec<&str> = raw.split('.').collect();
        let canonical = match parts[..] {
            [first, second, third, province]
                if is_province(province)
                    && is_number(first, 3..=3)
                    && is_number(second, 2..=2)
                    && is_number(third, 2..=2) =>
            {
                canonical_of_old([third, second, first], province)
            }
            [province, ref units @ ..]
                if is_province(province)
                    && units.len() <= 3
                    && units.iter().all(|unit| is_number(unit, 1..=3)) =>
            {
                raw.clone()
            }
            _ => return Err(ERROR),
        };
        Ok(Self { raw, canonical })
    }
}

/// Reads the levels below the province, outermost first; zeros stand for levels that are not there, but for one between
/// two that are: that is part of the code.
fn canonical_of_old(levels: [&str; 3], province: &str) -> String {
    let depth = levels.iter().rposition(|level| level.bytes().any(|b| b != b'0')).map_or(0, |last| last + 1);
    let mut canonical = province.to_owned();
    for level in levels.into_iter().take(depth) {
        canonical.push('.');
        canonical.push_str(level);
    }
    canonical
}

fn is_province(part: &str) -> bool {
    let bytes = part.as_bytes();
    bytes.len() == 3 && bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit)
}

fn is_number(part: &str, digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for AgencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

serde_as_text!(AgencyCode);

/// An agency (cơ quan) with the name that it had when the result was issued: names are history, not looked up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// The agency's identifier.
    pub code: AgencyCode,
    /// The agency's name at that date, NFC.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_forms_of_one_agency_are_equal_in_canonical_form() -> Result<(), ParseError> {
        for (raw, canonical) in [
            ("000.00.53.H48", "H48.53"),
            ("000.00.00.H49", "H49"),
            ("H05.12.3", "H05.12.3"),
            ("h05", "H05"),
            ("007.04.12.H05", "H05.12.04.007"),
            ("007.00.12.H05", "H05.12.00.007"),
        ] {
            assert_eq!(raw.parse::<AgencyCode>()?.canonical(), canonical, "{raw}");
        }
        Ok(())
    }

    #[test]
    fn a_code_is_the_same_in_either_form_and_shows_as_written() -> Result<(), ParseError> {
        let (old, new): (AgencyCode, AgencyCode) = ("000.00.12.H05".parse()?, "H05.12".parse()?);
        assert_eq!(old, new);
        assert_eq!(std::collections::HashSet::from([old.clone(), new.clone()]).len(), 1);
        assert_eq!(old.cmp(&new), Ordering::Equal);
        assert_eq!((old.to_string(), new.to_string()), ("000.00.12.H05".to_owned(), "H05.12".to_owned()));
        assert_ne!("007.00.12.H05".parse::<AgencyCode>()?, old);
        Ok(())
    }

    #[test]
    fn an_office_is_within_its_parent_but_not_within_a_namesake() -> Result<(), ParseError> {
        let department: AgencyCode = "000.00.12.H05".parse()?;
        assert!(department.is_within(&"H05".parse()?));
        assert!(department.is_within(&department));
        assert!(!"H05.123".parse::<AgencyCode>()?.is_within(&"H05.12".parse()?));
        Ok(())
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "H5", "000.00.12", "H05.1234", "H05.1.2.3.4", "00.00.12.H05", "H05.12 ."] {
            assert!(text.parse::<AgencyCode>().is_err(), "{text}");
        }
    }
}
