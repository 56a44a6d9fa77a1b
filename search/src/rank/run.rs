//! Words that count for more where they stand one behind the other.

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, SegmentReader, Term};

/// Words that count for more where they stand one behind the other; each with those that may stand for it.
pub(crate) struct Run {
    pub(crate) words: Vec<Vec<Term>>,
    /// Whether the last word may be the beginning of one, and so need not be there.
    pub(crate) is_open: bool,
}

/// What a document has of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Together {
    /// The share of neighbours that stand together; 1 where the words are one run.
    pub(crate) share: f32,
    /// Whether each word stands beside a neighbour of its.
    pub(crate) is_covered: bool,
}

/// Looks at the places of a run's words in the documents of one segment.
pub(crate) struct RunReader {
    words: Vec<Vec<SegmentPostings>>,
    is_open: bool,
    places: Vec<Vec<u32>>,
    /// The words' places in the run, the rarest word first.
    by_rarity: Vec<usize>,
}

impl RunReader {
    pub(crate) fn new(reader: &SegmentReader, run: &Run) -> tantivy::Result<Self> {
        let mut words = Vec::with_capacity(run.words.len());
        for ways in &run.words {
            let mut found = Vec::with_capacity(ways.len());
            for term in ways {
                let index = reader.inverted_index(term.field())?;
                found.extend(index.read_postings(term, IndexRecordOption::WithFreqsAndPositions)?);
            }
            words.push(found);
        }
        let frequency = |nth: &usize| -> u32 { words[*nth].iter().map(SegmentPostings::doc_freq).sum() };
        let mut by_rarity: Vec<usize> = (0..words.len()).collect();
        by_rarity.sort_by_key(frequency);
        Ok(Self { places: vec![Vec::new(); words.len()], words, is_open: run.is_open, by_rarity })
    }

    /// What this document has of the run; documents must come in ascending order.
    pub(crate) fn look(&mut self, document: DocId) -> Together {
        for (postings, places) in self.words.iter_mut().zip(&mut self.places) {
            read_places(postings, document, places);
        }
        let count = self.places.len();
        let mut covered = vec![false; count];
        let mut together = 0_usize;
        let mut chain = self.places.first().cloned().unwrap_or_default();
        for nth in 1..count {
            if follows(&self.places[nth - 1], &self.places[nth]) {
                together += 1;
                covered[nth - 1] = true;
                covered[nth] = true;
            }
            chain.retain_mut(|place| {
                *place += 1;
                self.places[nth].binary_search(place).is_ok()
            });
        }
        if self.is_open
            && let (Some(last), Some(places)) = (covered.last_mut(), self.places.last())
            && places.is_empty()
        {
            *last = true;
        }
        let share = if chain.is_empty() {
            let share = together as f32 / count.max(2) as f32;
            share * share
        } else {
            1.0
        };
        Together { share, is_covered: covered.iter().all(|covered| *covered) }
    }

    /// Whether each word stands beside a neighbour of its in this document; looks no further than to the first that does
    /// not. Documents must come in ascending order.
    pub(crate) fn is_covered(&mut self, document: DocId) -> bool {
        let count = self.words.len();
        let mut unread: Vec<bool> = vec![true; count];
        for nth in self.by_rarity.clone() {
            for near in [nth.checked_sub(1), Some(nth), Some(nth + 1)].into_iter().flatten() {
                if unread.get_mut(near).is_some_and(std::mem::take) {
                    read_places(&mut self.words[near], document, &mut self.places[near]);
                }
            }
            let is_missing_end = self.is_open && nth + 1 == count && self.places[nth].is_empty();
            let is_beside = (nth > 0 && follows(&self.places[nth - 1], &self.places[nth]))
                || (nth + 1 < count && follows(&self.places[nth], &self.places[nth + 1]));
            if !is_beside && !is_missing_end {
                return false;
            }
        }
        true
    }
}

fn read_places(ways: &mut [SegmentPostings], document: DocId, places: &mut Vec<u32>) {
    places.clear();
    let mut several = false;
    for postings in ways {
        if postings.doc() < document {
            postings.seek(document);
        }
        if postings.doc() == document {
            several |= !places.is_empty();
            postings.append_positions_with_offset(0, places);
        }
    }
    if several {
        places.sort_unstable();
    }
}

fn follows(former: &[u32], latter: &[u32]) -> bool {
    let (few, many, step) =
        if former.len() <= latter.len() { (former, latter, true) } else { (latter, former, false) };
    few.iter().any(|place| {
        let wanted = if step { place.checked_add(1) } else { place.checked_sub(1) };
        wanted.is_some_and(|wanted| many.binary_search(&wanted).is_ok())
    })
}
