//! The columns of each segment, opened once for each state of the index: opening one costs more than many a search.

use tantivy::columnar::Column;
use tantivy::{DocId, Searcher, SegmentReader};

use crate::schema::{AGENCY_FACET, DAY, ORDER, PROCEDURE_FACET, STATUS};

/// So many values are read at once.
const BLOCK: usize = 512;

/// The columns of one segment.
pub(crate) struct Columns {
    pub(crate) order: Column<u64>,
    /// The day of issue.
    pub(crate) day: Column<i64>,
    pub(crate) status: Column<u64>,
    /// Places of the values of facets among those of the segment; `None` where no document has one.
    pub(crate) agency: Option<Column<u64>>,
    pub(crate) procedure: Option<Column<u64>>,
}

impl Columns {
    /// The columns of all segments.
    pub(crate) fn all(searcher: &Searcher) -> tantivy::Result<Vec<Self>> {
        searcher.segment_readers().iter().map(Self::open).collect()
    }

    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let places = |name: &str| -> tantivy::Result<Option<Column<u64>>> {
            Ok(columns.str(name)?.map(|column| column.ords().clone()))
        };
        Ok(Self {
            order: columns.u64(ORDER)?,
            day: columns.i64(DAY)?,
            status: columns.u64(STATUS)?,
            agency: places(AGENCY_FACET)?,
            procedure: places(PROCEDURE_FACET)?,
        })
    }
}

/// Calls back with the value of each of these documents, and with its place among them.
pub(crate) fn each<T: PartialOrd + Copy + Send + Sync + std::fmt::Debug + 'static>(
    column: &Column<T>,
    documents: &[DocId],
    mut found: impl FnMut(usize, Option<T>),
) {
    let mut values = [None; BLOCK];
    let mut place = 0;
    for block in documents.chunks(BLOCK) {
        let values = &mut values[..block.len()];
        values.fill(None);
        column.first_vals(block, values);
        for value in &*values {
            found(place, *value);
            place += 1;
        }
    }
}
