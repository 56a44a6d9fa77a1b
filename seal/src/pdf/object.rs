use std::ops::Range;

/// A dictionary has no more entries here.
const MOST_ENTRIES: usize = 8192;

/// An indirect object's number and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) number: u32,
    pub(crate) generation: u16,
}

/// A PDF object (ISO 32000-1, 7.3). Two are equal when they mean the same; where they stand does not count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    String(Text),
    Name(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    /// A stream: its dictionary and where its raw bytes stand in the file.
    Stream(Dictionary, Range<usize>),
    Reference(Id),
}

/// A string with its place in the file, delimiters included; the place is meaningless inside an object stream.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    pub(crate) place: Range<usize>,
    pub(crate) is_hexadecimal: bool,
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

/// A dictionary in the order of its entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    entries: Vec<(Vec<u8>, Object)>,
    has_duplicates: bool,
}

impl Dictionary {
    pub(crate) const EMPTY: Self = Self { entries: Vec::new(), has_duplicates: false };

    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        let entry = self.entries.iter().find(|(name, _)| name == key.as_bytes())?;
        (entry.1 != Object::Null).then_some(&entry.1)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.entries.iter().map(|(name, value)| (name.as_slice(), value))
    }

    /// Whether a key stands in it twice, so that readers may differ.
    pub(crate) fn has_duplicates(&self) -> bool {
        self.has_duplicates
    }

    /// Adds an entry at the end, or replaces its value.
    pub(crate) fn set(&mut self, key: &str, value: Object) {
        match self.entries.iter_mut().find(|(name, _)| name == key.as_bytes()) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// Adds an entry as read. The first of two with the same key counts.
    pub(super) fn push(&mut self, key: Vec<u8>, value: Object) -> Option<()> {
        if self.entries.len() >= MOST_ENTRIES {
            return None;
        }
        if self.entries.iter().any(|(name, _)| *name == key) {
            self.has_duplicates = true;
        } else {
            self.entries.push((key, value));
        }
        Some(())
    }

    pub(crate) fn name(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Object::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Object::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn is_name(&self, key: &str, value: &str) -> bool {
        self.name(key) == Some(value.as_bytes())
    }
}

/// The order of entries does not count.
impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.has_duplicates == other.has_duplicates
            && self.entries.len() == other.entries.len()
            && self.entries.iter().all(|(name, value)| {
                let found = other.entries.iter().find(|(other_name, _)| other_name == name);
                found.is_some_and(|(_, other_value)| other_value == value)
            })
    }
}

impl Object {
    pub(crate) fn dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) | Self::Stream(dictionary, _) => Some(dictionary),
            _ => None,
        }
    }

    pub(crate) fn array(&self) -> Option<&[Object]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn reference(&self) -> Option<Id> {
        match self {
            Self::Reference(id) => Some(*id),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            // Exact for every coordinate that a page can have.
            Self::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }
}
