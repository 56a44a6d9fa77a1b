//! Arbitrary bytes for each parser of this crate: no panic, no hang, and no more memory than allowed.

use std::fs;
use std::io::Cursor;

use hayro_ccitt::EncodingMode;
use proptest::prelude::*;

use super::ccitt::{self, Coding};
use super::exif::Exif;
use super::held::HeldFile;
use super::{expand, jpeg, pdf, png, tiff};
use crate::Limits;
use crate::bits::Bits;
use crate::jbig2;

/// Limits that small files reach.
fn limits() -> Limits {
    Limits { page_pixels: 1_000_000, expanded_bytes: 8 << 20, pages: 50, ..Limits::default() }
}

/// Bytes behind those that a format begins with.
fn behind(start: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600).prop_map(move |rest| [start, &rest].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exif(block in behind(b"II*\0\x08\0\0\0"), other in behind(b"MM\0*\0\0\0\x08")) {
        Exif::read(&block);
        Exif::read(&other);
    }

    #[test]
    fn jpeg_headers(bytes in behind(b"\xff\xd8\xff\xc0\0\x11\x08")) {
        if let Ok(header) = jpeg::header("x", &bytes) {
            prop_assert!(header.width > 0 && header.height > 0);
        }
    }

    #[test]
    fn png_headers(bytes in behind(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")) {
        if let Ok((width, height)) = png::header("x", &bytes, &limits()) {
            prop_assert!(u64::from(width) * u64::from(height) <= limits().page_pixels);
        }
    }

    #[test]
    fn strips(bytes in prop::collection::vec(any::<u8>(), 0..600), room in 0..5000_usize) {
        for compression in [1, 5, 8, 0x80b2, 0x8005] {
            prop_assert!(expand::strip(compression, &bytes, room).unwrap().len() <= room);
        }
        prop_assert!(expand::strip(7, &bytes, room).is_none());
    }

    #[test]
    fn fax_strips(bytes in prop::collection::vec(any::<u8>(), 0..300), width in 1..300_usize, height in 1..60_usize) {
        for mode in [EncodingMode::Group4, EncodingMode::Group3_1D, EncodingMode::Group3_2D] {
            for aligned in [false, true] {
                let coding = Coding { mode, aligned, end_of_line: !aligned, black: 0 };
                let (samples, covered) = ccitt::strip(&bytes, width, height, coding);
                prop_assert_eq!(samples.len(), width * height);
                prop_assert!(covered <= height);
            }
        }
    }

    #[test]
    fn tiff_directories(bytes in behind(b"II*\0\x08\0\0\0\x05\0\0\x01\x04\0\x01\0\0\0\x08\0\0\0\x01\x01\x04\0\x01\0\0\0\x08\0\0\0")) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tif");
        fs::write(&path, &bytes).unwrap();
        let held = HeldFile::open(&path).unwrap();
        let pages = tiff::count_pages("x", &held, &limits());
        let page = tiff::Reader::open("x", &held, &limits()).and_then(|mut reader| reader.page(0));
        prop_assert!(pages.is_ok() || page.is_err());
    }

    #[test]
    fn pdf_streams(data in prop::collection::vec(any::<u8>(), 0..300), chain in prop::collection::vec(0..6_usize, 0..4)) {
        let names = ["FlateDecode", "LZWDecode", "RunLengthDecode", "ASCII85Decode", "ASCIIHexDecode", "DCTDecode"];
        let filters: String = chain.iter().map(|at| format!("/{}", names[*at])).collect();
        let start = format!(
            "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n\
             3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 46 46]/Contents 4 0 R>>\nendobj\n\
             4 0 obj\n<</Filter[{filters}]/Length {}>>\nstream\n",
            data.len()
        );
        let file = [start.as_bytes(), &data, b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"].concat();
        let skimmed = expand::skim("x", &mut Cursor::new(&file), limits().expanded_bytes).unwrap();
        let reader = pdf::Reader::open("x", file, &limits()).unwrap();
        prop_assert_eq!(reader.pages().unwrap(), 1);
        // What its content paints is anybody's guess; that it is painted or refused is not.
        let _ = reader.form(skimmed);
        let _ = reader.page(0);
    }

    #[test]
    fn jbig2_gives_back_every_pixel(width in 1..200_u32, height in 1..60_u32, seed in prop::collection::vec(0..4_u8, 1..400)) {
        let count = (width * height) as usize;
        let samples: Vec<u8> = seed.iter().cycle().take(count).map(|value| u8::from(*value == 0)).collect();
        let coded = jbig2::encode(&Bits::of(width, height, &samples));
        let settings = hayro_jbig2::DecodeSettings { strict: true };
        let page = hayro_jbig2::Page::new_embedded(&coded, None, &settings).unwrap();
        let mut seen = Pixels(Vec::new());
        page.decode(&mut seen).unwrap();
        prop_assert_eq!(seen.0, samples);
    }
}

struct Pixels(Vec<u8>);

impl hayro_jbig2::Decoder for Pixels {
    fn push_pixel(&mut self, black: bool) {
        self.0.push(u8::from(black));
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let count = usize::try_from(chunk_count).unwrap() * 8;
        self.0.extend(std::iter::repeat_n(u8::from(black), count));
    }

    fn next_line(&mut self) {}
}
