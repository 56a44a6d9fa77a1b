//! The invisible text of a page: words laid over their images, line by line, in reading order.

use std::io::Write;

use super::font::Characters;

/// A word on a page, in points from the bottom left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlacedWord {
    pub(crate) text: String,
    /// Where its line's foot begins under it.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Length along the line, and height of the line.
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// A line of words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlacedLine {
    /// In reading order, along the line.
    pub(crate) words: Vec<PlacedWord>,
    /// Direction of the line: cosine and sine of its angle, counter-clockwise from the right.
    pub(crate) direction: (f32, f32),
    /// Whether a new paragraph begins with it.
    pub(crate) begins_paragraph: bool,
}

/// Share of a line's height that is above and below the baseline; the font descriptor says the same.
pub(crate) const ASCENT: f32 = 0.78;

/// Writes the text as marked content, a paragraph each, and gives the number of paragraphs.
///
/// Widths: a line's letters are stretched alike (`Tz`) to fill it, and each word is moved to its own place (`TJ`), so
/// that what is selected or found covers the word on the image.
pub(crate) fn content(lines: &[PlacedLine], characters: &mut Characters, content: &mut Vec<u8>) -> usize {
    let mut paragraphs = 0;
    for line in lines {
        if line.words.is_empty() {
            continue;
        }
        if line.begins_paragraph || paragraphs == 0 {
            if paragraphs > 0 {
                content.extend_from_slice(b"ET EMC\n");
            }
            let _ = writeln!(content, "/P<</MCID {paragraphs}>>BDC BT");
            paragraphs += 1;
        }
        write_line(line, characters, content);
    }
    if paragraphs > 0 {
        content.extend_from_slice(b"ET EMC\n");
    }
    paragraphs
}

fn write_line(line: &PlacedLine, characters: &mut Characters, content: &mut Vec<u8>) {
    let first = &line.words[0];
    let size = first.height.clamp(1.0, 400.0);
    let (cosine, sine) = line.direction;
    let natural: f32 = line.words.iter().map(|word| natural_width(&word.text)).sum::<f32>() * size;
    let wanted: f32 = line.words.iter().map(|word| word.width).sum();
    let stretch = (100.0 * wanted / natural.max(0.01)).round().clamp(10.0, 400.0);
    // The baseline is the descent above the foot of the line.
    let rise = (1.0 - ASCENT) * size;
    let (x, y) = (first.x - sine * rise, first.y + cosine * rise);
    let _ = write!(content, "/F {} Tf {stretch} Tz ", number(size));
    if sine.abs() < 0.0005 && cosine > 0.0 {
        let _ = write!(content, "1 0 0 1 {} {} Tm[", number(x), number(y));
    } else {
        let _ =
            write!(content, "{cosine:.4} {sine:.4} {:.4} {cosine:.4} {} {} Tm[", -sine, number(x), number(y));
    }
    // Thousandths of an em along the line, after stretching: the unit of TJ.
    let em = size * stretch / 100.0;
    let mut at = 0.0;
    for (index, word) in line.words.iter().enumerate() {
        let along = (word.x - first.x) * cosine + (word.y - first.y) * sine;
        let back = ((at - along) * 1000.0 / em).round();
        if index > 0 && back.abs() >= 1.0 {
            let _ = write!(content, "{back}");
        }
        if index > 0 {
            at -= back / 1000.0 * em;
        }
        content.push(b'(');
        for letter in word.text.chars() {
            if let Some(code) = characters.code(letter) {
                push_code(code, content);
                at += f32::from(Characters::width(letter)) / 1000.0 * em;
            }
        }
        // Screen readers need the space that sighted readers see as a gap; it also ends the line.
        if let Some(code) = characters.code(' ') {
            push_code(code, content);
            at += f32::from(Characters::width(' ')) / 1000.0 * em;
        }
        content.push(b')');
    }
    content.extend_from_slice(b"]TJ\n");
}

