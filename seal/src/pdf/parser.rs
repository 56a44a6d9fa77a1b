use super::object::{Dictionary, Id, Object, Text};

/// Objects nest no deeper here.
const DEEPEST: u32 = 48;

/// Reads tokens and objects (ISO 32000-1, 7.2 and 7.3) from a place in the bytes. `None` is malformed.
#[derive(Clone, Debug)]
pub(crate) struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

impl<'a> Parser<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes over white space and comments.
    pub(crate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let line = self.rest().iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                self.at += line.unwrap_or(self.rest().len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Takes this word if it stands here, after white space, and ends here.
    pub(crate) fn keyword(&mut self, word: &str) -> Option<()> {
        self.skip_space();
        let rest = self.rest().strip_prefix(word.as_bytes())?;
        if rest.first().is_some_and(|byte| is_regular(*byte)) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    /// Takes an integer without a sign.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 18 {
            return None;
        }
        let text = self.rest().get(..digits)?;
        self.at += digits;
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    /// Takes the head of an indirect object: `12 0 obj`.
    pub(crate) fn object_head(&mut self) -> Option<Id> {
        let number = u32::try_from(self.unsigned()?).ok()?;
        let generation = u16::try_from(self.unsigned()?).ok()?;
        self.keyword("obj")?;
        Some(Id { number, generation })
    }

    /// Takes an object that is not a stream.
    pub(crate) fn object(&mut self) -> Option<Object> {
        self.object_within(DEEPEST)
    }

    fn object_within(&mut self, depth: u32) -> Option<Object> {
        let depth = depth.checked_sub(1)?;
        self.skip_space();
        match self.peek()? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal_string().map(Object::String),
            b'<' if self.rest().starts_with(b"<<") => self.dictionary(depth).map(Object::Dictionary),
            b'<' => self.hexadecimal_string().map(Object::String),
            b'[' => self.array(depth).map(Object::Array),
            b'0'..=b'9' => self.reference().map(Object::Reference).or_else(|| self.number()),
            b'+' | b'-' | b'.' => self.number(),
            _ => {
                let words = [
                    ("null", Object::Null),
                    ("true", Object::Boolean(true)),
                    ("false", Object::Boolean(false)),
                ];
                words.into_iter().find(|(word, _)| self.keyword(word).is_some()).map(|(_, object)| object)
            }
        }
    }

    fn reference(&mut self) -> Option<Id> {
        let mut ahead = self.clone();
        let number = u32::try_from(ahead.unsigned()?).ok()?;
        if !is_space(ahead.peek()?) {
            return None;
        }
        let generation = u16::try_from(ahead.unsigned()?).ok()?;
        ahead.keyword("R")?;
        self.at = ahead.at;
        Some(Id { number, generation })
    }

    fn number(&mut self) -> Option<Object> {
        let length = self.rest().iter().take_while(|byte| is_regular(**byte)).count();
        let text = std::str::from_utf8(self.rest().get(..length)?).ok()?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'));
        if !is_plain || length > 64 {
            return None;
        }
        let object = match text.parse::<i64>() {
            Ok(number) => Object::Integer(number),
            Err(_) => Object::Real(text.parse::<f64>().ok()?),
        };
        self.at += length;
        Some(object)
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        let body = self.rest().strip_prefix(b"/")?;
        let length = body.iter().take_while(|byte| is_regular(**byte)).count();
        let raw = body.get(..length)?;
        self.at += length + 1;
        let mut name = Vec::with_capacity(length);
        let mut rest = raw;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match (byte, after) {
                (b'#', [high, low, further @ ..]) => match (hex_value(*high), hex_value(*low)) {
                    (Some(high), Some(low)) => {
                        name.push(high << 4 | low);
                        rest = further;
                    }
                    _ => name.push(byte),
                },
                _ => name.push(byte),
            }
        }
        Some(name)
    }

    fn literal_string(&mut self) -> Option<Text> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        let mut open = 1_u32;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'(' => open = open.checked_add(1)?,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(Text { bytes, place: start..self.at, is_hexadecimal: false });
                    }
                }
                b'\\' => {
                    self.escape(&mut bytes)?;
                    continue;
                }
                _ => {}
            }
            bytes.push(byte);
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'\r' if self.peek() == Some(b'\n') => self.at += 1,
            b'\r' | b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            value = value << 3 | u32::from(digit - b'0');
                            self.at += 1;
                        }
                        _ => break,
                    }
                }
                // High-order overflow is ignored (ISO 32000-1, 7.3.4.2).
                bytes.push(u8::try_from(value & 0xff).ok()?);
            }
            other => bytes.push(other),
        }
        Some(())
    }

    fn hexadecimal_string(&mut self) -> Option<Text> {
        let start = self.at;
        let body = self.rest().get(1..)?;
        let length = memchr::memchr(b'>', body)?;
        if let Some(bytes) = pairs(body.get(..length)?) {
            self.at += length + 2;
            return Some(Text { bytes, place: start..self.at, is_hexadecimal: true });
        }
        let mut bytes = Vec::with_capacity(length / 2 + 1);
        let mut high: Option<u8> = None;
        for byte in body.get(..length)? {
            if is_space(*byte) {
                continue;
            }
            let digit = hex_value(*byte)?;
            match high.take() {
                Some(high) => bytes.push(high << 4 | digit),
                None => high = Some(digit),
            }
        }
        bytes.extend(high.map(|high| high << 4));
        self.at += length + 2;
        Some(Text { bytes, place: start..self.at, is_hexadecimal: true })
    }

    fn array(&mut self, depth: u32) -> Option<Vec<Object>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(items);
            }
            items.push(self.object_within(depth)?);
        }
    }

    fn dictionary(&mut self, depth: u32) -> Option<Dictionary> {
        self.at += 2;
        let mut dictionary = Dictionary::default();
        loop {
            self.skip_space();
            if self.rest().starts_with(b">>") {
                self.at += 2;
                return Some(dictionary);
            }
            let key = self.name()?;
            let value = self.object_within(depth)?;
            dictionary.push(key, value)?;
        }
    }

    /// Takes the word `stream` and its line end, if they stand here; then the stream's bytes begin.
    pub(crate) fn stream_head(&mut self) -> Option<()> {
        let mut ahead = self.clone();
        ahead.keyword("stream")?;
        match ahead.rest() {
            [b'\r', b'\n', ..] => ahead.at += 2,
            [b'\n' | b'\r', ..] => ahead.at += 1,
            _ => return None,
        }
        self.at = ahead.at;
        Some(())
    }

    /// Passes over the rest of a cross-reference table and its trailer.
    pub(crate) fn skip_table(&mut self) -> Option<()> {
        while self.keyword("trailer").is_none() {
            self.unsigned().map(|_| ()).or_else(|| self.keyword("n")).or_else(|| self.keyword("f"))?;
        }
        self.object().map(|_| ())
    }

    /// Whether only white space stands between here and an end-of-file mark before.
    pub(crate) fn follows_end_of_file(&self) -> bool {
        self.bytes.get(..self.at).is_some_and(|before| before.trim_ascii_end().ends_with(b"%%EOF"))
    }

    /// Passes over this many bytes.
    pub(crate) fn advance(&mut self, count: usize) -> Option<()> {
        let at = self.at.checked_add(count)?;
        if at > self.bytes.len() {
            return None;
        }
        self.at = at;
        Some(())
    }
}

