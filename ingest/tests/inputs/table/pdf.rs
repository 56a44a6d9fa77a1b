//! Rows for PDF.

use std::fs;
use std::process::Command;

use muniment_ingest::{Options, inspect, prepare};
use muniment_record::{Form, Scan};

use super::{Kept, Pages, Refused, Row, Shows, row};
use crate::make::jpeg::Jpeg;
use crate::make::pdf::{Body, WHOLE_PAGE, base_85, file, hex, image, image_on, images, page, stream, up};
use crate::make::tiff::differences;
use crate::make::{
    COLOURS, GRAYS, INK, SIDE, WHITE, bits, deflate, fax, gray, indices, lzw, pack_bits, picture, png, rgb,
};

/// A picture of 64 by 64 pixels in the colours of the quarters: a JPEG 2000 codestream, lossless, written by OpenJPEG.
const JPEG_2000: &[u8] = include_bytes!("../make/quarters.j2k");

const RGB_8: &str = "/ColorSpace/DeviceRGB/BitsPerComponent 8";
const GRAY_1: &str = "/ColorSpace/DeviceGray/BitsPerComponent 1";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = filters();
    rows.extend(colour_spaces());
    rows.extend(pages());
    rows.extend(protected());
    rows.extend(broken());
    rows.extend(bombs());
    rows
}

fn filters() -> Vec<Row> {
    let of = |name, entries: &str, data: &[u8]| {
        row(name, image(&format!("{RGB_8}{entries}"), data), Shows(COLOURS))
    };
    let fax = |name, parameters: &str, data: &[u8]| {
        let entries =
            format!("{GRAY_1}/Filter/CCITTFaxDecode/DecodeParms<<{parameters}/Columns 64/Rows 64>>");
        row(name, image(&entries, data), Shows(INK))
    };
    let jbig2 = jbig2();
    // A comment (ITU-T T.88, 7.4.14): the one segment that may stand anywhere.
    let globals =
        [&[0, 0, 0, 9, 62, 0, 1, 0, 0, 0, 8][..], &0x2000_0000_u32.to_be_bytes(), b"a\0b\0"].concat();
    vec![
        of("DCT", "/Filter/DCTDecode", &Jpeg::colour().file()),
        of("progressive DCT", "/Filter/DCTDecode", &Jpeg { frame: 0xc2, ..Jpeg::colour() }.file()),
        of("not compressed", "", &rgb()),
        of("Flate", "/Filter/FlateDecode", &deflate(&rgb())),
        of(
            "Flate of PNG's differences",
            "/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3/Columns 64>>",
            &deflate(&up(&rgb(), SIDE * 3)),
        ),
        of(
            "Flate of TIFF's differences",
            "/Filter/FlateDecode/DecodeParms<</Predictor 2/Colors 3/Columns 64>>",
            &deflate(&differences(&rgb(), SIDE, 3)),
        ),
        of("LZW", "/Filter/LZWDecode", &lzw(&rgb())),
        of("run lengths", "/Filter/RunLengthDecode", &[pack_bits(&rgb()), vec![128]].concat()),
        of("hexadecimal", "/Filter/ASCIIHexDecode", &hex(&rgb())),
        of("base 85 of Flate", "/Filter[/ASCII85Decode/FlateDecode]", &base_85(&deflate(&rgb()))),
        of("base 85 of DCT", "/Filter[/ASCII85Decode/DCTDecode]", &base_85(&Jpeg::colour().file())),
        of(
            "Flate of LZW of run lengths",
            "/Filter[/FlateDecode/LZWDecode/RunLengthDecode]",
            &deflate(&lzw(&[pack_bits(&rgb()), vec![128]].concat())),
        ),
        of("JPX", "/Filter/JPXDecode", JPEG_2000),
        fax("CCITT group 4", "/K -1", &fax::group_4()),
        fax("CCITT group 3", "/K 0/EndOfLine true", &fax::group_3()),
        fax("CCITT group 3 in two dimensions", "/K 4/EndOfLine true", &fax::group_3_mixed()),
        row("JBIG2", image(&format!("{GRAY_1}/Filter/JBIG2Decode"), &jbig2), Shows(INK)),
        row(
            "JBIG2 with globals",
            images(
                &format!("{GRAY_1}/Filter/JBIG2Decode/DecodeParms<</JBIG2Globals 6 0 R>>"),
                &jbig2,
                &[stream("", &globals)],
            ),
            Shows(INK),
        ),
    ]
}

