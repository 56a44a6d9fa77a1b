//! Whatever comes: an answer or an error, and never more memory or time than its size accounts for.

#![expect(clippy::expect_used, reason = "a test without its data fails")]

use muniment_ocr::{Picture, Reader};
use proptest::prelude::*;

const DATA: &str = "/usr/share/tesseract-ocr/5/tessdata/vie.traineddata";

fn data() -> Vec<u8> {
    std::fs::read(DATA).expect("Debian's package tesseract-ocr-vie is installed")
}

fn reader() -> &'static Reader {
    static READER: std::sync::OnceLock<Reader> = std::sync::OnceLock::new();
    READER.get_or_init(|| Reader::from_bytes(&data()).expect("the data are read"))
}

fn read(width: usize, height: usize, samples: &[u8]) -> usize {
    reader().read(&Picture { width, height, dpi: 300.0, samples }).len()
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_taken(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = Reader::from_bytes(&bytes);
    }

    #[test]
    fn pictures_of_any_size_and_content_are_read(
        (width, height) in (1_usize..400, 1_usize..300),
        seed in any::<u64>(),
        share in 0_u8..=255,
    ) {
        let mut state = seed | 1;
        let samples: Vec<u8> = (0..width * height)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                if (state >> 32) as u8 <= share { 0 } else { 255 }
            })
            .collect();
        read(width, height, &samples);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The heads of layers, their sizes and names lie within the first bytes of the network and of the lists.
    #[test]
    fn changed_data_are_refused_or_taken(
        changes in proptest::collection::vec((0.0_f64..1.0, any::<u8>()), 1..6),
        region in 0_usize..4,
        cut in proptest::option::of(0.0_f64..1.0),
    ) {
        let mut bytes = data();
        let (from, to) = [(0, 196), (196, 1000), (505_000, bytes.len()), (0, bytes.len())][region];
        for (place, value) in changes {
            bytes[from + ((to - from) as f64 * place) as usize] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate((bytes.len() as f64 * cut) as usize);
        }
        let _ = Reader::from_bytes(&bytes);
    }
}

#[test]
fn extreme_pictures_are_read() {
    for (width, height) in [(1, 1), (2, 3), (20_000, 40), (40, 20_000), (20_000, 1), (1, 20_000)] {
        for level in [0, 128, 255] {
            assert_eq!(
                read(width, height, &vec![level; width * height]),
                0,
                "{width} x {height}, all {level}"
            );
        }
    }
    // Letters without end: a line as wide as the picture.
    let (width, height) = (20_000, 60);
    let samples: Vec<u8> = (0..width * height)
        .map(|at| if at % width % 24 < 14 && (15..45).contains(&(at / width)) { 0 } else { 255 })
        .collect();
    assert_eq!(read(width, height, &samples), 1);
}

#[test]
fn a_page_of_noise_is_no_text() {
    let (width, height) = (2480, 3508);
    let mut state = 1_u32;
    let samples: Vec<u8> = (0..width * height)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    assert_eq!(read(width, height, &samples), 0);
}
