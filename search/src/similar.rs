//! Words of the index that are nearly the word typed.

use std::collections::HashMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// The words that one wrong, missing, surplus or swapped letter makes of `folded`, the commonest first. Words shorter
/// than `shortest` have too many to guess, and another number is another thing.
pub(crate) fn words(
    searcher: &Searcher,
    field: Field,
    folded: &str,
    shortest: usize,
    most: usize,
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
    found.truncate(most);
    Ok(found.into_iter().map(|(word, _)| word).collect())
}
