use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, ParseError, PersonalId, TaxCode};

/// Who a result was issued to (chủ hồ sơ).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Whether it is a citizen, an organisation or a foreigner.
    pub kind: HolderKind,
    /// The holder's number; a legacy result may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<HolderId>,
    /// The holder's name, NFC.
    pub name: String,
    /// Year of birth, for a person without a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<i16>,
}

/// The kind of holder; it decides what their number looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HolderKind {
    /// A citizen (công dân): [`PersonalId`], or the nine digits of an identity card of the old kind.
    Person,
    /// A firm or body (tổ chức, doanh nghiệp): [`TaxCode`].
    Org,
    /// A foreigner (người nước ngoài): passport number.
    Foreigner,
}

/// A holder's number in canonical spelling; the look-up's second factor and the subject of the keyed hash in the index.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HolderId(String);

impl HolderId {
    /// Reads a number as the kind of holder demands.
    pub fn parse(kind: HolderKind, text: &str) -> Result<Self, ParseError> {
        const OLD_CARD_OR_ID: ParseError =
            ParseError::new("personal identification number", "12 digits, or 9 of an old identity card");
        const PASSPORT: ParseError = ParseError::new("passport number", "6 to 12 letters and digits");
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match kind {
            HolderKind::Person if compact.len() == 9 && compact.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(Self(compact))
            }
            HolderKind::Person => match compact.parse::<PersonalId>() {
                Ok(id) => Ok(Self(id.to_string())),
                Err(_) => Err(OLD_CARD_OR_ID),
            },
            // A household business or sole owner uses the owner's personal number as its tax code.
            HolderKind::Org if compact.len() == 12 && !compact.contains('-') => {
                compact.parse::<PersonalId>().map(|id| Self(id.to_string()))
            }
            HolderKind::Org => compact.parse::<TaxCode>().map(|code| Self(code.to_string())),
            HolderKind::Foreigner => {
                let passport = compact.to_ascii_uppercase();
                let fits =
                    (6..=12).contains(&passport.len()) && passport.bytes().all(|b| b.is_ascii_alphanumeric());
                if fits { Ok(Self(passport)) } else { Err(PASSPORT) }
            }
        }
    }

    /// The number in canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a number typed by a person is this one: white space, dashes, dots and case do not count, everything else
    /// does.
    pub fn matches_typed(&self, typed: &str) -> bool {
        // Digests are compared, so the time taken tells nothing about the number itself.
        Digest::of(bare(&self.0).as_bytes()) == Digest::of(bare(typed).as_bytes())
    }
}

fn bare(text: &str) -> String {
    let separates =
        |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    text.chars().filter(|c| !separates(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// A number is personal data, so it does not show in debug output.
impl fmt::Debug for HolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_number_may_be_spaced_but_holds_nothing_else() -> Result<(), ParseError> {
        let person = HolderId::parse(HolderKind::Person, "099188000017")?;
        let branch = HolderId::parse(HolderKind::Org, "2399990037-001")?;
        let passport = HolderId::parse(HolderKind::Foreigner, "B1234567")?;
        for (id, typed) in [
            (&person, " 099 188 000017 "),
            (&person, "099.188.000-017"),
            (&branch, "2399990037 – 001"),
            (&branch, "2399990037001"),
            (&passport, "b 1234567"),
        ] {
            assert!(id.matches_typed(typed), "{typed}");
        }
        for typed in
            ["099188000017*", "099188000017~", "099188000017$", "=099188000017", "099188000017U", "", "-"]
        {
            assert!(!person.matches_typed(typed), "{typed}");
        }
        Ok(())
    }
}
