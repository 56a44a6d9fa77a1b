//! Phrases: which documents have words one behind the other, or do not.

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, Term};

use crate::collect::Documents;
use crate::rank::meet;

/// The places of a word in a text are read so many times in a search; further documents are left out. This takes about as
/// long as all the rest of a search of a million records.
const MOST_READ: usize = 400_000;

/// Words that a document must have one behind the other, or must not.
pub(crate) struct Phrase {
    /// The words in the field that has their places.
    pub(crate) words: Vec<Term>,
    /// The same words two by two, in the field of pairs of the description.
    pub(crate) pairs: Vec<Term>,
    pub(crate) is_excluded: bool,
}

/// Keeps the documents that have the phrases, and not those that are excluded; tells whether all were looked at. What was
/// not looked at is not kept.
pub(crate) fn keep(
    searcher: &Searcher,
    phrases: &[Phrase],
    documents: &mut Documents,
) -> tantivy::Result<bool> {
    keep_within(searcher, phrases, documents, MOST_READ)
}

fn keep_within(
    searcher: &Searcher,
    phrases: &[Phrase],
    documents: &mut Documents,
    mut budget: usize,
) -> tantivy::Result<bool> {
    for phrase in phrases {
        let mut kept: Vec<Vec<Fate>> = Vec::with_capacity(documents.len());
        for (reader, documents) in searcher.segment_readers().iter().zip(&*documents) {
            kept.push(first_look(reader, phrase, documents)?);
        }
        // The description says what a record is, so documents that seem to have the phrase there come first.
        for wanted in [Fate::Likely, Fate::Unknown] {
            for ((reader, documents), fates) in
                searcher.segment_readers().iter().zip(&*documents).zip(&mut kept)
            {
                look(reader, phrase, documents, fates, wanted, &mut budget)?;
            }
        }
        for (documents, fates) in documents.iter_mut().zip(kept) {
            let mut fates = fates.into_iter();
            let wanted = if phrase.is_excluded { Fate::Lacks } else { Fate::Has };
            documents.retain(|_| fates.next() == Some(wanted));
        }
    }
    Ok(phrases.is_empty() || budget > 0)
}

/// What is known of a document and a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Unknown,
    Likely,
    Has,
    Lacks,
}

/// What can be told without the places of words.
fn first_look(reader: &SegmentReader, phrase: &Phrase, documents: &[DocId]) -> tantivy::Result<Vec<Fate>> {
    let mut fates = vec![Fate::Unknown; documents.len()];
    if phrase.is_excluded {
        lack(reader, &phrase.words, documents, &mut fates)?;
    }
    let mut counts = vec![0_usize; documents.len()];
    for pair in &phrase.pairs {
        let postings = reader.inverted_index(pair.field())?.read_postings(pair, IndexRecordOption::Basic)?;
        let Some(mut postings) = postings else { return Ok(fates) };
        meet(&mut postings, documents, |place, _| counts[place] += 1);
    }
    for (fate, count) in fates.iter_mut().zip(counts) {
        if *fate == Fate::Unknown && count == phrase.pairs.len() {
            // A pair is a phrase; several pairs may stand apart.
            *fate = if count == 1 { Fate::Has } else { Fate::Likely };
        }
    }
    Ok(fates)
}

/// Marks the documents that have not both of the rarest words; few of the others lack another one.
fn lack(
    reader: &SegmentReader,
    words: &[Term],
    documents: &[DocId],
    fates: &mut [Fate],
) -> tantivy::Result<()> {
    let mut found = Vec::with_capacity(words.len());
    for word in words {
        found.push(reader.inverted_index(word.field())?.read_postings(word, IndexRecordOption::Basic)?);
    }
    found.sort_by_key(|postings| postings.as_ref().map_or(0, SegmentPostings::doc_freq));
    for postings in found.into_iter().take(2) {
        let mut has = vec![false; documents.len()];
        if let Some(mut postings) = postings {
            meet(&mut postings, documents, |place, _| has[place] = true);
        }
        for (fate, has) in fates.iter_mut().zip(has) {
            if !has {
                *fate = Fate::Lacks;
            }
        }
    }
    Ok(())
}

