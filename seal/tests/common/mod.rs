//! What several tests of this crate need.

/// A PDF of these objects, numbered from 1, the first of them the catalog, with a classic cross-reference table.
pub(crate) fn assemble<T: AsRef<str>>(objects: &[T]) -> Vec<u8> {
    let size = objects.len() + 1;
    let mut pdf = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {size}\n0000000000 65535 f\r\n");
    for (place, body) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n\r\n", pdf.len()));
        pdf.extend_from_slice(format!("{} 0 obj\n{}\nendobj\n", place + 1, body.as_ref()).as_bytes());
    }
    let start = pdf.len();
    pdf.extend_from_slice(
        format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    pdf
}