/// The picture of ink and paper as this crate codes it, out of a document that it made.
fn jbig2() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ink.png");
    fs::write(&path, png::file(1, 0, &[], &bits())).unwrap();
    let scan = Scan { name: "ink".to_owned(), files: vec![path] };
    let options = Options::default();
    let inspection = inspect(&scan, &options.limits).unwrap();
    let made = prepare(&scan, inspection, "x", folder.path(), &options, None, &()).unwrap();
    let pdf = fs::read(made.pdf).unwrap();
    let after = |needle: &[u8], from: usize| {
        from + pdf[from..].windows(needle.len()).position(|window| window == needle).unwrap()
    };
    let start = after(b"stream\n", after(b"/JBIG2Decode", 0)) + 7;
    pdf[start..after(b"\nendstream", start)].to_vec()
}

fn colour_spaces() -> Vec<Row> {
    let of = |name, space: &str, data: Vec<u8>, outcome| {
        row(name, image(&format!("/ColorSpace{space}/BitsPerComponent 8"), &data), outcome)
    };
    let palette: String = COLOURS.concat().iter().map(|part| format!("{part:02x}")).collect();
    let indexed = |bits: usize| {
        let entries = format!("/ColorSpace[/Indexed/DeviceRGB 3<{palette}>]/BitsPerComponent {bits}");
        image(&entries, &indices(bits))
    };
    let inks = picture(|quarter| {
        let [r, g, b] = COLOURS[quarter];
        [255 - r, 255 - g, 255 - b, 0]
    });
    let lightness = picture(|quarter| [[0, 255, 255, 0][quarter], 128, 128]);
    let inverted: Vec<u8> = gray().iter().map(|sample| 255 - sample).collect();
    let tint = "[/Separation/Spot/DeviceGray<</FunctionType 2/Domain[0 1]/C0[1]/C1[0]/N 1>>]";
    let mask = |entries: &str, data: &[u8]| {
        let head = format!("/Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray{entries}");
        stream(&head, data)
    };
    let half_seen = mask("/BitsPerComponent 8", &picture(|quarter| [[255, 0, 255, 255][quarter]]));
    let without_green = [COLOURS[0], WHITE, COLOURS[2], COLOURS[3]];
    vec![
        of("gray", "/DeviceGray", gray(), Shows(GRAYS)),
        row("palette of 8 bits", indexed(8), Shows(COLOURS)),
        row("palette of 2 bits", indexed(2), Shows(COLOURS)),
        of(
            "CalGray",
            "[/CalGray<</WhitePoint[.9505 1 1.089]/Gamma 1>>]",
            vec![0; SIDE * SIDE],
            Shows([[0; 3]; 4]),
        ),
        of(
            "CalRGB",
            "[/CalRGB<</WhitePoint[.9505 1 1.089]/Gamma[2.2 2.2 2.2]/Matrix[.4124 .2126 .0193 .3576 .7152 .1192 .1805 .0722 .9505]>>]",
            rgb(),
            Shows(COLOURS),
        ),
        of(
            "Lab",
            "[/Lab<</WhitePoint[.9642 1 .8249]/Range[-128 127 -128 127]>>]",
            lightness,
            Shows(INK.map(|ink| ink.map(|part| 255 - part))),
        ),
        // Ink on paper looks duller than light: only what is white and what is not is told apart here.
        of(
            "CMYK",
            "/DeviceCMYK",
            picture(|quarter| [0, 0, 0, INK[quarter][0].abs_diff(255)]),
            Shows(near_black()),
        ),
        of("inks", "/DeviceCMYK", inks, Pages(vec![(64, 64)])),
        of("Separation", tint, inverted.clone(), Shows(GRAYS)),
        row(
            "Decode that inverts",
            image("/ColorSpace/DeviceGray/BitsPerComponent 8/Decode[1 0]", &inverted),
            Shows(GRAYS),
        ),
        row(
            "16 bits",
            image("/ColorSpace/DeviceRGB/BitsPerComponent 16", &crate::make::tiff::wide(&rgb())),
            Shows(COLOURS),
        ),
        row(
            "soft mask",
            images(&format!("{RGB_8}/SMask 6 0 R"), &rgb(), std::slice::from_ref(&half_seen)),
            Shows(without_green),
        ),
        row(
            "soft mask of a JPEG",
            images(&format!("{RGB_8}/Filter/DCTDecode/SMask 6 0 R"), &Jpeg::colour().file(), &[half_seen]),
            Shows(without_green),
        ),
        row("colour key", image(&format!("{RGB_8}/Mask[40 40 150 150 60 60]"), &rgb()), Shows(without_green)),
        row(
            "a profile that cannot be read, with an alternative",
            images(
                "/ColorSpace[/ICCBased 6 0 R]/BitsPerComponent 8",
                &rgb(),
                &[stream("/N 3/Alternate/DeviceRGB", b"no profile")],
            ),
            Shows(COLOURS),
        ),
    ]
}

