//! The fields of the index and how a record becomes a document.

use std::collections::BTreeSet;

use jiff::civil::Date;
use muniment_record::{
    AccessLevel, Agency, AgencyCode, Description, ProcedureCode, RecordId, ResultCode, Symbol,
};
use serde::{Deserialize, Serialize};
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing,
    TextOptions,
};
use tantivy::tokenizer::{RawTokenizer, TokenizerManager};
use tantivy::{TantivyDocument, Term};

use crate::code::{Code, CodeKind};
use crate::entry::Content;
use crate::results::Status;
use crate::scope::{HolderKey, Scope};
use crate::text::{Forms, WordTokenizer};

/// Change it whenever the fields change or are filled otherwise: the index is then built again.
pub(crate) const VERSION: u32 = 4;

/// The fields, by what they are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// The record's id, by which entries are replaced.
    pub(crate) id: Field,
    /// Folded words of everything, with places.
    pub(crate) all: Field,
    /// Exact words and pairs of the description.
    pub(crate) exact: Field,
    /// Folded pairs of the description.
    pub(crate) pairs: Field,
    /// Folded words of the holders' names.
    pub(crate) holder: Field,
    /// Folded words of the signer's name.
    pub(crate) signer: Field,
    /// Folded words of the procedure's name.
    pub(crate) procedure: Field,
    /// Folded words of the agencies' names.
    pub(crate) agency: Field,
    /// Codes, see [`Code::terms`].
    pub(crate) code: Field,
    /// Facts that are filtered by, see [`Tag`].
    pub(crate) tag: Field,
    /// Who may see the record, see [`scope_terms`].
    pub(crate) access: Field,
    /// The first half of the id, which orders records by intake.
    pub(crate) order: Field,
    /// The day of issue, in days since 1970.
    pub(crate) day: Field,
    /// The issuing agency, as code, tab, name.
    pub(crate) agency_facet: Field,
    /// The procedure, as code, tab, name.
    pub(crate) procedure_facet: Field,
    /// The standing in law.
    pub(crate) status: Field,
    /// What a hit shows, see [`Shown`].
    pub(crate) shown: Field,
    /// The text of the pages, for snippets.
    pub(crate) body: Field,
}

pub(crate) const ORDER: &str = "order";
pub(crate) const DAY: &str = "day";
pub(crate) const AGENCY_FACET: &str = "agency_facet";
pub(crate) const PROCEDURE_FACET: &str = "procedure_facet";
pub(crate) const STATUS: &str = "status";

/// What a hit shows, kept with the document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Shown(
    pub(crate) RecordId,
    pub(crate) String,
    pub(crate) Option<String>,
    pub(crate) Symbol,
    pub(crate) Date,
    pub(crate) Option<ResultCode>,
    pub(crate) String,
);

pub(crate) fn schema() -> (Schema, Fields) {
    let words = |tokenizer: &str, option: IndexRecordOption, lengths: bool| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(option)
            .set_fieldnorms(lengths);
        TextOptions::default().set_indexing_options(indexing)
    };
    let plain = IndexRecordOption::Basic;
    let facet = TextOptions::default().set_fast("raw");
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_bytes_field("id", BytesOptions::default().set_indexed()),
        all: builder.add_text_field("all", words("folded", IndexRecordOption::WithFreqsAndPositions, true)),
        exact: builder.add_text_field("exact", words("exact", plain, false)),
        pairs: builder.add_text_field("pairs", words("pairs", plain, false)),
        holder: builder.add_text_field("holder", words("folded", plain, false)),
        signer: builder.add_text_field("signer", words("folded", plain, false)),
        procedure: builder.add_text_field("procedure", words("folded", plain, false)),
        agency: builder.add_text_field("agency", words("folded", plain, false)),
        code: builder.add_text_field("code", words("raw", plain, false)),
        tag: builder.add_text_field("tag", words("raw", plain, false)),
        access: builder.add_bytes_field("access", BytesOptions::default().set_indexed()),
        order: builder.add_u64_field(ORDER, FAST),
        day: builder.add_i64_field(DAY, NumericOptions::default().set_fast()),
        agency_facet: builder.add_text_field(AGENCY_FACET, facet.clone()),
        procedure_facet: builder.add_text_field(PROCEDURE_FACET, facet),
        status: builder.add_u64_field(STATUS, FAST),
        shown: builder.add_text_field("shown", STORED),
        body: builder.add_text_field("body", STORED),
    };
    (builder.build(), fields)
}

