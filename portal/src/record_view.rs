//! A record as pages show it.

use jiff::Timestamp;
use muniment_record::{Description, Holder, Language, Record, format_date};

use crate::fact::Fact;
use crate::status::StatusView;
use crate::{masking, moment, words};

/// What heads the page of a record.
pub(crate) struct Heading {
    pub(crate) title: String,
    pub(crate) symbol: String,
    pub(crate) status: StatusView,
}

/// A page of the document as the page shows it.
pub(crate) struct PageView {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// What an officer should look at.
    pub(crate) findings: Vec<String>,
    pub(crate) is_blank: bool,
    /// Its text; may be empty.
    pub(crate) text: String,
}

/// How much of the holder is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HolderShown {
    /// Name and number in part.
    Masked,
    /// The name in full, the number in part.
    Named,
    /// Everything.
    Full,
}

impl Heading {
    pub(crate) fn of(record: &Record, now: Timestamp, language: Language) -> Self {
        let description = &record.description;
        Self {
            title: description.title.clone(),
            symbol: description.symbol.to_string(),
            status: StatusView::of(description, moment::day(now), language),
        }
    }
}

/// The facts that matter to a holder.
pub(crate) fn main_facts(record: &Record, shown: HolderShown, language: Language) -> Vec<Fact> {
    let description = &record.description;
    let say = |vietnamese, english| language.choose(vietnamese, english);
    let mut facts = vec![
        Fact::new(say("Cơ quan ban hành", "Issued by"), &description.agency_issuing.name),
        Fact::new(say("Ngày ban hành", "Issued on"), format_date(description.issued_on)),
    ];
    if let Some(validity) = validity(description, language) {
        facts.push(Fact::new(say("Thời hạn hiệu lực", "Validity"), validity));
    }
    if let Some(scope) = &description.scope {
        facts.push(Fact::new(say("Phạm vi hiệu lực", "Scope"), scope));
    }
    let holders = std::iter::once(&description.holder).chain(&description.co_holders);
    for holder in holders {
        facts.push(Fact::new(say("Chủ hồ sơ", "Holder"), holder_words(holder, shown)));
    }
    facts.push(Fact::new(say("Thủ tục", "Procedure"), &description.procedure_name));
    if let Some(code) = &description.result_code {
        facts.push(Fact::code(say("Mã kết quả", "Result code"), code));
    }
    facts
}

/// The other facts, for officers.
pub(crate) fn further_facts(record: &Record, language: Language) -> Vec<Fact> {
    let description = &record.description;
    let say = |vietnamese, english| language.choose(vietnamese, english);
    let mut facts = vec![
        Fact::new(say("Trích yếu", "Abstract"), &description.abstract_text),
        Fact::new(
            say("Loại kết quả", "Kind of result"),
            words::result_kind(description.result_kind, language),
        ),
        Fact::code(say("Mã loại giấy tờ", "Document type"), &description.doc_type),
        Fact::code(say("Mã thủ tục", "Procedure code"), &description.procedure_code),
        Fact::new(say("Cấp", "Level"), words::level(description.level, language)),
    ];
    let agencies = [
        (say("Cơ quan ban hành", "Issuing agency"), &description.agency_issuing),
        (say("Cơ quan tiếp nhận", "Receiving agency"), &description.agency_receiving),
        (say("Cơ quan lưu giữ", "Holding agency"), &description.agency_holding),
    ];
    for (label, agency) in agencies {
        facts.push(Fact::new(label, format!("{} ({})", agency.name, agency.code)));
    }
    if let Some(signer) = &description.signer_on_paper {
        let title = signer.title.iter().map(|title| format!(" – {title}")).collect::<String>();
        facts.push(Fact::new(
            say("Người ký trên giấy", "Signed on paper by"),
            format!("{}{title}", signer.name),
        ));
    }
    facts.push(Fact::new(
        say("Loại chủ hồ sơ", "Kind of holder"),
        words::holder_kind(description.holder.kind, language),
    ));
    facts.extend(archival_facts(record, language));
    facts
}