/// Full black of DeviceCMYK is not the black of a screen.
fn near_black() -> [[u8; 3]; 4] {
    INK.map(|ink| if ink == WHITE { WHITE } else { [35, 31, 32] })
}

fn pages() -> Vec<Row> {
    let whole = |entries: &str, content: &str| image_on(entries, content, RGB_8, &rgb(), &[]);
    let typed = "BT /F 12 Tf 4 30 Td(Born digital: twenty letters and more) Tj ET";
    let font = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>";
    let inline = [
        b"q 46.08 0 0 46.08 0 0 cm BI/W 64/H 64/CS/RGB/BPC 8/F/AHx ID ".to_vec(),
        hex(&rgb()),
        b" EI Q".to_vec(),
    ]
    .concat();
    let [red, green, blue, paper] = COLOURS;
    vec![
        row("turned by its page", whole("/Rotate 90", WHOLE_PAGE), Shows([blue, red, paper, green])),
        row(
            "turned by its matrix",
            whole("", "q 0 46.08 -46.08 0 46.08 0 cm/I Do Q"),
            Shows([green, paper, red, blue]),
        ),
        row("mirrored", whole("", "q -46.08 0 0 46.08 46.08 0 cm/I Do Q"), Shows([green, red, paper, blue])),
        row(
            "a smaller crop box",
            whole("/CropBox[0 0 46.08 23.04]", WHOLE_PAGE),
            Shows([blue, paper, blue, paper]),
        ),
        row(
            "several images a page",
            whole("", "q 23.04 0 0 46.08 0 0 cm/I Do Q q 23.04 0 0 46.08 23.04 0 cm/I Do Q"),
            Pages(vec![(192, 192)]),
        ),
        row("an inline image", page("", &String::from_utf8(inline).unwrap(), &[]), Shows(COLOURS)),
        row("an image with hidden text", whole_with_hidden_text(), Shows(COLOURS)),
        row(
            "typed text",
            page(font, typed, &[]),
            Kept(Form::BornDigital, "Born digital: twenty letters and more"),
        ),
        row("lines alone", page("", "1 1 40 40 re S", &[]), Kept(Form::BornDigital, "")),
        row("a blank page", page("", "", &[]), Pages(vec![(192, 192)])),
        row(
            "a cross-reference that is missing",
            {
                let mut file = whole("", WHOLE_PAGE);
                let at = file.windows(9).position(|window| window == b"startxref").unwrap();
                file[at..at + 9].copy_from_slice(b"startxxxx");
                file
            },
            Shows(COLOURS),
        ),
        row(
            "junk before the header",
            [b"\r\n\r\nmail header\r\n".to_vec(), whole("", WHOLE_PAGE)].concat(),
            Shows(COLOURS),
        ),
    ]
}

/// What an earlier text recogniser left: its words are not typed text.
fn whole_with_hidden_text() -> Vec<u8> {
    let content = format!(
        "{WHOLE_PAGE} BT 3 Tr/F 8 Tf 4 30 Td(hidden words of an earlier reading, many of them) Tj ET"
    );
    let page = "/Resources<</XObject<</I 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>";
    let head = format!("/Type/XObject/Subtype/Image/Width {SIDE}/Height {SIDE}{RGB_8}");
    self::page(page, &content, &[stream(&head, &rgb())])
}

