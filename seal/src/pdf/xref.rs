use std::collections::HashMap;

use super::object::{Dictionary, Object};
use super::parser::Parser;
use super::{Flaw, stream};

/// Sections, and so revisions, of a file.
const MOST_SECTIONS: usize = 512;
/// Objects of a file; object numbers go no higher either.
const MOST_ENTRIES: usize = 1 << 20;
/// Bytes of one inflated cross-reference stream.
const LARGEST_STREAM: usize = 16 << 20;

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Free,
    /// At this offset in the file.
    At {
        offset: usize,
        generation: u16,
    },
    /// In an object stream.
    Within {
        stream: u32,
        index: usize,
    },
}

/// How a cross-reference section is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Stream,
}

/// A cross-reference section with its trailer (ISO 32000-1, 7.5.4, 7.5.5 and 7.5.8).
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) offset: usize,
    pub(crate) kind: Kind,
    pub(crate) entries: Vec<(u32, Entry)>,
    pub(crate) trailer: Dictionary,
}

/// Reads all sections, the newest first, and the entry that counts for each object.
pub(super) fn read(bytes: &[u8], start: usize) -> Result<(Vec<Section>, HashMap<u32, Entry>), Flaw> {
    let mut sections: Vec<Section> = Vec::new();
    let mut entries = HashMap::new();
    let mut total = 0_usize;
    let mut pending = vec![start];
    while let Some(offset) = pending.pop() {
        if sections.iter().any(|section| section.offset == offset) {
            return Err(Flaw::Damaged);
        }
        if sections.len() >= MOST_SECTIONS {
            return Err(Flaw::TooComplex);
        }
        let section = read_section(bytes, offset)?;
        total += section.entries.len();
        if total > MOST_ENTRIES {
            return Err(Flaw::TooComplex);
        }
        for (number, entry) in &section.entries {
            entries.entry(*number).or_insert(*entry);
        }
        for key in ["Prev", "XRefStm"] {
            // A hybrid file's stream stands before the previous section in the order of search (7.5.8.4).
            if let Some(offset) = section.trailer.get(key) {
                pending.push(to_offset(offset)?);
            }
        }
        sections.push(section);
    }
    Ok((sections, entries))
}

fn to_offset(object: &Object) -> Result<usize, Flaw> {
    match object {
        Object::Integer(number) => usize::try_from(*number).map_err(|_| Flaw::Damaged),
        _ => Err(Flaw::Damaged),
    }
}

fn read_section(bytes: &[u8], offset: usize) -> Result<Section, Flaw> {
    let mut parser = Parser::new(bytes, offset);
    if parser.keyword("xref").is_some() {
        read_table(parser, offset).ok_or(Flaw::Damaged)
    } else {
        read_stream(bytes, offset)
    }
}

fn read_table(mut parser: Parser<'_>, offset: usize) -> Option<Section> {
    let mut entries = Vec::new();
    while parser.keyword("trailer").is_none() {
        let first = parser.unsigned()?;
        let count = parser.unsigned()?;
        for place in 0..count {
            let number = u32::try_from(first.checked_add(place)?).ok()?;
            let at = usize::try_from(parser.unsigned()?).ok()?;
            let generation = parser.unsigned()?;
            let entry = if parser.keyword("n").is_some() {
                Entry::At { offset: at, generation: u16::try_from(generation).ok()? }
            } else {
                parser.keyword("f")?;
                Entry::Free
            };
            entries.push((number, entry));
        }
    }
    match parser.object()? {
        Object::Dictionary(trailer) => Some(Section { offset, kind: Kind::Table, entries, trailer }),
        _ => None,
    }
}

fn read_stream(bytes: &[u8], offset: usize) -> Result<Section, Flaw> {
    let (trailer, raw) = stream_at(bytes, offset).ok_or(Flaw::Damaged)?;
    if !trailer.is_name("Type", "XRef") {
        return Err(Flaw::Damaged);
    }
    let data = stream::decode(&trailer, raw, LARGEST_STREAM)?;
    let entries = stream_entries(&trailer, &data).ok_or(Flaw::Damaged)?;
    Ok(Section { offset, kind: Kind::Stream, entries, trailer })
}

/// A stream whose length stands in its own dictionary, as that of a cross-reference stream must.
fn stream_at(bytes: &[u8], offset: usize) -> Option<(Dictionary, &[u8])> {
    let mut parser = Parser::new(bytes, offset);
    parser.object_head()?;
    let Object::Dictionary(dictionary) = parser.object()? else {
        return None;
    };
    parser.stream_head()?;
    let length = usize::try_from(dictionary.integer("Length")?).ok()?;
    let raw = bytes.get(parser.at()..parser.at().checked_add(length)?)?;
    Some((dictionary, raw))
}

fn stream_entries(trailer: &Dictionary, data: &[u8]) -> Option<Vec<(u32, Entry)>> {
    let whole = |object: &Object| match object {
        Object::Integer(number) => usize::try_from(*number).ok(),
        _ => None,
    };
    let widths: Vec<usize> = trailer.get("W")?.array()?.iter().map(whole).collect::<Option<_>>()?;
    let [kind_width, second_width, third_width] = widths[..] else {
        return None;
    };
    let width = kind_width.checked_add(second_width)?.checked_add(third_width)?;
    if width == 0 || widths.iter().any(|width| *width > 8) {
        return None;
    }
    let size = whole(trailer.get("Size")?)?;
    let index: Vec<usize> = match trailer.get("Index") {
        Some(index) => index.array()?.iter().map(whole).collect::<Option<_>>()?,
        None => vec![0, size],
    };
    let mut rows = data.chunks_exact(width);
    let mut entries = Vec::new();
    for range in index.chunks_exact(2) {
        let [first, count] = range else { return None };
        for place in 0..*count {
            let number = u32::try_from(first.checked_add(place)?).ok()?;
            let row = rows.next()?;
            let (kind, rest) = row.split_at_checked(kind_width)?;
            let (second, third) = rest.split_at_checked(second_width)?;
            let kind = if kind.is_empty() { 1 } else { big_endian(kind) };
            let (second, third) = (usize::try_from(big_endian(second)).ok()?, big_endian(third));
            let entry = match kind {
                0 => Entry::Free,
                1 => Entry::At { offset: second, generation: u16::try_from(third).ok()? },
                2 => {
                    Entry::Within { stream: u32::try_from(second).ok()?, index: usize::try_from(third).ok()? }
                }
                // A reference to an object of an unknown kind is one to null (ISO 32000-1, 7.5.8.3).
                _ => Entry::Free,
            };
            entries.push((number, entry));
        }
    }
    Some(entries)
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
