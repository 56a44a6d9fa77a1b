//! PEM files (RFC 7468): text with one or more labelled blocks, whatever stands between them ignored.

use base64ct::{Base64, Encoding};

use crate::Error;

/// The decoded blocks with this label, in order.
pub(crate) fn blocks(pem: &[u8], label: &str) -> Result<Vec<Vec<u8>>, Error> {
    let text = std::str::from_utf8(pem).map_err(|_| Error::Credential("a PEM file"))?;
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    let mut body: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if line == begin {
            body = Some(String::new());
        } else if line == end {
            let base64 = body.take().ok_or(Error::Credential("a PEM file"))?;
            let block = Base64::decode_vec(&base64).map_err(|_| Error::Credential("a PEM file"))?;
            blocks.push(block);
        } else if let Some(base64) = &mut body {
            base64.push_str(line);
        }
    }
    match body {
        Some(_) => Err(Error::Credential("a PEM file")),
        None => Ok(blocks),
    }
}

/// Writes one block.
pub(crate) fn encode(label: &str, bytes: &[u8]) -> String {
    let base64 = Base64::encode_string(bytes);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}
