use muniment_record::Language;
use serde::Serialize;

/// Something in a query that could not be understood. The rest of the query was searched all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Notice {
    /// A date or period that is none: `ngày:31/02/2026`.
    NotADate {
        /// As it was typed.
        typed: String,
    },
    /// A status that is none: `trạng thái:xanh`.
    NotAStatus {
        /// As it was typed.
        typed: String,
    },
    /// A field without a value: `tên:`.
    NoValue {
        /// The field as it was typed.
        typed: String,
    },
    /// Quotation marks that are not closed: the phrase runs to the end.
    OpenQuotes,
    /// Only exclusions: something to search for is missing, so everything but these is shown.
    OnlyExclusions,
    /// The query was too long: only its beginning was searched.
    TooLong,
}

impl Notice {
    /// A friendly sentence for the person who typed the query.
    pub fn message(&self, language: Language) -> String {
        match self {
            Self::NotADate { typed } => language.choose(
                format!("“{typed}” không phải là ngày hợp lệ. Ví dụ: ngày:01/03/2026..31/03/2026"),
                format!("“{typed}” is not a date. For example: date:01/03/2026..31/03/2026"),
            ),
            Self::NotAStatus { typed } => language.choose(
                format!("“{typed}” không phải là trạng thái. Hãy dùng: hiệu lực, thu hồi, hủy bỏ, thay thế"),
                format!("“{typed}” is not a status. Use one of: in_force, revoked, annulled, superseded"),
            ),
            Self::NoValue { typed } => language.choose(
                format!("Sau “{typed}:” cần có nội dung cần tìm"),
                format!("“{typed}:” needs something to search for behind it"),
            ),
            Self::OpenQuotes => language.choose(
                "Thiếu dấu ngoặc kép đóng; đã tìm cả cụm từ đến cuối câu".to_owned(),
                "A closing quotation mark is missing; the phrase was taken to run to the end".to_owned(),
            ),
            Self::OnlyExclusions => language.choose(
                "Câu tìm chỉ gồm phần loại trừ; hãy thêm từ cần tìm".to_owned(),
                "The query only excludes; add what you look for".to_owned(),
            ),
            Self::TooLong => language.choose(
                "Câu tìm quá dài; chỉ phần đầu được dùng".to_owned(),
                "The query is too long; only its beginning was used".to_owned(),
            ),
        }
    }
}
