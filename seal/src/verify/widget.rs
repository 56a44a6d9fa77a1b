//! What the fields of later signatures show. The signed revision says which pages there are and how large; the later one
//! says it only of itself.

use std::collections::{HashMap, HashSet};

use crate::pdf::{Dictionary, Document, Id, Object};
use crate::stamp;

/// The share of a page that later signatures may cover together.
const LARGEST_SHARE: f64 = 0.25;

/// The visible widgets of new signature fields.
#[derive(Debug, Default)]
pub(super) struct Widgets {
    by_id: HashMap<Id, Widget>,
}

#[derive(Debug)]
struct Widget {
    /// The page that it names.
    page: Id,
    /// In square units of the page.
    area: f64,
}

impl Widgets {
    /// Notes the widget of a new field. `None` is: it does not say on which page it is.
    pub(super) fn add(&mut self, document: &Document<'_>, id: Id, field: &Dictionary) -> Option<()> {
        let (width, height) = size(document, field)?;
        let page = field.get("P")?.reference()?;
        self.by_id.insert(id, Widget { page, area: width * height });
        Some(())
    }

    /// Whether each stands on the one page that it names, a page of the signed revision, and together they leave most of
    /// it to be seen. `None` is: no.
    pub(super) fn leave_pages_to_be_seen(&self, old: &Document<'_>, new: &Document<'_>) -> Option<()> {
        if self.by_id.is_empty() {
            return Some(());
        }
        let mut placed = HashSet::new();
        for (id, boxes) in old.page_boxes()? {
            let page = new.object(id)?;
            let annotations = new.get(page.dictionary()?, "Annots");
            let annotations = annotations.as_ref().and_then(Object::array).unwrap_or_default();
            let mut covered = 0.0;
            for annotation in annotations.iter().filter_map(Object::reference) {
                if let Some(widget) = self.by_id.get(&annotation) {
                    (widget.page == id && placed.insert(annotation)).then_some(())?;
                    covered += widget.area;
                }
            }
            let [left, bottom, right, top] = stamp::visible_area(old, &boxes);
            (covered <= (right - left) * (top - bottom) * LARGEST_SHARE).then_some(())?;
        }
        (placed.len() == self.by_id.len()).then_some(())
    }
}

/// Whether a field takes room on a page. `None` is: it cannot be told.
pub(super) fn is_shown(document: &Document<'_>, field: &Dictionary) -> Option<bool> {
    let (width, height) = size(document, field)?;
    Some(width > 0.0 || height > 0.0)
}

/// Width and height of a field's rectangle, nothing where it has none.
fn size(document: &Document<'_>, field: &Dictionary) -> Option<(f64, f64)> {
    let Some(rectangle) = field.get("Rect") else { return Some((0.0, 0.0)) };
    let rectangle = document.resolve(rectangle)?;
    let [left, bottom, right, top] = rectangle.array()? else { return None };
    let width = (right.number()? - left.number()?).abs();
    let height = (top.number()? - bottom.number()?).abs();
    (width.is_finite() && height.is_finite()).then_some((width, height))
}

/// Whether a field has nothing to draw: no appearance but blank ones, no border and no background.
pub(super) fn draws_nothing(document: &Document<'_>, field: &Dictionary) -> bool {
    let is_empty = |key: &str| match field.get(key) {
        None => true,
        Some(Object::Dictionary(style)) => style.entries().next().is_none(),
        Some(Object::Array(border)) => border.iter().all(|part| part.number() == Some(0.0)),
        Some(_) => false,
    };
    if !["MK", "BS", "Border"].into_iter().all(is_empty) {
        return false;
    }
    let Some(appearance) = field.get("AP") else { return true };
    match document.resolve(appearance) {
        Some(Object::Dictionary(forms)) => {
            !forms.has_duplicates() && forms.entries().all(|(_, form)| is_blank(document, form))
        }
        _ => false,
    }
}

/// Whether a form draws nothing: it is clipped to an empty box, or has no operator that paints.
fn is_blank(document: &Document<'_>, form: &Object) -> bool {
    match document.resolve(form) {
        Some(Object::Null) => true,
        Some(Object::Stream(dictionary, place)) if !dictionary.has_duplicates() => {
            let corners = document.get(&dictionary, "BBox");
            let corners = corners.as_ref().and_then(Object::array).unwrap_or_default();
            let is_clipped = matches!(corners, [left, bottom, right, top] if left == right && bottom == top);
            is_clipped || document.stream_data(&dictionary, &place).is_some_and(|data| paints_nothing(&data))
        }
        _ => false,
    }
}

/// Whether a content stream holds only comments and saved and restored graphics states.
fn paints_nothing(content: &[u8]) -> bool {
    content.split(|byte| matches!(byte, b'\r' | b'\n')).all(|line| {
        let code = line.split(|byte| *byte == b'%').next().unwrap_or_default();
        let mut words = code.split(|byte| byte.is_ascii_whitespace() || *byte == 0);
        words.all(|word| matches!(word, b"" | b"q" | b"Q"))
    })
}
