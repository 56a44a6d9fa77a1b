//! The documents that match: which they are, which are the best, how they are spread.

mod best;
mod spread;

use std::cmp::Reverse;
use std::collections::HashSet;

use tantivy::query::{BooleanQuery, EnableScoring, Occur};
use tantivy::{DocAddress, DocId, DocSet, Searcher};

pub(crate) use best::Ranked;
use best::{highest, latest};
pub(crate) use spread::{Spread, spread};

use crate::columns::Columns;
use crate::phrase;
use crate::plan::{Choice, Plan, any_of};
use crate::rank::{self, RunReader, Together};
use crate::results::Sort;

/// What the words in one run earn.
const RUN: f32 = 25.0;
/// In so many of the best documents the places of words are looked at.
const LOOKED_AT: usize = 300;
/// Where in none of the best each word stands beside a neighbour, such a document is looked for among so many.
const LOOKED_THROUGH: usize = 30_000;
/// The same where some stand so, but not all in one run.
const LOOKED_THROUGH_FOR_RUN: usize = 10_000;

/// The matching documents of each segment, in ascending order.
pub(crate) type Documents = Vec<Vec<DocId>>;

/// Finds the documents that match a plan, and tells whether these are all.
pub(crate) fn matching(searcher: &Searcher, plan: &mut Plan) -> tantivy::Result<(Documents, bool)> {
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
    let is_all = phrase::keep(searcher, &plan.phrases, &mut documents)?;
    Ok((documents, is_all))
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
        let mut scorers = Vec::with_capacity(ways.len());
        for way in &ways {
            scorers.push(way.scorer(reader, 1.0)?);
        }
        // The commonest way first: few documents are left for the others.
        scorers.sort_by_key(|scorer| Reverse(scorer.size_hint()));
        let mut is_chosen = vec![false; documents.len()];
        let mut left: Vec<usize> = (0..documents.len()).collect();
        for scorer in &mut scorers {
            let among: Vec<DocId> = left.iter().map(|place| documents[*place]).collect();
            rank::meet(scorer, &among, |place, _| is_chosen[left[place]] = true);
            left.retain(|place| !is_chosen[*place]);
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

/// The best documents in their order, at least `wanted` of them where there are so many, and whether the first one has
/// each word beside a neighbour of it.
pub(crate) fn best(
    searcher: &Searcher,
    columns: &[Columns],
    plan: &Plan,
    documents: &Documents,
    sort: Sort,
    wanted: usize,
) -> tantivy::Result<(Vec<Ranked>, bool)> {
    if sort != Sort::Relevance {
        return Ok((latest(columns, documents, sort, wanted).sorted(), true));
    }
    let scores = rank::score(searcher, &plan.ranks, documents)?;
    if plan.runs.is_empty() {
        return Ok((highest(columns, documents, &scores, wanted).sorted(), true));
    }
    let best = highest(columns, documents, &scores, wanted.max(LOOKED_AT));
    let mut best = if wanted > LOOKED_AT { best.sorted() } else { best.unsorted() };
    let total: usize = documents.iter().map(Vec::len).sum();
    let first = look(searcher, plan, best.iter_mut().take(LOOKED_AT))?;
    let mut is_covered = first.is_covered;
    let most = if is_covered { LOOKED_THROUGH_FOR_RUN } else { LOOKED_THROUGH };
    if first.share < 1.0 && total > LOOKED_AT && total <= most {
        let found = look_through(searcher, columns, plan, documents, &scores)?;
        let known: HashSet<DocAddress> = found.iter().map(|ranked| ranked.address).collect();
        best.retain(|ranked| !known.contains(&ranked.address));
        is_covered |= !found.is_empty();
        best.extend(found);
    }
    best.sort_unstable_by(|one, other| other.cmp(one));
    Ok((best, is_covered))
}

/// Adds to documents what their words earn by standing together; tells what the best one then has of the runs: the least
/// share, and whether all words stand beside a neighbour.
fn look<'a>(
    searcher: &Searcher,
    plan: &Plan,
    ranked: impl Iterator<Item = &'a mut Ranked>,
) -> tantivy::Result<Together> {
    let mut ranked: Vec<&mut Ranked> = ranked.collect();
    ranked.sort_unstable_by_key(|ranked| ranked.address);
    let mut best: Option<(Ranked, Together)> = None;
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
        let mut least = Together { share: 1.0, is_covered: true };
        for reader in &mut readers {
            let together = reader.look(ranked.address.doc_id);
            score += RUN * together.share;
            least.share = least.share.min(together.share);
            least.is_covered &= together.is_covered;
        }
        ranked.rescore(score);
        if best.is_none_or(|(best, _)| best < *ranked) {
            best = Some((*ranked, least));
        }
    }
    Ok(best.map(|(_, together)| together).unwrap_or_default())
}

/// The documents that have each word beside a neighbour of it, wherever they rank.
fn look_through(
    searcher: &Searcher,
    columns: &[Columns],
    plan: &Plan,
    documents: &Documents,
    scores: &[Vec<f32>],
) -> tantivy::Result<Vec<Ranked>> {
    let mut found = Vec::new();
    let segments = searcher.segment_readers().iter().zip(columns);
    for ((ordinal, (reader, columns)), (documents, scores)) in
        (0_u32..).zip(segments).zip(documents.iter().zip(scores))
    {
        let mut readers = Vec::with_capacity(plan.runs.len());
        for run in &plan.runs {
            readers.push(RunReader::new(reader, run)?);
        }
        for (document, score) in documents.iter().zip(scores) {
            if readers.iter_mut().all(|reader| reader.is_covered(*document)) {
                let shares = readers.iter_mut().map(|reader| reader.look(*document).share);
                let mut ranked = Ranked::new(
                    DocAddress::new(ordinal, *document),
                    columns.order.first(*document).unwrap_or(0),
                );
                ranked.rescore(score + RUN * shares.sum::<f32>());
                found.push(ranked);
            }
        }
    }
    Ok(found)
}
