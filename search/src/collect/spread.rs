//! How documents are spread over agencies, procedures, standings and months.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tantivy::DocId;
use tantivy::columnar::Column;

use super::Documents;
use crate::columns::{self, Columns};
use crate::labels::Labels;

/// Counts by value.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    /// By the labels of agencies and procedures.
    pub(crate) agencies: Vec<u64>,
    pub(crate) procedures: Vec<u64>,
    pub(crate) statuses: [u64; 4],
    /// By year and month.
    pub(crate) months: BTreeMap<(i16, i8), u64>,
}

/// Four centuries: no archive has results of a longer time, and memory must have a bound.
const MOST_DAYS: usize = 400 * 366;

/// Counts how the documents are spread.
pub(crate) fn spread(columns: &[Columns], labels: &Labels, documents: &Documents) -> Spread {
    let mut spread = Spread {
        agencies: vec![0; labels.agencies.values.len()],
        procedures: vec![0; labels.procedures.values.len()],
        ..Spread::default()
    };
    for ((segment, columns), documents) in columns.iter().enumerate().zip(documents) {
        if documents.is_empty() {
            continue;
        }
        labels.agencies.count(columns.agency.as_ref(), segment, documents, &mut spread.agencies);
        labels.procedures.count(columns.procedure.as_ref(), segment, documents, &mut spread.procedures);
        columns::each(&columns.status, documents, |_, status| {
            let status = status.and_then(|status| usize::try_from(status).ok());
            if let Some(count) = status.and_then(|status| spread.statuses.get_mut(status)) {
                *count += 1;
            }
        });
        count_months(&columns.day, documents, &mut spread.months);
    }
    spread
}

fn count_months(day: &Column<i64>, documents: &[DocId], months: &mut BTreeMap<(i16, i8), u64>) {
    let (first, last) = (day.min_value(), day.max_value());
    let days = usize::try_from(last.saturating_sub(first)).unwrap_or(0).min(MOST_DAYS) + 1;
    let mut counts = vec![0_u64; days];
    columns::each(day, documents, |_, day| {
        let place = day.and_then(|day| usize::try_from(day - first).ok());
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count += 1;
        }
    });
    for (day, count) in (first..).zip(counts).filter(|(_, count)| *count > 0) {
        if let Some(day) = day_of(day) {
            *months.entry((day.year(), day.month())).or_default() += count;
        }
    }
}

fn day_of(days: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok()
}
