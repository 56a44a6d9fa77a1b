//! The documents that match: which they are, which are the best, how they are spread.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use jiff::civil::Date;
use tantivy::columnar::Column;
use tantivy::query::{BooleanQuery, EnableScoring, Occur};
use tantivy::{DocAddress, DocId, Searcher};

use crate::labels::Labels;
use crate::plan::{Choice, Plan, any_of};
use crate::rank::{self, RunReader};
use crate::results::Sort;
use crate::schema::{DAY, ORDER, STATUS};

/// What the words in one run earn.
const RUN: f32 = 25.0;
/// In so many of the best documents the places of words are looked at.
const LOOKED_AT: usize = 300;
/// Where in none of the best each word stands beside a neighbour, such a document is looked for among so many.
const LOOKED_THROUGH: usize = 30_000;

/// The matching documents of each segment, in ascending order.
pub(crate) type Documents = Vec<Vec<DocId>>;

/// Finds the documents that match a plan.
pub(crate) fn matching(searcher: &Searcher, plan: &mut Plan) -> tantivy::Result<Documents> {
    let mut demands = std::mem::take(&mut plan.demands);
    plan.loose.sort_by_key(|(frequency, _)| *frequency);
    // Whatever has `least` of the words has one of the rarest that are more than may be missing.
    let rarest = (plan.loose.len() + 1).saturating_sub(plan.least);
    if !plan.loose.is_empty() {
        let rarest = plan.loose.iter().take(rarest).map(|(_, query)| query.box_clone());
        demands.push((Occur::Must, any_of(rarest.collect())));
    }
    plan.choices.sort_by_key(|choice| choice.frequency.unwrap_or(u64::MAX));
    // A choice that leaves fewer records than all demands together comes first; the others only sift what was found.
    let leads = plan.choices.first().is_some_and(|choice| match (choice.frequency, plan.most) {
        (_, None) => plan.loose.is_empty(),
        (Some(frequency), Some(most)) => frequency < most,
        (None, Some(_)) => false,
    });
    if leads {
        let choice = plan.choices.remove(0);
        demands.push((Occur::Must, any_of(choice.ways)));
    }
    let query = BooleanQuery::new(demands);
    let weight = tantivy::query::Query::weight(&query, EnableScoring::disabled_from_searcher(searcher))?;
    let mut documents = Documents::with_capacity(searcher.segment_readers().len());
    for reader in searcher.segment_readers() {
        let mut found = Vec::new();
        weight.for_each_no_score(reader, &mut |block| found.extend_from_slice(block))?;
        if let Some(alive) = reader.alive_bitset() {
            found.retain(|document| alive.is_alive(*document));
        }
        documents.push(found);
    }
    for choice in &plan.choices {
        keep_chosen(searcher, choice, &mut documents)?;
    }
    if plan.least > 1 {
        keep_enough(searcher, plan, &mut documents)?;
    }
    Ok(documents)
}

/// Keeps the documents that match in one way or another.
fn keep_chosen(searcher: &Searcher, choice: &Choice, documents: &mut Documents) -> tantivy::Result<()> {
    let mut ways = Vec::with_capacity(choice.ways.len());
    for way in &choice.ways {
        ways.push(way.weight(EnableScoring::disabled_from_searcher(searcher))?);
    }
    for (reader, documents) in searcher.segment_readers().iter().zip(documents) {
        if documents.is_empty() {
            continue;
        }
        let mut is_chosen = vec![false; documents.len()];
        for way in &ways {
            rank::meet(&mut way.scorer(reader, 1.0)?, documents, |place, _| is_chosen[place] = true);
        }
        let mut is_chosen = is_chosen.into_iter();
        documents.retain(|_| is_chosen.next().unwrap_or(false));
    }
    Ok(())
}

