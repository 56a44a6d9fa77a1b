//! Adds signatures to a PDF that the crate itself would never make: any field, any kind, by any key.

use muniment_record::Digest;
use muniment_seal::Certificate;
use muniment_seal::Signer as _;
use muniment_seal::pki::Identity;

use crate::update;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Timestamp,
    /// A timestamp by its sub-filter, which calls itself a signature.
    TimestampOfTypeSig,
    Signature,
    /// A certifying signature with this permission (DocMDP).
    Certification(u8),
    /// A signature that locks the field of this name (FieldMDP).
    Locking(&'static str),
    /// A signature over the document's SHA-1.
    OverSha1,
    /// A signature that says that Muniment made it, in a field of the right name.
    OursByName,
    /// The same in a field of another name.
    OursByMark,
}

impl Kind {
    fn is_timestamp(self) -> bool {
        matches!(self, Self::Timestamp | Self::TimestampOfTypeSig)
    }
}

/// A new signature field.
pub(crate) struct Field<'a> {
    /// The object's number; the next one is its signature's.
    number: u32,
    kind: Kind,
    /// What it holds beside its name and value.
    entries: &'a str,
    /// Whether the first page lists it.
    pub(crate) is_listed: bool,
    /// The name of the empty field that it fills, which the document has already.
    filling: Option<&'a str>,
}

impl<'a> Field<'a> {
    pub(crate) fn new(number: u32, kind: Kind, entries: &'a str) -> Self {
        Self { number, kind, entries, is_listed: true, filling: None }
    }

    /// A field that is there already, empty, and now gets a signature.
    pub(crate) fn filling(number: u32, name: &'a str, entries: &'a str) -> Self {
        Self { filling: Some(name), ..Self::new(number, Kind::Signature, entries) }
    }
}

/// A form that draws over whatever is there.
pub(crate) const DRAWING: &str = "<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length 27 >>\nstream\n\
                                  1 1 1 rg 0 0 595 842 re f q\nendstream";
/// A form that draws nothing.
const BLANK: &str = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 13 >>\nstream\n\
                     % DSBlank\nq Q\nendstream";

/// Bytes kept for the signature value.
const ROOM: usize = 4096;

