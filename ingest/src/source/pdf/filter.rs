//! The filters of a stream (ISO 32000-1, 7.4), by their names as readers know them.

use hayro_syntax::object::{Array, Dict, Name, Object, Stream};

/// A filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    AsciiHex,
    Ascii85,
    Lzw,
    Flate,
    RunLength,
    CcittFax,
    Jbig2,
    Dct,
    Jpx,
    Crypt,
}

impl Filter {
    /// The filter of this name, or of its abbreviation (table 94), which readers take anywhere.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "ASCIIHexDecode" | "AHx" => Self::AsciiHex,
            "ASCII85Decode" | "A85" => Self::Ascii85,
            "LZWDecode" | "LZW" => Self::Lzw,
            "FlateDecode" | "Fl" => Self::Flate,
            "RunLengthDecode" | "RL" => Self::RunLength,
            "CCITTFaxDecode" | "CCF" => Self::CcittFax,
            "JBIG2Decode" => Self::Jbig2,
            "DCTDecode" | "DCT" => Self::Dct,
            "JPXDecode" => Self::Jpx,
            "Crypt" => Self::Crypt,
            _ => return None,
        })
    }
}

/// The filters that a reader applies to a stream, in order: those that it does not know are left out.
pub(super) fn filters(stream: &Stream<'_>) -> Vec<Filter> {
    let dict = stream.dict();
    match either(dict, "F", "Filter") {
        Some(Object::Name(name)) => Filter::of(name.as_str()).into_iter().collect(),
        Some(Object::Array(names)) => {
            names.iter::<Name<'_>>().filter_map(|name| Filter::of(name.as_str())).collect()
        }
        _ => Vec::new(),
    }
}

/// The parameters of the filter at `index`.
pub(super) fn parameters<'a>(stream: &Stream<'a>, index: usize) -> Option<Dict<'a>> {
    match either(stream.dict(), "DP", "DecodeParms")? {
        Object::Dict(dict) => Some(dict),
        Object::Array(array) => nth(&array, index)?.into_dict(),
        _ => None,
    }
}

fn nth<'a>(array: &Array<'a>, index: usize) -> Option<Object<'a>> {
    array.iter::<Object<'_>>().nth(index)
}

fn either<'a>(dict: &Dict<'a>, short: &str, long: &str) -> Option<Object<'a>> {
    dict.get::<Object<'_>>(short).or_else(|| dict.get::<Object<'_>>(long))
}