pub(crate) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::new();
    manager.register("raw", RawTokenizer::default());
    // The engine asks for this one for fields that have no words.
    manager.register("default", RawTokenizer::default());
    manager.register("folded", WordTokenizer(Forms::Folded));
    manager.register("exact", WordTokenizer(Forms::Exact));
    manager.register("pairs", WordTokenizer(Forms::Pairs));
    manager
}

/// A fact that is filtered by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tag {
    Year(i16),
    Month(i16, i8),
    Day(Date),
    Agency(AgencyCode),
    Procedure(ProcedureCode),
    Status(Status),
}

impl Tag {
    pub(crate) fn term(&self) -> String {
        match self {
            Self::Year(year) => format!("y{year:04}"),
            Self::Month(year, month) => format!("m{year:04}{month:02}"),
            Self::Day(day) => format!("d{:04}{:02}{:02}", day.year(), day.month(), day.day()),
            Self::Agency(code) => format!("a{}", code.canonical()),
            Self::Procedure(code) => format!("p{}", code.national()),
            Self::Status(status) => format!("s{}", *status as u8),
        }
    }
}

pub(crate) fn id_bytes(id: RecordId) -> [u8; 16] {
    let mut bytes = [0; 16];
    let text = id.to_string();
    let mut digits = text.chars().filter_map(|c| c.to_digit(16));
    for byte in &mut bytes {
        let (high, low) = (digits.next().unwrap_or(0), digits.next().unwrap_or(0));
        *byte = u8::try_from(high << 4 | low).unwrap_or(0);
    }
    bytes
}

pub(crate) fn id_of_bytes(bytes: &[u8]) -> Option<RecordId> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.parse().ok()
}

pub(crate) fn id_term(fields: &Fields, id: RecordId) -> Term {
    Term::from_field_bytes(fields.id, &id_bytes(id))
}

/// The terms of which a record must have one to be seen in this scope; `None` where everything is seen.
pub(crate) fn scope_terms(scope: &Scope, fields: &Fields) -> Option<Vec<Term>> {
    let term = |bytes: &[u8]| Term::from_field_bytes(fields.access, bytes);
    match scope {
        Scope::Everything => None,
        Scope::Office { agency, restricted } => {
            let mut terms = vec![term(&office(AccessLevel::Normal, agency.canonical()))];
            if *restricted {
                terms.push(term(&office(AccessLevel::Restricted, agency.canonical())));
            }
            Some(terms)
        }
        Scope::Holder(key) => Some(vec![term(&holder(key))]),
    }
}

fn office(level: AccessLevel, canonical: &str) -> Vec<u8> {
    let letter = match level {
        AccessLevel::Normal => b'n',
        AccessLevel::Restricted => b'r',
    };
    [&[letter], canonical.as_bytes()].concat()
}

/// Half of the keyed hash, as RFC 2104 (section 5) allows at least.
fn holder(key: &HolderKey) -> Vec<u8> {
    [b"h", &key.as_bytes()[..16]].concat()
}

/// The document of a record.
pub(crate) fn document(id: RecordId, content: &Content, fields: &Fields) -> TantivyDocument {
    let description = &content.record.description;
    let mut document = TantivyDocument::with_capacity(content.text.len() * 2 + 4096);
    let id_value = id_bytes(id);
    document.add_bytes(fields.id, &id_value);
    let mut order = [0; 8];
    order.copy_from_slice(&id_value[..8]);
    document.add_u64(fields.order, u64::from_be_bytes(order));

    // Values of a field are apart: neither pairs nor phrases reach over their ends.
    for part in head(description) {
        document.add_text(fields.all, part);
        document.add_text(fields.exact, part);
        document.add_text(fields.pairs, part);
    }
    document.add_text(fields.all, codes_as_words(content));
    document.add_text(fields.all, &content.text);
    for name in holder_names(description) {
        document.add_text(fields.holder, name);
    }
    if let Some(signer) = &description.signer_on_paper {
        document.add_text(fields.signer, &signer.name);
    }
    document.add_text(fields.procedure, &description.procedure_name);
    for agency in agencies(description) {
        document.add_text(fields.agency, &agency.name);
    }
    add_codes(&mut document, content, fields);
    add_tags(&mut document, description, fields);
    add_access(&mut document, content, fields);
    add_shown(&mut document, id, content, fields);
    document
}