/// Appends a code to a literal string (ISO 32000-1, 7.3.4.2): half the size of a hexadecimal one once compressed.
fn push_code(code: u16, content: &mut Vec<u8>) {
    for byte in code.to_be_bytes() {
        match byte {
            b'(' | b')' | b'\\' => content.extend_from_slice(&[b'\\', byte]),
            // A bare carriage return would be read as a line feed.
            b'\r' => content.extend_from_slice(b"\\r"),
            _ => content.push(byte),
        }
    }
}

/// The width of a text in ems of the font without shapes.
fn natural_width(text: &str) -> f32 {
    text.chars().map(|letter| f32::from(Characters::width(letter)) / 1000.0).sum()
}

/// A number with as many digits as a page needs: a hundredth of a point.
pub(crate) fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str, x: f32) -> PlacedWord {
        PlacedWord { text: text.to_owned(), x, y: 100.0, width: 20.0, height: 10.0 }
    }

    #[test]
    fn a_line_is_one_operator_and_a_paragraph_one_marked_sequence() {
        let line = |begins_paragraph| PlacedLine {
            words: vec![word("ab", 10.0), word("ab", 40.0)],
            direction: (1.0, 0.0),
            begins_paragraph,
        };
        let mut characters = Characters::default();
        let mut written = Vec::new();
        assert_eq!(content(&[line(true), line(false), line(true)], &mut characters, &mut written), 2);
        let written = String::from_utf8_lossy(&written);
        assert_eq!(written.matches("]TJ").count(), 3);
        assert_eq!(written.matches("BDC BT").count(), 2);
        assert_eq!(written.matches("ET EMC").count(), 2);
        // Both words start where they were placed: 30 points apart, less what the first one took.
        assert!(written.contains("1 0 0 1 10 102.2 Tm["), "{written}");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(595.0), "595");
        assert_eq!(number(0.504), "0.5");
        assert_eq!(number(10.256), "10.26");
    }

    /// The bytes of the literal strings in a content stream (ISO 32000-1, 7.3.4.2).
    fn strings(content: &[u8]) -> Vec<Vec<u8>> {
        let mut strings = Vec::new();
        let mut bytes = content.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != b'(' {
                continue;
            }
            let mut string = Vec::new();
            loop {
                match bytes.next().unwrap() {
                    b')' => break,
                    b'\\' => match bytes.next().unwrap() {
                        b'r' => string.push(b'\r'),
                        escaped => string.push(escaped),
                    },
                    byte => string.push(byte),
                }
            }
            strings.push(string);
        }
        strings
    }

    proptest! {
        /// What a reader extracts: codes from the stream, through the font's map, are the letters that were read.
        #[test]
        fn any_text_comes_back_through_the_map_of_the_font(
            texts in proptest::collection::vec(any::<String>(), 1..8),
        ) {
            let mut characters = Characters::default();
            let line = PlacedLine {
                words: texts.iter().map(|text| word(text, 10.0)).collect(),
                direction: (1.0, 0.0),
                begins_paragraph: true,
            };
            let mut stream = Vec::new();
            content(&[line], &mut characters, &mut stream);
            let map = String::from_utf8(characters.to_unicode()).unwrap();
            let letter = |code: &[u8]| {
                let entry = format!("<{:02X}{:02X}><", code[0], code[1]);
                let units = map.split_once(&entry).unwrap().1.split_once('>').unwrap().0;
                let units: Vec<u16> = units
                    .as_bytes()
                    .chunks(4)
                    .map(|unit| u16::from_str_radix(std::str::from_utf8(unit).unwrap(), 16).unwrap())
                    .collect();
                String::from_utf16(&units).unwrap()
            };
            let read: Vec<String> =
                strings(&stream).iter().map(|codes| codes.chunks(2).map(letter).collect()).collect();
            let is_allowed =
                |letter: &char| !letter.is_control() && !matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
            let written: Vec<String> = texts
                .iter()
                .map(|text| text.chars().filter(is_allowed).chain([' ']).collect())
                .collect();
            prop_assert_eq!(read, written);
        }
    }
}
