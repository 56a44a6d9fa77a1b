//! The outer form of a PDF file (ISO 32000-1, 7.5), written front to back.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use muniment_record::DigestWriter;

/// Objects that are gathered into one object stream.
const OBJECTS_A_STREAM: usize = 100;

/// A PDF file while it grows on disk; only what is not yet written and where things stand is in memory.
///
/// Streams go out at once. Other objects gather in object streams (7.5.7), and the file ends in a cross-reference
/// stream (7.5.8): a tenth of the size of plain objects for pages with much structure.
pub(crate) struct PdfFile<W: Write> {
    out: DigestWriter<W>,
    offset: u64,
    entries: Vec<Entry>,
    pending: Vec<(Id, Vec<u8>)>,
}

/// The number of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(u32);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} 0 R", self.0)
    }
}

/// Where an object stands: an entry of the cross-reference stream.
#[derive(Clone, Copy, Debug)]
enum Entry {
    /// Reserved, or number 0.
    Free,
    At(u64),
    In {
        stream: u32,
        index: u32,
    },
}

impl<W: Write> PdfFile<W> {
    /// Starts a file: the header (6.1.2 of ISO 19005-2 asks for the comment of four high bytes).
    pub(crate) fn create(out: W) -> io::Result<Self> {
        let mut file =
            Self { out: DigestWriter::new(out), offset: 0, entries: vec![Entry::Free], pending: Vec::new() };
        file.put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
        Ok(file)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Takes the next object number, to be written later.
    pub(crate) fn reserve(&mut self) -> Id {
        self.entries.push(Entry::Free);
        Id(u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX))
    }

    fn set(&mut self, id: Id, entry: Entry) {
        if let Some(place) = usize::try_from(id.0).ok().and_then(|number| self.entries.get_mut(number)) {
            *place = entry;
        }
    }

    /// Writes an object that is not a stream, given its body.
    pub(crate) fn object(&mut self, id: Id, body: impl Into<Vec<u8>>) -> io::Result<()> {
        self.pending.push((id, body.into()));
        if self.pending.len() >= OBJECTS_A_STREAM { self.flush_objects() } else { Ok(()) }
    }

    /// Writes a stream: the entries of its dictionary but `Length`, and its data as it is.
    pub(crate) fn stream(&mut self, id: Id, entries: &str, data: &[u8]) -> io::Result<()> {
        self.set(id, Entry::At(self.offset));
        self.put(format!("{} 0 obj\n<<{entries}/Length {}>>\nstream\n", id.0, data.len()).as_bytes())?;
        self.put(data)?;
        self.put(b"\nendstream\nendobj\n")
    }

    /// Writes a stream, compressing its data.
    pub(crate) fn deflated(&mut self, id: Id, entries: &str, data: &[u8]) -> io::Result<()> {
        self.stream(id, &format!("{entries}/Filter/FlateDecode"), &deflate(data)?)
    }

    fn flush_objects(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let stream = self.reserve();
        let (mut index, mut bodies) = (String::new(), Vec::new());
        for (number, (id, body)) in (0_u32..).zip(&pending) {
            index.push_str(&format!("{} {} ", id.0, bodies.len()));
            bodies.extend_from_slice(body);
            bodies.push(b' ');
            self.set(*id, Entry::In { stream: stream.0, index: number });
        }
        let mut data = index.clone().into_bytes();
        data.extend_from_slice(&bodies);
        self.deflated(stream, &format!("/Type/ObjStm/N {}/First {}", pending.len(), index.len()), &data)
    }

    /// Ends the file: the cross-reference stream with the catalogue and an identifier made from the content.
    pub(crate) fn finish(mut self, catalogue: Id, information: Id) -> io::Result<W> {
        self.flush_objects()?;
        let start = self.offset;
        let id = self.reserve();
        self.set(id, Entry::At(start));
        let mut table = Vec::with_capacity(self.entries.len() * 8);
        for entry in &self.entries {
            let (kind, place, index) = match *entry {
                Entry::Free => (0, 0, u16::MAX),
                Entry::At(offset) => (1, offset, 0),
                Entry::In { stream, index } => {
                    (2, u64::from(stream), u16::try_from(index).unwrap_or(u16::MAX))
                }
            };
            table.push(kind);
            table.extend_from_slice(&place.to_be_bytes()[3..]);
            table.extend_from_slice(&index.to_be_bytes());
        }
        let size = self.entries.len();
        let data = deflate(&table)?;
        // The identifier comes from everything before it (ISO 32000-1, 14.4): the same scan gives the same file.
        let (mut out, digest, _) = self.out.finish();
        let name: String = digest.to_string().chars().take(32).collect();
        write!(
            out,
            "{} 0 obj\n<</Type/XRef/Size {size}/W[1 5 2]/Root {catalogue}/Info {information}/ID[<{name}><{name}>]\
             /Filter/FlateDecode/Length {}>>\nstream\n",
            id.0,
            data.len()
        )?;
        out.write_all(&data)?;
        write!(out, "\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n")?;
        out.flush()?;
        Ok(out)
    }
}

/// Compresses as PDF's FlateDecode expects.
pub(crate) fn deflate(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data)?;
    encoder.finish()
}

/// A text string (7.9.2.2) in UTF-16BE, as a hexadecimal string.
pub(crate) fn text_string(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("{unit:04X}"));
    format!("<FEFF{}>", units.collect::<String>())
}
