//! A font without shapes: its letters have widths only, so that invisible text can be measured and selected.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// The advance widths, in thousandths of an em, that the font's glyphs have; glyph 0 is the missing one.
const WIDTHS: [u16; 9] = [500, 250, 280, 330, 400, 450, 500, 610, 780];

/// The characters used in one document, each with a code of its own.
///
/// Codes are numbered as characters appear, so that the same pages give the same file, and the font lists exactly what
/// was used (ISO 19005-2, 6.2.11.7.2: every code has a Unicode value).
#[derive(Default)]
pub(crate) struct Characters {
    codes: HashMap<char, u16>,
    listed: Vec<char>,
}

impl Characters {
    /// The two-byte code of a character; `None` for one that may not stand in a text layer, or when codes run out.
    pub(crate) fn code(&mut self, letter: char) -> Option<u16> {
        if let Some(&code) = self.codes.get(&letter) {
            return Some(code);
        }
        // ISO 19005-2, 6.2.11.7.2 forbids U+0000, U+FEFF and U+FFFE as values.
        if letter.is_control() || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            return None;
        }
        let code = u16::try_from(self.listed.len() + 1).ok().filter(|&code| code < u16::MAX)?;
        self.codes.insert(letter, code);
        self.listed.push(letter);
        Some(code)
    }

    /// The width of a character in thousandths of an em.
    pub(crate) fn width(letter: char) -> u16 {
        WIDTHS[glyph(letter)]
    }

    /// The `W` array (ISO 32000-1, 9.7.4.3).
    pub(crate) fn widths(&self) -> String {
        let widths: Vec<String> = self.listed.iter().map(|&letter| Self::width(letter).to_string()).collect();
        if widths.is_empty() { "[]".to_owned() } else { format!("[1[{}]]", widths.join(" ")) }
    }

    /// The `CIDToGIDMap` stream: two bytes a code (9.7.4.2).
    pub(crate) fn glyphs(&self) -> Vec<u8> {
        let glyphs = self.listed.iter().map(|&letter| glyph(letter) as u16);
        std::iter::once(0).chain(glyphs).flat_map(u16::to_be_bytes).collect()
    }

    /// The `ToUnicode` stream (9.10.3), one `bfchar` a code: ranges over unused codes fail level U.
    pub(crate) fn to_unicode(&self) -> Vec<u8> {
        let mut map = "/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n\
            /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n\
            /CMapName/Adobe-Identity-UCS def/CMapType 2 def\n\
            1 begincodespacerange<0000><FFFF>endcodespacerange\n"
            .to_owned();
        let numbered: Vec<(usize, char)> = (1..).zip(self.listed.iter().copied()).collect();
        for block in numbered.chunks(100) {
            map.push_str(&format!("{} beginbfchar\n", block.len()));
            for (code, letter) in block {
                let mut units = [0; 2];
                let units = letter.encode_utf16(&mut units).iter().map(|unit| format!("{unit:04X}"));
                map.push_str(&format!("<{code:04X}><{}>\n", units.collect::<String>()));
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap CMapName currentdict/CMap defineresource pop end end");
        map.into_bytes()
    }
}

/// The glyph whose width is near the character's in the serif faces that documents are set in.
fn glyph(letter: char) -> usize {
    let base = letter.nfd().next().unwrap_or(letter);
    match base {
        ' ' | '.' | ',' | ';' | ':' | '|' | '\'' | '‘' | '’' => 1,
        'i' | 'j' | 'l' | 't' | '/' | '\\' | '!' => 2,
        'f' | 'r' | 'I' | 'ı' | '(' | ')' | '[' | ']' | '-' => 3,
        's' | 'J' => 4,
        'a' | 'c' | 'e' | 'z' | '"' | '“' | '”' | '?' => 5,
        'B' | 'C' | 'E' | 'F' | 'L' | 'P' | 'R' | 'S' | 'T' | 'Z' => 7,
        'A' | 'D' | 'G' | 'H' | 'K' | 'M' | 'N' | 'O' | 'Q' | 'U' | 'V' | 'W' | 'X' | 'Y' | 'Đ' | 'm'
        | 'w' | '@' | '%' | '…' | '—' => 8,
        _ => 6,
    }
}

/// The font program: a TrueType file of empty glyphs with the required tables (ISO 14496-22).
pub(crate) fn program() -> Vec<u8> {
    let glyphs = WIDTHS.len() as u16;
    let head = [
        words(&[1, 0, 1, 0]),
        // Checksum adjustment, which no PDF reader looks at, and the magic number.
        words(&[0, 0, 0x5f0f, 0x3cf5]),
        // Flags; 1,000 units an em; dates; bounds; style; smallest size; direction; short offsets.
        words(&[0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0]),
    ]
    .concat();
    let ascent = 780;
    let descent = 0_u16.wrapping_sub(220);
    let hhea = words(&[1, 0, ascent, descent, 0, 780, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, glyphs]);
    let maxp = words(&[1, 0, glyphs, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let hmtx = WIDTHS.iter().flat_map(|&width| words(&[width, 0])).collect();
    let loca = words(&vec![0; usize::from(glyphs) + 1]);
    let tables: [(&[u8; 4], Vec<u8>); 6] = [
        (b"glyf", vec![0; 4]),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"loca", loca),
        (b"maxp", maxp),
    ];
    let mut file = words(&[1, 0, 6, 64, 2, 32]);
    let mut data: Vec<u8> = Vec::new();
    let start = 12 + 16 * tables.len();
    for (tag, table) in &tables {
        file.extend_from_slice(*tag);
        file.extend(checksum(table).to_be_bytes());
        file.extend(u32::try_from(start + data.len()).unwrap_or(u32::MAX).to_be_bytes());
        file.extend(u32::try_from(table.len()).unwrap_or(u32::MAX).to_be_bytes());
        data.extend_from_slice(table);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    file.extend(data);
    file
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn checksum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0_u32, |sum, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_used_character_is_listed_once() {
        let mut characters = Characters::default();
        let codes: Vec<_> = "ấaấ\u{0}".chars().map(|letter| characters.code(letter)).collect();
        assert_eq!(codes, [Some(1), Some(2), Some(1), None]);
        let map = String::from_utf8(characters.to_unicode()).unwrap();
        assert!(map.contains("2 beginbfchar\n<0001><1EA5>\n<0002><0061>\nendbfchar"));
        assert_eq!(characters.widths(), "[1[450 450]]");
        assert_eq!(characters.glyphs(), [0, 0, 0, 5, 0, 5]);
    }

    #[test]
    fn letters_with_marks_are_as_wide_as_their_base() {
        assert_eq!(Characters::width('ự'), Characters::width('u'));
        assert_eq!(Characters::width('Ấ'), Characters::width('A'));
    }
}
