//! The picture of ink and paper in fax code (ITU-T T.4 and T.6), written bit by bit.

use super::SIDE;

const WHITE_0: &str = "00110101";
const WHITE_32: &str = "00011011";
const BLACK_32: &str = "000001101010";
const END_OF_LINE: &str = "000000000001";

/// Bits as bytes, filled up with zeros.
fn bytes(bits: &str) -> Vec<u8> {
    let digits: Vec<u8> = bits.bytes().map(|digit| digit - b'0').collect();
    let byte = |group: &[u8]| (0..8).fold(0, |byte, at| byte << 1 | group.get(at).copied().unwrap_or(0));
    digits.chunks(8).map(byte).collect()
}

/// A row of the upper or the lower half in one dimension.
fn row(y: usize) -> String {
    if y < SIDE / 2 { format!("{WHITE_32}{BLACK_32}") } else { format!("{WHITE_0}{BLACK_32}{WHITE_32}") }
}

/// A row in two dimensions, below the row above it; the first one is below white paper.
fn row_below(y: usize) -> String {
    match y {
        // Horizontal mode, then the end of the line where it is.
        0 => format!("001{WHITE_32}{BLACK_32}"),
        _ if y < SIDE / 2 => "11".to_owned(),
        _ if y == SIDE / 2 => format!("001{WHITE_0}{BLACK_32}1"),
        _ => "111".to_owned(),
    }
}

/// Group 4 (T.6).
pub(crate) fn group_4() -> Vec<u8> {
    let rows: String = (0..SIDE).map(row_below).collect();
    bytes(&format!("{rows}{END_OF_LINE}{END_OF_LINE}"))
}

/// Group 3 in one dimension, an end of line before each row.
pub(crate) fn group_3() -> Vec<u8> {
    let rows: String = (0..SIDE).map(|y| format!("{END_OF_LINE}{}", row(y))).collect();
    bytes(&rows)
}

/// Group 3 in two dimensions: every fourth row in one.
pub(crate) fn group_3_mixed() -> Vec<u8> {
    let coded = |y| match y % 4 {
        0 => format!("1{}", row(y)),
        _ => format!("0{}", row_below(y)),
    };
    let rows: String = (0..SIDE).map(|y| format!("{END_OF_LINE}{}", coded(y))).collect();
    bytes(&rows)
}

/// Rows in one dimension without ends of lines, each in whole bytes: TIFF compression 2.
pub(crate) fn modified_huffman() -> Vec<u8> {
    (0..SIDE).flat_map(|y| bytes(&row(y))).collect()
}
