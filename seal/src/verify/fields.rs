use std::collections::HashSet;

use muniment_record::SignerRole;

use crate::pdf::{Dictionary, Document, Entry, Id, Object};
use crate::{Reason, sign};

const MOST_FIELDS: usize = 2048;
const DEEPEST: u32 = 16;

/// A signature field with a value.
#[derive(Clone, Debug)]
pub(crate) struct SignatureField {
    /// Its full name (ISO 32000-1, 12.7.3.2).
    pub(crate) name: String,
    /// The signature dictionary.
    pub(crate) dictionary: Dictionary,
    /// Whether the dictionary stands in the file itself, not in an object stream, so that places in it are true.
    pub(crate) is_in_file: bool,
}

impl SignatureField {
    /// Whether it holds a document timestamp (ETSI EN 319 142-1, 5.4.3).
    pub(crate) fn is_timestamp(&self) -> bool {
        is_timestamp(&self.dictionary)
    }

    /// Whether it says that Muniment made it.
    pub(crate) fn is_ours(&self) -> bool {
        is_ours(&self.dictionary)
    }

    /// In what role it says that Muniment made it.
    pub(crate) fn our_role(&self) -> Option<SignerRole> {
        our_role(&self.name, &self.dictionary)
    }
}

/// Whether a signature dictionary holds a document timestamp. The sub-filter alone says so: it rules how the value is
/// read, whatever the type says.
pub(super) fn is_timestamp(signature: &Dictionary) -> bool {
    signature.is_name("SubFilter", "ETSI.RFC3161")
}

/// Whether a signature dictionary says that Muniment made it. Anyone can write that; only the signature proves it.
fn is_ours(signature: &Dictionary) -> bool {
    let build = signature.get("Prop_Build").and_then(Object::dictionary);
    let app = build.and_then(|build| build.get("App")).and_then(Object::dictionary);
    app.is_some_and(|app| app.is_name("Name", sign::SOFTWARE))
}

/// The role of a signature that says that Muniment made it, by the name of its field.
pub(super) fn our_role(name: &str, signature: &Dictionary) -> Option<SignerRole> {
    if is_timestamp(signature) || !is_ours(signature) {
        return None;
    }
    let is_named = |base: &str| {
        name.strip_prefix(base).is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    match (is_named(sign::AGENCY_FIELD), is_named(sign::OFFICER_FIELD)) {
        (true, _) => Some(SignerRole::Agency),
        (_, true) => Some(SignerRole::Officer),
        _ => None,
    }
}

/// The name that a field has by itself.
pub(super) fn own_name(field: &Dictionary) -> String {
    match field.get("T") {
        Some(Object::String(text)) => decode_text(&text.bytes),
        _ => String::new(),
    }
}

/// All signature fields with a value, reached through catalog, AcroForm and Fields.
pub(crate) fn collect(document: &Document<'_>) -> Result<Vec<SignatureField>, Reason> {
    let catalog = document.catalog().ok_or(Reason::Damaged)?;
    let mut walk = Walk { document, seen: HashSet::new(), found: Vec::new() };
    let form = document.get_dictionary(&catalog, "AcroForm");
    let fields = form.and_then(|form| document.get(&form, "Fields"));
    for field in fields.as_ref().and_then(Object::array).unwrap_or_default() {
        walk.visit(field, "", false, DEEPEST)?;
    }
    Ok(walk.found)
}

struct Walk<'a, 'b> {
    document: &'b Document<'a>,
    seen: HashSet<Id>,
    found: Vec<SignatureField>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, object: &Object, parent: &str, is_signature: bool, depth: u32) -> Result<(), Reason> {
        let depth = depth.checked_sub(1).ok_or(Reason::TooComplex)?;
        if let Some(id) = object.reference()
            && !self.seen.insert(id)
        {
            return Ok(());
        }
        if self.seen.len() > MOST_FIELDS {
            return Err(Reason::TooComplex);
        }
        let resolved = self.document.resolve(object).ok_or(Reason::Damaged)?;
        let Some(field) = resolved.dictionary() else { return Ok(()) };
        let part = own_name(field);
        let name = match (parent.is_empty(), part.is_empty()) {
            (true, _) => part,
            (false, true) => parent.to_owned(),
            (false, false) => format!("{parent}.{part}"),
        };
        let is_signature = match field.name("FT") {
            Some(kind) => kind == b"Sig",
            None => is_signature,
        };
        if is_signature && let Some(value) = field.get("V") {
            let holder = value.reference().or(object.reference());
            let is_in_file =
                holder.is_some_and(|id| matches!(self.document.entry(id.number), Some(Entry::At { .. })));
            let value = self.document.resolve(value).ok_or(Reason::Damaged)?;
            if let Some(dictionary) = value.dictionary() {
                self.found.push(SignatureField {
                    name: name.clone(),
                    dictionary: dictionary.clone(),
                    is_in_file,
                });
            }
        }
        let kids = self.document.get(field, "Kids");
        for kid in kids.as_ref().and_then(Object::array).unwrap_or_default() {
            self.visit(kid, &name, is_signature, depth)?;
        }
        Ok(())
    }
}

/// A text string (ISO 32000-1, 7.9.2.2): UTF-16 with its mark, or bytes taken as Latin.
pub(super) fn decode_text(bytes: &[u8]) -> String {
    match bytes.strip_prefix(b"\xfe\xff") {
        Some(utf16) => {
            let units = utf16.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
