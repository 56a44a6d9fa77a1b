//! Words of the index that are nearly the word typed.

use std::collections::HashMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// The words that one wrong, missing, surplus or swapped letter makes of `folded` and that may be seen, the commonest first. Words
/// shorter than `shortest` have too many to guess, and another number is another thing.
pub(crate) fn words(
    searcher: &Searcher,
    field: Field,
    folded: &str,
    shortest: usize,
    most: usize,
    may_be_seen: impl Fn(&str) -> tantivy::Result<bool>,
) -> tantivy::Result<Vec<String>> {
    if folded.chars().count() < shortest || folded.bytes().any(|byte| byte.is_ascii_digit()) {
        return Ok(Vec::new());
    }
    let automaton = FuzzyTermQuery::new(Term::from_field_text(field, folded), 1, true).automaton()?;
    let mut found: HashMap<String, u64> = HashMap::new();
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(field)?;
        let mut terms = index.terms().search(&automaton).into_stream()?;
        while terms.advance() {
            if let Ok(word) = str::from_utf8(terms.key()) {
                *found.entry(word.to_owned()).or_default() += u64::from(terms.value().doc_freq);
            }
        }
    }
    let mut found: Vec<(String, u64)> = found.into_iter().collect();
    found.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut words = Vec::new();
    for (word, _) in found {
        if words.len() == most {
            break;
        }
        if may_be_seen(&word)? {
            words.push(word);
        }
    }
    Ok(words)
}

/// Whether one wrong, missing, surplus or swapped letter makes one word of the other.
pub(crate) fn is_near(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let alike = short.iter().zip(long).take_while(|(one, other)| one == other).count();
    let (short, long) = (&short[alike..], &long[alike..]);
    match long.len() - short.len() {
        0 => {
            short.get(1..) == long.get(1..)
                || matches!((short, long), ([a, b, short @ ..], [c, d, long @ ..])
                    if a == d && b == c && short == long)
        }
        1 => short == &long[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn one_letter_makes_words_near() {
        for (one, other) in
            [("duc", "dduc"), ("khai", "khia"), ("baj", "bai"), ("xai", "xay"), ("duc", "duc")]
        {
            assert!(is_near(one, other) && is_near(other, one), "{one} {other}");
        }
        for (one, other) in [("duc", "dan"), ("khai", "kha tu"), ("", "ab"), ("abc", "cab")] {
            assert!(!is_near(one, other) && !is_near(other, one), "{one} {other}");
        }
    }
}
