//! One pass over the matching documents: how many, which are the best, how they are spread.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use jiff::civil::Date;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::results::Sort;
use crate::schema::{AGENCY_FACET, DAY, ORDER, PROCEDURE_FACET, STATUS};

/// Collects counts, the best documents and, where wanted, how the documents are spread.
pub(crate) struct Collect {
    /// How many of the best are kept.
    pub(crate) best: usize,
    pub(crate) sort: Sort,
    pub(crate) facets: bool,
}

/// What was collected.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) total: u64,
    pub(crate) best: Vec<Ranked>,
    pub(crate) spread: Spread,
}

/// A document in its rank: greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranked {
    key: i64,
    /// The record taken in later comes first among equals.
    order: u64,
    pub(crate) address: DocAddress,
}

impl Ranked {
    /// The score, where documents were ranked by it.
    pub(crate) fn score(&self) -> f32 {
        u32::try_from(self.key).map_or(0.0, f32::from_bits)
    }
}

/// Counts by value.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    pub(crate) agencies: HashMap<String, u64>,
    pub(crate) procedures: HashMap<String, u64>,
    pub(crate) statuses: [u64; 4],
    /// By year and month.
    pub(crate) months: HashMap<(i16, i8), u64>,
}

impl Collector for Collect {
    type Fruit = Collected;
    type Child = SegmentCollect;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentCollect> {
        let fast = reader.fast_fields();
        Ok(SegmentCollect {
            segment,
            best: self.best,
            sort: self.sort,
            total: 0,
            heap: BinaryHeap::with_capacity(self.best.min(1000) + 1),
            order: fast.u64(ORDER)?,
            day: fast.i64(DAY)?,
            counters: if self.facets { Some(Counters::new(reader)?) } else { None },
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort == Sort::Relevance
    }

    fn merge_fruits(&self, fruits: Vec<tantivy::Result<Collected>>) -> tantivy::Result<Collected> {
        let mut merged = Collected::default();
        for fruit in fruits {
            let fruit = fruit?;
            merged.total += fruit.total;
            merged.best.extend(fruit.best);
            merged.spread.add(fruit.spread);
        }
        merged.best.sort_unstable_by(|one, other| other.cmp(one));
        merged.best.truncate(self.best);
        Ok(merged)
    }
}

pub(crate) struct SegmentCollect {
    segment: SegmentOrdinal,
    best: usize,
    sort: Sort,
    total: u64,
    heap: BinaryHeap<Reverse<Ranked>>,
    order: Column<u64>,
    day: Column<i64>,
    counters: Option<Counters>,
}

impl SegmentCollector for SegmentCollect {
    type Fruit = tantivy::Result<Collected>;

    fn collect(&mut self, document: DocId, score: Score) {
        self.total += 1;
        if let Some(counters) = &mut self.counters {
            counters.count(document, &self.day);
        }
        let key = match self.sort {
            Sort::Relevance => i64::from(score.max(0.0).to_bits()),
            Sort::Newest => self.day.first(document).unwrap_or(i64::MIN),
            Sort::Oldest => -self.day.first(document).unwrap_or(i64::MAX),
        };
        let is_full = self.heap.len() >= self.best;
        if is_full && self.heap.peek().is_none_or(|Reverse(worst)| key < worst.key) {
            return;
        }
        let address = DocAddress::new(self.segment, document);
        let ranked = Ranked { key, order: self.order.first(document).unwrap_or(0), address };
        if !is_full {
            self.heap.push(Reverse(ranked));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && ranked > worst.0
        {
            worst.0 = ranked;
        }
    }

    fn harvest(self) -> tantivy::Result<Collected> {
        Ok(Collected {
            total: self.total,
            best: self.heap.into_iter().map(|Reverse(ranked)| ranked).collect(),
            spread: self.counters.map_or_else(|| Ok(Spread::default()), |counters| counters.spread())?,
        })
    }
}

impl Spread {
    fn add(&mut self, other: Self) {
        for (into, from) in [(&mut self.agencies, other.agencies), (&mut self.procedures, other.procedures)] {
            for (value, count) in from {
                *into.entry(value).or_default() += count;
            }
        }
        for (month, count) in other.months {
            *self.months.entry(month).or_default() += count;
        }
        for (into, from) in self.statuses.iter_mut().zip(other.statuses) {
            *into += from;
        }
    }
}

/// Counts of one segment, by the numbers that stand for values in it.
struct Counters {
    agencies: Option<Ordinals>,
    procedures: Option<Ordinals>,
    status: Column<u64>,
    statuses: [u64; 4],
    first_day: i64,
    days: Vec<u64>,
}

struct Ordinals {
    column: StrColumn,
    counts: Vec<u64>,
}

impl Counters {
    fn new(reader: &SegmentReader) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let ordinals = |name: &str| -> tantivy::Result<Option<Ordinals>> {
            let column = fast.str(name)?;
            Ok(column.map(|column| Ordinals { counts: vec![0; column.num_terms()], column }))
        };
        let day = fast.i64(DAY)?;
        let (first_day, last_day) = (day.min_value(), day.max_value());
        let days = usize::try_from(last_day.saturating_sub(first_day)).unwrap_or(0);
        Ok(Self {
            agencies: ordinals(AGENCY_FACET)?,
            procedures: ordinals(PROCEDURE_FACET)?,
            status: fast.u64(STATUS)?,
            statuses: [0; 4],
            first_day,
            days: vec![0; days.min(MOST_DAYS) + 1],
        })
    }

    fn count(&mut self, document: DocId, day: &Column<i64>) {
        for ordinals in [&mut self.agencies, &mut self.procedures].into_iter().flatten() {
            let ordinal =
                ordinals.column.ords().first(document).and_then(|ordinal| usize::try_from(ordinal).ok());
            if let Some(count) = ordinal.and_then(|ordinal| ordinals.counts.get_mut(ordinal)) {
                *count += 1;
            }
        }
        let status = self.status.first(document).and_then(|status| usize::try_from(status).ok());
        if let Some(count) = status.and_then(|status| self.statuses.get_mut(status)) {
            *count += 1;
        }
        let day = day.first(document).and_then(|day| usize::try_from(day - self.first_day).ok());
        if let Some(count) = day.and_then(|day| self.days.get_mut(day)) {
            *count += 1;
        }
    }

    fn spread(self) -> tantivy::Result<Spread> {
        let mut spread = Spread { statuses: self.statuses, ..Spread::default() };
        for (ordinals, into) in
            [(self.agencies, &mut spread.agencies), (self.procedures, &mut spread.procedures)]
        {
            let Some(Ordinals { column, counts }) = ordinals else { continue };
            for (ordinal, count) in (0_u64..).zip(counts).filter(|(_, count)| *count > 0) {
                let mut value = String::new();
                column.ord_to_str(ordinal, &mut value)?;
                *into.entry(value).or_default() += count;
            }
        }
        for (day, count) in (self.first_day..).zip(self.days).filter(|(_, count)| *count > 0) {
            if let Some(day) = day_of(day) {
                *spread.months.entry((day.year(), day.month())).or_default() += count;
            }
        }
        Ok(spread)
    }
}

/// Four centuries: no archive has results of a longer time, and memory must have a bound.
const MOST_DAYS: usize = 400 * 366;

fn day_of(days: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok()
}
