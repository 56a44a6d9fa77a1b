use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::object::{Dictionary, Id, Object};
use super::parser::Parser;
use super::xref::{self, Entry, Section};
use super::{Flaw, stream};

/// Bytes that all object streams of a file may inflate to.
const INFLATE_BUDGET: usize = 64 << 20;
/// Bytes that may be parsed again and again, beyond the file itself.
const PARSE_BUDGET: usize = 256 << 20;
/// Object streams that may need one another to be read.
const DEEPEST_STREAM: u32 = 4;
/// References that may follow one another.
const LONGEST_CHAIN: u32 = 16;
/// Levels of the page tree.
const DEEPEST_TREE: u32 = 32;
/// Pages and nodes above them that are looked at.
const MOST_PAGES: usize = 200_000;

/// A PDF file, as its last cross-reference section presents it. A prefix of a file that ends with a revision is the
/// document as it was then.
pub(crate) struct Document<'a> {
    bytes: &'a [u8],
    start: usize,
    sections: Vec<Section>,
    entries: HashMap<u32, Entry>,
    object_streams: RefCell<HashMap<u32, Option<Rc<ObjectStream>>>>,
    inflate_budget: Cell<usize>,
    parse_budget: Cell<usize>,
    /// Object streams being read: the length of one may stand in another.
    nesting: Cell<u32>,
}

struct ObjectStream {
    data: Vec<u8>,
    /// Number and offset of each object.
    places: Vec<(u32, usize)>,
}

impl<'a> Document<'a> {
    /// Reads the structure; objects are read when asked for.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Flaw> {
        if !bytes.starts_with(b"%PDF-") {
            return Err(Flaw::NotPdf);
        }
        let place = rfind(bytes, b"startxref").ok_or(Flaw::Damaged)?;
        let mut parser = Parser::new(bytes, place);
        parser.keyword("startxref").ok_or(Flaw::Damaged)?;
        let start = parser.unsigned().and_then(|offset| usize::try_from(offset).ok()).ok_or(Flaw::Damaged)?;
        let (sections, entries) = xref::read(bytes, start)?;
        let document = Self {
            bytes,
            start,
            sections,
            entries,
            object_streams: RefCell::default(),
            inflate_budget: Cell::new(INFLATE_BUDGET),
            nesting: Cell::new(0),
            parse_budget: Cell::new(PARSE_BUDGET.saturating_add(bytes.len())),
        };
        if document.catalog().is_none() {
            return Err(Flaw::Damaged);
        }
        Ok(document)
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The offset that the last `startxref` gives.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// The cross-reference sections, the newest first.
    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The newest trailer.
    pub(crate) fn trailer(&self) -> &Dictionary {
        const EMPTY: &Dictionary = &Dictionary::EMPTY;
        self.sections.first().map_or(EMPTY, |section| &section.trailer)
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.sections.iter().any(|section| section.trailer.get("Encrypt").is_some())
    }

    /// The highest object number in use.
    pub(crate) fn highest(&self) -> u32 {
        self.entries.keys().copied().max().unwrap_or(0)
    }

