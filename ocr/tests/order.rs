//! Lines come in the order in which they are read: pages are drawn, scanned straight, and read from their pixels.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its fixture has failed")]

use muniment_ocr::{Line, Picture, Reader};
use muniment_samples::{Layout, ReadingStudio};

const DATA: &str = "/usr/share/tesseract-ocr/5/tessdata/vie.traineddata";
const DPI: u32 = 300;
const SEED: u64 = 3;

/// Shorter lines may stand in several places.
const LEAST_LETTERS: usize = 12;

/// The text of a drawn page as it was read, and its lines as they were written.
fn read(reader: &Reader, index: u64) -> (Layout, Vec<char>, Vec<String>) {
    let studio = ReadingStudio::open().unwrap();
    let mut drawn = studio.page(SEED, index, DPI).unwrap();
    // Pages are straightened and whitened before they are read, which is not this crate's work.
    drawn.scanner.skew_degrees = 0.0;
    drawn.scanner.whitened = true;
    let image = studio.scan(&drawn).unwrap();
    // Red ink is white on this channel.
    let samples: Vec<u8> = image.pixels().map(|pixel| pixel.0[0]).collect();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let lines = reader.read(&Picture { width, height, dpi: DPI as f32, samples: &samples });
    let text = |line: Line| line.words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
    let text = lines.into_iter().map(text).collect::<Vec<_>>().join(" ");
    (drawn.layout, text.chars().collect(), drawn.page.lines().to_vec())
}

/// Where in a text a line ends, at the place that it is most like, and by how many edits it is not (P. H. Sellers, 1980).
fn place(line: &str, text: &[char]) -> (usize, usize) {
    let mut row = vec![0; text.len() + 1];
    for (number, letter) in line.chars().enumerate() {
        let mut corner = row[0];
        row[0] = number + 1;
        for (at, other) in text.iter().enumerate() {
            let replaced = corner + usize::from(letter != *other);
            corner = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(corner + 1);
        }
    }
    // The first of places that are about as much like it: what is written twice is read twice.
    let most = row.iter().min().unwrap() + line.chars().count() / 6;
    row.into_iter().enumerate().find(|(_, edits)| *edits <= most).unwrap()
}

#[test]
fn lines_of_drawn_pages_come_in_their_order() {
    let reader = Reader::open(DATA.as_ref()).unwrap();
    let mut seen = Vec::new();
    for index in 0..12 {
        let (layout, text, truth) = read(&reader, index);
        let mut rest = text.as_slice();
        for line in truth.iter().filter(|line| line.chars().count() >= LEAST_LETTERS) {
            let (end, edits) = place(line, rest);
            assert!(3 * edits < line.chars().count(), "{layout:?} {index}: {line} does not follow");
            rest = &rest[end..];
        }
        seen.push(layout);
    }
    assert!(Layout::ALL.iter().all(|layout| seen.contains(layout)));
}
