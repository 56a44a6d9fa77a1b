//! Pages of the project's samples, read and held against what they say.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use std::path::PathBuf;

use muniment_ocr::{Picture, Reader};

const DATA: &str = "/usr/share/tesseract-ocr/5/tessdata/vie.traineddata";

/// The red channel of a sample's image, and its truth.
fn sample(name: &str) -> (image::GrayImage, Vec<String>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples/small");
    let picture = image::open(folder.join(name)).unwrap().to_rgb8();
    let red = image::GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        image::Luma([picture.get_pixel(x, y).0[0]])
    });
    let truth = std::fs::read_to_string(folder.join(name).with_extension("gt.txt")).unwrap();
    (red, truth.lines().map(str::to_owned).collect())
}

fn picture(image: &image::GrayImage) -> Picture<'_> {
    Picture {
        width: image.width() as usize,
        height: image.height() as usize,
        dpi: 300.0,
        samples: image.as_raw(),
    }
}

fn read(image: &image::GrayImage) -> Vec<String> {
    let reader = Reader::open(DATA.as_ref()).unwrap();
    let page = picture(image);
    let texts =
        |line: muniment_ocr::Line| line.words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
    reader.read(&page).into_iter().map(texts).collect()
}

/// Edits between two texts (V. I. Levenshtein, 1966).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = number + 1;
        for (at, b) in other.iter().enumerate() {
            let replaced = corner + usize::from(a != *b);
            corner = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[test]
fn a_sample_is_read_as_it_is_written() {
    let (image, truth) = sample("0002-birth.png");
    let lines = read(&image);
    let (mut wrong, mut letters) = (0, 0);
    for line in truth.iter().filter(|line| !line.trim().is_empty()) {
        let nearest = lines.iter().map(|read| edits(line, read)).min().unwrap_or(usize::MAX);
        wrong += nearest.min(line.chars().count());
        letters += line.chars().count();
    }
    let rate = wrong as f64 / letters as f64;
    assert!(rate < 0.03, "{wrong} of {letters} letters are wrong: {lines:#?}");
}

#[test]
fn lines_read_abreast_are_those_read_one_after_the_other() {
    let (image, _) = sample("0002-birth.png");
    let reader = Reader::open(DATA.as_ref()).unwrap();
    let lines = reader.read(&picture(&image));
    assert!(lines.len() > 20, "{} lines", lines.len());
    for threads in [0, 2, 3, 16, 1000] {
        assert_eq!(reader.read_abreast(&picture(&image), threads), lines, "{threads} threads");
    }
}

#[test]
fn data_of_another_language_with_the_same_layers_are_taken() {
    // Debian's tesseract-ocr-eng comes with tesseract-ocr, which this crate does not need.
    let path = DATA.replace("vie.", "eng.");
    if !std::path::Path::new(&path).exists() {
        return;
    }
    let (image, truth) = sample("0002-birth.png");
    let reader = Reader::open(path.as_ref()).unwrap();
    let lines = reader.read(&picture(&image));
    let day = truth.iter().find_map(|line| line.split(' ').find(|word| word.contains('/'))).unwrap();
    let words: Vec<&str> = lines.iter().flat_map(|line| &line.words).map(|word| word.text.as_str()).collect();
    assert!(words.contains(&day), "{day} is not in {words:?}");
}