    /// The numbers of all objects in use, in order.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let used = self.entries.iter().filter(|(_, entry)| **entry != Entry::Free);
        let mut numbers: Vec<u32> = used.map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers
    }

    pub(crate) fn entry(&self, number: u32) -> Option<Entry> {
        self.entries.get(&number).copied()
    }

    pub(crate) fn root_id(&self) -> Option<Id> {
        self.trailer().get("Root")?.reference()
    }

    pub(crate) fn catalog(&self) -> Option<Dictionary> {
        match self.object(self.root_id()?)? {
            Object::Dictionary(catalog) => Some(catalog),
            _ => None,
        }
    }

    /// Reads an indirect object; one that is not there is null, `None` one that cannot be read.
    pub(crate) fn object(&self, id: Id) -> Option<Object> {
        match self.entry(id.number) {
            None | Some(Entry::Free) => Some(Object::Null),
            Some(Entry::At { generation, .. }) if generation != id.generation => Some(Object::Null),
            Some(Entry::At { offset, .. }) => self.object_at(offset, id),
            Some(Entry::Within { stream, index }) => self.object_within(stream, index, id.number),
        }
    }

    fn object_at(&self, offset: usize, id: Id) -> Option<Object> {
        let (found, object, _) = self.parse_at(offset)?;
        (found == id).then_some(object)
    }

    /// Parses the indirect object at an offset: its id, itself, and where its `endobj` ends.
    pub(crate) fn parse_at(&self, offset: usize) -> Option<(Id, Object, usize)> {
        let mut parser = Parser::new(self.bytes, offset);
        let id = parser.object_head()?;
        let mut object = parser.object()?;
        self.spend(parser.at().saturating_sub(offset))?;
        if let Object::Dictionary(dictionary) = &object
            && parser.stream_head().is_some()
        {
            let start = parser.at();
            parser.advance(self.stream_length(dictionary)?)?;
            let place = start..parser.at();
            parser.keyword("endstream")?;
            object = Object::Stream(dictionary.clone(), place);
        }
        parser.keyword("endobj")?;
        Some((id, object, parser.at()))
    }

    /// The length of a stream; where it is another object, that one must be a plain number.
    fn stream_length(&self, dictionary: &Dictionary) -> Option<usize> {
        let number = match dictionary.get("Length")? {
            Object::Integer(number) => *number,
            Object::Reference(id) => {
                let number = match self.entry(id.number)? {
                    Entry::At { offset, .. } => {
                        let mut parser = Parser::new(self.bytes, offset);
                        (parser.object_head()? == *id).then(|| parser.object())??
                    }
                    Entry::Within { stream, index } => self.object_within(stream, index, id.number)?,
                    Entry::Free => return None,
                };
                match number {
                    Object::Integer(number) => number,
                    _ => return None,
                }
            }
            _ => return None,
        };
        usize::try_from(number).ok()
    }

    fn object_within(&self, stream: u32, index: usize, number: u32) -> Option<Object> {
        let stream = self.object_stream(stream)?;
        let (found, offset) = *stream.places.get(index)?;
        if found != number {
            return None;
        }
        let mut parser = Parser::new(&stream.data, offset);
        let object = parser.object()?;
        self.spend(parser.at().saturating_sub(offset))?;
        Some(object)
    }

    /// Counts parsed bytes; `None` when too many were.
    fn spend(&self, count: usize) -> Option<()> {
        let left = self.parse_budget.get().checked_sub(count)?;
        self.parse_budget.set(left);
        Some(())
    }

    fn object_stream(&self, number: u32) -> Option<Rc<ObjectStream>> {
        if let Some(known) = self.object_streams.borrow().get(&number) {
            return known.clone();
        }
        if self.nesting.get() >= DEEPEST_STREAM {
            return None;
        }
        self.nesting.set(self.nesting.get() + 1);
        // Marked as unreadable while it is read, so that a stream that needs itself ends.
        self.object_streams.borrow_mut().insert(number, None);
        let stream = self.read_object_stream(number).map(Rc::new);
        self.nesting.set(self.nesting.get() - 1);
        self.object_streams.borrow_mut().insert(number, stream.clone());
        stream
    }

    fn read_object_stream(&self, number: u32) -> Option<ObjectStream> {
        let Some(Entry::At { offset, generation }) = self.entry(number) else {
            return None;
        };
        let (id, object, _) = self.parse_at(offset)?;
        let Object::Stream(dictionary, place) = object else {
            return None;
        };
        if id != (Id { number, generation }) || !dictionary.is_name("Type", "ObjStm") {
            return None;
        }
        let data = stream::decode(&dictionary, self.bytes.get(place)?, self.inflate_budget.get()).ok()?;
        self.inflate_budget.set(self.inflate_budget.get().saturating_sub(data.len()));
        let first = usize::try_from(dictionary.integer("First")?).ok()?;
        let count = usize::try_from(dictionary.integer("N")?).ok()?;
        let mut places = Vec::new();
        let mut parser = Parser::new(&data, 0);
        for _ in 0..count {
            let number = u32::try_from(parser.unsigned()?).ok()?;
            let offset = usize::try_from(parser.unsigned()?).ok()?;
            places.push((number, first.checked_add(offset)?));
        }
        Some(ObjectStream { data, places })
    }

    /// Follows references until something else stands there.
    pub(crate) fn resolve(&self, object: &Object) -> Option<Object> {
        let mut object = object.clone();
        for _ in 0..LONGEST_CHAIN {
            match object {
                Object::Reference(id) => object = self.object(id)?,
                other => return Some(other),
            }
        }
        None
    }

    /// The value of a key, references followed; null and absent are the same.
    pub(crate) fn get(&self, dictionary: &Dictionary, key: &str) -> Option<Object> {
        self.resolve(dictionary.get(key)?)
    }

    /// The value of a key that is a dictionary, or a stream's.
    pub(crate) fn get_dictionary(&self, dictionary: &Dictionary, key: &str) -> Option<Dictionary> {
        self.get(dictionary, key)?.dictionary().cloned()
    }

    /// The first page, and the attributes it inherits (ISO 32000-1, 7.7.3.4).
    pub(crate) fn first_page(&self) -> Option<(Id, Dictionary)> {
        const INHERITED: [&str; 4] = ["Resources", "MediaBox", "CropBox", "Rotate"];
        let mut id = self.catalog()?.get("Pages")?.reference()?;
        let mut inherited = Dictionary::default();
        for _ in 0..DEEPEST_TREE {
            let mut node = self.object(id)?.dictionary()?.clone();
            for key in INHERITED {
                match node.get(key) {
                    Some(value) => inherited.set(key, value.clone()),
                    None => {
                        if let Some(value) = inherited.get(key) {
                            node.set(key, value.clone());
                        }
                    }
                }
            }
            let Some(kids) = self.get(&node, "Kids") else {
                return Some((id, node));
            };
            // A node may have no pages below it; the first that has some leads on.
            let first = kids.array()?.iter().find(|kid| self.has_pages(kid))?;
            id = first.reference()?;
        }
        None
    }

    /// All pages with the boxes that they have or inherit, and nothing else of them.
    pub(crate) fn page_boxes(&self) -> Option<Vec<(Id, Dictionary)>> {
        const BOXES: [&str; 2] = ["MediaBox", "CropBox"];
        let root = self.catalog()?.get("Pages")?.reference()?;
        let mut pages = Vec::new();
        let mut seen = HashSet::new();
        let mut pending = vec![(root, Dictionary::default(), DEEPEST_TREE)];
        while let Some((id, mut boxes, depth)) = pending.pop() {
            let depth = depth.checked_sub(1)?;
            if !seen.insert(id) {
                continue;
            }
            if seen.len() > MOST_PAGES {
                return None;
            }
            let node = self.object(id)?;
            let Some(node) = node.dictionary() else { continue };
            for key in BOXES {
                if let Some(value) = node.get(key) {
                    boxes.set(key, value.clone());
                }
            }
            match self.get(node, "Kids") {
                Some(kids) => {
                    let kids = kids.array()?.iter().filter_map(Object::reference);
                    pending.extend(kids.map(|kid| (kid, boxes.clone(), depth)));
                }
                None => pages.push((id, boxes)),
            }
        }
        Some(pages)
    }

    fn has_pages(&self, kid: &Object) -> bool {
        let Some(node) = self.resolve(kid) else { return false };
        let Some(node) = node.dictionary() else { return false };
        node.get("Kids").is_none() || node.integer("Count").is_none_or(|count| count > 0)
    }

    /// The decoded data of a small stream.
    pub(crate) fn stream_data(&self, dictionary: &Dictionary, place: &Range<usize>) -> Option<Vec<u8>> {
        let data = stream::decode(dictionary, self.raw(place), self.inflate_budget.get()).ok()?;
        self.inflate_budget.set(self.inflate_budget.get().saturating_sub(data.len()));
        Some(data)
    }

    /// The bytes of a stream as they stand in the file.
    pub(crate) fn raw(&self, place: &Range<usize>) -> &'a [u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

fn rfind(bytes: &[u8], word: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(bytes, word)
}
