//! Reading a page again as it will be archived: what compression took from its letters shows in the text.

use std::collections::HashMap;
use std::sync::Arc;

use muniment_record::Digest;

use crate::examine::{Examined, read_upright};
use crate::pdf::document::{Document, WrittenPage};
use crate::source::pdf::{Reader, Scale};
use crate::{Error, Limits, Ocr};

/// The share of words that may be read otherwise. On pages whose letters are all there it is up to one in twenty: a new
/// rendering changes the grain of the paper, and with it the doubtful words.
pub(crate) const MOST_DIFFERENCE: f32 = 0.12;

/// Whether page `number`, from 0, of the file with this digest is one that is read again: one in `one_in`, and always the
/// same ones.
pub(crate) fn is_sampled(file: &Digest, number: u32, one_in: u32) -> bool {
    let digest = Digest::of(&[file.as_bytes().as_slice(), &number.to_be_bytes()].concat());
    let [a, b, c, d, ..] = *digest.as_bytes();
    u32::from_be_bytes([a, b, c, d]).checked_rem(one_in) == Some(0)
}

/// The share of words on which the reading of `page`, rendered from the file that it becomes, differs from the first one.
///
/// # Errors
///
/// Fails where the page cannot be rendered, or the recogniser fails.
pub(crate) fn difference(
    page: &WrittenPage,
    dpi: (f32, f32),
    first: &Examined,
    ocr: &dyn Ocr,
    limits: &Limits,
) -> Result<f32, Error> {
    let failed =
        |error: std::io::Error| Error::Internal(format!("failed to write a page in memory: {error}"));
    let mut document = Document::create(Vec::new(), "").map_err(failed)?;
    document.page(page).map_err(failed)?;
    let file = document.finish().map_err(failed)?;
    let rendered = dpi.0.max(dpi.1);
    let raster = Reader::open("page", Arc::new(file), limits)?.render(0, Scale::Dpi(rendered))?;
    let red = raster.red(rendered as u32);
    let again = read_upright(&red, first.turn, (rendered, rendered), page.height, first.skew, ocr)??;
    Ok(share_of_others(&first.reading.text, &again.text))
}

/// The share of the words of two texts that the other does not have.
fn share_of_others(one: &str, other: &str) -> f32 {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    let mut words = 0_u32;
    for (text, step) in [(one, 1), (other, -1)] {
        for word in text.split_whitespace() {
            *counts.entry(word).or_default() += step;
            words += 1;
        }
    }
    let alone: i64 = counts.values().map(|count| count.abs()).sum();
    alone as f32 / words.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_one_text_has_are_counted() {
        assert_eq!(share_of_others("a b c", "c a b"), 0.0);
        assert_eq!(share_of_others("a a b c", "a b x c"), 0.25);
        assert_eq!(share_of_others("", "a"), 1.0);
        assert_eq!(share_of_others("", ""), 0.0);
    }

    #[test]
    fn one_page_in_so_many_is_sampled_and_none_where_that_is_zero() {
        let file = Digest::of(b"scan");
        let count = |one_in| (0..10_000).filter(|&page| is_sampled(&file, page, one_in)).count();
        assert_eq!((count(0), count(1)), (0, 10_000));
        assert!((150..=250).contains(&count(50)), "{}", count(50));
    }
}
