use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{ParseError, text_type};
use crate::{AgencyCode, Level, PrivacyClass, ResultKind, RetentionRule};

/// The code of an administrative procedure (mã thủ tục hành chính): `1.990009` in the national list, with the
/// province's suffix as `1.990009.000.00.00.H05`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcedureCode(String);

impl ProcedureCode {
    /// The first eight characters: the procedure in the national list, by which codes are matched.
    pub fn national(&self) -> &str {
        &self.0[..8]
    }
}

impl FromStr for ProcedureCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const ERROR: ParseError =
            ParseError::new("procedure code", "the form 1.990009 or 1.990009.000.00.00.H05");
        let text = text.trim();
        let (national, suffix) = text.split_at_checked(8).ok_or(ERROR)?;
        let well_formed = national.bytes().enumerate().all(|(place, byte)| match place {
            0 => matches!(byte, b'1'..=b'9'),
            1 => byte == b'.',
            _ => byte.is_ascii_digit(),
        });
        let old_agency = |code: &str| code.len() == 13 && code.parse::<AgencyCode>().is_ok();
        let suffix_fits = suffix.is_empty() || suffix.strip_prefix('.').is_some_and(old_agency);
        if well_formed && suffix_fits { Ok(Self(text.to_owned())) } else { Err(ERROR) }
    }
}

text_type!(ProcedureCode);

/// An administrative procedure (thủ tục hành chính) whose results are digitised: one row of `config/procedures.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// The procedure's code.
    pub code: ProcedureCode,
    /// The procedure's name, NFC.
    pub name: String,
    /// The level of government that decides it.
    pub level: Level,
    /// The field of administration (lĩnh vực).
    pub field: String,
    /// The name of its result, as `Giấy phép xây dựng`.
    pub result_name: String,
    /// The kind of its result.
    pub result_kind: ResultKind,
    /// The document-type code of its result (mã loại giấy tờ).
    pub doc_type: String,
    /// The retention rule of its results.
    pub retention_rule: RetentionRule,
    /// How far its results hold personal data.
    pub privacy_class: PrivacyClass,
}

/// The procedures whose results this archive takes, found by their national code.
#[derive(Clone, Debug, Default)]
pub struct Procedures(BTreeMap<String, Procedure>);

impl Procedures {
    /// The procedure with the same national code.
    pub fn find(&self, code: &ProcedureCode) -> Option<&Procedure> {
        self.0.get(code.national())
    }

    /// All of them, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Procedure> {
        self.0.values()
    }
}

impl FromIterator<Procedure> for Procedures {
    fn from_iter<I: IntoIterator<Item = Procedure>>(rows: I) -> Self {
        Self(rows.into_iter().map(|row| (row.code.national().to_owned(), row)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_and_national_codes_name_one_procedure() -> Result<(), ParseError> {
        let local: ProcedureCode = "1.990009.000.00.00.H05".parse()?;
        let national: ProcedureCode = "1.990009".parse()?;
        assert_eq!(local.national(), national.as_str());
        Ok(())
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "0.990009", "1.99000", "1.990009.H05", "1.9900099", "1.99000é", "1.990009.000.00.00.H5"]
        {
            assert!(text.parse::<ProcedureCode>().is_err(), "{text}");
        }
    }
}
