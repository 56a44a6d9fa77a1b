use jiff::civil::Date;
use muniment_record::{Description, Language, LegalStatus, format_date};

/// A result's standing in law as a page shows it: word, icon and colour, and the ground or the day.
pub(crate) struct StatusView {
    /// The colour's name.
    pub(crate) tone: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) text: &'static str,
    /// More about it; may be empty.
    pub(crate) note: String,
}

impl StatusView {
    /// The status on a day: whether validity has run out is worked out, not stored.
    pub(crate) fn of(description: &Description, today: Date, language: Language) -> Self {
        let say = |vietnamese, english| language.choose(vietnamese, english);
        let note = |vietnamese: &str, english: &str, what: &str| {
            format!("{} {what}", language.choose(vietnamese, english))
        };
        let view = |tone, icon, text, note| Self { tone, icon, text, note };
        match &description.legal_status {
            LegalStatus::Revoked { basis } => view(
                "bad",
                "bad",
                say("Đã thu hồi", "Revoked"),
                note("Theo văn bản số", "By document", basis.as_str()),
            ),
            LegalStatus::Annulled { basis } => view(
                "bad",
                "bad",
                say("Bị hủy bỏ", "Annulled"),
                note("Theo văn bản số", "By document", basis.as_str()),
            ),
            LegalStatus::Superseded { by } => view(
                "unsure",
                "swap",
                say("Đã được thay thế", "Superseded"),
                note("Bằng kết quả", "By result", &by.to_string()),
            ),
            LegalStatus::InForce => match (description.valid_from, description.valid_to) {
                (_, Some(last)) if description.is_expired(today) => view(
                    "plain",
                    "ended",
                    say("Hết hiệu lực", "Expired"),
                    note("Từ sau ngày", "After", &format_date(last)),
                ),
                (Some(first), _) if first > today => view(
                    "plain",
                    "ended",
                    say("Chưa có hiệu lực", "Not yet in force"),
                    note("Có hiệu lực từ ngày", "From", &format_date(first)),
                ),
                (_, Some(last)) => view(
                    "good",
                    "good",
                    say("Còn hiệu lực", "In force"),
                    note("Đến hết ngày", "Until", &format_date(last)),
                ),
                (_, None) => view("good", "good", say("Còn hiệu lực", "In force"), String::new()),
            },
        }
    }
}
