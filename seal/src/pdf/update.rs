use std::collections::BTreeMap;

use super::Flaw;
use super::document::Document;
use super::object::{Dictionary, Id, Object};
use super::xref::Kind;

/// An incremental update (ISO 32000-1, 7.5.6): new and changed objects, to be written after the bytes that are there.
///
/// The cross-reference section is written in the same kind as the newest one, so that no reader meets a mix.
pub(crate) struct Update<'a, 'b> {
    document: &'b Document<'a>,
    objects: BTreeMap<u32, (u16, Vec<u8>)>,
    next: u32,
}

/// A file with its update, and where in it the new objects' bodies begin.
pub(crate) struct Updated {
    pub(crate) bytes: Vec<u8>,
    pub(crate) places: BTreeMap<u32, usize>,
}

impl<'a, 'b> Update<'a, 'b> {
    pub(crate) fn new(document: &'b Document<'a>) -> Result<Self, Flaw> {
        let size = document.trailer().integer("Size").and_then(|size| u32::try_from(size).ok());
        let next = size.ok_or(Flaw::Damaged)?.max(document.highest().saturating_add(1));
        if next >= 1 << 23 {
            return Err(Flaw::TooComplex);
        }
        Ok(Self { document, objects: BTreeMap::new(), next })
    }

    /// Takes a number for an object that is written later.
    pub(crate) fn reserve(&mut self) -> Id {
        let number = self.next;
        self.next += 1;
        Id { number, generation: 0 }
    }

    /// Writes a new object.
    pub(crate) fn add(&mut self, body: Vec<u8>) -> Id {
        let id = self.reserve();
        self.objects.insert(id.number, (0, body));
        id
    }

    /// Writes a new or a changed object under its id.
    pub(crate) fn put(&mut self, id: Id, body: Vec<u8>) {
        self.objects.insert(id.number, (id.generation, body));
    }

    /// Writes a changed dictionary under its id.
    pub(crate) fn put_dictionary(&mut self, id: Id, dictionary: &Dictionary) {
        let mut body = Vec::new();
        write_dictionary(dictionary, &mut body);
        self.put(id, body);
    }

    /// Puts it all together; `digest` becomes the new half of the file identifier.
    pub(crate) fn finish(mut self, digest: &[u8]) -> Result<Updated, Flaw> {
        let old = self.document.bytes();
        let added: usize = self.objects.values().map(|(_, body)| body.len() + 48).sum();
        let mut bytes = Vec::with_capacity(old.len() + added + 1024);
        bytes.extend_from_slice(old);
        if !old.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        let mut offsets = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (number, (generation, body)) in &self.objects {
            offsets.insert(*number, (bytes.len(), *generation));
            bytes.extend_from_slice(format!("{number} {generation} obj\n").as_bytes());
            places.insert(*number, bytes.len());
            bytes.extend_from_slice(body);
            bytes.extend_from_slice(b"\nendobj\n");
        }
        let start = bytes.len();
        let kind = self.document.sections().first().map(|section| section.kind);
        match kind {
            Some(Kind::Table) => self.write_table(&offsets, digest, &mut bytes),
            Some(Kind::Stream) => {
                let number = self.reserve().number;
                offsets.insert(number, (start, 0));
                self.write_stream(number, &offsets, digest, &mut bytes);
            }
            None => return Err(Flaw::Damaged),
        }
        bytes.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        Ok(Updated { bytes, places })
    }

    fn write_table(&self, offsets: &BTreeMap<u32, (usize, u16)>, digest: &[u8], bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(b"xref\n");
        for (first, run) in runs(offsets) {
            bytes.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
            for (offset, generation) in run {
                bytes.extend_from_slice(format!("{offset:010} {generation:05} n\r\n").as_bytes());
            }
        }
        bytes.extend_from_slice(b"trailer\n");
        write_dictionary(&self.trailer(digest), bytes);
        bytes.push(b'\n');
    }

