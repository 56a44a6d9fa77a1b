//! The values of metadata in words.

use muniment_record::{
    AccessLevel, FindingKind, Form, HolderKind, Language, Level, Originality, PrivacyClass, ResultKind,
    RetentionRule,
};

pub(crate) fn result_kind(kind: ResultKind, language: Language) -> &'static str {
    match kind {
        ResultKind::Permit => language.choose("Giấy phép", "Permit"),
        ResultKind::Certificate => language.choose("Giấy chứng nhận, chứng chỉ", "Certificate"),
        ResultKind::Decision => language.choose("Quyết định", "Decision"),
        ResultKind::Confirmation => language.choose("Giấy xác nhận", "Confirmation"),
        ResultKind::Notice => language.choose("Thông báo", "Notice"),
        ResultKind::Extract => language.choose("Trích lục, giấy hộ tịch", "Extract"),
        ResultKind::CertifiedCopy => {
            language.choose("Bản sao chứng thực điện tử", "Certified electronic copy")
        }
    }
}

pub(crate) fn level(level: Level, language: Language) -> &'static str {
    match level {
        Level::Province => language.choose("Tỉnh", "Province"),
        Level::District => language.choose("Huyện", "District"),
        Level::Commune => language.choose("Xã, phường", "Commune or ward"),
    }
}

pub(crate) fn originality(originality: Originality, language: Language) -> &'static str {
    match originality {
        Originality::Original => language.choose("Bản gốc", "Original"),
        Originality::OfficialCopy => language.choose("Bản chính", "Official original"),
        Originality::LawfulCopy => language.choose("Bản sao hợp pháp", "Lawful copy"),
    }
}

pub(crate) fn access_level(level: AccessLevel, language: Language) -> &'static str {
    match level {
        AccessLevel::Normal => language.choose("Bình thường", "Normal"),
        AccessLevel::Restricted => language.choose("Tiếp cận có điều kiện", "Restricted"),
    }
}

pub(crate) fn privacy_class(class: PrivacyClass, language: Language) -> &'static str {
    match class {
        PrivacyClass::None => language.choose("Không có", "None"),
        PrivacyClass::Basic => language.choose("Dữ liệu cá nhân cơ bản", "Basic personal data"),
        PrivacyClass::Sensitive => language.choose("Dữ liệu cá nhân nhạy cảm", "Sensitive personal data"),
    }
}

pub(crate) fn holder_kind(kind: HolderKind, language: Language) -> &'static str {
    match kind {
        HolderKind::Person => language.choose("Công dân", "Citizen"),
        HolderKind::Org => language.choose("Tổ chức, doanh nghiệp", "Organisation"),
        HolderKind::Foreigner => language.choose("Người nước ngoài", "Foreigner"),
    }
}

pub(crate) fn form(form: Form, language: Language) -> &'static str {
    match form {
        Form::Digitised => language.choose("Bản số hóa từ giấy", "Digitised from paper"),
        Form::SignedOriginal => {
            language.choose("Bản điện tử gốc, giữ nguyên từng byte", "Born digital, kept byte for byte")
        }
        Form::BornDigital => language.choose(
            "Bản điện tử chưa ký, giữ nguyên và ký số thêm",
            "Born digital without a signature, kept and sealed",
        ),
    }
}

pub(crate) fn finding(kind: FindingKind, language: Language) -> &'static str {
    match kind {
        FindingKind::LowResolution => {
            language.choose("Độ phân giải thấp – quét lại ở 300 dpi", "Low resolution: scan again at 300 dpi")
        }
        FindingKind::NotColour => {
            language.choose("Đen trắng – quét lại ở chế độ màu", "Black and white: scan again in colour")
        }
        FindingKind::Skewed => {
            language.choose("Nghiêng – đặt giấy thẳng và quét lại", "Skewed: lay it straight and scan again")
        }
        FindingKind::Blurred => {
            language.choose("Mờ – lau mặt kính và quét lại", "Blurred: clean the glass and scan again")
        }
        FindingKind::CutCorner => language
            .choose("Cắt góc – vuốt phẳng góc giấy và quét lại", "Cut corner: unfold it and scan again"),
        FindingKind::DarkEdge => {
            language.choose("Viền đen – đậy nắp máy và quét lại", "Dark edge: close the lid and scan again")
        }
        FindingKind::LowConfidence => {
            language.choose("Độ tin cậy thấp – cần kiểm tra", "Low confidence, to be checked")
        }
        FindingKind::Turned => language
            .choose("Đã xoay để đọc – kiểm tra chiều trang", "Turned to be read: check which way is up"),
    }
}

pub(crate) fn retention(rule: RetentionRule, language: Language) -> String {
    match rule {
        RetentionRule::Permanent => language.choose("Vĩnh viễn", "Permanent").to_owned(),
        RetentionRule::Years(years) => language.choose(format!("{years} năm"), format!("{years} years")),
        RetentionRule::AfterExpiry(years) => language
            .choose(format!("{years} năm sau khi hết hiệu lực"), format!("{years} years after expiry")),
        RetentionRule::WorkLife => {
            language.choose("Theo tuổi thọ công trình", "Life of the construction work").to_owned()
        }
    }
}

/// A size as people read it: `1,2 MB` or `340 KB`.
pub(crate) fn size(bytes: u64, language: Language) -> String {
    if bytes < 1_000_000 {
        return format!("{} KB", bytes.div_ceil(1000).max(1));
    }
    let tenths = bytes / 100_000;
    let comma = language.choose(',', '.');
    format!("{}{comma}{} MB", tenths / 10, tenths % 10)
}

/// The type of an event of PREMIS 3, in words where it is one that the archive writes.
pub(crate) fn event(kind: &str, language: Language) -> &str {
    match kind {
        "ingestion start" => language.choose("Tiếp nhận", "Taken in"),
        "message digest calculation" => {
            language.choose("Tính mã băm của tệp gốc", "Source digests calculated")
        }
        "normalization" => language.choose("Chuyển thành PDF/A", "Made into PDF/A"),
        "metadata extraction" => language.choose("Nhận dạng văn bản", "Text recognised"),
        "digital signature generation" => language.choose("Ký số", "Signed"),
        "digital signature validation" => language.choose("Kiểm tra chữ ký số", "Signature verified"),
        "ingestion end" => language.choose("Lưu kho", "Archived"),
        other => other,
    }
}

/// What came of an event: `success`, or the indication of a signature.
pub(crate) fn outcome(outcome: &str, language: Language) -> &str {
    match outcome {
        "success" => language.choose("Thành công", "Success"),
        "TOTAL-PASSED" => language.choose("Hợp lệ", "Valid"),
        "INDETERMINATE" => language.choose("Chưa đủ căn cứ kết luận", "Not enough to tell"),
        "TOTAL-FAILED" => language.choose("Không hợp lệ", "Not valid"),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(1, Language::Vietnamese), "1 KB");
        assert_eq!(size(339_500, Language::Vietnamese), "340 KB");
        assert_eq!(size(1_234_567, Language::Vietnamese), "1,2 MB");
        assert_eq!(size(12_000_000, Language::English), "12.0 MB");
    }
}
