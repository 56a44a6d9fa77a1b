//! How well records fit that match already: scores are added term by term to the documents found, so that what ranks but
//! does not decide costs nothing for all other documents.

mod name;
mod run;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, Term};

use crate::prefix::PrefixQuery;
pub(crate) use run::{Run, RunReader, Together};

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
    /// Terms that begin alike, by a fixed score.
    Beginning(PrefixQuery, f32),
    /// All of the words of a name, each in one of several ways, the last perhaps only begun; by a fixed score.
    Name { words: Vec<Vec<Term>>, beginning: Option<PrefixQuery>, score: f32 },
    /// A query, by a fixed score.
    Query(Box<dyn EngineQuery>, f32),
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
            Rank::Beginning(beginning, score) => {
                add_beginning(searcher, beginning, *score, is_many, documents, &mut scores)?;
            }
            Rank::Name { words, beginning, score } => {
                name::add(searcher, words, beginning.as_ref(), *score, documents, &mut scores)?;
            }
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

fn add_beginning(
    searcher: &Searcher,
    beginning: &PrefixQuery,
    score: f32,
    is_many: bool,
    documents: &[Vec<DocId>],
    scores: &mut [Vec<f32>],
) -> tantivy::Result<()> {
    let mut count = 0;
    for reader in searcher.segment_readers() {
        count += beginning.count(reader)?;
    }
    if is_many && count > searcher.num_docs() / COMMON {
        return Ok(());
    }
    for ((reader, documents), scores) in searcher.segment_readers().iter().zip(documents).zip(scores) {
        let found = beginning.found(reader)?;
        for (document, own) in documents.iter().zip(scores) {
            if found.contains(*document) {
                *own += score;
            }
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
