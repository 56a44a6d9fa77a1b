//! The names of agencies and procedures that an index has, read once for each of its states.

use std::collections::HashMap;

use tantivy::columnar::Column;
use tantivy::{DocId, Searcher};

use crate::columns;
use crate::schema::{AGENCY_FACET, PROCEDURE_FACET};

/// Stands for a value that a segment does not have.
const NOTHING: usize = usize::MAX;

/// The values of both facets.
pub(crate) struct Labels {
    pub(crate) agencies: Labelled,
    pub(crate) procedures: Labelled,
}

/// A code and a name that some records have for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// The values of one facet over all segments.
pub(crate) struct Labelled {
    pub(crate) values: Vec<Label>,
    /// The places of each segment's values.
    places: Vec<Vec<usize>>,
}

impl Labels {
    pub(crate) fn read(searcher: &Searcher) -> tantivy::Result<Self> {
        Ok(Self {
            agencies: Labelled::read(searcher, AGENCY_FACET)?,
            procedures: Labelled::read(searcher, PROCEDURE_FACET)?,
        })
    }
}

impl Labelled {
    fn read(searcher: &Searcher, column: &str) -> tantivy::Result<Self> {
        let mut known: HashMap<Label, usize> = HashMap::new();
        let mut values = Vec::new();
        let mut places = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let mut own = Vec::new();
            if let Some(found) = reader.fast_fields().str(column)? {
                let mut terms = found.dictionary().stream()?;
                while terms.advance() {
                    let text = String::from_utf8_lossy(terms.key());
                    let (code, name) = text.split_once('\t').unwrap_or((&text, &text));
                    let label = Label { code: code.to_owned(), name: name.to_owned() };
                    own.push(*known.entry(label.clone()).or_insert_with(|| {
                        values.push(label);
                        values.len() - 1
                    }));
                }
            }
            places.push(own);
        }
        Ok(Self { values, places })
    }

    /// Adds up how many of a segment's documents have each value.
    pub(crate) fn count(
        &self,
        column: Option<&Column<u64>>,
        segment: usize,
        documents: &[DocId],
        counts: &mut [u64],
    ) {
        let (Some(column), Some(places)) = (column, self.places.get(segment)) else { return };
        let mut own = vec![0_u64; places.len()];
        columns::each(column, documents, |_, ordinal| {
            let ordinal = ordinal.and_then(|ordinal| usize::try_from(ordinal).ok()).unwrap_or(NOTHING);
            if let Some(count) = own.get_mut(ordinal) {
                *count += 1;
            }
        });
        for (place, count) in places.iter().zip(own) {
            counts[*place] += count;
        }
    }

    /// The name that a document has.
    pub(crate) fn name(&self, column: Option<&Column<u64>>, segment: usize, document: DocId) -> String {
        let ordinal = column.and_then(|column| column.first(document));
        let place = ordinal.and_then(|ordinal| usize::try_from(ordinal).ok());
        let place = place.and_then(|place| self.places.get(segment)?.get(place));
        let label = place.and_then(|place| self.values.get(*place));
        label.map_or(String::new(), |label| label.name.clone())
    }
}