fn protected() -> Vec<Row> {
    let scan = image(&format!("{RGB_8}/Filter/FlateDecode"), &deflate(&rgb()));
    let font = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>";
    let typed = page(font, "BT /F 12 Tf 4 30 Td(Born digital: twenty letters and more) Tj ET", &[]);
    let encrypted = |file: &[u8], user: &str, bits: &str| {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from.pdf", "to.pdf"].map(|name| folder.path().join(name));
        fs::write(&from, file).unwrap();
        let mut arguments = vec!["--encrypt", user, "owner", bits, "--"];
        if bits == "128" {
            arguments.insert(0, "--allow-weak-crypto");
        }
        let done = Command::new("qpdf").args(arguments).args([&from, &to]).status().unwrap();
        assert!(done.success(), "qpdf did not encrypt");
        fs::read(to).unwrap()
    };
    let signed = file(
        &[
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>".to_vec(),
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>".to_vec(),
            b"<</FT/Sig/T(s)/V 5 0 R>>".to_vec(),
            b"<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<00>>>".to_vec(),
        ],
        "",
    );
    vec![
        row("encrypted, opens without a password (AES)", encrypted(&scan, "", "256"), Shows(COLOURS)),
        row("encrypted, opens without a password (RC4)", encrypted(&scan, "", "128"), Shows(COLOURS)),
        row("encrypted with a password", encrypted(&scan, "user", "256"), Refused("password")),
        row(
            "typed and encrypted, opens without a password",
            encrypted(&typed, "", "256"),
            Pages(vec![(192, 192)]),
        ),
        row("signed", signed, Kept(Form::SignedOriginal, "")),
    ]
}

fn broken() -> Vec<Row> {
    let refused = |name, file: Vec<u8>, code| row(name, file, Refused(code));
    let of = |entries: &str, data: &[u8]| image(&format!("{RGB_8}{entries}"), data);
    let jpeg = Jpeg::colour().file();
    let good = of("", &rgb());
    let bodies = |bodies: &[&str]| -> Vec<u8> {
        let bodies: Vec<Body> = bodies.iter().map(|body| body.as_bytes().to_vec()).collect();
        file(&bodies, "")
    };
    const CATALOGUE: &str = "<</Type/Catalog/Pages 2 0 R>>";
    let deep = format!("<</Type/Catalog/Pages 2 0 R/Deep {}{}>>", "[".repeat(100_000), "]".repeat(100_000));
    let looped = {
        let text =
            String::from_utf8_lossy(&bodies(&[CATALOGUE, "<</Type/Pages/Count 0/Kids[]>>"])).into_owned();
        let start = text.find("xref\n").unwrap();
        text.replace("/Root 1 0 R", &format!("/Root 1 0 R/Prev {start}")).into_bytes()
    };
    let form_in_form = page(
        "/Resources<</XObject<</I 5 0 R>>>>",
        "/I Do",
        &[stream(
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</I 5 0 R>>>>",
            b"/I Do /I Do",
        )],
    );
    vec![
        refused("an image that ends early", of("", &rgb()[..3000]), "truncated"),
        refused(
            "a Flate image that ends early",
            of("/Filter/FlateDecode", &deflate(&rgb()[..3000])),
            "truncated",
        ),
        refused("a cut JPEG", of("/Filter/DCTDecode", &jpeg[..jpeg.len() - 40]), "truncated"),
        refused(
            "a cut JPEG among others",
            two_images("/Filter/DCTDecode", &jpeg[..jpeg.len() - 40]),
            "truncated",
        ),
        refused("an image that ends early among others", two_images("", &rgb()[..3000]), "truncated"),
        refused(
            "a JPEG of 12 bits",
            of("/Filter/DCTDecode", &Jpeg { precision: 12, ..Jpeg::colour() }.file()),
            "unsupported",
        ),
        refused("a JPX image of noise", of("/Filter/JPXDecode", &rgb()), "damaged"),
        refused("a JBIG2 image of noise", image(&format!("{GRAY_1}/Filter/JBIG2Decode"), &rgb()), "damaged"),
        refused(
            "a CCITT image that ends early",
            image(
                &format!("{GRAY_1}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 64>>"),
                &fax::group_4()[..3],
            ),
            "truncated",
        ),
        refused("cut in the middle", good[..good.len() / 2].to_vec(), "truncated"),
        refused("no end", good[..good.len() - 6].to_vec(), "truncated"),
        refused("no pages", bodies(&[CATALOGUE, "<</Type/Pages/Count 0/Kids[]>>"]), "no-pages"),
        refused(
            "a page tree in a circle",
            bodies(&[CATALOGUE, "<</Type/Pages/Count 1/Kids[2 0 R]>>"]),
            "no-pages",
        ),
        refused("no catalogue", file(&[b"<</Type/Nothing>>".to_vec()], ""), "damaged"),
        refused("a cross-reference in a circle", looped, "no-pages"),
        refused(
            "arrays a hundred thousand deep",
            bodies(&[&deep, "<</Type/Pages/Count 0/Kids[]>>"]),
            "damaged",
        ),
        row("a form that paints itself", form_in_form, Pages(vec![(192, 192)])),
        refused(
            "a dynamic form",
            bodies(&[
                "<</Type/Catalog/Pages 2 0 R/NeedsRendering true/AcroForm<</XFA[]/Fields[]>>>>",
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
            ]),
            "unsupported",
        ),
        refused(
            "a page of a mile",
            bodies(&[
                CATALOGUE,
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 90000 90000]>>",
            ]),
            "damaged",
        ),
    ]
}

