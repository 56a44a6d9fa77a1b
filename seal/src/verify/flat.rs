use crate::pdf::{Dictionary, Document, Entry, Id, Object};

/// Strict rule 6: what in a document could change what it shows without breaking a signature. `None` is: it is flat.
pub(crate) fn obstacle(document: &Document<'_>) -> Option<&'static str> {
    let Some(catalog) = document.catalog() else { return Some("no catalog") };
    for (key, what) in [
        ("OCProperties", "optional content"),
        ("AA", "actions"),
        ("Collection", "a portfolio"),
        ("NeedsRendering", "a dynamic form"),
    ] {
        if catalog.get(key).is_some() {
            return Some(what);
        }
    }
    if document.get_dictionary(&catalog, "OpenAction").is_some_and(|action| !action.is_name("S", "GoTo")) {
        return Some("actions");
    }
    let names = document.get_dictionary(&catalog, "Names").unwrap_or_default();
    if names.get("JavaScript").is_some() {
        return Some("JavaScript");
    }
    if names.get("EmbeddedFiles").is_some() {
        return Some("embedded files");
    }
    let form = document.get_dictionary(&catalog, "AcroForm");
    form.and_then(|form| form_obstacle(document, &form)).or_else(|| object_obstacle(document))
}

fn form_obstacle(document: &Document<'_>, form: &Dictionary) -> Option<&'static str> {
    if form.get("XFA").is_some() {
        return Some("a dynamic form");
    }
    let fields = document.get(form, "Fields");
    let fields = fields.as_ref().and_then(Object::array).unwrap_or_default();
    // A form without fields is what is left of one, with the fonts to make it live again.
    let is_rest = fields.is_empty() && form.get("DR").is_some();
    is_rest.then_some("a form")
}

fn object_obstacle(document: &Document<'_>) -> Option<&'static str> {
    for number in document.numbers() {
        let generation = match document.entry(number) {
            Some(Entry::At { generation, .. }) => generation,
            _ => 0,
        };
        let Some(object) = document.object(Id { number, generation }) else { continue };
        let Some(dictionary) = object.dictionary() else { continue };
        if dictionary.get("FT").is_some() && !dictionary.is_name("FT", "Sig") {
            return Some("a form");
        }
        if dictionary.is_name("S", "JavaScript") || dictionary.is_name("S", "Launch") {
            return Some("JavaScript");
        }
        let is_annotation = dictionary.is_name("Type", "Annot")
            || (dictionary.get("Subtype").is_some() && dictionary.get("Rect").is_some());
        if is_annotation && !dictionary.is_name("Subtype", "Widget") {
            return Some("annotations");
        }
        if dictionary.is_name("Type", "Page") && dictionary.get("AA").is_some() {
            return Some("actions");
        }
    }
    None
}
