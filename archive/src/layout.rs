//! Where an object lies under the OCFL storage root: storage layout extension
//! `0003-hash-and-id-n-tuple-storage-layout` with its default parameters.

use muniment_record::{Digest, RecordId};

use crate::inventory::ROOT_NAMASTE;

/// The registered name of the layout.
pub(crate) const LAYOUT: &str = "0003-hash-and-id-n-tuple-storage-layout";
/// How many characters a level has, and how many levels there are.
const TUPLE_SIZE: usize = 3;
const NUMBER_OF_TUPLES: usize = 3;
/// A longer encoded id is cut to this many characters and gets the digest behind it.
const LONGEST_ENCODED: usize = 100;

/// `ocfl_layout.json` of the storage root (OCFL 1.1, 4.1).
const LAYOUT_JSON: &str = r#"{
  "extension": "0003-hash-and-id-n-tuple-storage-layout",
  "description": "SHA-256 of the object id in three levels of three digits, then the id, percent-encoded"
}
"#;

/// `config.json` of the layout extension.
const CONFIG_JSON: &str = r#"{
  "extensionName": "0003-hash-and-id-n-tuple-storage-layout",
  "digestAlgorithm": "sha256",
  "tupleSize": 3,
  "numberOfTuples": 3
}
"#;

/// The files that make a directory a storage root, each with its content; the declaration, which says that it is one,
/// comes last.
pub(crate) fn root_files() -> [(String, &'static str); 3] {
    [
        (format!("extensions/{LAYOUT}/config.json"), CONFIG_JSON),
        ("ocfl_layout.json".to_owned(), LAYOUT_JSON),
        (ROOT_NAMASTE.to_owned(), "ocfl_1.1\n"),
    ]
}

/// The OCFL id of a record's object.
pub(crate) fn object_id(record: RecordId) -> String {
    format!("urn:uuid:{record}")
}

/// The directory of an object, relative to the storage root, parts separated by `/`.
pub(crate) fn object_path(object_id: &str) -> String {
    let digest = Digest::of(object_id.as_bytes()).to_string();
    let mut path = String::with_capacity(64);
    for level in 0..NUMBER_OF_TUPLES {
        path.push_str(&digest[level * TUPLE_SIZE..(level + 1) * TUPLE_SIZE]);
        path.push('/');
    }
    let encoded = percent_encode(object_id);
    if encoded.len() > LONGEST_ENCODED {
        path.push_str(&encoded[..LONGEST_ENCODED]);
        path.push('-');
        path.push_str(&digest);
    } else {
        path.push_str(&encoded);
    }
    path
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02x}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_published_extension() {
        // The examples of the extension's own text.
        assert_eq!(object_path("object-01"), "3c0/ff4/240/object-01");
        assert_eq!(object_path("..hor/rib:le-$id"), "487/326/d8c/%2e%2ehor%2frib%3ale-%24id");
        let long = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij";
        assert_eq!(
            object_path(&format!("{long}a")),
            format!("5cc/73e/648/{long}-5cc73e648fbcff136510e330871180922ddacf193b68fdeff855683a01464220")
        );
    }
}
