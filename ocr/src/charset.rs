//! The characters that the network can name, by the number of its output.

use muniment_record::nfc;

use crate::Error;
use crate::traineddata::Cursor;

/// The most characters of a language data file, and the most bytes of one (Tesseract 5, `UNICHAR_LEN`: 30).
const MOST_CHARACTERS: usize = 10_000;
const MOST_BYTES: usize = 30;

/// What each output of the network stands for.
#[derive(Debug)]
pub(crate) struct Charset {
    /// By output; empty where an output stands for nothing that is written.
    texts: Vec<String>,
    kinds: Vec<Kind>,
    /// Outputs that look the same on paper; the first stands for both.
    twins: Vec<(usize, usize)>,
    /// By the number of a character, as lists of words name them.
    characters: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Letter,
    Space,
    /// What stands before and behind words.
    Punctuation,
    /// Digits, and signs that are part of codes, numbers and addresses.
    Other,
}

impl Kind {
    fn of(text: &str) -> Self {
        if text == " " {
            return Self::Space;
        }
        match text.chars().next() {
            Some(first) if first.is_alphabetic() => Self::Letter,
            Some(first) if ".,;:!?…()[]{}'\"‘’“”«»".contains(first) => Self::Punctuation,
            _ => Self::Other,
        }
    }
}

impl Charset {
    /// Reads Tesseract's list of characters, one a line behind their number, and its list of codes, one a character.
    pub(crate) fn read(characters: &[u8], codes: &[u8], outputs: usize) -> Result<Self, Error> {
        let list =
            std::str::from_utf8(characters).map_err(|_| Error::damaged("its characters are not UTF-8"))?;
        let mut lines = list.lines();
        let count = lines.next().and_then(|line| line.trim().parse::<usize>().ok());
        let count = count
            .filter(|&count| count <= MOST_CHARACTERS)
            .ok_or_else(|| Error::damaged("its number of characters"))?;
        let names: Vec<&str> = lines.take(count).filter_map(|line| line.split(' ').next()).collect();
        if names.len() != count {
            return Err(Error::damaged(format!("it names {} of {count} characters", names.len())));
        }
        if let Some(name) = names.iter().find(|name| !(1..=MOST_BYTES).contains(&name.len())) {
            return Err(Error::damaged(format!("it has a character of {} bytes", name.len())));
        }
        let mut cursor = Cursor::new(codes);
        if cursor.count("codes")? != count {
            return Err(Error::damaged("it has another number of codes than of characters"));
        }
        let mut texts = vec![String::new(); outputs];
        let characters = names.iter().map(|name| nfc(name)).collect();
        for name in names {
            cursor.u8()?;
            let length = cursor.count("codes of a character")?;
            if length != 1 {
                return Err(Error::unsupported(format!("a character is written with {length} codes")));
            }
            let code = cursor.count("codes")?;
            let text = texts
                .get_mut(code)
                .ok_or_else(|| Error::damaged(format!("code {code} is none of {outputs} outputs")))?;
            // The space goes by the name NULL; these three share the code of what separates characters.
            match name {
                "NULL" => " ".clone_into(text),
                "Joined" | "|Broken|0|1" => {}
                name => *text = nfc(name),
            }
        }
        let kinds = texts.iter().map(|text| Kind::of(text)).collect();
        let output = |text: &str| texts.iter().position(|known| known == text);
        // The letters of Vietnamese and of Icelandic, in capitals; the slash and that of fractions.
        let twins = [("Đ", "Ð"), ("/", "⁄")].map(|(one, other)| output(one).zip(output(other)));
        let twins = twins.into_iter().flatten().collect();
        Ok(Self { texts, kinds, twins, characters })
    }

    /// What an output stands for.
    pub(crate) fn text(&self, output: usize) -> &str {
        self.texts.get(output).map_or("", String::as_str)
    }

    /// Characters by the numbers that lists of words name them by.
    pub(crate) fn characters(&self) -> &[String] {
        &self.characters
    }

    /// Gives what the network gives to outputs that look the same, of the `parts` of all, to the one that stands for them.
    pub(crate) fn join_twins(&self, parts: &mut [f32]) {
        for &(stands, other) in &self.twins {
            parts[stands] += std::mem::take(&mut parts[other]);
        }
    }

    pub(crate) fn is_letter(&self, output: usize) -> bool {
        self.kinds.get(output) == Some(&Kind::Letter)
    }

    pub(crate) fn is_punctuation(&self, output: usize) -> bool {
        self.kinds.get(output) == Some(&Kind::Punctuation)
    }

    pub(crate) fn is_space(&self, output: usize) -> bool {
        self.kinds.get(output) == Some(&Kind::Space)
    }
}
