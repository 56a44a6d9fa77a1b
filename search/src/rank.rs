//! How well records fit that match already: scores are added term by term to the documents found, so that what ranks but
//! does not decide costs nothing for all other documents.

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, Term};

/// Above so many documents only rare terms rank.
const MANY: usize = 20_000;
/// A term that ranks many documents is in one of so many records at most.
const COMMON: u64 = 12;
/// How fast a word that occurs again stops counting, and how much the length of a text counts (the parameters of BM25).
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.75;

/// Something that adds to a document's score.
pub(crate) enum Rank {
    /// A word, by its rarity and how often a text has it.
    Word(Term, f32),
    /// A term, by its rarity.
    Term(Term, f32),
    /// A query, by a fixed score.
    Query(Box<dyn EngineQuery>, f32),
}

/// Words that count for more where they stand one behind the other; each with those that may stand for it.
pub(crate) struct Run {
    pub(crate) words: Vec<Vec<Term>>,
    /// Whether the last word may be the beginning of one, and so need not be there.
    pub(crate) is_open: bool,
}

/// Adds scores to the documents of each segment, which are in ascending order.
pub(crate) fn score(
    searcher: &Searcher,
    ranks: &[Rank],
    documents: &[Vec<DocId>],
) -> tantivy::Result<Vec<Vec<f32>>> {
    let mut scores: Vec<Vec<f32>> = documents.iter().map(|documents| vec![0.0; documents.len()]).collect();
    let is_many = documents.iter().map(Vec::len).sum::<usize>() > MANY;
    for rank in ranks {
        match rank {
            Rank::Word(..) if is_many => {}
            Rank::Word(term, boost) => add_word(searcher, term, *boost, documents, &mut scores)?,
            Rank::Term(term, boost) => add_term(searcher, term, *boost, is_many, documents, &mut scores)?,
            Rank::Query(query, score) => {
                let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
                for ((reader, documents), scores) in
                    searcher.segment_readers().iter().zip(documents).zip(&mut scores)
                {
                    if !documents.is_empty() {
                        let mut scorer = weight.scorer(reader, 1.0)?;
                        meet(&mut scorer, documents, |place, _| scores[place] += score);
                    }
                }
            }
        }
    }
    Ok(scores)
}

fn add_word(
    searcher: &Searcher,
    term: &Term,
    boost: f32,
    documents: &[Vec<DocId>],
    scores: &mut [Vec<f32>],
) -> tantivy::Result<()> {
    let found = Found::new(searcher, term, IndexRecordOption::WithFreqs)?;
    let weight = boost * found.rarity * (1.0 + SATURATION);
    let readers = searcher.segment_readers().iter();
    for (((reader, postings), documents), scores) in readers.zip(found.postings).zip(documents).zip(scores) {
        let Some(mut postings) = postings.filter(|_| !documents.is_empty()) else { continue };
        let lengths = reader.get_fieldnorms_reader(term.field())?;
        let tokens = reader.inverted_index(term.field())?.total_num_tokens();
        let average = (tokens as f32 / reader.max_doc().max(1) as f32).max(1.0);
        meet(&mut postings, documents, |place, postings| {
            let often = postings.term_freq() as f32;
            let length = lengths.fieldnorm(documents[place]) as f32 / average;
            scores[place] += weight * often / (often + SATURATION * (1.0 - LENGTH + LENGTH * length));
        });
    }
    Ok(())
}

fn add_term(
    searcher: &Searcher,
    term: &Term,
    boost: f32,
    is_many: bool,
    documents: &[Vec<DocId>],
    scores: &mut [Vec<f32>],
) -> tantivy::Result<()> {
    let found = Found::new(searcher, term, IndexRecordOption::Basic)?;
    if is_many && found.count > searcher.num_docs() / COMMON {
        return Ok(());
    }
    let weight = boost * found.rarity;
    for ((postings, documents), scores) in found.postings.into_iter().zip(documents).zip(scores) {
        if let Some(mut postings) = postings {
            meet(&mut postings, documents, |place, _| scores[place] += weight);
        }
    }
    Ok(())
}

/// A term as the segments have it.
struct Found {
    postings: Vec<Option<SegmentPostings>>,
    count: u64,
    rarity: f32,
}

impl Found {
    fn new(searcher: &Searcher, term: &Term, option: IndexRecordOption) -> tantivy::Result<Self> {
        let mut count = 0;
        let mut postings = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let found = reader.inverted_index(term.field())?.read_postings(term, option)?;
            count += found.as_ref().map_or(0, |found| u64::from(found.doc_freq()));
            postings.push(found);
        }
        let (all, some) = (searcher.num_docs() as f32, count as f32);
        Ok(Self { postings, count, rarity: (1.0 + ((all - some).max(0.0) + 0.5) / (some + 0.5)).ln() })
    }
}

/// Calls back for each of the documents that the set has too, with its place among them.
pub(crate) fn meet<Set: DocSet>(set: &mut Set, documents: &[DocId], mut found: impl FnMut(usize, &mut Set)) {
    let mut place = 0;
    while let Some(document) = documents.get(place) {
        let mut next = set.doc();
        if next < *document {
            next = set.seek(*document);
        }
        if next == TERMINATED {
            return;
        }
        if next == *document {
            found(place, set);
            place += 1;
        } else {
            place += skip(&documents[place..], next);
        }
    }
}

/// How many documents come before `target`: far steps are doubled, then halved.
fn skip(documents: &[DocId], target: DocId) -> usize {
    let mut step = 1;
    while documents.get(step).is_some_and(|document| *document < target) {
        step *= 2;
    }
    let end = documents.len().min(step + 1);
    documents[..end].partition_point(|document| *document < target)
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

/// Whether a document of a segment has a term's word in this field.
pub(crate) fn has(
    reader: &SegmentReader,
    field: Field,
    term: &Term,
    document: DocId,
) -> tantivy::Result<bool> {
    let Some(word) = term.value().as_str().map(str::to_owned) else { return Ok(false) };
    let term = Term::from_field_text(field, &word);
    let postings = reader.inverted_index(field)?.read_postings(&term, IndexRecordOption::Basic)?;
    Ok(postings.is_some_and(|mut postings| {
        let next = if postings.doc() < document { postings.seek(document) } else { postings.doc() };
        next == document
    }))
}
