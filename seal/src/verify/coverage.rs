use std::ops::Range;

use ring::digest::Context;

use super::fields::{SignatureField, collect};
use crate::algorithm::Hash;
use crate::pdf::{Document, Object};
use crate::{Reason, cms};

/// What a signature covers, checked against the bytes of the file.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    /// Where `/Contents` stands, delimiters included: all that is not covered.
    pub(crate) gap: Range<usize>,
    /// Where the covered revision ends.
    pub(crate) end: usize,
    /// The CMS, in definite lengths.
    pub(crate) cms: Vec<u8>,
    /// Whether it was so already.
    pub(crate) is_definite: bool,
}

impl Coverage {
    /// The digest of the covered bytes.
    pub(crate) fn digest(&self, bytes: &[u8], hash: Hash) -> Vec<u8> {
        let mut context = Context::new(hash.ring());
        context.update(bytes.get(..self.gap.start).unwrap_or_default());
        context.update(bytes.get(self.gap.end..self.end).unwrap_or_default());
        context.finish().as_ref().to_vec()
    }

    /// A copy of the covered bytes.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut covered = bytes.get(..self.gap.start).unwrap_or_default().to_vec();
        covered.extend_from_slice(bytes.get(self.gap.end..self.end).unwrap_or_default());
        covered
    }
}

/// The numbers of `/ByteRange`, as found.
pub(crate) fn byte_range(field: &SignatureField) -> Vec<u64> {
    let items = field.dictionary.get("ByteRange").and_then(Object::array).unwrap_or_default();
    let numbers = items.iter().take(16).map(|item| match item {
        Object::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    });
    numbers.collect::<Option<_>>().unwrap_or_default()
}

/// Strict rule 1: `/ByteRange` is exactly `[0 a b c]`; the gap is exactly the hexadecimal string `/Contents` of the
/// dictionary that AcroForm, field and V lead to; only zeros follow the CMS in it; and the covered bytes are a whole
/// revision, in which the same way leads to the same place.
pub(crate) fn check(bytes: &[u8], field: &SignatureField) -> Result<Coverage, Reason> {
    let Some(Object::String(contents)) = field.dictionary.get("Contents") else {
        return Err(Reason::NoContents);
    };
    if field.dictionary.has_duplicates() {
        return Err(Reason::Damaged);
    }
    let numbers = byte_range(field).into_iter().map(usize::try_from).collect::<Result<Vec<_>, _>>();
    let Ok([0, start, resume, after]) =
        numbers.as_deref().map(|numbers| <[usize; 4]>::try_from(numbers).unwrap_or_default())
    else {
        return Err(Reason::OddByteRange);
    };
    let end = resume.checked_add(after).filter(|end| *end <= bytes.len()).ok_or(Reason::OddByteRange)?;
    if !field.is_in_file || !contents.is_hexadecimal || contents.place != (start..resume) || after == 0 {
        return Err(Reason::OddByteRange);
    }
    if contents.bytes.first().is_none_or(|first| *first == 0) {
        return Err(Reason::NoContents);
    }
    // White space between the digits, or half a byte, could hide something.
    let digits = bytes.get(start + 1..resume - 1).ok_or(Reason::NoContents)?;
    if digits.len() % 2 != 0 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Reason::HiddenBytes);
    }
    let (cms, used) = cms::to_definite(&contents.bytes).ok_or(Reason::MalformedCms)?;
    let (value, padding) = contents.bytes.split_at_checked(used).ok_or(Reason::MalformedCms)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(Reason::HiddenBytes);
    }
    let is_definite = cms == value;
    check_revision(bytes, field, end, &contents.place)?;
    Ok(Coverage { gap: start..resume, end, cms, is_definite })
}

fn check_revision(
    bytes: &[u8],
    field: &SignatureField,
    end: usize,
    place: &Range<usize>,
) -> Result<(), Reason> {
    let revision = bytes.get(..end).ok_or(Reason::OddByteRange)?;
    if !revision.trim_ascii_end().ends_with(b"%%EOF") {
        return Err(Reason::OddByteRange);
    }
    if end == bytes.len() {
        return Ok(());
    }
    let document = Document::open(revision).map_err(|_| Reason::OddByteRange)?;
    let is_same = |other: &SignatureField| {
        let contents = other.dictionary.get("Contents");
        other.name == field.name && matches!(contents, Some(Object::String(text)) if text.place == *place)
    };
    if collect(&document)?.iter().any(is_same) { Ok(()) } else { Err(Reason::OddByteRange) }
}
