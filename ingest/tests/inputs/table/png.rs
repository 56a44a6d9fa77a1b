//! Rows for PNG.

use super::{Refused, Row, Shows, row};
use crate::make::png::{assemble, file, interlaced};
use crate::make::{
    BLACK, COLOURS, GRAYS, INK, SIDE, WHITE, bits, deflate, gray, indices, picture, quarter, rgb,
};

pub(super) fn rows() -> Vec<Row> {
    let wide = |samples: &[u8]| samples.iter().flat_map(|sample| [*sample, 0x55]).collect::<Vec<u8>>();
    let palette = || (b"PLTE", COLOURS.concat());
    let seen_through = |opacity: [u8; 4]| {
        picture(|quarter| {
            let [r, g, b] = COLOURS[quarter];
            [r, g, b, opacity[quarter]]
        })
    };
    let good = file(8, 2, &[], &rgb());
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let data = good.windows(4).position(|window| window == b"IDAT").unwrap();
    let text_bomb = [b"Comment\0\0".to_vec(), deflate(&vec![b' '; 80 << 20])].concat();
    let few = deflate(&[0; 1000]);
    let lines = interlaced(|x, y| COLOURS[quarter(x, y)].to_vec());
    vec![
        row("colour", good.clone(), Shows(COLOURS)),
        row("gray", file(8, 0, &[], &gray()), Shows(GRAYS)),
        row("one bit", file(1, 0, &[], &bits()), Shows(INK)),
        row("gray, 16 bits", file(16, 0, &[], &wide(&gray())), Shows(GRAYS)),
        row("colour, 16 bits", file(16, 2, &[], &wide(&rgb())), Shows(COLOURS)),
        row("palette of 2 bits", file(2, 3, &[palette()], &indices(2)), Shows(COLOURS)),
        row("palette of 8 bits", file(8, 3, &[palette()], &indices(8)), Shows(COLOURS)),
        row(
            "palette with a transparent colour",
            file(4, 3, &[palette(), (b"tRNS", vec![255, 0])], &indices(4)),
            Shows([COLOURS[0], WHITE, COLOURS[2], COLOURS[3]]),
        ),
        row(
            "opacity",
            file(8, 6, &[], &seen_through([255, 0, 128, 255])),
            Shows([COLOURS[0], WHITE, COLOURS[2].map(|part| 127 + part / 2), COLOURS[3]]),
        ),
        row(
            "gray with opacity, 16 bits",
            file(16, 4, &[], &wide(&picture(|quarter| [GRAYS[quarter][0], [255, 255, 0, 255][quarter]]))),
            Shows([GRAYS[0], GRAYS[1], WHITE, GRAYS[3]]),
        ),
        row("interlaced", assemble(SIDE, 8, 2, 1, &[], &lines), Shows(COLOURS)),
        row(
            "a comment that expands to 80 MB",
            file(8, 2, &[(b"zTXt", text_bomb.clone())], &rgb()),
            Shows(COLOURS),
        ),
        row("a profile that expands to 80 MB", file(8, 2, &[(b"iCCP", text_bomb)], &rgb()), Shows(COLOURS)),
        row("no palette", file(8, 3, &[], &indices(8)), Refused("damaged")),
        // ISO/IEC 15948, 11.2.3, calls it an error and leaves it to readers: all that are known show black.
        row(
            "colours outside of the palette",
            file(8, 3, &[(b"PLTE", vec![9; 3])], &indices(8)),
            Shows([[9; 3], BLACK, BLACK, BLACK]),
        ),
        row("a wrong checksum", patched(data + 10, &[!good[data + 10]]), Refused("damaged")),
        row("cut in the data", good[..good.len() - 40].to_vec(), Refused("truncated")),
        row("cut in the header", good[..20].to_vec(), Refused("truncated")),
        row("too few rows", assemble(SIDE, 8, 2, 0, &[], &few), Refused("damaged")),
        row("60,000 pixels square", assemble(60_000, 8, 2, 0, &[], &few), Refused("too-large")),
        row("12,000 pixels square of 16 bits", assemble(12_000, 16, 6, 0, &[], &few), Refused("too-large")),
        row("no pixels", assemble(0, 8, 2, 0, &[], &few), Refused("damaged")),
        row("a depth that is none", assemble(SIDE, 3, 2, 0, &[], &few), Refused("damaged")),
        row("data that is not compressed", assemble(SIDE, 8, 2, 0, &[], &rgb()), Refused("damaged")),
        row("another chunk first", patched(12, b"JUNK"), Refused("damaged")),
    ]
}