/// Keeps the documents that have enough of the loose words.
fn keep_enough(searcher: &Searcher, plan: &Plan, documents: &mut Documents) -> tantivy::Result<()> {
    let mut counts: Vec<Vec<usize>> = documents.iter().map(|documents| vec![0; documents.len()]).collect();
    for (_, query) in &plan.loose {
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        for ((reader, documents), counts) in
            searcher.segment_readers().iter().zip(documents.iter()).zip(&mut counts)
        {
            let mut scorer = weight.scorer(reader, 1.0)?;
            rank::meet(&mut scorer, documents, |place, _| counts[place] += 1);
        }
    }
    for (documents, counts) in documents.iter_mut().zip(counts) {
        let mut counts = counts.into_iter();
        documents.retain(|_| counts.next().is_some_and(|count| count >= plan.least));
    }
    Ok(())
}

/// A document in its rank: greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranked {
    /// What was looked at comes before what was not.
    is_looked_at: bool,
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

/// The best documents in their order, at least `wanted` of them where there are so many, and whether the first one has
/// each word beside a neighbour of it.
pub(crate) fn best(
    searcher: &Searcher,
    plan: &Plan,
    documents: &Documents,
    sort: Sort,
    wanted: usize,
) -> tantivy::Result<(Vec<Ranked>, bool)> {
    if sort != Sort::Relevance {
        return Ok((top(searcher, documents, wanted, |_, place, day| by_day(sort, place, day))?, true));
    }
    let scores = rank::score(searcher, &plan.ranks, documents)?;
    let by_score = |segment: usize, place: usize, _: Option<i64>| key(scores[segment][place]);
    if plan.runs.is_empty() {
        return Ok((top(searcher, documents, wanted, by_score)?, true));
    }
    let mut best = top(searcher, documents, wanted.max(LOOKED_AT), by_score)?;
    let total: usize = documents.iter().map(Vec::len).sum();
    let mut is_covered = look(searcher, plan, best.iter_mut().take(LOOKED_AT))?;
    if !is_covered && total > LOOKED_AT && total <= LOOKED_THROUGH {
        let found = look_through(searcher, plan, documents, &scores)?;
        best.retain(|ranked| !found.iter().any(|found| found.address == ranked.address));
        is_covered = !found.is_empty();
        best.extend(found);
    }
    best.sort_unstable_by(|one, other| other.cmp(one));
    Ok((best, is_covered))
}

fn key(score: f32) -> i64 {
    i64::from(score.max(0.0).to_bits())
}

fn by_day(sort: Sort, _: usize, day: Option<i64>) -> i64 {
    match sort {
        Sort::Oldest => -day.unwrap_or(i64::MAX),
        _ => day.unwrap_or(i64::MIN),
    }
}

/// The documents with the greatest keys, the best first.
fn top(
    searcher: &Searcher,
    documents: &Documents,
    wanted: usize,
    key: impl Fn(usize, usize, Option<i64>) -> i64,
) -> tantivy::Result<Vec<Ranked>> {
    let mut heap: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
    for ((ordinal, segment), (reader, documents)) in
        (0_u32..).zip(0_usize..).zip(searcher.segment_readers().iter().zip(documents))
    {
        if documents.is_empty() || wanted == 0 {
            continue;
        }
        let order = reader.fast_fields().u64(ORDER)?;
        let day = reader.fast_fields().i64(DAY)?;
        for (place, document) in documents.iter().enumerate() {
            let key = key(segment, place, day.first(*document));
            let is_full = heap.len() >= wanted;
            if is_full && heap.peek().is_none_or(|Reverse(worst)| key < worst.key) {
                continue;
            }
            let address = DocAddress::new(ordinal, *document);
            let ranked =
                Ranked { is_looked_at: false, key, order: order.first(*document).unwrap_or(0), address };
            if !is_full {
                heap.push(Reverse(ranked));
            } else if let Some(mut worst) = heap.peek_mut()
                && ranked > worst.0
            {
                worst.0 = ranked;
            }
        }
    }
    Ok(heap.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked).collect())
}

