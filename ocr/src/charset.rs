//! The characters that the network can name, by the number of its output.

use muniment_record::nfc;

use crate::Error;
use crate::traineddata::Cursor;

/// The most characters of a language data file.
const MOST_CHARACTERS: usize = 10_000;

/// What each output of the network stands for.
#[derive(Debug)]
pub(crate) struct Charset {
    /// By output; empty where an output stands for nothing that is written.
    texts: Vec<String>,
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
        let mut cursor = Cursor::new(codes);
        if cursor.count("codes")? != count {
            return Err(Error::damaged("it has another number of codes than of characters"));
        }
        let mut texts = vec![String::new(); outputs];
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
        Ok(Self { texts })
    }

    /// What an output stands for.
    pub(crate) fn text(&self, output: usize) -> &str {
        self.texts.get(output).map_or("", String::as_str)
    }

    /// The output that stands for a space.
    pub(crate) fn space(&self) -> Option<usize> {
        self.texts.iter().position(|text| text == " ")
    }
}