fn archival_facts(record: &Record, language: Language) -> Vec<Fact> {
    let description = &record.description;
    let say = |vietnamese, english| language.choose(vietnamese, english);
    let until = description.retention_rule.until(description.issued_on, description.valid_to);
    let mut retention = words::retention(description.retention_rule, language);
    if let Some(until) = until {
        retention = format!("{retention} ({} {})", say("đến", "until"), format_date(until));
    }
    let mut facts = vec![
        Fact::new(say("Thời hạn lưu trữ", "Retention"), retention),
        Fact::new(say("Mức độ tiếp cận", "Access"), words::access_level(description.access_level, language)),
        Fact::new(
            say("Dữ liệu cá nhân", "Personal data"),
            words::privacy_class(description.privacy_class, language),
        ),
        Fact::new(
            say("Giấy được quét", "Paper scanned"),
            words::originality(description.originality, language),
        ),
        Fact::new(say("Hình thức", "Form"), words::form(record.form, language)),
    ];
    let counts = [
        (say("Số tờ", "Sheets"), description.physical_sheets),
        (say("Số trang giấy", "Sides of paper"), description.physical_pages),
        (say("Số trang", "Pages"), u32::try_from(record.pages.len()).ok()),
    ];
    for (label, count) in counts {
        facts.extend(count.map(|count| Fact::new(label, count.to_string())));
    }
    let texts = [
        (say("Người số hóa", "Scanned by"), &description.operator),
        (say("Máy quét", "Scanner"), &description.scanner_id),
        (say("Nơi lưu giấy", "Paper kept at"), &description.paper_location),
        (say("Mã hồ sơ gốc giấy", "Paper file code"), &description.paper_file_code),
        (say("Phông", "Fonds"), &description.fonds_code),
    ];
    for (label, text) in texts {
        facts.extend(text.iter().map(|text| Fact::new(label, text)));
    }
    if !description.keywords.is_empty() {
        facts.push(Fact::new(say("Từ khóa", "Key words"), description.keywords.join(", ")));
    }
    facts
}

/// The facts about the file, for officers and auditors.
pub(crate) fn file_facts(record: &Record, language: Language) -> Vec<Fact> {
    let say = |vietnamese, english| language.choose(vietnamese, english);
    let mut facts = vec![
        Fact::code(say("Mã bản ghi", "Record id"), record.id),
        Fact::new(say("Phiên bản", "Version"), record.version.to_string()),
        Fact::new(say("Lập lúc", "Made at"), moment::exact(record.created_at)),
        Fact::code(say("Lô", "Batch"), &record.batch),
        Fact::new(say("Dung lượng", "Size"), words::size(record.bytes, language)),
        Fact::code("SHA-256", record.sha256),
        Fact::new(say("Phần mềm", "Software"), &record.provenance.software),
    ];
    if let Some(ocr) = &record.provenance.ocr {
        facts.push(Fact::new(say("Nhận dạng văn bản", "Text recognition"), ocr));
    }
    for source in &record.sources {
        let size = words::size(source.bytes, language);
        let words = format!("{} · {} · {size}", source.name, source.media_type);
        facts.push(Fact::new(say("Tệp gốc", "Source file"), words));
    }
    facts
}

/// The pages of the document, each with its text.
pub(crate) fn pages(record: &Record, texts: &[String], language: Language) -> Vec<PageView> {
    let pages = record.pages.iter().enumerate();
    pages
        .map(|(place, page)| PageView {
            number: place + 1,
            text: texts.get(place).cloned().unwrap_or_default(),
            width: page.width_px,
            height: page.height_px,
            is_blank: page.blank,
            findings: page
                .findings
                .iter()
                .map(|finding| format!("{}: {}", words::finding(finding.kind, language), finding.detail))
                .collect(),
        })
        .collect()
}

/// A name for the file when it is saved: its code or symbol, nothing about persons.
pub(crate) fn file_stem(record: &Record) -> String {
    match &record.description.result_code {
        Some(code) => code.to_string(),
        None => record.id.to_string(),
    }
}

fn validity(description: &Description, language: Language) -> Option<String> {
    let from = |day| format!("{} {}", language.choose("từ", "from"), format_date(day));
    let to = |day| format!("{} {}", language.choose("đến hết", "until"), format_date(day));
    match (description.valid_from, description.valid_to) {
        (Some(first), Some(last)) => Some(format!("{} {}", from(first), to(last))),
        (Some(first), None) => Some(from(first)),
        (None, Some(last)) => Some(to(last)),
        (None, None) => None,
    }
}

fn holder_words(holder: &Holder, shown: HolderShown) -> String {
    let name = match shown {
        HolderShown::Masked => masking::name(&holder.name),
        HolderShown::Named | HolderShown::Full => holder.name.clone(),
    };
    let number = holder.id.as_ref().map(|id| match shown {
        HolderShown::Masked | HolderShown::Named => masking::number(id.as_str()),
        HolderShown::Full => id.as_str().to_owned(),
    });
    match number {
        Some(number) => format!("{name} · {number}"),
        None => name,
    }
}
