//! A query for all terms that begin alike.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::index::SegmentId;
use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::termdict::{TermDictionary, TermStreamer};
use tantivy::{BitSet, DocId, DocSet, Score, Searcher, SegmentReader, TantivyError};

/// Finds the documents with a term that begins with these bytes; all score the same.
#[derive(Clone)]
pub(crate) struct PrefixQuery {
    field: Field,
    prefix: Vec<u8>,
    end: Vec<u8>,
    /// What was found already, by segment: the same query both finds and ranks.
    found: Arc<Mutex<HashMap<SegmentId, Arc<BitSet>>>>,
}

impl fmt::Debug for PrefixQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrefixQuery").field("field", &self.field).finish_non_exhaustive()
    }
}

impl PrefixQuery {
    pub(crate) fn new(field: Field, prefix: &str) -> Self {
        Self { field, prefix: prefix.as_bytes().to_vec(), end: Vec::new(), found: Arc::default() }
    }

    /// Only terms that also end so.
    pub(crate) fn ending_in(self, end: &str) -> Self {
        Self { end: end.as_bytes().to_vec(), ..self }
    }

    /// Whether any term begins so.
    pub(crate) fn is_anywhere(&self, searcher: &Searcher) -> tantivy::Result<bool> {
        for reader in searcher.segment_readers() {
            let index = reader.inverted_index(self.field)?;
            if self.terms(index.terms())?.advance() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether any term begins so and goes on behind it.
    pub(crate) fn goes_on(&self, searcher: &Searcher) -> tantivy::Result<bool> {
        for reader in searcher.segment_readers() {
            let index = reader.inverted_index(self.field)?;
            let mut terms = self.terms(index.terms())?;
            while terms.advance() {
                if terms.key() != self.prefix.as_slice() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// How many documents of a segment have such a term.
    pub(crate) fn count(&self, reader: &SegmentReader) -> tantivy::Result<u64> {
        Ok(self.found(reader)?.len() as u64)
    }

    /// The documents of a segment that have such a term.
    pub(crate) fn found(&self, reader: &SegmentReader) -> tantivy::Result<Arc<BitSet>> {
        let mut known = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match known.entry(reader.segment_id()) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(unknown) => Arc::clone(unknown.insert(Arc::new(self.find(reader)?))),
        })
    }

    fn terms<'a>(&self, terms: &'a TermDictionary) -> tantivy::Result<TermStreamer<'a>> {
        let mut range = terms.range().ge(&self.prefix);
        if let Some(end) = end_of(&self.prefix) {
            range = range.lt(end);
        }
        Ok(range.into_stream()?)
    }

    fn find(&self, reader: &SegmentReader) -> tantivy::Result<BitSet> {
        let mut found = BitSet::with_max_value(reader.max_doc());
        let index = reader.inverted_index(self.field)?;
        let mut terms = self.terms(index.terms())?;
        while terms.advance() {
            if !terms.key().ends_with(&self.end) {
                continue;
            }
            let mut block =
                index.read_block_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            while !block.docs().is_empty() {
                for document in block.docs() {
                    found.insert(*document);
                }
                block.advance();
            }
        }
        Ok(found)
    }
}

impl Query for PrefixQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(PrefixWeight(self.clone())))
    }
}

struct PrefixWeight(PrefixQuery);

impl Weight for PrefixWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let found = self.0.found(reader)?;
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from((*found).clone()), boost)))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() <= document && scorer.seek(document) == document {
            Ok(Explanation::new("prefix", 1.0))
        } else {
            Err(TantivyError::InvalidArgument("the document does not match".to_owned()))
        }
    }
}

/// The first term behind all that begin with `prefix`.
fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
