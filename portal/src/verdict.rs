//! What the check of a file's signatures found, in words for people: the verdict, who signed, and each check by itself.

use jiff::Timestamp;
use muniment_record::{Language, SignerRole, format_date};
use muniment_seal::{
    Integrity, Modification, Reason, Report, SignatureKind, SignatureReport, TrustStatus, Verdict,
};

use crate::fact::Fact;
use crate::moment;

/// A verdict as a page shows it: word, icon, colour and sentence.
pub(crate) struct VerdictView {
    /// `good`, `unsure`, `bad` or `plain`: the icon's and the colour's name.
    pub(crate) tone: &'static str,
    pub(crate) title: &'static str,
    pub(crate) sentence: String,
    /// What to do with the file.
    pub(crate) advice: &'static str,
    pub(crate) signatures: Vec<SignatureView>,
    pub(crate) warnings: Vec<CheckView>,
}

/// A signature as a page shows it.
pub(crate) struct SignatureView {
    pub(crate) tone: &'static str,
    pub(crate) title: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) checks: Vec<CheckView>,
    /// Facts for those who know certificates.
    pub(crate) details: Vec<Fact>,
}

/// One check and how it went.
pub(crate) struct CheckView {
    pub(crate) tone: &'static str,
    pub(crate) text: String,
    pub(crate) detail: String,
}

impl VerdictView {
    pub(crate) fn of(report: &Report, language: Language) -> Self {
        let verdict = report.verdict();
        Self {
            tone: tone_of(verdict),
            title: title_of(verdict, language),
            sentence: sentence(report, language),
            advice: advice(report, language),
            signatures: report.signatures.iter().map(|found| SignatureView::of(found, language)).collect(),
            warnings: report.warnings.iter().map(|reason| warning(*reason, language)).collect(),
        }
    }

    /// What is shown for a file that was too large to be checked.
    pub(crate) fn too_large(most_megabytes: usize, language: Language) -> Self {
        Self {
            tone: "plain",
            title: language.choose("Tệp quá lớn, chưa được kiểm tra", "Too large, not checked"),
            sentence: language.choose(
                format!("Mỗi tệp tối đa {most_megabytes} MB."),
                format!("A file may have up to {most_megabytes} MB."),
            ),
            advice: "",
            signatures: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

pub(crate) fn tone_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "good",
        Verdict::Indeterminate => "unsure",
        Verdict::Failed => "bad",
        Verdict::NotSigned => "plain",
    }
}

pub(crate) fn title_of(verdict: Verdict, language: Language) -> &'static str {
    match verdict {
        Verdict::Passed => language.choose("Bản điện tử hợp lệ", "The electronic copy is valid"),
        Verdict::Indeterminate => language.choose("Chưa đủ căn cứ kết luận", "There is not enough to tell"),
        Verdict::Failed => language.choose("Bản điện tử KHÔNG hợp lệ", "The electronic copy is NOT valid"),
        Verdict::NotSigned => language.choose("Không có chữ ký số", "Not digitally signed"),
    }
}

fn sentence(report: &Report, language: Language) -> String {
    match (report.verdict(), report.reason) {
        (Verdict::Passed, _) => language
            .choose(
                "Nội dung không bị thay đổi sau khi ký; chữ ký và chứng thư đã được xác minh.",
                "Its content was not changed after it was signed; signature and certificate were verified.",
            )
            .to_owned(),
        (Verdict::NotSigned, None | Some(Reason::NotSigned)) => language
            .choose(
                "Tệp PDF này không mang chữ ký số nào, nên không có gì để kiểm tra.",
                "This PDF carries no digital signature, so there is nothing to check.",
            )
            .to_owned(),
        (_, Some(reason)) => capitalised(reason.text(language)),
        (_, None) => report.sentence(language),
    }
}

fn advice(report: &Report, language: Language) -> &'static str {
    match report.verdict() {
        Verdict::Passed => "",
        Verdict::Indeterminate => language.choose(
            "Điều này không có nghĩa là bản điện tử sai. Hãy hỏi cơ quan cấp, hoặc kiểm tra lại sau.",
            "This does not mean that the copy is wrong. Ask the office that issued it, or check again later.",
        ),
        Verdict::Failed => language.choose(
            "Không dùng bản này làm căn cứ. Hãy tải lại bản gốc từ trang tra cứu hoặc hỏi cơ quan cấp.",
            "Do not rely on this copy. Download it again from the look-up page, or ask the office that issued it.",
        ),
        Verdict::NotSigned => language.choose(
            "Ảnh chụp, bản in rồi quét lại hoặc tệp lưu lại bằng chương trình khác đều mất chữ ký số. Hãy dùng đúng tệp \
             PDF đã tải về.",
            "Photographs, rescanned prints and files saved again by another program lose their signature. Use the very \
             PDF that was downloaded.",
        ),
    }
}

impl SignatureView {
    fn of(found: &SignatureReport, language: Language) -> Self {
        let say = |vietnamese, english| language.choose(vietnamese, english);
        let unknown = || say("Không rõ", "Unknown").to_owned();
        let mut facts = vec![
            Fact::new(say("Người ký", "Signed by"), found.signed_by.clone().unwrap_or_else(unknown)),
            Fact::new(
                say("Cơ quan, tổ chức", "Organisation"),
                found.organisation.clone().unwrap_or_else(unknown),
            ),
        ];
        if let Some(claimed_at) = found.claimed_at {
            facts.push(Fact::new(
                say("Thời điểm ký (theo người ký)", "Signing time (as claimed)"),
                moment::exact(claimed_at),
            ));
        }
        let proven = match found.trusted_at {
            Some(at) => moment::exact(at),
            None => say("Không có dấu thời gian", "No timestamp").to_owned(),
        };
        facts.push(Fact::new(say("Thời điểm được chứng thực", "Proven time"), proven));
        Self {
            tone: tone_of(found.indication),
            title: kind_words(found, language),
            facts,
            checks: checks(found, language),
            details: details(found, language),
        }
    }
}

