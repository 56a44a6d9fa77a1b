use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use muniment_record::SignerRole;

use crate::time::iso8601;

/// What a signature says on the first page, and the time that it claims.
///
/// NĐ 30/2020/NĐ-CP and TT 01/2023/TT-VPCP: the officer's text stands top left, the agency's top right, in 10-point
/// upright black serif, without any picture of a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealRequest {
    /// Who signs: [`SignerRole::Agency`] or [`SignerRole::Officer`].
    pub role: SignerRole,
    /// The signing time that the signature claims.
    pub signed_at: Timestamp,
    /// The form of copy, which the agency's text names.
    pub copy_form: CopyForm,
    /// The agency's name, in its text.
    pub agency: String,
    /// The officer's name, in the officer's text.
    pub officer: String,
}

impl SealRequest {
    /// The agency's seal: form of copy, agency and time, top right.
    pub fn agency(signed_at: Timestamp, copy_form: CopyForm, agency: impl Into<String>) -> Self {
        Self { role: SignerRole::Agency, signed_at, copy_form, agency: agency.into(), officer: String::new() }
    }

    /// The officer's signature on the scan: name and time, top left.
    pub fn officer(signed_at: Timestamp, officer: impl Into<String>) -> Self {
        Self {
            role: SignerRole::Officer,
            signed_at,
            copy_form: CopyForm::TrueCopy,
            agency: String::new(),
            officer: officer.into(),
        }
    }

    /// The paragraphs of the visible text.
    pub(crate) fn paragraphs(&self) -> Vec<String> {
        let time = iso8601(self.signed_at);
        match self.role {
            SignerRole::Officer => vec![self.officer.clone(), time],
            SignerRole::Agency | SignerRole::Issuer => {
                vec![self.copy_form.to_string(), self.agency.clone(), time]
            }
        }
    }

    /// The name that the signature dictionary gives.
    pub(crate) fn name(&self) -> &str {
        match self.role {
            SignerRole::Officer => &self.officer,
            SignerRole::Agency | SignerRole::Issuer => &self.agency,
        }
    }
}

/// The form of copy (hình thức sao; NĐ 30/2020/NĐ-CP, phụ lục I).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CopyForm {
    /// True copy (sao y).
    #[default]
    TrueCopy,
    /// Copy of a copy (sao lục).
    CopyOfCopy,
    /// Extract (trích sao).
    Extract,
}

impl CopyForm {
    /// The words on the page: `SAO Y`, `SAO LỤC` or `TRÍCH SAO`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrueCopy => "SAO Y",
            Self::CopyOfCopy => "SAO LỤC",
            Self::Extract => "TRÍCH SAO",
        }
    }
}

impl fmt::Display for CopyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CopyForm {
    type Err = muniment_record::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = muniment_record::nfc(text).to_uppercase();
        let forms = [Self::TrueCopy, Self::CopyOfCopy, Self::Extract];
        let form = forms.into_iter().find(|form| form.as_str() == text);
        form.ok_or(muniment_record::ParseError {
            what: "form of copy",
            rule: "one of: SAO Y, SAO LỤC, TRÍCH SAO",
        })
    }
}
