use flate2::{Compress, Compression, FlushCompress};

use crate::Error;

/// How many megabytes of nothing the bomb holds.
const BOMB_MEBIBYTES: u32 = 4096;
const MEBIBYTE: usize = 1 << 20;
const CATALOG: &str = "<< /Type /Catalog /Pages 2 0 R >>";
const ONE_PAGE: &str = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
const PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>";

/// A page whose content is 4 GiB of white space in 4 MB.
pub(super) fn bomb() -> Result<Vec<u8>, Error> {
    let stream = zeros(BOMB_MEBIBYTES)?;
    let mut content = format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", stream.len()).into_bytes();
    content.extend_from_slice(&stream);
    content.extend_from_slice(b"\nendstream");
    Ok(file(&[CATALOG.into(), ONE_PAGE.into(), PAGE.into(), content], ""))
}

/// A page tree with nothing in it.
pub(super) fn without_pages() -> Vec<u8> {
    file(&[CATALOG.into(), "<< /Type /Pages /Kids [] /Count 0 >>".into()], "")
}

/// A page behind a password that is not the empty one (ISO 32000-1, 7.6.3: standard handler, revision 3).
pub(super) fn with_password() -> Vec<u8> {
    let encryption = format!(
        "<< /Filter /Standard /V 2 /R 3 /Length 128 /P -3904 /O <{}> /U <{}> >>",
        "a1".repeat(32),
        "b2".repeat(32)
    );
    let content = "<< /Length 8 >>\nstream\nxxxxxxxx\nendstream";
    let id = "c3".repeat(16);
    file(
        &[CATALOG.into(), ONE_PAGE.into(), PAGE.into(), content.into(), encryption.into()],
        &format!(" /Encrypt 5 0 R /ID [<{id}> <{id}>]"),
    )
}

/// A PDF that breaks off within its first image, so that it has neither pages nor a table of objects.
pub(super) fn truncated(image: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "%PDF-1.4\n1 0 obj\n<< /Type /XObject /Subtype /Image /Width 1654 /Height 2339 /BitsPerComponent 8 \
         /ColorSpace /DeviceRGB /Filter /DCTDecode /Length {} >>\nstream\n",
        image.len() * 3
    )
    .into_bytes();
    bytes.extend_from_slice(image);
    bytes
}

/// A PDF 1.4 file of these objects, numbered from 1, the first its catalogue.
fn file(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        bytes.extend_from_slice(object);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let start = bytes.len();
    let size = objects.len() + 1;
    bytes.extend_from_slice(table.as_bytes());
    let end = format!("trailer\n<< /Size {size} /Root 1 0 R{trailer} >>\nstartxref\n{start}\n%%EOF\n");
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

/// Zlib data (RFC 1950) that expands to zeros: one compressed mebibyte, said over and over.
fn zeros(mebibytes: u32) -> Result<Vec<u8>, Error> {
    let mut one = Vec::with_capacity(MEBIBYTE / 100);
    Compress::new(Compression::best(), false)
        .compress_vec(&vec![0; MEBIBYTE], &mut one, FlushCompress::Full)
        .map_err(|error| Error::encode("zlib", error))?;
    let mut bytes = vec![0x78, 0xda];
    for _ in 0..mebibytes {
        bytes.extend_from_slice(&one);
    }
    bytes.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    // Adler-32 of zeros: the low half stays 1, the high half counts the bytes.
    let high = u64::from(mebibytes) * MEBIBYTE as u64 % 65_521;
    let sum = u32::try_from(high << 16 | 1).unwrap_or(1);
    bytes.extend_from_slice(&sum.to_be_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_bomb_expands_to_what_it_says() -> Result<(), Box<dyn std::error::Error>> {
        let small = zeros(3)?;
        assert!(small.len() < 4000, "{}", small.len());
        let mut expanded = Vec::new();
        flate2::read::ZlibDecoder::new(&small[..]).read_to_end(&mut expanded)?;
        assert_eq!(expanded, vec![0; 3 * MEBIBYTE]);
        Ok(())
    }
}