/// Adds a signature as an incremental update.
pub(crate) fn add(pdf: &[u8], field: &Field<'_>, author: &Identity) -> Result<Vec<u8>> {
    let value = field.number + 1;
    let name = match field.kind {
        _ if field.filling.is_some() => field.filling.unwrap_or_default().to_owned(),
        Kind::OursByName => format!("AgencySeal{}", field.number),
        _ => format!("Field{}", field.number),
    };
    let subtype = if field.entries.contains("/Subtype") { "" } else { "/Subtype /Widget" };
    let widget =
        format!("<< /Type /Annot {subtype} /FT /Sig /T ({name}) /V {value} 0 R {} >>", field.entries);
    let reference = |method: &str, parameters: &str| {
        format!(
            "/Reference [<< /Type /SigRef /TransformMethod /{method} \
             /TransformParams << /Type /TransformParams {parameters} >> >>]"
        )
    };
    let transform = match field.kind {
        Kind::Certification(permission) => reference("DocMDP", &format!("/V /1.2 /P {permission}")),
        Kind::Locking(name) => reference("FieldMDP", &format!("/V /1.2 /Action /Include /Fields [({name})]")),
        _ => String::new(),
    };
    let (kind, mark) = match field.kind {
        Kind::Timestamp => ("/Type /DocTimeStamp /SubFilter /ETSI.RFC3161", ""),
        Kind::TimestampOfTypeSig => ("/Type /Sig /SubFilter /ETSI.RFC3161", ""),
        Kind::OverSha1 => ("/Type /Sig /SubFilter /adbe.pkcs7.sha1", ""),
        Kind::Signature | Kind::Certification(_) | Kind::Locking(_) => {
            ("/Type /Sig /SubFilter /adbe.pkcs7.detached", transform.as_str())
        }
        Kind::OursByName | Kind::OursByMark => (
            "/Type /Sig /SubFilter /adbe.pkcs7.detached",
            "/Prop_Build << /App << /Name /Muniment /REx (1) >> >>",
        ),
    };
    let signature = format!(
        "<< {kind} /Filter /Adobe.PPKLite {mark} /ByteRange [0 1111111111 2222222222 3333333333] \
         /Contents <{}> >>",
        "00".repeat(ROOM)
    );
    let (catalog, page) = with_field(pdf, field.number, field.is_listed)?;
    let mut objects = vec![(field.number, widget.as_str()), (value, signature.as_str())];
    if field.filling.is_none() {
        objects.extend([(1, catalog.as_str()), (3, page.as_str())]);
    }
    if field.entries.contains("70 0 R") {
        objects.push((70, DRAWING));
    }
    if field.entries.contains("71 0 R") {
        objects.push((71, BLANK));
    }
    let mut file = update(pdf, &objects);
    let range = last(&file, "1111111111 2222222222 3333333333")?;
    let start = last(&file, &format!("<{}", "00".repeat(ROOM)))?;
    let end = start + 2 * ROOM + 2;
    let numbers = format!("{start:<10} {end:<10} {:<10}", file.len() - end);
    file[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
    let covered = [&file[..start], &file[end..]].concat();
    let cms = match field.kind {
        kind if kind.is_timestamp() => token(&covered, author)?,
        Kind::OverSha1 => over_sha1(&covered, author)?,
        _ => signed(&covered, author)?,
    };
    let digits: String = cms.iter().map(|byte| format!("{byte:02x}")).collect();
    file[start + 1..start + 1 + digits.len()].copy_from_slice(digits.as_bytes());
    Ok(file)
}

/// The catalog and the first page with one field more.
pub(crate) fn with_field(pdf: &[u8], number: u32, is_listed: bool) -> Result<(String, String)> {
    let catalog = newest(pdf, 1)?;
    let form = format!("/AcroForm << /Fields [{number} 0 R] /SigFlags 3 >>");
    let catalog = extended(&catalog, "/Fields [", number, &form)?;
    let page = newest(pdf, 3)?;
    let page = match is_listed {
        true => extended(&page, "/Annots [", number, &format!("/Annots [{number} 0 R]"))?,
        false => page,
    };
    Ok((catalog, page))
}

/// The newest text of an object.
pub(crate) fn newest(pdf: &[u8], number: u32) -> Result<String> {
    let head = format!("\n{number} 0 obj\n");
    let start = last(pdf, &head)? + head.len();
    let text = String::from_utf8_lossy(&pdf[start..]);
    Ok(text.split("\nendobj").next().unwrap_or_default().to_owned())
}

/// A dictionary with one more in its list, or with the list.
fn extended(dictionary: &str, list: &str, number: u32, otherwise: &str) -> Result<String> {
    match dictionary.split_once(list) {
        Some((before, after)) => {
            let (items, rest) = after.split_once(']').ok_or("an open list")?;
            Ok(format!("{before}{list}{items} {number} 0 R]{rest}"))
        }
        None => {
            let inside = dictionary.strip_suffix(">>").ok_or("no dictionary")?;
            Ok(format!("{inside} {otherwise} >>"))
        }
    }
}

fn last(bytes: &[u8], word: &str) -> Result<usize> {
    let at = bytes.windows(word.len()).rposition(|window| window == word.as_bytes());
    at.ok_or_else(|| format!("{} is missing", word.get(..20).unwrap_or(word)).into())
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut bytes = vec![tag];
    match length {
        0..128 => bytes.extend(&length.to_be_bytes()[7..]),
        _ => {
            bytes.push(0x82);
            bytes.extend(&length.to_be_bytes()[6..]);
        }
    }
    bytes.extend(content);
    bytes
}

const SHA256: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const TST_INFO: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";
const ONE: &[u8] = b"\x02\x01\x01";

/// A timestamp token (RFC 3161, 2.4.2) over these bytes.
fn token(covered: &[u8], author: &Identity) -> Result<Vec<u8>> {
    let imprint = der(0x30, &[SHA256, &der(0x04, &[Digest::of(covered).as_bytes()])]);
    let policy = b"\x06\x03\x2a\x03\x04";
    let time = crate::now().strftime("%Y%m%d%H%M%SZ").to_string();
    let info = der(0x30, &[ONE, policy, &imprint, ONE, &der(0x18, &[time.as_bytes()])]);
    let content = der(0x30, &[TST_INFO, &der(0xa0, &[&der(0x04, &[&info])])]);
    envelope(&content, &info, author)
}

/// A detached signature over these bytes, without attributes.
fn signed(covered: &[u8], author: &Identity) -> Result<Vec<u8>> {
    envelope(&der(0x30, &[DATA]), covered, author)
}

/// A signature over the SHA-1 of these bytes (ISO 32000-1, 12.8.3.3), which it holds.
fn over_sha1(covered: &[u8], author: &Identity) -> Result<Vec<u8>> {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, covered);
    let content = der(0x30, &[DATA, &der(0xa0, &[&der(0x04, &[digest.as_ref()])])]);
    envelope(&content, digest.as_ref(), author)
}

fn envelope(content: &[u8], message: &[u8], author: &Identity) -> Result<Vec<u8>> {
    let chain = Certificate::from_pem(author.chain_pem.as_bytes())?;
    let certificate = chain.first().ok_or("no certificate")?.der();
    // The extension subjectKeyIdentifier with a key identifier of twenty bytes.
    let head: &[u8] = b"\x06\x03\x55\x1d\x0e\x04\x16\x04\x14";
    let at = certificate.windows(head.len()).position(|window| window == head).ok_or("no key identifier")?;
    let key_id = &certificate[at + head.len()..at + head.len() + 20];
    let value = author.signer()?.sign(message)?;
    let signer =
        der(0x30, &[b"\x02\x01\x03", &der(0x80, &[key_id]), SHA256, ECDSA_SHA256, &der(0x04, &[&value])]);
    let certificates: Vec<&[u8]> = chain.iter().map(Certificate::der).collect();
    let data = der(
        0x30,
        &[b"\x02\x01\x03", &der(0x31, &[SHA256]), content, &der(0xa0, &certificates), &der(0x31, &[&signer])],
    );
    Ok(der(0x30, &[SIGNED_DATA, &der(0xa0, &[&data])]))
}