fn kind_words(found: &SignatureReport, language: Language) -> String {
    let words = match (found.kind, found.role) {
        (SignatureKind::DocumentTimestamp, _) => language.choose("Dấu thời gian", "Document timestamp"),
        (_, SignerRole::Officer) => {
            language.choose("Chữ ký số cá nhân (người số hóa)", "Officer's signature")
        }
        (_, SignerRole::Agency) => language.choose("Chữ ký số cơ quan", "Agency's seal"),
        (_, SignerRole::Issuer) => language.choose("Chữ ký số", "Digital signature"),
    };
    words.to_owned()
}

fn checks(found: &SignatureReport, language: Language) -> Vec<CheckView> {
    let say = |vietnamese, english| language.choose(vietnamese, english);
    let check = |tone, text: &str| CheckView { tone, text: text.to_owned(), detail: String::new() };
    let mut checks = vec![
        match found.integrity {
            Integrity::Intact => {
                check("good", say("Nội dung đúng như lúc ký", "The content is as it was signed"))
            }
            Integrity::Broken => check("bad", say("Nội dung đã bị thay đổi", "The content was changed")),
            Integrity::Unknown => {
                check("unsure", say("Không xác định được tính toàn vẹn", "Integrity cannot be told"))
            }
        },
        match found.modification {
            Modification::None => {
                check("good", say("Tệp không bị sửa sau khi ký", "The file was not modified after signing"))
            }
            Modification::Permitted => check(
                "good",
                say(
                    "Sau khi ký chỉ thêm chữ ký hoặc dữ liệu xác minh, là điều được phép",
                    "Only signatures or validation data were added after signing, which is permitted",
                ),
            ),
            Modification::Modified => {
                check("bad", say("Tệp đã bị sửa sau khi ký", "The file was modified after signing"))
            }
            Modification::Unknown => {
                check("unsure", say("Không xác định được việc sửa đổi", "Modification cannot be told"))
            }
        },
        match found.trust {
            TrustStatus::Trusted => CheckView {
                tone: "good",
                text: say(
                    "Đường dẫn tin cậy đầy đủ, chứng thư không bị thu hồi",
                    "The chain of trust is complete, nothing in it is revoked",
                )
                .to_owned(),
                detail: found.anchor.clone().unwrap_or_default(),
            },
            TrustStatus::Unknown => check(
                "unsure",
                say(
                    "Chưa xác minh được chứng thư của người ký",
                    "The signer's certificate could not be verified",
                ),
            ),
            TrustStatus::Untrusted => check(
                "bad",
                say(
                    "Chứng thư của người ký không được chấp nhận",
                    "The signer's certificate is not accepted",
                ),
            ),
        },
    ];
    if found.trusted_at.is_some() {
        checks.push(check(
            "good",
            say("Thời điểm ký được dấu thời gian chứng thực", "The time of signing is proven by a timestamp"),
        ));
    } else {
        checks.push(check(
            "plain",
            say(
                "Không có dấu thời gian: thời điểm ký là do người ký khai",
                "No timestamp: the time of signing is the signer's claim",
            ),
        ));
    }
    if let Some(reason) = found.reason {
        checks.push(CheckView {
            tone: tone_of(found.indication),
            text: capitalised(reason.text(language)),
            detail: found.sub_indication.map(|sub| format!("{sub:?}")).unwrap_or_default(),
        });
    }
    checks.extend(found.warnings.iter().map(|reason| warning(*reason, language)));
    checks
}

fn details(found: &SignatureReport, language: Language) -> Vec<Fact> {
    let say = |vietnamese, english| language.choose(vietnamese, english);
    let mut details = Vec::new();
    let mut add = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            details.push(Fact::new(label, value));
        }
    };
    let validity = |from: Timestamp, to: Timestamp| {
        format!("{} – {}", format_date(moment::day(from)), format_date(moment::day(to)))
    };
    add(say("Chứng thư cấp cho", "Certificate subject"), found.subject.clone());
    add(say("Tổ chức cấp chứng thư", "Certificate issuer"), found.issuer.clone());
    add(
        say("Hiệu lực chứng thư", "Certificate validity"),
        found.valid_from.zip(found.valid_to).map(|(from, to)| validity(from, to)),
    );
    add(say("Số hiệu chứng thư", "Certificate serial"), found.serial.clone());
    add(say("Thuật toán", "Algorithm"), found.algorithm.clone());
    add(say("Mức PAdES", "PAdES level"), Some(found.level.as_str().to_owned()));
    add(
        say("Kết luận theo ETSI EN 319 102-1", "Indication (ETSI EN 319 102-1)"),
        Some(found.indication.as_str().to_owned()),
    );
    details
}

fn warning(reason: Reason, language: Language) -> CheckView {
    CheckView { tone: "plain", text: capitalised(reason.text(language)), detail: String::new() }
}

/// A clause as a sentence.
fn capitalised(clause: &str) -> String {
    let mut letters = clause.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