/// A page of two images, of which one has these entries and data.
fn two_images(entries: &str, data: &[u8]) -> Vec<u8> {
    let content = "q 46.08 0 0 20 0 0 cm/I Do Q q 46.08 0 0 20 0 20 cm/J Do Q";
    let head = format!("/Type/XObject/Subtype/Image/Width {SIDE}/Height {SIDE}{RGB_8}");
    page(
        "/Resources<</XObject<</I 5 0 R/J 6 0 R>>>>",
        content,
        &[stream(&head, &rgb()), stream(&format!("{head}{entries}"), data)],
    )
}

fn bombs() -> Vec<Row> {
    let refused = |name, file: Vec<u8>, code| row(name, file, Refused(code));
    let zeros = deflate(&vec![0; 80 << 20]);
    let sized = |width: u32, height: u32, entries: &str, data: &[u8]| {
        let head = format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}{entries}");
        page("/Resources<</XObject<</I 5 0 R>>>>", WHOLE_PAGE, &[stream(&head, data)])
    };
    let mut large_page = jbig2();
    let number = large_page.windows(8).position(|window| window == [0, 0, 0, 64, 0, 0, 0, 64]).unwrap();
    large_page[number..number + 8].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let mut large_codestream = JPEG_2000.to_vec();
    let size = large_codestream.windows(2).position(|pair| pair == [0xff, 0x51]).unwrap();
    large_codestream[size + 6..size + 14].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    vec![
        refused(
            "a page that expands without end",
            image(&format!("{RGB_8}/Filter/FlateDecode"), &zeros),
            "expands-too-far",
        ),
        refused(
            "Flate of Flate",
            image(&format!("{RGB_8}/Filter[/FlateDecode/FlateDecode]"), &deflate(&zeros)),
            "expands-too-far",
        ),
        refused(
            "base 85 of Flate",
            image(&format!("{RGB_8}/Filter[/A85/Fl]"), &base_85(&zeros)),
            "expands-too-far",
        ),
        refused(
            "Flate without its header",
            image(&format!("{RGB_8}/Filter/FlateDecode"), &zeros[2..]),
            "expands-too-far",
        ),
        refused(
            "run lengths",
            image(&format!("{RGB_8}/Filter/RunLengthDecode"), &[129, 0].repeat(600_000)),
            "expands-too-far",
        ),
        refused(
            "LZW",
            image(&format!("{RGB_8}/Filter/LZWDecode"), &lzw(&vec![0; 80 << 20])),
            "expands-too-far",
        ),
        refused(
            "a content stream",
            page("", "", &[stream("/Filter[/FlateDecode/FlateDecode]", &deflate(&zeros))]),
            "expands-too-far",
        ),
        refused("an image of 60,000 pixels square", sized(60_000, 60_000, RGB_8, b""), "too-large"),
        refused(
            "fax code of a row of a thousand million",
            sized(
                64,
                64,
                &format!("{GRAY_1}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 1000000000>>"),
                &fax::group_4(),
            ),
            "too-large",
        ),
        refused(
            "JBIG2 that is larger than it says",
            image(&format!("{GRAY_1}/Filter/JBIG2Decode"), &large_page),
            "too-large",
        ),
        refused(
            "JPX that is larger than it says",
            image(&format!("{RGB_8}/Filter/JPXDecode"), &large_codestream),
            "too-large",
        ),
        refused(
            "a soft mask of 60,000 pixels square",
            images(
                &format!("{RGB_8}/SMask 6 0 R"),
                &rgb(),
                &[stream(
                    "/Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8",
                    b"",
                )],
            ),
            "too-large",
        ),
    ]
}
