//! PDF (ISO 32000-1) with a cross-reference table, object by object.

use super::SIDE;

/// An object's body: what stands between `obj` and `endobj`.
pub(crate) type Body = Vec<u8>;

/// A PDF of these bodies, numbered from 1; object 1 is the catalogue.
pub(crate) fn file(bodies: &[Body], trailer: &str) -> Vec<u8> {
    let (mut file, mut offsets) = (b"%PDF-1.7\n".to_vec(), Vec::new());
    for (number, body) in (1..).zip(bodies) {
        offsets.push(file.len());
        file.extend(format!("{number} 0 obj\n").into_bytes());
        file.extend_from_slice(body);
        file.extend_from_slice(b"\nendobj\n");
    }
    let (start, size) = (file.len(), bodies.len() + 1);
    let entries: String = offsets.iter().map(|offset| format!("{offset:010} 00000 n \n")).collect();
    let end = format!(
        "xref\n0 {size}\n0000000000 65535 f \n{entries}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n"
    );
    file.extend(end.into_bytes());
    file
}

/// A stream with these entries of its dictionary.
pub(crate) fn stream(entries: &str, data: &[u8]) -> Body {
    let start = format!("<<{entries}/Length {}>>\nstream\n", data.len());
    [start.as_bytes(), data, b"\nendstream"].concat()
}

/// A document of one page with this content and entries, and further objects from number 5 on.
pub(crate) fn page(entries: &str, content: &str, further: &[Body]) -> Vec<u8> {
    let mut bodies = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 46.08 46.08]/Contents 4 0 R{entries}>>").into_bytes(),
        stream("", content.as_bytes()),
    ];
    bodies.extend_from_slice(further);
    file(&bodies, "")
}

/// The operators that paint image `I` over the page: 64 pixels at 100 dots an inch.
pub(crate) const WHOLE_PAGE: &str = "q 46.08 0 0 46.08 0 0 cm/I Do Q";

/// A page that is one image of [`SIDE`] pixels, with these entries of its dictionary and its data.
pub(crate) fn image(entries: &str, data: &[u8]) -> Vec<u8> {
    images(entries, data, &[])
}

/// As [`image`], with further objects from number 6 on.
pub(crate) fn images(entries: &str, data: &[u8], further: &[Body]) -> Vec<u8> {
    image_on("", WHOLE_PAGE, entries, data, further)
}

/// A page with entries of its own and other content, for an image called `I`.
pub(crate) fn image_on(
    page_entries: &str,
    content: &str,
    entries: &str,
    data: &[u8],
    further: &[Body],
) -> Vec<u8> {
    let image = stream(&format!("/Type/XObject/Subtype/Image/Width {SIDE}/Height {SIDE}{entries}"), data);
    let all = [&[image], further].concat();
    page(&format!("/Resources<</XObject<</I 5 0 R>>>>{page_entries}"), content, &all)
}

/// ISO 32000-1, 7.4.2.
pub(crate) fn hex(bytes: &[u8]) -> Vec<u8> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits}>").into_bytes()
}

/// ISO 32000-1, 7.4.3.
pub(crate) fn base_85(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for group in bytes.chunks(4) {
        let mut padded = [0; 4];
        padded[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(padded);
        if value == 0 && group.len() == 4 {
            text.push(b'z');
            continue;
        }
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + u8::try_from(value % 85).unwrap();
            value /= 85;
        }
        text.extend_from_slice(&digits[..=group.len()]);
    }
    text.extend_from_slice(b"~>");
    text
}

/// Rows behind the number of a PNG filter (ISO 32000-1, 7.4.4.4): each byte less the one above.
pub(crate) fn up(rows: &[u8], length: usize) -> Vec<u8> {
    let mut above = vec![0; length];
    let mut filtered = Vec::new();
    for row in rows.chunks(length) {
        filtered.push(2);
        filtered.extend(row.iter().zip(&above).map(|(byte, above)| byte.wrapping_sub(*above)));
        above = row.to_vec();
    }
    filtered
}
