//! Rows for TIFF.

use super::{Pages, Refused, Row, Shows, row};
use crate::make::jpeg::Jpeg;
use crate::make::tiff::{
    COLOUR_MAP, COMPRESSION, EXTRA_SAMPLES, FILL_ORDER, JPEG_TABLES, ORIENTATION, PHOTOMETRIC, PLANAR,
    PREDICTOR, Page, T4_OPTIONS, X_RESOLUTION, Y_RESOLUTION, differences, file, tiled, wide,
};
use crate::make::{
    BLUE, COLOURS, GRAYS, GREEN, INK, PAPER, RED, SIDE, WHITE, bits, deflate, fax, gray, indices, lzw,
    pack_bits, picture, rgb,
};

const LZW: u32 = 5;
const OLD_JPEG: u32 = 6;
const JPEG: u32 = 7;
const DEFLATE: u32 = 8;
const PACK_BITS: u32 = 32_773;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = honest();
    rows.extend(fax_coded());
    rows.extend(broken());
    rows
}

/// The page of a colour picture.
fn colour(strip: Vec<u8>) -> Page {
    Page::new(8, 3, 2, strip)
}

fn colours(page: Page) -> (Vec<u8>, super::Outcome) {
    (file(&[page]), Shows(COLOURS))
}

/// The colours as a palette: all reds, greens, blues, of 16 bits.
fn palette(bits: u32) -> Vec<u32> {
    let count = 1 << bits;
    let part = |part: usize| {
        (0..count).map(move |at: usize| u32::from(COLOURS.get(at).map_or(0, |colour| colour[part])) * 257)
    };
    (0..3).flat_map(part).collect()
}

/// Numbers of quarters as a palette picture.
fn indexed(bits: u32, strip: Vec<u8>) -> Page {
    Page::new(bits, 1, 3, strip).with(COLOUR_MAP, palette(bits))
}

/// Three pictures of one colour each.
fn planes() -> [Vec<u8>; 3] {
    [0, 1, 2].map(|part| picture(|quarter| [COLOURS[quarter][part]]))
}

/// What is left of white: CMYK without black.
fn inks() -> Vec<u8> {
    picture(|quarter| {
        let [r, g, b] = COLOURS[quarter];
        [255 - r, 255 - g, 255 - b, 0]
    })
}

