//! Rows for JPEG.

use super::{Refused, Row, Shows, row};
use crate::make::jpeg::Jpeg;
use crate::make::{BLUE, COLOURS, GRAYS, GREEN, PAPER, RED};

pub(super) fn rows() -> Vec<Row> {
    let colour = Jpeg::colour().file();
    let frame_of = |file: &[u8], marker| file.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
    let frame = frame_of(&colour, 0xc0);
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = colour.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let framed = |frame| Jpeg { frame, ..Jpeg::colour() }.file();
    let turned = |orientation| Jpeg { orientation: Some(orientation), ..Jpeg::colour() }.file();
    let scan = frame_of(&colour, 0xda);
    let frame_segment = colour[frame..frame + 19].to_vec();
    vec![
        row("baseline colour", colour.clone(), Shows(COLOURS)),
        row("baseline gray", Jpeg::gray().file(), Shows(GRAYS)),
        row("extended sequential", framed(0xc1), Shows(COLOURS)),
        row("progressive", framed(0xc2), Shows(COLOURS)),
        row("CMYK of Adobe", Jpeg::cmyk(0).file(), Shows(COLOURS)),
        row("YCCK of Adobe", Jpeg::cmyk(2).file(), Shows(COLOURS)),
        row("progressive YCCK", Jpeg { frame: 0xc2, ..Jpeg::cmyk(2) }.file(), Shows(COLOURS)),
        row("Exif orientation 3", turned(3), Shows([PAPER, BLUE, GREEN, RED])),
        row("Exif orientation 6", turned(6), Shows([BLUE, RED, PAPER, GREEN])),
        row("Exif orientation 8", turned(8), Shows([GREEN, PAPER, RED, BLUE])),
        row("Exif orientation out of range", turned(99), Shows(COLOURS)),
        row("something behind the end", [&colour[..], b"camera maker's notes"].concat(), Shows(COLOURS)),
        row("12 bits a sample", Jpeg { precision: 12, ..Jpeg::colour() }.file(), Refused("unsupported")),
        row("arithmetic coding", framed(0xc9), Refused("unsupported")),
        row("lossless", framed(0xc3), Refused("unsupported")),
        row("cut in the scan", colour[..(scan + colour.len()) / 2].to_vec(), Refused("truncated")),
        row("no end marker", colour[..colour.len() - 2].to_vec(), Refused("truncated")),
        row("nothing but a start", colour[..3].to_vec(), Refused("truncated")),
        row("60,000 pixels square", patched(frame + 5, &[0xea, 0x60, 0xea, 0x60]), Refused("too-large")),
        row("no rows", patched(frame + 5, &[0, 0]), Refused("damaged")),
        row("two components", patched(frame + 9, &[2]), Refused("damaged")),
        row("two frames", [&colour[..frame], &frame_segment, &colour[frame..]].concat(), Refused("damaged")),
        row("no scan", [&colour[..scan], &[0xff, 0xd9]].concat(), Refused("damaged")),
        row("a segment of length 0", patched(4, &[0, 0]), Refused("damaged")),
        row("a segment beyond the end", patched(scan + 2, &[0xff, 0xff]), Refused("truncated")),
        row("no Huffman tables", without(&colour, 0xc4), Refused("damaged")),
        row(
            "a thousand scans",
            [&colour[..scan], &colour[scan..scan + 14].repeat(1000), &colour[scan..]].concat(),
            Refused("damaged"),
        ),
    ]
}

/// The file without its segments of this marker.
fn without(file: &[u8], marker: u8) -> Vec<u8> {
    let mut left = file.to_vec();
    while let Some(at) = left.windows(2).position(|pair| pair == [0xff, marker]) {
        let length = usize::from(u16::from_be_bytes([left[at + 2], left[at + 3]]));
        left.drain(at..at + 2 + length);
    }
    left
}
