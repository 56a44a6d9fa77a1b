//! Whatever comes: an answer or an error, and never more memory or time than its size accounts for.

#![expect(clippy::expect_used, reason = "a test without its data fails")]

use muniment_ocr::{Area, Picture, Reader};
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

/// A picture of one line of bars, as letters are high and wide.
fn bars(width: usize, height: usize) -> Vec<u8> {
    let is_ink = |at: usize| at % width % 24 < 14 && (height / 4..height * 3 / 4).contains(&(at / width));
    (0..width * height).map(|at| if is_ink(at) { 0 } else { 255 }).collect()
}

/// Reads a small picture with data that may be anything, if they are taken.
fn read_if_taken(bytes: &[u8]) -> bool {
    let (width, height) = (400, 60);
    let samples = bars(width, height);
    let reader = Reader::from_bytes(bytes);
    reader.is_ok_and(|reader| {
        reader.read(&Picture { width, height, dpi: 300.0, samples: &samples });
        true
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The heads of layers, their sizes and names lie within the first bytes of the network and of the lists.
    #[test]
    fn changed_data_are_refused_or_read_with(
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
        read_if_taken(&bytes);
    }
}

/// Where the network's component begins in a file, and where the next one does.
fn network(file: &[u8]) -> std::ops::Range<usize> {
    let offset = |index: usize| i64::from_le_bytes(*file[4 + 8 * index..].first_chunk().expect("a table"));
    let start = offset(17);
    let end = (0..24).map(offset).filter(|&offset| offset > start).min().expect("more components");
    start as usize..end as usize
}

#[test]
fn dimensions_of_nothing_are_refused() {
    let file = data();
    let network = network(&file);
    assert!(read_if_taken(&file));
    for kind in ["Convolve", "Tanh", "Maxpool", "SummLSTM", "LSTM", "Softmax"] {
        let name = |bytes: &[u8]| bytes == [&(kind.len() as i32).to_le_bytes()[..], kind.as_bytes()].concat();
        let at = file[network.clone()].windows(kind.len() + 4).position(name).expect("such a layer");
        // Behind the name: whether it is trained, whether it is told its error, flags, inputs, outputs.
        let inputs = network.start + at + 4 + kind.len() + 6;
        for at in [inputs, inputs + 4] {
            let mut changed = file.clone();
            changed[at..at + 4].fill(0);
            assert!(Reader::from_bytes(&changed).is_err(), "{kind}");
        }
    }
}

#[test]
fn numbers_of_the_network_may_be_anything() {
    let mut file = data();
    // Without the list of words, which takes longest.
    file[4 + 8 * 19..][..8].fill(0xff);
    let start = network(&file).start;
    for at in start..start + 420 {
        for value in [0_i32, 1, 256, 4096] {
            let mut changed = file.clone();
            changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
            read_if_taken(&changed);
        }
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    assert!(Reader::open("/dev/zero".as_ref()).is_err());
    let mut file = data();
    let list = file.windows(4).position(|bytes| bytes == b"NULL").expect("a list of characters");
    // The name of a character runs on until a space comes.
    let name = file[list..].iter().position(|&byte| byte == b'\n').expect("lines") + list + 1;
    file[name..name + 2000].fill(b'a');
    assert!(Reader::from_bytes(&file).is_err());
}

#[test]
fn what_a_picture_says_of_itself_may_be_wrong() {
    let (width, height) = (400, 60);
    let samples = bars(width, height);
    let whole = Picture { width, height, dpi: 300.0, samples: &samples };
    let lines = |page: Picture<'_>| reader().read(&page).len();
    assert_eq!(lines(whole), 1);
    for dpi in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -300.0, 1e-30, 1e30] {
        lines(Picture { dpi, ..whole });
    }
    assert_eq!(lines(Picture { dpi: f32::NAN, ..whole }), 1);
    assert_eq!(lines(Picture { samples: &samples[..width * 50 + 7], ..whole }), 1);
    assert_eq!(lines(Picture { height: 50, ..whole }), 1);
    assert_eq!(lines(Picture { height: usize::MAX, ..whole }), 1);
    for (width, height) in [(0, 0), (0, 60), (400, 0), (usize::MAX, 60), (usize::MAX, usize::MAX)] {
        assert_eq!(lines(Picture { width, height, ..whole }), 0, "{width} x {height}");
    }
    let edges = [-1e30, -10.0, 0.0, 59.5, 60.0, 399.0, 400.0, 1e30, f32::NAN, f32::INFINITY];
    for left in edges {
        for right in edges {
            for (top, bottom) in
                [(0.0, 60.0), (60.0, 0.0), (-5.0, 5.0), (f32::NAN, 1e9), (59.9, 70.0), (70.0, 90.0)]
            {
                reader().read_line(&whole, Area { left, top, right, bottom });
            }
        }
    }
    let beside = Area { left: 500.0, top: 0.0, right: 600.0, bottom: 60.0 };
    assert!(reader().read_line(&whole, beside).words.is_empty());
}

#[test]
fn a_peppered_page_is_read() {
    // A tenth of a page's specks on every line, of three pixels each way, and letters between them.
    let (width, height) = (2480, 3508);
    let mut samples = vec![255; width * height];
    for y in 0..height {
        for x in 0..width {
            let is_line =
                (y / 80).is_multiple_of(2) && (20..60).contains(&(y % 80)) && (200..2200).contains(&x);
            let is_speck = x % 14 < 4 && y % 9 < 4;
            if (is_line && x % 30 < 20) || is_speck {
                samples[y * width + x] = 0;
            }
        }
    }
    assert!(read(width, height, &samples) >= 20);
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
    assert_eq!(read(width, height, &bars(width, height)), 1);
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
