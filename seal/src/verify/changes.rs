//! Strict rule 3: what may follow a signature. Later revisions are compared with the signed one object by object, and
//! everything that is not on a short list counts as a modification.

use std::collections::{BTreeSet, HashSet};

use super::fields;
use super::widget::{self, Widgets};
use crate::Reason;
use crate::pdf::{Dictionary, Document, Entry, Id, Object, Parser, Section};

/// Objects looked at below one new signature field or the document security store.
const MOST_OBJECTS: usize = 20_000;

/// What was found in the revisions after a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Whether document information or metadata was updated.
    pub(crate) has_information: bool,
    /// Whether a further signature, other than a document timestamp, was added.
    pub(crate) has_signature: bool,
    /// Whether one of these can be seen and does not say that Muniment made it.
    pub(crate) has_foreign_widget: bool,
    /// Names of the fields of the signed revision that were signed since.
    pub(crate) filled_fields: Vec<String>,
}

/// Compares the document as signed with the document as it is now.
pub(crate) fn compare(old: &Document<'_>, new: &Document<'_>) -> Result<Changes, Reason> {
    let changed = changed_numbers(old, new)?;
    let mut comparison = Comparison {
        old,
        new,
        referenced: referenced_numbers(old)?,
        changed,
        allowed: HashSet::new(),
        annotation_lists: HashSet::new(),
        new_fields: HashSet::new(),
        new_values: HashSet::new(),
        widgets: Widgets::default(),
        changes: Changes::default(),
    };
    comparison.run().ok_or(Reason::Modified)?;
    Ok(comparison.changes)
}

/// The numbers whose entry is another now. Later sections must follow on the signed revision, and must not bring back
/// objects out of it.
fn changed_numbers(old: &Document<'_>, new: &Document<'_>) -> Result<BTreeSet<u32>, Reason> {
    let signed_end = old.bytes().len();
    let later: Vec<&Section> =
        new.sections().iter().take_while(|section| section.offset >= signed_end).collect();
    let follows = new.sections().get(later.len()).is_some_and(|section| section.offset == old.start());
    if !follows || !is_explained(new, signed_end, &later) {
        return Err(Reason::Modified);
    }
    let mut changed = BTreeSet::new();
    for section in later {
        for (number, entry) in &section.entries {
            if let Entry::At { offset, .. } = entry
                && *offset < signed_end
                && old.entry(*number) != Some(*entry)
            {
                return Err(Reason::Modified);
            }
            if old.entry(*number) != new.entry(*number) {
                changed.insert(*number);
            }
        }
    }
    Ok(changed)
}

