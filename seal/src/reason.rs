use muniment_record::Language;
use serde::{Serialize, Serializer};

use crate::report::{SubIndication, Verdict};

/// Why a signature did not pass, or what a reader should know about one that did.
///
/// Each has a stable word for programs, a sub-indication of ETSI EN 319 102-1 and a plain clause in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The file is no PDF.
    NotPdf,
    /// The file is a PDF but cannot be read to its end, or is read differently by different programs.
    Damaged,
    /// The file is protected with a password.
    Password,
    /// The file has no signature.
    NotSigned,
    /// `/ByteRange` is not the whole revision but for the signature value.
    OddByteRange,
    /// `/Contents` is missing, empty or no hexadecimal string.
    NoContents,
    /// Something other than zeros follows the signature value in `/Contents`.
    HiddenBytes,
    /// A signature lies in the file that no signature field leads to.
    UnreachableSignature,
    /// The signature value is no well-formed CMS signature of one signer.
    MalformedCms,
    /// The signed attributes lack the content type or the digest, or contradict the rest.
    BadAttributes,
    /// The certificate is another one than the signature binds.
    CertificateMismatch,
    /// The signed bytes are not the ones in the file.
    ContentChanged,
    /// The signature value does not fit the signed bytes and the certificate's key.
    BadSignature,
    /// The signature algorithm is not known here.
    UnsupportedAlgorithm,
    /// SHA-1 or an RSA key below 2048 bits: too weak today.
    LegacyAlgorithm,
    /// The signature is no PAdES signature: its certificate is not bound by the signature (ETSI EN 319 142-1, 6.3).
    NotPades,
    /// The CMS is written in BER where DER is due.
    NotDer,
    /// The document was changed after it was signed.
    Modified,
    /// The certifying signature forbids the change that was made after it.
    CertificationBroken,
    /// Bytes that belong to no revision follow the end of the document.
    TrailingBytes,
    /// Only document information was changed after signing.
    InformationUpdated,
    /// The file holds something that can change what it shows without breaking the signature.
    NotFlat,
    /// The signer's certificate is not in the signature.
    NoCertificate,
    /// No chain leads from the certificate to a trust anchor.
    NoChain,
    /// The certificate, or one above it, is not meant for this use.
    WrongUsage,
    /// The certificate has expired, and nothing proves that the signature is older.
    Expired,
    /// The certificate was not yet valid.
    NotYetValid,
    /// The certificate was revoked before it signed.
    Revoked,
    /// An authority above the certificate was revoked before the signature is proven to have existed.
    AuthorityRevoked,
    /// The certificate is revoked, and nothing proves that the signature is older.
    RevokedNoProof,
    /// There is no usable revocation data for the chain.
    NoRevocationData,
    /// A timestamp is broken or does not belong to the signature.
    BadTimestamp,
    /// A timestamp does not lead to a trust anchor, so its time is not relied on.
    UntrustedTimestamp,
    /// The claimed signing time lies in the future.
    FutureTime,
    /// The file is too large or too deep to be checked within bounds.
    TooComplex,
}

impl Reason {
    /// The stable word for programs.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// The sub-indication of ETSI EN 319 102-1, table 6, where one fits.
    pub const fn sub_indication(self) -> Option<SubIndication> {
        self.row().1
    }