    fn write_stream(
        &self,
        number: u32,
        offsets: &BTreeMap<u32, (usize, u16)>,
        digest: &[u8],
        bytes: &mut Vec<u8>,
    ) {
        let mut index = Vec::new();
        let mut data = Vec::new();
        for (first, run) in runs(offsets) {
            index.push(integer(first));
            index.push(integer(run.len()));
            for (offset, generation) in run {
                data.push(1);
                data.extend_from_slice(&(offset as u64).to_be_bytes());
                data.extend_from_slice(&generation.to_be_bytes());
            }
        }
        let mut dictionary = self.trailer(digest);
        dictionary.set("Type", Object::Name(b"XRef".to_vec()));
        dictionary.set("W", Object::Array(vec![integer(1_u8), integer(8_u8), integer(2_u8)]));
        dictionary.set("Index", Object::Array(index));
        dictionary.set("Length", integer(data.len()));
        bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        write_dictionary(&dictionary, bytes);
        bytes.extend_from_slice(b"\nstream\n");
        bytes.extend_from_slice(&data);
        bytes.extend_from_slice(b"\nendstream\nendobj\n");
    }

    /// The new trailer; the second part of the file identifier changes with each update (ISO 32000-1, 14.4).
    fn trailer(&self, digest: &[u8]) -> Dictionary {
        let old = self.document.trailer();
        let mut trailer = Dictionary::default();
        trailer.set("Size", integer(self.next));
        trailer.set("Prev", integer(self.document.start()));
        for key in ["Root", "Info"] {
            if let Some(value) = old.get(key) {
                trailer.set(key, value.clone());
            }
        }
        let fresh = hexadecimal(digest.get(..16).unwrap_or(digest));
        let first = old.get("ID").and_then(Object::array).and_then(<[_]>::first).cloned();
        let id = vec![first.unwrap_or_else(|| fresh.clone()), fresh];
        trailer.set("ID", Object::Array(id));
        trailer
    }
}

/// Groups offsets by runs of consecutive object numbers.
fn runs(offsets: &BTreeMap<u32, (usize, u16)>) -> Vec<(u32, Vec<(usize, u16)>)> {
    let mut runs: Vec<(u32, Vec<(usize, u16)>)> = Vec::new();
    let mut expected = None;
    for (number, place) in offsets {
        match runs.last_mut() {
            Some((_, run)) if expected == Some(*number) => run.push(*place),
            _ => runs.push((*number, vec![*place])),
        }
        expected = number.checked_add(1);
    }
    runs
}

fn integer(number: impl TryInto<i64>) -> Object {
    Object::Integer(number.try_into().unwrap_or(i64::MAX))
}

fn hexadecimal(bytes: &[u8]) -> Object {
    Object::String(super::Text { bytes: bytes.to_vec(), place: 0..0, is_hexadecimal: true })
}

/// Writes a dictionary in PDF syntax.
pub(crate) fn write_dictionary(dictionary: &Dictionary, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<<");
    for (key, value) in dictionary.entries() {
        out.push(b' ');
        name_to(key, out);
        out.push(b' ');
        write_object(value, out);
    }
    out.extend_from_slice(b" >>");
}

fn write_object(object: &Object, out: &mut Vec<u8>) {
    match object {
        Object::Null => out.extend_from_slice(b"null"),
        Object::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Object::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Object::Real(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Object::String(text) => {
            out.push(b'<');
            out.extend(text.bytes.iter().flat_map(|byte| hex_digits(*byte)));
            out.push(b'>');
        }
        Object::Name(name) => name_to(name, out),
        Object::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b' ');
                }
                write_object(item, out);
            }
            out.push(b']');
        }
        // A stream is never written anew here: only dictionaries that stand by themselves are.
        Object::Dictionary(dictionary) | Object::Stream(dictionary, _) => write_dictionary(dictionary, out),
        Object::Reference(id) => {
            out.extend_from_slice(format!("{} {} R", id.number, id.generation).as_bytes())
        }
    }
}

/// Writes a name in PDF syntax.
pub(crate) fn name_to(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'*' | b':') {
            out.push(*byte);
        } else {
            out.push(b'#');
            out.extend(hex_digits(*byte));
        }
    }
}

/// Writes a text string (ISO 32000-1, 7.9.2.2) as UTF-16 with its byte order mark, in hexadecimal.
pub(crate) fn text_to(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<FEFF");
    for unit in text.encode_utf16() {
        out.extend(unit.to_be_bytes().into_iter().flat_map(hex_digits));
    }
    out.push(b'>');
}

pub(crate) fn hex_digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