/// The bytes of hexadecimal digits with nothing between them, as signature values are written; else `None`.
fn pairs(digits: &[u8]) -> Option<Vec<u8>> {
    const NO_DIGIT: u8 = 0xff;
    const VALUES: [u8; 256] = {
        let mut values = [NO_DIGIT; 256];
        let mut value = 0;
        while value < 16 {
            values[b"0123456789abcdef"[value] as usize] = value as u8;
            values[b"0123456789ABCDEF"[value] as usize] = value as u8;
            value += 1;
        }
        values
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    let mut worst = 0;
    let bytes = pairs.iter().map(|[high, low]| {
        let (high, low) = (VALUES[usize::from(*high)], VALUES[usize::from(*low)]);
        worst |= high | low;
        high << 4 | low
    });
    let bytes = bytes.collect();
    (rest.is_empty() && worst < 16).then_some(bytes)
}

pub(crate) fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<Object> {
        Parser::new(text.as_bytes(), 0).object()
    }

    #[test]
    fn every_kind_of_object_is_read() {
        assert_eq!(parse(" % note\n-12"), Some(Object::Integer(-12)));
        assert_eq!(parse("4. "), Some(Object::Real(4.0)));
        assert_eq!(parse("/A#20B"), Some(Object::Name(b"A B".to_vec())));
        assert_eq!(parse("[1 0 R 2]").as_ref().and_then(Object::array).map(<[_]>::len), Some(2));
        let Some(Object::String(text)) = parse("(a\\(\\051(b)\\\nc\\53)") else {
            panic!("not a string");
        };
        assert_eq!(text.bytes, b"a()(b)c+");
        let Some(Object::String(text)) = parse("<4 1 42 5>") else {
            panic!("not a string");
        };
        assert_eq!((text.bytes.as_slice(), text.place), (&b"AB\x50"[..], 0..10));
    }

    #[test]
    fn deep_nesting_and_open_ends_are_refused() {
        assert_eq!(parse(&"[".repeat(100_000)), None);
        for text in ["<< /A 1", "(a", "<41", "[1", "tru", "trueish", "<4g>", "", "/A /B>>"] {
            assert!(parse(text).is_none() || text.starts_with("/A"), "{text}");
        }
    }

    #[test]
    fn the_first_of_two_equal_keys_counts_and_is_noted() {
        let object = parse("<< /A 1 /A 2 >>");
        let dictionary = object.as_ref().and_then(Object::dictionary);
        assert_eq!(dictionary.and_then(|d| d.integer("A")), Some(1));
        assert_eq!(dictionary.map(Dictionary::has_duplicates), Some(true));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut parser = Parser::new(&bytes, 0);
            while parser.object().is_some() {}
            prop_assert!(parser.at() <= bytes.len());
        }
    }
}