fn honest() -> Vec<Row> {
    let row = |name, (file, outcome)| row(name, file, outcome);
    let with = |page: Page, compression, predictor: u32| {
        page.with(COMPRESSION, [compression]).with(PREDICTOR, [predictor])
    };
    let halves =
        |packed: fn(&[u8]) -> Vec<u8>| rgb().chunks(SIDE * SIDE * 3 / 2).map(packed).collect::<Vec<_>>();
    let lines = differences(&rgb(), SIDE, 3);
    let tiles = |picture: &[u8], bytes, packed: fn(&[u8]) -> Vec<u8>| {
        tiled(picture, bytes).iter().map(|tile| packed(tile)).collect::<Vec<_>>()
    };
    let tile_lines: Vec<Vec<u8>> =
        tiled(&rgb(), 3).iter().map(|tile| deflate(&differences(tile, 32, 3))).collect();
    let plain = |bytes: &[u8]| bytes.to_vec();
    let jpeg = Jpeg::colour().file();
    let turned = |orientation: u32| file(&[colour(rgb()).with(ORIENTATION, [orientation])]);
    let gray_page = || Page::new(8, 1, 1, gray());
    let inverted: Vec<u8> = gray().iter().map(|sample| 255 - sample).collect();
    let with_opacity = picture(|quarter| {
        let [r, g, b] = COLOURS[quarter];
        [r, g, b, [255, 0, 255, 255][quarter]]
    });
    vec![
        row("one strip", colours(colour(rgb()))),
        row("strips of LZW", colours(with(colour(vec![]).strips(32, halves(lzw)), LZW, 1))),
        row("strips of Deflate", colours(with(colour(vec![]).strips(32, halves(deflate)), DEFLATE, 1))),
        row("strips of PackBits", colours(with(colour(vec![]).strips(32, halves(pack_bits)), PACK_BITS, 1))),
        row("LZW of differences", colours(with(colour(lzw(&lines)), LZW, 2))),
        row("tiles", colours(colour(vec![]).tiles(32, tiles(&rgb(), 3, plain)))),
        row(
            "tiles of Deflate of differences",
            colours(with(colour(vec![]).tiles(32, tile_lines), DEFLATE, 2)),
        ),
        row("16 bits", colours(Page::new(16, 3, 2, wide(&rgb())))),
        row("planes", colours(colour(vec![]).strips(64, planes().to_vec()).with(PLANAR, [2]))),
        row(
            "planes of tiles of LZW",
            colours(
                with(
                    colour(vec![])
                        .tiles(32, planes().iter().flat_map(|plane| tiles(plane, 1, lzw)).collect()),
                    LZW,
                    1,
                )
                .with(PLANAR, [2]),
            ),
        ),
        row("CMYK", colours(Page::new(8, 4, 5, inks()))),
        row("CMYK of 16 bits", colours(Page::new(16, 4, 5, wide(&inks())))),
        row(
            "opacity",
            (
                file(&[Page::new(8, 4, 2, with_opacity).with(EXTRA_SAMPLES, [2])]),
                Shows([RED, WHITE, BLUE, PAPER]),
            ),
        ),
        row("palette of 8 bits", colours(indexed(8, indices(8)))),
        row("palette of 4 bits of LZW", colours(with(indexed(4, lzw(&indices(4))), LZW, 1))),
        row("palette of 2 bits", colours(indexed(2, indices(2)))),
        row("palette of tiles", colours(indexed(8, vec![]).tiles(32, tiles(&indices(8), 1, plain)))),
        row(
            "palette of differences",
            colours(with(indexed(8, lzw(&differences(&indices(8), SIDE, 1))), LZW, 2)),
        ),
        row("gray", (file(&[gray_page()]), Shows(GRAYS))),
        row("gray where white is zero", (file(&[Page::new(8, 1, 0, inverted)]), Shows(GRAYS))),
        row("one bit", (file(&[Page::new(1, 1, 1, bits())]), Shows(INK))),
        row(
            "one bit in the other order",
            (
                file(&[Page::new(1, 1, 1, bits().into_iter().map(u8::reverse_bits).collect())
                    .with(FILL_ORDER, [2])]),
                Shows(INK),
            ),
        ),
        row("JPEG", colours(with(Page::new(8, 3, 6, jpeg.clone()), JPEG, 1))),
        row("JPEG with its tables apart", colours(jpeg_with_tables(&jpeg))),
        row("gray JPEG", (file(&[with(Page::new(8, 1, 1, Jpeg::gray().file()), JPEG, 1)]), Shows(GRAYS))),
        row("orientation 3", (turned(3), Shows([PAPER, BLUE, GREEN, RED]))),
        row("orientation 5", (turned(5), Shows([RED, BLUE, GREEN, PAPER]))),
        row("orientation 8", (turned(8), Shows([GREEN, PAPER, RED, BLUE]))),
        row("orientation out of range", (turned(0), Shows(COLOURS))),
        row(
            "pages of several resolutions and kinds",
            (
                file(&[
                    colour(rgb()).with(X_RESOLUTION, [300]).with(Y_RESOLUTION, [300]),
                    gray_page().with(Y_RESOLUTION, [200]),
                    with(Page::new(1, 1, 0, fax::group_4()), 4, 1),
                ]),
                Pages(vec![(64, 64); 3]),
            ),
        ),
    ]
}

/// A JPEG strip whose tables stand in a tag of their own.
fn jpeg_with_tables(jpeg: &[u8]) -> Page {
    let of = |marker| jpeg.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
    let (tables, frame, codes, scan) = (of(0xdb), of(0xc0), of(0xc4), of(0xda));
    let apart = [&[0xff, 0xd8], &jpeg[tables..frame], &jpeg[codes..scan], &[0xff, 0xd9]].concat();
    let strip = [&[0xff, 0xd8], &jpeg[frame..codes], &jpeg[scan..]].concat();
    Page::new(8, 3, 6, strip)
        .with(COMPRESSION, [JPEG])
        .with(JPEG_TABLES, apart.iter().map(|byte| u32::from(*byte)).collect::<Vec<_>>())
}

