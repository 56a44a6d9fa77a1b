use crate::pdf::{Dictionary, Document, Object};

use super::changes::Changes;

/// Whether a signature certifies the document: it limits what may be changed later (ISO 32000-1, 12.8.2.2).
pub(super) fn is_certification(document: &Document<'_>, signature: &Dictionary) -> bool {
    parameters(document, signature, "DocMDP").is_some()
}

/// Whether a signature forbids what was changed after it: a certification without any permission forbids further
/// signatures, a lock (FieldMDP; ISO 32000-1, 12.8.2.4) that a field which it names is filled in.
pub(super) fn forbid(document: &Document<'_>, signature: &Dictionary, changes: &Changes) -> bool {
    let permission =
        parameters(document, signature, "DocMDP").map(|parameters| parameters.integer("P").unwrap_or(2));
    if changes.has_signature && permission == Some(1) {
        return true;
    }
    let Some(lock) = parameters(document, signature, "FieldMDP") else { return false };
    changes.filled_fields.iter().any(|name| is_locked(document, &lock, name))
}

/// Whether a lock holds for a field; one that names no action that is known holds for all.
fn is_locked(document: &Document<'_>, lock: &Dictionary, field: &str) -> bool {
    let names = document.get(lock, "Fields");
    let names = names.as_ref().and_then(Object::array).unwrap_or_default();
    let is_named = names.iter().any(|name| match document.resolve(name) {
        Some(Object::String(text)) => {
            let name = super::fields::decode_text(&text.bytes);
            field.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        _ => false,
    });
    match lock.name("Action") {
        Some(b"Include") => is_named,
        Some(b"Exclude") => !is_named,
        _ => true,
    }
}

/// The parameters of a transform method that the signature refers to.
fn parameters(document: &Document<'_>, signature: &Dictionary, method: &str) -> Option<Dictionary> {
    let references = document.get(signature, "Reference")?;
    references.array()?.iter().find_map(|reference| {
        let reference = document.resolve(reference)?;
        let reference = reference.dictionary()?;
        let parameters = document.get_dictionary(reference, "TransformParams");
        reference.is_name("TransformMethod", method).then(|| parameters.unwrap_or_default())
    })
}
