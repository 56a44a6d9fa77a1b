//! The names of fields, in Vietnamese and English, with or without marks.

use crate::code::CodeKind;
use crate::query::Place;
use crate::text::words;

/// What the value behind a field's name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldName {
    Words(Place),
    Code(Option<CodeKind>),
    Date,
    Status,
}

const NAMES: &[(&str, FieldName)] = &[
    ("số", FieldName::Code(Some(CodeKind::Symbol))),
    ("số hiệu", FieldName::Code(Some(CodeKind::Symbol))),
    ("ký hiệu", FieldName::Code(Some(CodeKind::Symbol))),
    ("số ký hiệu", FieldName::Code(Some(CodeKind::Symbol))),
    ("symbol", FieldName::Code(Some(CodeKind::Symbol))),
    ("number", FieldName::Code(Some(CodeKind::Symbol))),
    ("no", FieldName::Code(Some(CodeKind::Symbol))),
    ("hồ sơ", FieldName::Code(Some(CodeKind::Dossier))),
    ("mã hồ sơ", FieldName::Code(Some(CodeKind::Dossier))),
    ("mã kết quả", FieldName::Code(Some(CodeKind::Dossier))),
    ("dossier", FieldName::Code(Some(CodeKind::Dossier))),
    ("result", FieldName::Code(Some(CodeKind::Dossier))),
    ("mã", FieldName::Code(None)),
    ("code", FieldName::Code(None)),
    ("cccd", FieldName::Code(Some(CodeKind::Holder))),
    ("cmnd", FieldName::Code(Some(CodeKind::Holder))),
    ("số định danh", FieldName::Code(Some(CodeKind::Holder))),
    ("mst", FieldName::Code(Some(CodeKind::Holder))),
    ("mã số thuế", FieldName::Code(Some(CodeKind::Holder))),
    ("id", FieldName::Code(Some(CodeKind::Holder))),
    ("tax", FieldName::Code(Some(CodeKind::Holder))),
    ("tên", FieldName::Words(Place::Holder)),
    ("họ tên", FieldName::Words(Place::Holder)),
    ("chủ hồ sơ", FieldName::Words(Place::Holder)),
    ("name", FieldName::Words(Place::Holder)),
    ("holder", FieldName::Words(Place::Holder)),
    ("ký", FieldName::Words(Place::Signer)),
    ("người ký", FieldName::Words(Place::Signer)),
    ("signer", FieldName::Words(Place::Signer)),
    ("signed by", FieldName::Words(Place::Signer)),
    ("thủ tục", FieldName::Words(Place::Procedure)),
    ("tthc", FieldName::Words(Place::Procedure)),
    ("procedure", FieldName::Words(Place::Procedure)),
    ("cơ quan", FieldName::Words(Place::Agency)),
    ("nơi cấp", FieldName::Words(Place::Agency)),
    ("agency", FieldName::Words(Place::Agency)),
    ("office", FieldName::Words(Place::Agency)),
    ("ngày", FieldName::Date),
    ("ngày cấp", FieldName::Date),
    ("ngày ban hành", FieldName::Date),
    ("tháng", FieldName::Date),
    ("năm", FieldName::Date),
    ("date", FieldName::Date),
    ("month", FieldName::Date),
    ("year", FieldName::Date),
    ("trạng thái", FieldName::Status),
    ("tình trạng", FieldName::Status),
    ("status", FieldName::Status),
];

/// No name of a field is longer.
const LONGEST_NAME_BYTES: usize = 40;

/// Reads a field's name at the beginning of a text; gives it with the length of the name without its colon.
pub(super) fn read_name(text: &str) -> Option<(FieldName, usize)> {
    let colon = text.find(':').filter(|place| (1..=LONGEST_NAME_BYTES).contains(place))?;
    let typed = fold(&text[..colon]);
    let found = NAMES.iter().find(|(name, _)| fold(name) == typed)?;
    Some((found.1, colon))
}

fn fold(text: &str) -> String {
    words(text).into_iter().map(|word| word.folded).collect::<Vec<_>>().join(" ")
}