fn fax_coded() -> Vec<Row> {
    let coded = |compression: u32, data: Vec<u8>| Page::new(1, 1, 0, data).with(COMPRESSION, [compression]);
    let reversed: Vec<u8> = fax::group_4().into_iter().map(u8::reverse_bits).collect();
    let row = |name, page| row(name, file(&[page]), Shows(INK));
    let negative = INK.map(|colour| colour.map(|part| 255 - part));
    let four = || coded(4, fax::group_4());
    vec![
        row("group 4", four()),
        row("group 4 in the other order", coded(4, reversed).with(FILL_ORDER, [2])),
        row("group 4 in a tile", four().tiles(64, vec![fax::group_4()])),
        row("group 3", coded(3, fax::group_3())),
        row("group 3 in two dimensions", coded(3, fax::group_3_mixed()).with(T4_OPTIONS, [1])),
        row("modified Huffman", coded(2, fax::modified_huffman())),
        super::row("group 4 where black is zero", file(&[four().with(PHOTOMETRIC, [1])]), Shows(negative)),
    ]
}

fn broken() -> Vec<Row> {
    let refused = |name, page: Page, code| row(name, file(&[page]), Refused(code));
    let good = file(&[colour(rgb())]);
    let sized = |width: u32, height: u32| colour(rgb()).with(256, [width]).with(257, [height]);
    let coded = |compression: u32, data: Vec<u8>| Page::new(1, 1, 0, data).with(COMPRESSION, [compression]);
    let beyond = {
        // The strip's offset is the last value of its entry.
        let mut file = good.clone();
        let entry = file.windows(4).position(|window| window == [0x11, 0x01, 4, 0]).unwrap();
        file[entry + 8..entry + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        file
    };
    let circle = {
        let mut file = good.clone();
        let directory: [u8; 4] = file[4..8].try_into().unwrap();
        let end = file.len() - 4;
        file[end..].copy_from_slice(&directory);
        file
    };
    let many_values = {
        let mut file = good.clone();
        let entry = file.windows(4).position(|window| window == [0x11, 0x01, 4, 0]).unwrap();
        file[entry + 4..entry + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        file
    };
    vec![
        refused("60,000 pixels square", sized(60_000, 60_000).strips(60_000, vec![rgb()]), "too-large"),
        refused("no pixels", sized(0, 64), "damaged"),
        refused("fewer rows than it says", sized(64, 640).strips(640, vec![rgb()]), "truncated"),
        refused("strips for a tenth of the rows", sized(64, 640), "damaged"),
        refused(
            "a LZW strip that ends early",
            colour(lzw(&rgb()[..600])).with(COMPRESSION, [LZW]),
            "truncated",
        ),
        refused("a Deflate strip of garbage", colour(rgb()).with(COMPRESSION, [DEFLATE]), "truncated"),
        refused(
            "a cut JPEG",
            Page::new(8, 3, 6, Jpeg::colour().file()[..300].to_vec()).with(COMPRESSION, [JPEG]),
            "truncated",
        ),
        refused("JPEG of the old kind", colour(rgb()).with(COMPRESSION, [OLD_JPEG]), "unsupported"),
        refused("a compression that is none", colour(rgb()).with(COMPRESSION, [12_345]), "unsupported"),
        refused("CIE Lab", colour(rgb()).with(PHOTOMETRIC, [8]), "unsupported"),
        refused("12 bits", Page::new(12, 1, 1, vec![0; SIDE * SIDE * 3 / 2]), "unsupported"),
        refused(
            "floating point",
            Page::new(32, 1, 1, vec![0; SIDE * SIDE * 4]).with(339, [3]),
            "unsupported",
        ),
        refused("a palette picture without palette", Page::new(8, 1, 3, indices(8)), "damaged"),
        refused("fax code of noise", coded(4, vec![0; 40]), "truncated"),
        refused("fax code that ends early", coded(4, fax::group_4()[..3].to_vec()), "truncated"),
        row("a strip beyond the end", beyond, Refused("truncated")),
        row("four thousand million strips", many_values, Refused("too-large")),
        row("directories in a circle", circle, Refused("damaged")),
        row("cut in the pixels", good[..good.len() / 2].to_vec(), Refused("truncated")),
        row("cut in the directory", good[..good.len() - 30].to_vec(), Refused("truncated")),
        row("nothing but a start", good[..8].to_vec(), Refused("truncated")),
        row(
            "a broken page in the middle",
            file(&[colour(rgb()), colour(lzw(&rgb()[..600])).with(COMPRESSION, [LZW]), colour(rgb())]),
            Refused("truncated"),
        ),
        row("six thousand pages", file(&vec![Page::new(1, 1, 1, bits()); 6_000]), Refused("too-many-pages")),
        row(
            "quarters turned",
            file(&[colour(rgb()).with(ORIENTATION, [6_u32])]),
            Shows([BLUE, RED, PAPER, GREEN]),
        ),
    ]
}