/// The parts of the description in words.
fn head(description: &Description) -> Vec<&str> {
    let mut parts: Vec<&str> = vec![&description.title];
    if description.abstract_text != description.title {
        parts.push(&description.abstract_text);
    }
    if !description.abstract_text.contains(&description.procedure_name) {
        parts.push(&description.procedure_name);
    }
    parts.extend(holder_names(description));
    parts.push(&description.agency_issuing.name);
    if let Some(signer) = &description.signer_on_paper {
        parts.push(&signer.name);
    }
    parts.extend(description.scope.as_deref());
    parts.extend(description.keywords.iter().map(String::as_str));
    parts
}

fn codes_as_words(content: &Content) -> String {
    let description = &content.record.description;
    match description.paper_file_code.as_deref().or(description.paper_location.as_deref()) {
        Some(code) => format!("{} {code}", description.symbol),
        None => description.symbol.to_string(),
    }
}

fn holder_names(description: &Description) -> impl Iterator<Item = &str> {
    let holders = std::iter::once(&description.holder).chain(&description.co_holders);
    holders.map(|holder| holder.name.as_str())
}

/// The agencies of a record, each once.
fn agencies(description: &Description) -> Vec<&Agency> {
    let mut agencies = vec![&description.agency_issuing];
    for agency in [&description.agency_receiving, &description.agency_holding] {
        if !agencies.iter().any(|known| known.code == agency.code) {
            agencies.push(agency);
        }
    }
    agencies
}

fn add_codes(document: &mut TantivyDocument, content: &Content, fields: &Fields) {
    let description = &content.record.description;
    let dossier = description.result_code.as_ref().map(|code| (CodeKind::Dossier, code.to_string()));
    let symbol = (CodeKind::Symbol, description.symbol.to_string());
    let paper = description.paper_file_code.as_ref().map(|code| (CodeKind::Symbol, code.clone()));
    let holders = std::iter::once(&description.holder).chain(&description.co_holders);
    let holders = holders.filter_map(|holder| holder.id.as_ref());
    let holders = holders.map(|id| (CodeKind::Holder, id.as_str().to_owned()));
    let procedure = (CodeKind::Procedure, description.procedure_code.national().to_owned());
    let codes = dossier.into_iter().chain([symbol, procedure]).chain(paper).chain(holders);
    let terms: BTreeSet<String> =
        codes.flat_map(|(kind, text)| Code::new(&text).terms(kind).collect::<Vec<_>>()).collect();
    for term in terms {
        document.add_text(fields.code, term);
    }
}

fn add_tags(document: &mut TantivyDocument, description: &Description, fields: &Fields) {
    let day = description.issued_on;
    let status = Status::of(&description.legal_status);
    for tag in [
        Tag::Year(day.year()),
        Tag::Month(day.year(), day.month()),
        Tag::Day(day),
        Tag::Agency(description.agency_issuing.code.clone()),
        Tag::Procedure(description.procedure_code.clone()),
        Tag::Status(status),
    ] {
        document.add_text(fields.tag, tag.term());
    }
    document.add_i64(fields.day, i64::from(days(day)));
    document.add_u64(fields.status, status as u64);
    let agency = &description.agency_issuing;
    document.add_text(fields.agency_facet, format!("{}\t{}", agency.code.canonical(), agency.name));
    let procedure = description.procedure_code.national();
    document.add_text(fields.procedure_facet, format!("{procedure}\t{}", description.procedure_name));
}

/// Days since 1970.
pub(crate) fn days(day: Date) -> i32 {
    day.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days())
}

fn add_access(document: &mut TantivyDocument, content: &Content, fields: &Fields) {
    let description = &content.record.description;
    let mut offices: BTreeSet<Vec<u8>> = BTreeSet::new();
    for agency in agencies(description) {
        let canonical = agency.code.canonical();
        let ends = canonical.match_indices('.').map(|(place, _)| place).chain([canonical.len()]);
        offices.extend(ends.map(|end| office(description.access_level, &canonical[..end])));
    }
    let holders = content.holders.iter().map(holder);
    for term in offices.into_iter().chain(holders) {
        document.add_bytes(fields.access, &term);
    }
}

fn add_shown(document: &mut TantivyDocument, id: RecordId, content: &Content, fields: &Fields) {
    let description = &content.record.description;
    let shown = Shown(
        id,
        description.title.clone(),
        Some(description.abstract_text.clone()).filter(|text| *text != description.title),
        description.symbol.clone(),
        description.issued_on,
        description.result_code.clone(),
        description.holder.name.clone(),
    );
    // What cannot be written as JSON does not occur in these types.
    if let Ok(shown) = serde_json::to_string(&shown) {
        document.add_text(fields.shown, shown);
    }
    if !content.text.is_empty() {
        document.add_text(fields.body, &content.text);
    }
}
