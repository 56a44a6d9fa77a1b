//! What people are told when something goes wrong: one sentence and what to do next, by the stable code of the error.

use muniment_record::Language;

/// The sentence for an error code; a code without one is a general fault.
pub fn explain(code: &str, language: Language) -> &'static str {
    let (vietnamese, english) = sentences(code);
    language.choose(vietnamese, english)
}

fn sentences(code: &str) -> (&'static str, &'static str) {
    match code {
        "missing" => (
            "Không tìm thấy tệp. Kiểm tra lại đường dẫn hoặc tên tệp trong danh sách.",
            "The file does not exist. Check the path, or the file name in the manifest.",
        ),
        "unreadable" => (
            "Không đọc được tệp. Kiểm tra quyền truy cập và ổ đĩa rồi chạy lại.",
            "The file cannot be read. Check its permissions and the disk, then run again.",
        ),
        "empty-file" => {
            ("Tệp rỗng (0 byte). Quét lại tài liệu.", "The file is empty. Scan the document again.")
        }
        "unknown-format" => (
            "Tệp không phải là PDF, TIFF, JPEG hoặc PNG. Xuất lại từ máy quét theo một trong các định dạng này.",
            "The file is no PDF, TIFF, JPEG or PNG. Export it from the scanner in one of these formats.",
        ),
        "truncated" => (
            "Tệp bị cụt, thiếu phần cuối. Chép lại tệp từ máy quét hoặc quét lại.",
            "The file is cut short. Copy it from the scanner again, or scan again.",
        ),
        "damaged" => (
            "Tệp bị hỏng, không mở được. Chép lại tệp từ máy quét hoặc quét lại.",
            "The file is damaged. Copy it from the scanner again, or scan again.",
        ),
        "unsupported" => (
            "Tệp dùng một dạng hiếm chưa nhận được, nêu dưới đây. Xuất lại từ máy quét thành JPEG, PNG, TIFF hoặc PDF thường.",
            "The file uses a rare form that is not taken, named below. Export it again as plain JPEG, PNG, TIFF or PDF.",
        ),
        "too-large" => (
            "Ảnh hoặc tệp vượt quá giới hạn kích thước. Quét lại ở 300 dpi, hoặc nâng giới hạn trong muniment.toml.",
            "The image or file is larger than allowed. Scan at 300 dpi, or raise the limit in muniment.toml.",
        ),
        "too-many-pages" => (
            "Tài liệu có quá nhiều trang. Tách tài liệu, hoặc nâng giới hạn trong muniment.toml.",
            "The document has too many pages. Split it, or raise the limit in muniment.toml.",
        ),
        "no-pages" => {
            ("Tài liệu không có trang nào. Quét lại tài liệu.", "The document has no pages. Scan it again.")
        }
        "password" => (
            "PDF có mật khẩu. Gỡ mật khẩu rồi nộp lại.",
            "The PDF has a password. Remove it and hand the file in again.",
        ),
        "expands-too-far" => (
            "Nội dung nén trong tệp nở ra quá giới hạn an toàn. Không xử lý tệp này; hãy kiểm tra nguồn gốc của tệp.",
            "The file's compressed content expands beyond the safe limit. It was not opened; check where it comes from.",
        ),
        "crashed" | "too-slow" | "too-much-memory" => (
            "Tệp làm bộ đọc bị lỗi, treo hoặc dùng quá bộ nhớ nên không được nhận. Quét lại tài liệu; nếu vẫn vậy, kiểm tra nguồn gốc của tệp.",
            "The file broke its reader, held it up or took too much memory, and was not taken. Scan again; if it stays so, check where the file comes from.",
        ),
        "not-contained" => (
            "Máy này không dựng được tiến trình cách ly nên chưa nhận tệp nào. Chạy `muniment doctor` và báo quản trị viên.",
            "This machine cannot hold a file in a contained process, so it was not opened. Run `muniment doctor` and tell the administrator.",
        ),
        "metadata" => (
            "Siêu dữ liệu thiếu hoặc sai. Sửa các trường nêu dưới đây rồi chạy lại.",
            "The metadata is missing or wrong. Correct the fields below and run again.",
        ),
        "page-count" => (
            "Số ảnh không khớp với số trang giấy đã khai. Quét lại các trang thiếu hoặc sửa số trang.",
            "The number of images differs from the pages declared. Scan what is missing, or correct the number.",
        ),
        "result-code-taken" => (
            "Mã kết quả này đã có trong kho với một tệp khác. Kiểm tra mã; nếu là bản đính chính thì dùng số thứ tự KQ khác.",
            "The archive holds another file under this result code. Check the code; another result takes another KQ number.",
        ),
        "forged" => (
            "Chữ ký số của tệp KHÔNG hợp lệ. Không nhận tệp này; yêu cầu nơi phát hành gửi lại bản gốc.",
            "A signature of the file is NOT valid. It was not taken; ask its issuer for the original file.",
        ),
        "not-signed-after-all" => (
            "PDF có ô chữ ký nhưng không có chữ ký số nào. Ký tệp hoặc nộp bản quét rồi chạy lại.",
            "The PDF has a signature field but no signature in it. Have it signed, or hand in the scan, then run again.",
        ),
        "no-space" => (
            "Hết dung lượng đĩa. Giải phóng dung lượng rồi chạy lại lệnh; tệp nguồn vẫn còn nguyên.",
            "The disk is full. Free some space and run the command again; the source files are untouched.",
        ),
        "changed" => (
            "Tệp nguồn thay đổi trong khi đang xử lý. Chờ máy quét ghi xong rồi chạy lại.",
            "The source file changed while it was read. Wait until the scanner has finished, then run again.",
        ),
        "unwritable" => (
            "Không ghi được vào kho. Kiểm tra quyền ghi và ổ đĩa của thư mục kho rồi chạy lại.",
            "The home cannot be written to. Check its permissions and disk, then run again.",
        ),
        "not-flat" => (
            "PDF chứa nội dung có thể thay đổi sau khi ký (biểu mẫu, mã lệnh, chú thích). In ra PDF phẳng rồi nộp lại.",
            "The PDF holds content that could change after signing. Flatten it and hand it in again.",
        ),
        "certificate-expired" | "certificate-not-yet-valid" => (
            "Chứng thư của cơ quan không trong thời hạn hiệu lực nên không ký được. Gia hạn chứng thư rồi chạy lại.",
            "The agency's certificate is not valid at this time, so nothing was signed. Renew it, then run again.",
        ),
        "certificate-revoked" => (
            "Chứng thư của cơ quan đã bị thu hồi nên không ký được. Thay chứng thư mới rồi chạy lại.",
            "The agency's certificate was revoked, so nothing was signed. Put a new one in place, then run again.",
        ),
        "certificate-untrusted" | "certificate-wrong-usage" => (
            "Chứng thư của cơ quan không dẫn tới gốc tin cậy hoặc sai mục đích. Kiểm tra keys/ và trust/ rồi chạy lại.",
            "The agency's certificate leads to no trust anchor, or is for another use. Check keys/ and trust/, then run again.",
        ),
        "timestamp-failed" => (
            "Không lấy được dấu thời gian từ máy chủ nào đã cấu hình. Kiểm tra mạng và `seal.timestamps` rồi chạy lại; tệp nguồn vẫn còn nguyên.",
            "No configured authority gave a timestamp. Check the network and `seal.timestamps`, then run again; the source files are untouched.",
        ),
        "revocation-unknown" => (
            "Chưa kiểm tra được chứng thư có bị thu hồi hay không. Kiểm tra mạng hoặc đặt danh sách thu hồi (CRL) mới vào trust/ rồi chạy lại.",
            "It is not known whether the certificate was revoked. Check the network, or put a new revocation list into trust/, then run again.",
        ),
        "no-timestamp" => (
            "Chữ ký không có dấu thời gian tin cậy nên không bổ sung được dữ liệu xác thực. Cấu hình `seal.timestamps` cho các tài liệu sau.",
            "The signature has no trusted timestamp, so validation data cannot be added. Set `seal.timestamps` for documents to come.",
        ),
        "signer-failed" => (
            "Không dùng được khóa ký của cơ quan. Kiểm tra thiết bị khóa và mã PIN rồi chạy lại.",
            "The agency's key could not be used. Check the token and its PIN, then run again.",
        ),
        "ocr-missing" => (
            "Chưa cài bộ nhận dạng chữ. Cài gói tesseract-ocr và tesseract-ocr-vie rồi chạy lại.",
            "The text recogniser is not installed. Install tesseract-ocr and tesseract-ocr-vie, then run again.",
        ),
        "worker-died" => (
            "Tiến trình xử lý dừng giữa chừng mỗi lần làm tài liệu này. Xem nhật ký của máy xử lý, rồi đưa lại vào hàng đợi bằng `muniment queue --retry`.",
            "The worker broke off each time it had this document. Look at its log, then put the document back with `muniment queue --retry`.",
        ),
        "ocr-failed" => (
            "Không nhận dạng được chữ trên trang. Chạy `muniment doctor` để kiểm tra Tesseract rồi chạy lại.",
            "Text recognition failed. Check Tesseract with `muniment doctor`, then run again.",
        ),
        _ => (
            "Lỗi khi xử lý. Tệp nguồn vẫn còn nguyên; chạy lại lệnh, nếu vẫn lỗi hãy báo quản trị viên kèm chi tiết.",
            "Processing failed. The source file is untouched; run again, and tell the administrator if it fails again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_says_what_to_do() {
        for code in ["missing", "truncated", "password", "metadata", "no-space", "something else"] {
            for language in [Language::Vietnamese, Language::English] {
                assert!(explain(code, language).matches('.').count() >= 2, "{code}");
            }
        }
    }
}