/// Adds to documents what their words earn by standing together; tells whether the best one then has all words beside a
/// neighbour.
fn look<'a>(
    searcher: &Searcher,
    plan: &Plan,
    ranked: impl Iterator<Item = &'a mut Ranked>,
) -> tantivy::Result<bool> {
    let mut ranked: Vec<&mut Ranked> = ranked.collect();
    ranked.sort_unstable_by_key(|ranked| ranked.address);
    let mut best: Option<(Ranked, bool)> = None;
    let mut readers: Vec<RunReader> = Vec::new();
    let mut segment = None;
    for ranked in ranked {
        let ordinal = ranked.address.segment_ord;
        if segment != Some(ordinal) {
            segment = Some(ordinal);
            let reader = searcher.segment_reader(ordinal);
            readers =
                plan.runs.iter().map(|run| RunReader::new(reader, run)).collect::<tantivy::Result<_>>()?;
        }
        let mut score = ranked.score();
        let mut is_covered = true;
        for reader in &mut readers {
            let together = reader.look(ranked.address.doc_id);
            score += RUN * together.share;
            is_covered &= together.is_covered;
        }
        ranked.key = key(score);
        ranked.is_looked_at = true;
        if best.is_none_or(|(best, _)| best < *ranked) {
            best = Some((*ranked, is_covered));
        }
    }
    Ok(best.is_some_and(|(_, is_covered)| is_covered))
}

/// The documents that have each word beside a neighbour of it, wherever they rank.
fn look_through(
    searcher: &Searcher,
    plan: &Plan,
    documents: &Documents,
    scores: &[Vec<f32>],
) -> tantivy::Result<Vec<Ranked>> {
    let mut found = Vec::new();
    for ((ordinal, reader), (documents, scores)) in
        (0_u32..).zip(searcher.segment_readers()).zip(documents.iter().zip(scores))
    {
        let order = reader.fast_fields().u64(ORDER)?;
        let mut readers = Vec::with_capacity(plan.runs.len());
        for run in &plan.runs {
            readers.push(RunReader::new(reader, run)?);
        }
        for (document, score) in documents.iter().zip(scores) {
            if readers.iter_mut().all(|reader| reader.is_covered(*document)) {
                let shares = readers.iter_mut().map(|reader| reader.look(*document).share);
                found.push(Ranked {
                    is_looked_at: true,
                    key: key(score + RUN * shares.sum::<f32>()),
                    order: order.first(*document).unwrap_or(0),
                    address: DocAddress::new(ordinal, *document),
                });
            }
        }
    }
    Ok(found)
}

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
pub(crate) fn spread(searcher: &Searcher, labels: &Labels, documents: &Documents) -> tantivy::Result<Spread> {
    let mut spread = Spread {
        agencies: vec![0; labels.agencies.values.len()],
        procedures: vec![0; labels.procedures.values.len()],
        ..Spread::default()
    };
    for ((segment, reader), documents) in searcher.segment_readers().iter().enumerate().zip(documents) {
        if documents.is_empty() {
            continue;
        }
        for (facet, counts) in
            [(&labels.agencies, &mut spread.agencies), (&labels.procedures, &mut spread.procedures)]
        {
            facet.count(reader, segment, documents, counts)?;
        }
        let status = reader.fast_fields().u64(STATUS)?;
        for document in documents {
            let status = status.first(*document).and_then(|status| usize::try_from(status).ok());
            if let Some(count) = status.and_then(|status| spread.statuses.get_mut(status)) {
                *count += 1;
            }
        }
        count_months(&reader.fast_fields().i64(DAY)?, documents, &mut spread.months);
    }
    Ok(spread)
}

fn count_months(day: &Column<i64>, documents: &[DocId], months: &mut BTreeMap<(i16, i8), u64>) {
    let (first, last) = (day.min_value(), day.max_value());
    let days = usize::try_from(last.saturating_sub(first)).unwrap_or(0).min(MOST_DAYS) + 1;
    let mut counts = vec![0_u64; days];
    for document in documents {
        let place = day.first(*document).and_then(|day| usize::try_from(day - first).ok());
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count += 1;
        }
    }
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
