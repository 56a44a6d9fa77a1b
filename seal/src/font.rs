//! The font of the visible text: Liberation Serif, which has the measures of Times New Roman and all Vietnamese letters.
//!
//! Only the glyphs in use are embedded (ISO 19005-2, 6.2.11.4), each with its character (6.2.11.7.2), as PDF/A-2u asks.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use subsetter::GlyphRemapper;
use ttf_parser::Face;

use crate::Error;
use crate::pdf::{Id, Update};

const FILE: &[u8] = include_bytes!("../fonts/LiberationSerif-Regular.ttf");
const NAME: &str = "LiberationSerif";
/// Texts differ little from one document to the next, so a few subsets serve them all.
const MOST_SUBSETS: usize = 16;
/// The characters of every time, so that the next document needs no new subset.
const ALWAYS: &str = "0123456789-:T+";

static FACE: LazyLock<Option<Face<'static>>> = LazyLock::new(|| Face::parse(FILE, 0).ok());
static SUBSETS: Mutex<Vec<(String, Arc<Subset>)>> = Mutex::new(Vec::new());

/// The font cut down to the characters of a text.
pub(crate) struct Subset {
    /// Glyph number in the subset and width in thousandths of the font size, by character.
    glyphs: BTreeMap<char, (u16, u16)>,
    file: Vec<u8>,
    file_length: usize,
    descriptor: String,
    widths: String,
    to_unicode: Vec<u8>,
    tag: String,
}

fn face() -> Result<&'static Face<'static>, Error> {
    FACE.as_ref().ok_or(Error::Credential("the font of the visible text"))
}

/// The width of a text in thousandths of the font size.
///
/// # Errors
///
/// [`Error::Text`] where the font lacks a character.
pub(crate) fn width(text: &str) -> Result<u32, Error> {
    let face = face()?;
    text.chars().map(|character| glyph(face, character).map(|(_, width)| u32::from(width))).sum()
}

fn glyph(face: &Face<'_>, character: char) -> Result<(u16, u16), Error> {
    let id = face.glyph_index(character).ok_or(Error::Text(character))?;
    let advance = u32::from(face.glyph_hor_advance(id).unwrap_or(0));
    let width = advance * 1000 / u32::from(face.units_per_em()).max(1);
    Ok((id.0, u16::try_from(width).unwrap_or(u16::MAX)))
}

impl Subset {
    /// The subset for these texts, made or remembered.
    pub(crate) fn of(lines: &[String]) -> Result<Arc<Self>, Error> {
        let mut characters: Vec<char> =
            lines.iter().flat_map(|line| line.chars()).chain(ALWAYS.chars()).collect();
        characters.sort_unstable();
        characters.dedup();
        let key: String = characters.iter().collect();
        let known = |subsets: &[(String, Arc<Self>)]| {
            subsets.iter().find(|(known, _)| *known == key).map(|(_, subset)| Arc::clone(subset))
        };
        if let Ok(subsets) = SUBSETS.lock()
            && let Some(subset) = known(&subsets)
        {
            return Ok(subset);
        }
        let subset = Arc::new(Self::make(&characters)?);
        if let Ok(mut subsets) = SUBSETS.lock() {
            if subsets.len() >= MOST_SUBSETS {
                subsets.remove(0);
            }
            subsets.push((key, Arc::clone(&subset)));
        }
        Ok(subset)
    }

    fn make(characters: &[char]) -> Result<Self, Error> {
        let face = face()?;
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        for character in characters {
            let (old, width) = glyph(face, *character)?;
            glyphs.insert(*character, (remapper.remap(old), width));
        }
        let unusable = |_| Error::Credential("the font of the visible text");
        let font = subsetter::subset(FILE, 0, &remapper).map_err(unusable)?;
        let tag = muniment_record::Digest::of(&font).as_bytes()[..6]
            .iter()
            .map(|byte| char::from(b'A' + byte % 26))
            .collect();
        Ok(Self {
            file: miniz_oxide::deflate::compress_to_vec_zlib(&font, 9),
            file_length: font.len(),
            descriptor: descriptor(face),
            widths: widths(&glyphs),
            to_unicode: to_unicode(&glyphs),
            glyphs,
            tag,
        })
    }