/// Whether the later bytes hold nothing but objects that the later sections list, those sections, and comments: anything
/// else is there for a reader that repairs files.
fn is_explained(document: &Document<'_>, from: usize, later: &[&Section]) -> bool {
    let mut offsets: HashSet<usize> = later.iter().map(|section| section.offset).collect();
    for section in later {
        offsets.extend(section.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::At { offset, .. } => Some(*offset),
            _ => None,
        }));
    }
    let mut parser = Parser::new(document.bytes(), from);
    loop {
        parser.skip_space();
        if parser.is_at_end() {
            return true;
        }
        let known = if parser.keyword("startxref").is_some() {
            parser.unsigned().is_some()
        } else if !offsets.contains(&parser.at()) {
            // The end of the file may be followed by bytes that are judged by themselves.
            return parser.follows_end_of_file()
                && !contains(document.bytes().get(parser.at()..).unwrap_or_default(), b"obj");
        } else if parser.keyword("xref").is_some() {
            parser.skip_table().is_some()
        } else {
            let end = document.parse_at(parser.at()).map(|(_, _, end)| end);
            end.and_then(|end| parser.advance(end - parser.at())).is_some()
        };
        if !known {
            return false;
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(bytes, word).is_some()
}

/// Every number that the signed revision refers to, there or not: what fills such a hole later would change it.
fn referenced_numbers(document: &Document<'_>) -> Result<HashSet<u32>, Reason> {
    let mut numbers = HashSet::new();
    collect_references(&Object::Dictionary(document.trailer().clone()), &mut numbers);
    for number in document.numbers() {
        let generation = match document.entry(number) {
            Some(Entry::At { generation, .. }) => generation,
            _ => 0,
        };
        // An object that cannot be read cannot refer to anything either.
        if let Some(object) = document.object(Id { number, generation }) {
            collect_references(&object, &mut numbers);
        }
    }
    Ok(numbers)
}

fn collect_references(object: &Object, numbers: &mut HashSet<u32>) {
    match object {
        Object::Reference(id) => {
            numbers.insert(id.number);
        }
        Object::Array(items) => items.iter().for_each(|item| collect_references(item, numbers)),
        Object::Dictionary(dictionary) | Object::Stream(dictionary, _) => {
            dictionary.entries().for_each(|(_, value)| collect_references(value, numbers));
        }
        _ => {}
    }
}

struct Comparison<'a, 'b> {
    old: &'b Document<'a>,
    new: &'b Document<'a>,
    referenced: HashSet<u32>,
    changed: BTreeSet<u32>,
    /// New and changed objects that are explained.
    allowed: HashSet<u32>,
    /// Objects that are a page's list of annotations in the signed revision.
    annotation_lists: HashSet<u32>,
    new_fields: HashSet<Id>,
    /// Signatures that these and newly filled fields hold.
    new_values: HashSet<Id>,
    widgets: Widgets,
    changes: Changes,
}

impl Comparison<'_, '_> {
    /// `None` is: modified.
    fn run(&mut self) -> Option<()> {
        if self.changed.is_empty() {
            return Some(());
        }
        let root = self.old.root_id()?;
        if self.new.root_id() != Some(root) || self.new.is_encrypted() {
            return None;
        }
        let (old_catalog, new_catalog) = (self.old.catalog()?, self.new.catalog()?);
        self.catalog(&old_catalog, &new_catalog)?;
        self.allowed.insert(root.number);
        self.information();
        for number in self.old.numbers() {
            let page = self.old.object(self.id(self.old, number));
            if let Some(Object::Dictionary(page)) = &page
                && page.is_name("Type", "Page")
                && let Some(list) = page.get("Annots").and_then(Object::reference)
            {
                self.annotation_lists.insert(list.number);
            }
        }
        for number in self.changed.clone() {
            self.judge(number)?;
        }
        self.widgets.leave_pages_to_be_seen(self.old, self.new)
    }

    fn id(&self, document: &Document<'_>, number: u32) -> Id {
        let generation = match document.entry(number) {
            Some(Entry::At { generation, .. }) => generation,
            _ => 0,
        };
        Id { number, generation }
    }

    fn exists_in_old(&self, number: u32) -> bool {
        !matches!(self.old.entry(number), None | Some(Entry::Free))
    }

    /// Whether an object is new, and nothing in the signed revision waited for it.
    fn is_new(&self, number: u32) -> bool {
        !self.exists_in_old(number) && !self.referenced.contains(&number)
    }

    /// Judges one changed object that may not be explained yet.
    fn judge(&mut self, number: u32) -> Option<()> {
        if self.allowed.contains(&number) {
            return Some(());
        }
        let new = self.new.object(self.id(self.new, number))?;
        if !self.exists_in_old(number) {
            let is_container = new.dictionary().is_some_and(|dictionary| {
                dictionary.is_name("Type", "XRef") || dictionary.is_name("Type", "ObjStm")
            });
            let is_nothing = new == Object::Null && !self.referenced.contains(&number);
            return ((is_container && self.is_new(number)) || is_nothing).then_some(());
        }
        let old = self.old.object(self.id(self.old, number))?;
        if self.same(&old, &new) {
            return Some(());
        }
        match (&old, &new) {
            (Object::Dictionary(old), Object::Dictionary(new)) if old.is_name("Type", "Page") => {
                self.page(old, new)
            }
            (Object::Array(old), Object::Array(new)) if self.annotation_lists.contains(&number) => {
                self.annotations(old, new)
            }
            _ => None,
        }
    }

    /// Whether two objects mean the same, streams by their bytes.
    fn same(&self, old: &Object, new: &Object) -> bool {
        match (old, new) {
            (Object::Stream(old_dictionary, old_place), Object::Stream(new_dictionary, new_place)) => {
                old_dictionary == new_dictionary && self.old.raw(old_place) == self.new.raw(new_place)
            }
            _ => old == new,
        }
    }

    fn catalog(&mut self, old: &Dictionary, new: &Dictionary) -> Option<()> {
        same_but(old, new, &["AcroForm", "DSS", "Extensions"])?;
        self.extensions(old, new)?;
        self.form(old, new)?;
        if let Some(store) = new.get("DSS") {
            self.allow_store(old, store)?;
        }
        Some(())
    }

    /// Extensions may be declared, not taken back.
    fn extensions(&self, old: &Dictionary, new: &Dictionary) -> Option<()> {
        let old = self.old.get_dictionary(old, "Extensions").unwrap_or_default();
        let new = self.new.get_dictionary(new, "Extensions").unwrap_or_default();
        old.entries().all(|(key, value)| new.entries().any(|entry| entry == (key, value))).then_some(())
    }

    fn form(&mut self, old: &Dictionary, new: &Dictionary) -> Option<()> {
        let old_form = self.old.get_dictionary(old, "AcroForm");
        let Some(new_form) = self.new.get_dictionary(new, "AcroForm") else {
            return old_form.is_none().then_some(());
        };
        if let Some(id) = new.get("AcroForm").and_then(Object::reference) {
            let is_old = old.get("AcroForm").and_then(Object::reference) == Some(id);
            (is_old || self.is_new(id.number)).then(|| self.allowed.insert(id.number))?;
        }
        let old_form = old_form.unwrap_or_default();
        let added = same_but(&old_form, &new_form, &["Fields", "SigFlags", "DR", "DA"]);
        added?;
        for key in ["DR", "DA"] {
            if let Some(value) = old_form.get(key)
                && new_form.get(key) != Some(value)
            {
                return None;
            }
            if old_form.get(key).is_none()
                && let Some(value) = new_form.get(key)
            {
                self.allow_new(value)?;
            }
        }
        let old_fields = list(self.old, &old_form, "Fields");
        let new_fields = list(self.new, &new_form, "Fields");
        if let Some(id) = new_form.get("Fields").and_then(Object::reference) {
            let is_old = old_form.get("Fields").and_then(Object::reference) == Some(id);
            (is_old || self.is_new(id.number)).then(|| self.allowed.insert(id.number))?;
        }
        let kept = new_fields.get(..old_fields.len())?;
        (kept == old_fields).then_some(())?;
        for field in kept {
            self.old_field(field)?;
        }
        for field in new_fields.get(old_fields.len()..)? {
            self.new_field(field.reference()?)?;
        }
        Some(())
    }

    /// A field that was there: only an empty signature field may change, by being signed.
    fn old_field(&mut self, field: &Object) -> Option<()> {
        let Some(id) = field.reference() else { return Some(()) };
        if !self.changed.contains(&id.number) {
            return Some(());
        }
        let (old, new) = (self.old.object(id)?, self.new.object(id)?);
        if self.same(&old, &new) {
            return Some(());
        }
        let (old, new) = (old.dictionary()?, new.dictionary()?);
        let is_empty = old.is_name("FT", "Sig") && old.get("V").is_none();
        if !is_empty {
            return None;
        }
        same_but(old, new, &["V", "AP", "M", "F"])?;
        self.allow_value(new)?;
        self.changes.filled_fields.push(fields::own_name(new));
        self.allowed.insert(id.number);
        Some(())
    }

    fn new_field(&mut self, id: Id) -> Option<()> {
        const KEYS: [&str; 23] = [
            "Type",
            "Subtype",
            "FT",
            "T",
            "TU",
            "TM",
            "V",
            "P",
            "F",
            "Ff",
            "Rect",
            "AP",
            "DA",
            "DR",
            "MK",
            "Lock",
            "SV",
            "Border",
            "BS",
            "H",
            "M",
            "NM",
            "StructParent",
        ];
        let object = self.new.object(id)?;
        let field = object.dictionary()?;
        let is_plain = field.entries().all(|(key, _)| KEYS.iter().any(|known| known.as_bytes() == key));
        let is_widget = field.get("Subtype").is_none() || field.is_name("Subtype", "Widget");
        if !self.is_new(id.number)
            || !field.is_name("FT", "Sig")
            || !is_plain
            || !is_widget
            || field.has_duplicates()
            || !self.new_fields.insert(id)
        {
            return None;
        }
        self.allow_value(field)?;
        if widget::is_shown(self.new, field)? {
            self.widgets.add(self.new, id, field)?;
        }
        for key in ["AP", "DR", "MK", "Lock", "SV", "BS"] {
            if let Some(value) = field.get(key) {
                self.allow_new(value)?;
            }
        }
        self.allowed.insert(id.number);
        Some(())
    }

    /// The value of a signature field and its appearance: new objects only. An old signature, or one that another field
    /// holds already, would pass for what is shown here, which it never was over.
    fn allow_value(&mut self, field: &Dictionary) -> Option<()> {
        if let Some(id) = field.get("V")?.reference()
            && !(self.is_new(id.number) && self.new_values.insert(id))
        {
            return None;
        }
        let value = self.new.get(field, "V")?;
        let Object::Dictionary(signature) = &value else { return None };
        if signature.get("Contents").is_none() || signature.get("ByteRange").is_none() {
            return None;
        }
        let is_shown = widget::is_shown(self.new, field)?;
        if fields::is_timestamp(signature) {
            (!is_shown && widget::draws_nothing(self.new, field)).then_some(())?;
        } else {
            self.changes.has_signature = true;
            let is_ours = fields::our_role(&fields::own_name(field), signature).is_some();
            self.changes.has_foreign_widget |= is_shown && !is_ours;
        }
        self.allow_new(field.get("V")?)?;
        field.get("AP").map_or(Some(()), |appearance| self.allow_new(appearance))
    }

    /// The document security store (ETSI EN 319 142-1, 5.4.2): its objects are new, or were its own before.
    fn allow_store(&mut self, old_catalog: &Dictionary, store: &Object) -> Option<()> {
        let before = match old_catalog.get("DSS") {
            Some(store) => reachable(self.old, store)?,
            None => HashSet::new(),
        };
        for number in reachable(self.new, store)? {
            if !self.changed.contains(&number) {
                continue;
            }
            let id = self.id(self.new, number);
            let is_page = self.new.object(id)?.dictionary().is_some_and(|object| {
                object.is_name("Type", "Page")
                    || object.is_name("Type", "Catalog")
                    || object.is_name("Type", "Pages")
            });
            if is_page || !(self.is_new(number) || before.contains(&number)) {
                return None;
            }
            self.allowed.insert(number);
        }
        Some(())
    }

    /// Allows the new objects below this one; old ones are not followed, for they are judged by themselves.
    fn allow_new(&mut self, object: &Object) -> Option<()> {
        let mut pending = vec![object.clone()];
        while let Some(object) = pending.pop() {
            let mut numbers = HashSet::new();
            collect_references(&object, &mut numbers);
            for number in numbers {
                if self.is_new(number) && self.allowed.insert(number) {
                    if self.allowed.len() > MOST_OBJECTS {
                        return None;
                    }
                    pending.push(self.new.object(self.id(self.new, number))?);
                }
            }
        }
        Some(())
    }

    fn page(&self, old: &Dictionary, new: &Dictionary) -> Option<()> {
        same_but(old, new, &["Annots"])?;
        self.annotations(&list(self.old, old, "Annots"), &list(self.new, new, "Annots"))
    }

    /// A page may gain the widgets of new signature fields, nothing else.
    fn annotations(&self, old: &[Object], new: &[Object]) -> Option<()> {
        let kept = new.get(..old.len())?;
        let mut added = new.get(old.len()..)?.iter().map(Object::reference);
        let are_fields = added.all(|id| id.is_some_and(|id| self.new_fields.contains(&id)));
        (kept == old && are_fields).then_some(())
    }

    /// Document information and metadata are no content; whether they may change is the caller's to say.
    fn information(&mut self) {
        let mut ids = Vec::new();
        ids.extend(self.new.trailer().get("Info").and_then(Object::reference));
        ids.extend(self.new.catalog().and_then(|catalog| catalog.get("Metadata")?.reference()));
        for id in ids {
            let Some(object) = self.new.object(id) else { continue };
            let is_plain = match &object {
                Object::Dictionary(information) => information
                    .entries()
                    .all(|(_, value)| matches!(value, Object::String(_) | Object::Name(_))),
                Object::Stream(dictionary, _) => dictionary.is_name("Type", "Metadata"),
                _ => false,
            };
            let was = self.old.object(id);
            let was_metadata =
                was.as_ref().and_then(Object::dictionary).is_some_and(|was| was.is_name("Type", "Metadata"));
            let is_same_kind =
                matches!((&was, &object), (Some(Object::Dictionary(_)), Object::Dictionary(_)))
                    || (was_metadata && matches!(object, Object::Stream(..)))
                    || self.is_new(id.number);
            if self.changed.contains(&id.number) && is_plain && is_same_kind && was.as_ref() != Some(&object)
            {
                self.allowed.insert(id.number);
                self.changes.has_information = true;
            }
        }
    }
}

/// Whether two dictionaries are equal but for these keys.
fn same_but(old: &Dictionary, new: &Dictionary, keys: &[&str]) -> Option<()> {
    let rest = |dictionary: &Dictionary| {
        let mut rest: Vec<(Vec<u8>, Object)> = dictionary
            .entries()
            .filter(|(key, _)| !keys.iter().any(|known| known.as_bytes() == *key))
            .map(|(key, value)| (key.to_vec(), value.clone()))
            .collect();
        rest.sort_by(|a, b| a.0.cmp(&b.0));
        rest
    };
    (!new.has_duplicates() && rest(old) == rest(new)).then_some(())
}

fn list(document: &Document<'_>, dictionary: &Dictionary, key: &str) -> Vec<Object> {
    match document.get(dictionary, key) {
        Some(Object::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// The numbers of all objects below this one.
fn reachable(document: &Document<'_>, object: &Object) -> Option<HashSet<u32>> {
    let mut numbers = HashSet::new();
    let mut pending = vec![object.clone()];
    while let Some(object) = pending.pop() {
        let mut found = HashSet::new();
        collect_references(&object, &mut found);
        for number in found {
            if numbers.insert(number) {
                if numbers.len() > MOST_OBJECTS {
                    return None;
                }
                let generation = match document.entry(number) {
                    Some(Entry::At { generation, .. }) => generation,
                    _ => 0,
                };
                pending.push(document.object(Id { number, generation })?);
            }
        }
    }
    Some(numbers)
}