    /// What it makes of a signature: proof of a fault fails it, a lack of proof leaves it open. In a file of this house a
    /// fault of form fails too.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Damaged
            | Self::OddByteRange
            | Self::NoContents
            | Self::HiddenBytes
            | Self::UnreachableSignature
            | Self::MalformedCms
            | Self::BadAttributes
            | Self::ContentChanged
            | Self::BadSignature
            | Self::Modified
            | Self::CertificationBroken
            | Self::Revoked
            | Self::BadTimestamp => Verdict::Failed,
            Self::NotPdf | Self::NotSigned => Verdict::NotSigned,
            _ => Verdict::Indeterminate,
        }
    }

    /// The reason as a clause: it starts in lower case and has no full stop.
    pub fn text(self, language: Language) -> &'static str {
        let (_, _, vietnamese, english) = self.row();
        language.choose(vietnamese, english)
    }

    #[rustfmt::skip]
    const fn row(self) -> (&'static str, Option<SubIndication>, &'static str, &'static str) {
        use SubIndication as Sub;
        match self {
            Self::NotPdf => ("not-pdf", None, "tệp không phải là PDF", "the file is not a PDF"),
            Self::Damaged => ("damaged", Some(Sub::FormatFailure), "tệp PDF bị hỏng cấu trúc", "the structure of the PDF is damaged"),
            Self::Password => ("password", None, "tệp PDF được bảo vệ bằng mật khẩu", "the PDF is protected with a password"),
            Self::NotSigned => ("not-signed", None, "tệp không có chữ ký số", "the file has no digital signature"),
            Self::OddByteRange => ("odd-byte-range", Some(Sub::FormatFailure), "chữ ký không bao trùm toàn bộ nội dung", "the signature does not cover the whole document"),
            Self::NoContents => ("no-contents", Some(Sub::FormatFailure), "chữ ký không có giá trị ký", "the signature has no value"),
            Self::HiddenBytes => ("hidden-bytes", Some(Sub::FormatFailure), "có dữ liệu được giấu trong vùng chữ ký", "data is hidden in the space of the signature"),
            Self::UnreachableSignature => ("unreachable-signature", Some(Sub::FormatFailure), "có chữ ký không thuộc cấu trúc của tài liệu", "a signature lies outside the structure of the document"),
            Self::MalformedCms => ("malformed-cms", Some(Sub::FormatFailure), "giá trị chữ ký bị hỏng", "the signature value is malformed"),
            Self::CertificateMismatch => ("certificate-mismatch", Some(Sub::NoSigningCertificateFound), "chứng thư kèm theo không phải chứng thư đã ký", "the certificate is not the one that the signature names"),
            Self::BadAttributes => ("bad-attributes", Some(Sub::FormatFailure), "thuộc tính của chữ ký thiếu hoặc mâu thuẫn", "the attributes of the signature are missing or contradict each other"),
            Self::ContentChanged => ("content-changed", Some(Sub::HashFailure), "nội dung đã bị thay đổi", "the content was changed"),
            Self::BadSignature => ("bad-signature", Some(Sub::SigCryptoFailure), "giá trị chữ ký không đúng", "the signature value is wrong"),
            Self::UnsupportedAlgorithm => ("unsupported-algorithm", Some(Sub::CryptoConstraintsFailure), "thuật toán ký không được hỗ trợ", "the signature algorithm is not supported"),
            Self::LegacyAlgorithm => ("legacy-algorithm", Some(Sub::CryptoConstraintsFailure), "thuật toán ký đã cũ, không còn đủ an toàn", "the signature algorithm is old and no longer strong enough"),
            Self::NotPades => ("not-pades", Some(Sub::SigConstraintsFailure), "chữ ký không theo chuẩn PAdES", "the signature is not a PAdES signature"),
            Self::NotDer => ("not-der", None, "giá trị chữ ký không mã hóa theo DER", "the signature value is not encoded in DER"),
            Self::Modified => ("modified", Some(Sub::FormatFailure), "tài liệu đã bị sửa đổi sau khi ký", "the document was modified after it was signed"),
            Self::CertificationBroken => ("certification-broken", Some(Sub::FormatFailure), "tài liệu bị sửa đổi trái với chữ ký xác nhận", "the document was changed against its certifying signature"),
            Self::TrailingBytes => ("trailing-bytes", Some(Sub::FormatFailure), "có dữ liệu lạ sau phần cuối của tài liệu", "foreign data follows the end of the document"),
            Self::InformationUpdated => ("information-updated", None, "thông tin mô tả của tệp được cập nhật sau khi ký", "the document information was updated after signing"),
            Self::NotFlat => ("not-flat", None, "tài liệu có thành phần có thể thay đổi nội dung hiển thị", "the document has parts that can change what it shows"),
            Self::NoCertificate => ("no-certificate", Some(Sub::NoSigningCertificateFound), "không tìm thấy chứng thư của người ký", "the signer's certificate was not found"),
            Self::NoChain => ("no-chain", Some(Sub::NoCertificateChainFound), "chứng thư của người ký không dẫn đến tổ chức chứng thực được tin cậy", "the signer's certificate does not lead to a trusted authority"),
            Self::WrongUsage => ("wrong-usage", Some(Sub::ChainConstraintsFailure), "chứng thư không được cấp để ký tài liệu", "the certificate is not meant to sign documents"),
            Self::Expired => ("expired", Some(Sub::OutOfBoundsNoPoe), "chứng thư đã hết hạn và không có dấu thời gian tin cậy", "the certificate has expired and there is no trusted timestamp"),
            Self::NotYetValid => ("not-yet-valid", Some(Sub::NotYetValid), "chứng thư chưa có hiệu lực tại thời điểm ký", "the certificate was not yet valid when it signed"),
            Self::Revoked => ("revoked", Some(Sub::Revoked), "chứng thư đã bị thu hồi trước khi ký", "the certificate had been revoked before it signed"),
            Self::AuthorityRevoked => ("authority-revoked", Some(Sub::RevokedCaNoPoe), "chứng thư của tổ chức chứng thực đã bị thu hồi", "the certificate of an authority above the signer was revoked"),
            Self::RevokedNoProof => ("revoked-no-proof", Some(Sub::RevokedNoPoe), "chứng thư đã bị thu hồi và không có dấu thời gian tin cậy", "the certificate was revoked and there is no trusted timestamp"),
            Self::NoRevocationData => ("no-revocation-data", Some(Sub::TryLater), "không kiểm tra được tình trạng thu hồi của chứng thư", "the revocation status of the certificate could not be checked"),
            Self::BadTimestamp => ("bad-timestamp", Some(Sub::FormatFailure), "dấu thời gian không đúng", "a timestamp is wrong"),
            Self::UntrustedTimestamp => ("untrusted-timestamp", None, "dấu thời gian chưa đủ căn cứ tin cậy", "a timestamp could not be relied on"),
            Self::FutureTime => ("future-time", None, "thời điểm ký do người ký khai nằm trong tương lai", "the claimed signing time lies in the future"),
            Self::TooComplex => ("too-complex", None, "tệp quá phức tạp để kiểm tra", "the file is too complex to be checked"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