    /// A text as the glyph numbers of this subset, in hexadecimal.
    pub(crate) fn encode(&self, text: &str) -> Result<String, Error> {
        let glyph = |character| self.glyphs.get(&character).ok_or(Error::Text(character));
        text.chars().map(|character| glyph(character).map(|(id, _)| format!("{id:04x}"))).collect()
    }

    /// Writes the font's objects (ISO 32000-1, 9.7) and returns the font's.
    pub(crate) fn write(&self, update: &mut Update<'_, '_>) -> Id {
        let name = format!("{}+{NAME}", self.tag);
        let head =
            format!("<< /Length {} /Length1 {} /Filter /FlateDecode >>", self.file.len(), self.file_length);
        let file = update.add(stream(&head, &self.file));
        let descriptor = format!(
            "<< /Type /FontDescriptor /FontName /{name} {} /FontFile2 {} 0 R >>",
            self.descriptor, file.number
        );
        let descriptor = update.add(descriptor.into_bytes());
        let descendant = format!(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} \
             /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> \
             /FontDescriptor {} 0 R /CIDToGIDMap /Identity /W [{}] >>",
            descriptor.number, self.widths
        );
        let descendant = update.add(descendant.into_bytes());
        let to_unicode =
            update.add(stream(&format!("<< /Length {} >>", self.to_unicode.len()), &self.to_unicode));
        let font = format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H \
             /DescendantFonts [{} 0 R] /ToUnicode {} 0 R >>",
            descendant.number, to_unicode.number
        );
        update.add(font.into_bytes())
    }
}

/// A stream object: its dictionary and its bytes.
pub(crate) fn stream(head: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(head.len() + bytes.len() + 20);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(b"\nstream\n");
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\nendstream");
    body
}

/// The metrics of a font descriptor (ISO 32000-1, 9.8.1): a symbolic serif font.
fn descriptor(face: &Face<'_>) -> String {
    let scale = |units: i16| i32::from(units) * 1000 / i32::from(face.units_per_em()).max(1);
    let bounds = face.global_bounding_box();
    format!(
        "/Flags 6 /FontBBox [{} {} {} {}] /ItalicAngle 0 /Ascent {} /Descent {} /CapHeight {} /StemV 80",
        scale(bounds.x_min),
        scale(bounds.y_min),
        scale(bounds.x_max),
        scale(bounds.y_max),
        scale(face.ascender()),
        scale(face.descender()),
        scale(face.capital_height().unwrap_or(face.ascender())),
    )
}

fn widths(glyphs: &BTreeMap<char, (u16, u16)>) -> String {
    let by_glyph: BTreeMap<u16, u16> = glyphs.values().copied().collect();
    by_glyph.iter().map(|(id, width)| format!("{id} [{width}] ")).collect()
}

/// A map from glyphs to characters: one line a character, as a range over all glyphs fails PDF/A-2u.
fn to_unicode(glyphs: &BTreeMap<char, (u16, u16)>) -> Vec<u8> {
    let by_glyph: BTreeMap<u16, char> = glyphs.iter().map(|(character, (id, _))| (*id, *character)).collect();
    let lines: Vec<String> = by_glyph
        .iter()
        .map(|(id, character)| {
            let mut units = [0; 2];
            let code: String =
                character.encode_utf16(&mut units).iter().map(|unit| format!("{unit:04X}")).collect();
            format!("<{id:04X}> <{code}>\n")
        })
        .collect();
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    // A block holds at most 100 lines (Adobe technical note 5014).
    for block in lines.chunks(100) {
        map.push_str(&format!("{} beginbfchar\n{}endbfchar\n", block.len(), block.concat()));
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    map.into_bytes()
}
