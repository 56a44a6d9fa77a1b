use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Agency, DossierCode, Holder, ProcedureCode, ResultCode, RetentionRule, Symbol};

mod fields;

/// What is known about a result before it is archived (siêu dữ liệu mô tả; descriptive information, OAIS).
///
/// It comes from the one-stop system or from a person, as fields of text, through [`Description::from_fields`], which
/// enforces the rules of the field list in `docs/format.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The result's code; a legacy result without a dossier has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_code: Option<ResultCode>,
    /// The procedure's code.
    pub procedure_code: ProcedureCode,
    /// The procedure's name at that date.
    pub procedure_name: String,
    /// The document-type code (mã loại giấy tờ).
    pub doc_type: String,
    /// The kind of result.
    pub result_kind: ResultKind,
    /// Who received the dossier.
    pub agency_receiving: Agency,
    /// Who issued the result (cơ quan ban hành).
    pub agency_issuing: Agency,
    /// Who keeps it.
    pub agency_holding: Agency,
    /// The level of government that decided.
    pub level: Level,
    /// The result's title.
    pub title: String,
    /// Its number and symbol.
    pub symbol: Symbol,
    /// The day it was issued (ngày ban hành).
    pub issued_on: Date,
    /// What it is about (trích yếu).
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    /// Who signed the paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_on_paper: Option<PaperSigner>,
    /// First day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Scope of validity, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The result's standing in law; expiry is computed from `valid_to`, not stated.
    pub legal_status: LegalStatus,
    /// Who it was issued to.
    pub holder: Holder,
    /// Further holders, as spouses of land.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co_holders: Vec<Holder>,
    /// Sheets of paper, as counted by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_sheets: Option<u32>,
    /// Sides that were to be scanned, as counted by hand; the number of images must be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_pages: Option<u32>,
    /// What kind of paper was scanned.
    pub originality: Originality,
    /// Who scanned it: an account, not a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Which scanner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner_id: Option<String>,
    /// Where the paper lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper_location: Option<String>,
    /// The code of the paper file; it identifies a legacy result that has no result code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper_file_code: Option<String>,
    /// The fonds (phông lưu trữ).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fonds_code: Option<String>,
    /// How long it is kept.
    pub retention_rule: RetentionRule,
    /// Who may see it.
    pub access_level: AccessLevel,
    /// How far it holds personal data.
    pub privacy_class: PrivacyClass,
    /// Key words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}

impl Description {
    /// The dossier that the result belongs to.
    pub fn dossier_code(&self) -> Option<&DossierCode> {
        self.result_code.as_ref().map(ResultCode::dossier)
    }

    /// Whether the result's validity has ended by `today`.
    pub fn is_expired(&self, today: Date) -> bool {
        self.valid_to.is_some_and(|last| last < today)
    }
}

/// A metadata field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invalid {
    /// The field's name, dotted, as in a manifest's header: `holder.id`.
    pub field: String,
    /// What must hold, in English. It never repeats the value.
    pub rule: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {}: {}", self.field, self.rule)
    }
}

/// Who signed the paper, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperSigner {
    /// The signer's name, NFC.
    pub name: String,
    /// The signer's office, as `CHỦ TỊCH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Declares an enum that is written as fixed words, in storage and in manifests alike.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word that stands for it in storage and in manifests.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::ParseError;

            fn from_str(text: &str) -> Result<Self, crate::ParseError> {
                match text.trim() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::ParseError::new($what, $rule)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        crate::error::serde_as_text!($name);
    };
}

words! {
    /// The level of government (cấp) that decides a procedure.
    Level, "level", "one of: tinh, huyen, xa" {
        /// Province (tỉnh).
        Province = "tinh",
        /// District (huyện), which ended on 1 July 2025.
        District = "huyen",
        /// Commune or ward (xã, phường).
        Commune = "xa",
    }
}

words! {
    /// The kind of a procedure's result.
    ResultKind, "result kind", "one of: permit, certificate, decision, confirmation, notice, extract, ecopy" {
        /// Permit (giấy phép).
        Permit = "permit",
        /// Certificate (giấy chứng nhận, chứng chỉ).
        Certificate = "certificate",
        /// Decision (quyết định).
        Decision = "decision",
        /// Confirmation (giấy xác nhận).
        Confirmation = "confirmation",
        /// Notice or written confirmation (thông báo, văn bản xác nhận).
        Notice = "notice",
        /// Extract or civil-status paper (trích lục, giấy hộ tịch).
        Extract = "extract",
        /// Certified electronic copy (bản sao chứng thực điện tử).
        CertifiedCopy = "ecopy",
    }
}

words! {
    /// What kind of paper was scanned.
    Originality, "originality", "one of: original, official_copy, lawful_copy" {
        /// Original (bản gốc).
        Original = "original",
        /// Official original (bản chính).
        OfficialCopy = "official_copy",
        /// Lawful copy (bản sao hợp pháp).
        LawfulCopy = "lawful_copy",
    }
}

words! {
    /// Who may see a record (mức độ tiếp cận), beside its holder.
    AccessLevel, "access level", "one of: normal, restricted (secret documents are never digitised here)" {
        /// Any officer whose office it falls to.
        Normal = "normal",
        /// Officers with special leave only (tiếp cận có điều kiện).
        Restricted = "restricted",
    }
}

words! {
    /// How far a record holds personal data (Law 91/2025/QH15).
    PrivacyClass, "privacy class", "one of: none, basic, sensitive" {
        /// None.
        None = "none",
        /// Basic personal data.
        Basic = "basic",
        /// Sensitive personal data.
        Sensitive = "sensitive",
    }
}

/// A result's standing in law (tình trạng hiệu lực), as decided by the issuing agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum LegalStatus {
    /// In force (còn hiệu lực), as long as its validity lasts.
    InForce,
    /// Revoked (đã thu hồi) by a decision.
    Revoked {
        /// The decision's symbol.
        basis: Symbol,
    },
    /// Annulled (bị hủy bỏ) by a decision.
    Annulled {
        /// The decision's symbol.
        basis: Symbol,
    },
    /// Superseded (được thay thế) by another result.
    Superseded {
        /// The new result's code.
        by: ResultCode,
    },
}
