use super::JpegPage;

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const ENTRIES: u32 = 13;

/// A TIFF 6.0 file as scanners write it: one strip of JPEG data a page (TIFF Technical Note 2), little-endian.
pub(crate) fn tiff(pages: &[JpegPage]) -> Vec<u8> {
    let mut bytes = b"II\x2a\x00".to_vec();
    put(&mut bytes, 8);
    for (number, page) in pages.iter().enumerate() {
        let last = number + 1 == pages.len();
        directory(&mut bytes, page, number, pages.len(), last);
    }
    bytes
}

/// Appends a page: its directory, the values that do not fit in it, its data.
fn directory(bytes: &mut Vec<u8>, page: &JpegPage, number: usize, of: usize, last: bool) {
    let start = length(bytes);
    let beside = start + 2 + ENTRIES * 12 + 4;
    let (bits, resolution) = (beside, beside + 8);
    let data = resolution + 8;
    let data_length = length(&page.bytes);
    let samples: u32 = if page.colour { 3 } else { 1 };
    let page_number = u32::try_from(number | of << 16).unwrap_or(0);
    let entries = [
        (254, LONG, 1, 2), // NewSubfileType: one page of several
        (256, LONG, 1, page.width),
        (257, LONG, 1, page.height),
        if page.colour { (258, SHORT, 3, bits) } else { (258, SHORT, 1, 8) },
        (259, SHORT, 1, 7),                               // Compression: JPEG
        (262, SHORT, 1, if page.colour { 6 } else { 1 }), // PhotometricInterpretation: YCbCr or BlackIsZero
        (273, LONG, 1, data),                             // StripOffsets
        (277, SHORT, 1, samples),
        (278, LONG, 1, page.height), // RowsPerStrip
        (279, LONG, 1, data_length), // StripByteCounts
        (282, RATIONAL, 1, resolution),
        (283, RATIONAL, 1, resolution),
        (297, SHORT, 2, page_number), // PageNumber: this one and how many
    ];
    bytes.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        let tag: u16 = tag;
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        put(bytes, count);
        put(bytes, value);
    }
    let padded = data_length + data_length % 2;
    put(bytes, if last { 0 } else { data + padded });
    for value in [8_u16, 8, 8, 0] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    put(bytes, page.dpi);
    put(bytes, 1);
    bytes.extend_from_slice(&page.bytes);
    if data_length % 2 == 1 {
        bytes.push(0);
    }
}

fn put(bytes: &mut Vec<u8>, value: u32) {
    bytes.extend_from_slice(&value.to_le_bytes());
}

/// A length within a file that TIFF can address.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
