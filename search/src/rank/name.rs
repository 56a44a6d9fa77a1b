//! Names: all of their words in the field of a name.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Searcher, Term};

use super::meet;
use crate::prefix::PrefixQuery;

/// Adds a score to the documents that have all words of a name, each in one of its ways and the last perhaps only begun.
pub(super) fn add(
    searcher: &Searcher,
    words: &[Vec<Term>],
    beginning: Option<&PrefixQuery>,
    score: f32,
    documents: &[Vec<DocId>],
    scores: &mut [Vec<f32>],
) -> tantivy::Result<()> {
    for ((reader, documents), scores) in searcher.segment_readers().iter().zip(documents).zip(scores) {
        if documents.is_empty() {
            continue;
        }
        let mut slots = Vec::with_capacity(words.len());
        for ways in words {
            let mut postings = Vec::with_capacity(ways.len());
            for term in ways {
                let index = reader.inverted_index(term.field())?;
                postings.extend(index.read_postings(term, IndexRecordOption::Basic)?);
            }
            slots.push(postings);
        }
        let last = slots.len().saturating_sub(1);
        // The rarest word first: few documents are left for the others.
        let frequency =
            |nth: &usize| slots[*nth].iter().map(|postings| u64::from(postings.doc_freq())).sum::<u64>();
        let mut order: Vec<usize> =
            (0..slots.len()).filter(|nth| beginning.is_none() || *nth < last).collect();
        order.sort_by_key(frequency);
        let mut left: Vec<usize> = Vec::new();
        for (round, nth) in order.into_iter().enumerate() {
            let among: Vec<DocId> = if round == 0 {
                documents.clone()
            } else {
                left.iter().map(|place| documents[*place]).collect()
            };
            let mut met = Vec::new();
            for postings in &mut slots[nth] {
                meet(postings, &among, |place, _| met.push(place));
            }
            if slots[nth].len() > 1 {
                met.sort_unstable();
                met.dedup();
            }
            left = if round == 0 { met } else { met.into_iter().map(|place| left[place]).collect() };
            if left.is_empty() {
                break;
            }
        }
        if let Some(beginning) = beginning.filter(|_| !left.is_empty()) {
            let begun = beginning.found(reader)?;
            left.retain(|place| begun.contains(documents[*place]));
        }
        for place in left {
            scores[place] += score;
        }
    }
    Ok(())
}
