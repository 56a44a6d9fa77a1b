//! The file of Tesseract's language data: a table of offsets and the components behind it, little-endian.
//!
//! Every length is held against what is left of the file before anything is taken or allocated.

use crate::Error;

/// The place in the table of the network and its training state.
const LSTM: usize = 17;
/// Of its list of words.
const LSTM_WORDS: usize = 19;
/// Of its characters.
const LSTM_UNICHARSET: usize = 21;
/// Of the codes of its characters.
const LSTM_RECODER: usize = 22;

/// The most components of a file: version 5 of Tesseract knows 24.
const MOST_COMPONENTS: usize = 64;

/// The components that reading needs.
#[derive(Debug)]
pub(crate) struct Components<'a> {
    pub(crate) network: &'a [u8],
    pub(crate) characters: &'a [u8],
    pub(crate) codes: &'a [u8],
    /// Not all data have one.
    pub(crate) words: Option<&'a [u8]>,
}

impl<'a> Components<'a> {
    /// Finds the components of a file.
    pub(crate) fn find(file: &'a [u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(file);
        let count = cursor.count("components")?;
        if count > MOST_COMPONENTS {
            return Err(Error::damaged(format!("it says to have {count} components")));
        }
        let offsets: Vec<Option<usize>> =
            (0..count).map(|_| Ok(usize::try_from(cursor.i64()?).ok())).collect::<Result<_, Error>>()?;
        let component = |index: usize, what: &str| {
            let start = offsets.get(index).copied().flatten();
            let start = start.ok_or_else(|| Error::unsupported(format!("there is no {what} in it")))?;
            let end = offsets.iter().flatten().copied().filter(|&other| other > start).min();
            file.get(start..end.unwrap_or(file.len()).min(file.len()))
                .ok_or_else(|| Error::damaged(format!("its {what} begins behind its end")))
        };
        Ok(Self {
            network: component(LSTM, "network")?,
            characters: component(LSTM_UNICHARSET, "list of characters")?,
            codes: component(LSTM_RECODER, "list of codes")?,
            words: component(LSTM_WORDS, "list of words").ok(),
        })
    }
}

/// Takes values from the front of bytes.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| Error::damaged("it ends within a value"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = self.take(N)?;
        <[u8; N]>::try_from(bytes).map_err(|_| Error::damaged("it ends within a value"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Error> {
        Ok(i16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Error> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Error> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, Error> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A 32-bit number of things.
    pub(crate) fn count(&mut self, of: &str) -> Result<usize, Error> {
        let number = self.i32()?;
        usize::try_from(number).map_err(|_| Error::damaged(format!("it says to have {number} {of}")))
    }

    /// A text with its length in bytes before it.
    pub(crate) fn text(&mut self) -> Result<&'a str, Error> {
        let length = self.count("bytes of a text")?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Error::damaged("a text in it is not UTF-8"))
    }
}