/// Reads places of words in the documents with this fate.
fn look(
    reader: &SegmentReader,
    phrase: &Phrase,
    documents: &[DocId],
    fates: &mut [Fate],
    wanted: Fate,
    budget: &mut usize,
) -> tantivy::Result<()> {
    if !fates.contains(&wanted) {
        return Ok(());
    }
    let mut places = PhraseReader::new(reader, &phrase.words)?;
    for (document, fate) in documents.iter().zip(fates) {
        if *fate == wanted {
            if *budget == 0 {
                return Ok(());
            }
            *fate = if places.has(*document, budget) { Fate::Has } else { Fate::Lacks };
        }
    }
    Ok(())
}

/// Reads the places of a phrase's words in one segment, those of the rarest word first.
struct PhraseReader {
    /// Each with its place in the phrase.
    words: Vec<(u32, SegmentPostings)>,
    is_anywhere: bool,
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl PhraseReader {
    fn new(reader: &SegmentReader, terms: &[Term]) -> tantivy::Result<Self> {
        let mut words = Vec::with_capacity(terms.len());
        for (nth, term) in (0_u32..).zip(terms) {
            let index = reader.inverted_index(term.field())?;
            let postings = index.read_postings(term, IndexRecordOption::WithFreqsAndPositions)?;
            words.extend(postings.map(|postings| (nth, postings)));
        }
        let is_anywhere = words.len() == terms.len();
        words.sort_by_key(|(_, postings)| postings.doc_freq());
        Ok(Self { words, is_anywhere, starts: Vec::new(), places: Vec::new() })
    }

    /// Whether a document has the phrase; documents must come in ascending order.
    fn has(&mut self, document: DocId, budget: &mut usize) -> bool {
        if !self.is_anywhere {
            return false;
        }
        for (reads, (nth, postings)) in self.words.iter_mut().enumerate() {
            if postings.doc() < document {
                postings.seek(document);
            }
            if postings.doc() != document || postings.doc() == TERMINATED {
                return false;
            }
            self.places.clear();
            postings.append_positions_with_offset(0, &mut self.places);
            *budget = budget.saturating_sub(1);
            if reads == 0 {
                let starts = self.places.iter().filter_map(|place| place.checked_sub(*nth));
                self.starts.clear();
                self.starts.extend(starts);
            } else {
                let places = &self.places;
                self.starts.retain(|start| places.binary_search(&(start + *nth)).is_ok());
            }
            if self.starts.is_empty() {
                return false;
            }
        }
        true
    }
}

/// The pairs of a phrase's words, as terms of the field of pairs.
pub(crate) fn pairs(field: Field, words: &[&str]) -> Vec<Term> {
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [first, second] => Some(Term::from_field_text(field, &format!("{first} {second}"))),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use tantivy::{Index, TantivyDocument};

    /// Which of ten documents are kept, and whether these are all; the even ones have the phrase, 8 in its description.
    fn kept(is_excluded: bool, budget: usize) -> (Vec<DocId>, bool) {
        let (schema, fields) = schema::schema();
        let index =
            Index::builder().schema(schema).tokenizers(crate::schema::tokenizers()).create_in_ram().unwrap();
        let mut writer = index.writer_with_num_threads(1, 15 << 20).unwrap();
        for number in 0..10 {
            let mut document = TantivyDocument::default();
            let text = if number % 2 == 0 { "tách thửa đất" } else { "thửa đất tách" };
            document.add_text(fields.all, text);
            if number == 8 {
                document.add_text(fields.pairs, text);
            }
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let words = ["tach", "thua", "dat"];
        let phrase = Phrase {
            words: words.iter().map(|word| Term::from_field_text(fields.all, word)).collect(),
            pairs: pairs(fields.pairs, &words),
            is_excluded,
        };
        let mut documents: Documents = vec![(0..10).collect()];
        let is_all = keep_within(&searcher, &[phrase], &mut documents, budget).unwrap();
        (documents.concat(), is_all)
    }

    #[test]
    fn with_time_enough_all_documents_are_told_apart() {
        assert_eq!(kept(false, 1000), (vec![0, 2, 4, 6, 8], true));
        assert_eq!(kept(true, 1000), (vec![1, 3, 5, 7, 9], true));
    }

    #[test]
    fn what_was_not_looked_at_is_not_kept_and_descriptions_come_first() {
        assert_eq!(kept(false, 3), (vec![8], false));
        assert_eq!(kept(false, 6), (vec![0, 8], false));
        let (excluded, is_all) = kept(true, 7);
        assert_eq!((excluded, is_all), (vec![1], false));
    }
}
