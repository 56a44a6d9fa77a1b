//! The few documents that come first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::{DocAddress, DocId};

use super::Documents;
use crate::columns::{self, Columns};
use crate::results::Sort;

/// So many documents are ranked at once.
const BLOCK: usize = 512;

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
    /// A document without a score, and its place in the order of intake.
    pub(super) fn new(address: DocAddress, order: u64) -> Self {
        Self { is_looked_at: false, key: 0, order, address }
    }

    /// Sets the score of a document whose words were looked at.
    pub(super) fn rescore(&mut self, score: f32) {
        (self.key, self.is_looked_at) = (key(score), true);
    }

    /// The score, where documents were ranked by it.
    pub(crate) fn score(&self) -> f32 {
        u32::try_from(self.key).map_or(0.0, f32::from_bits)
    }
}

/// The documents with the highest scores.
pub(super) fn highest(
    columns: &[Columns],
    documents: &Documents,
    scores: &[Vec<f32>],
    wanted: usize,
) -> Best {
    let mut best = Best::new(wanted);
    for (ordinal, columns) in (0_u32..).zip(columns) {
        let segment = ordinal as usize;
        let documents = documents[segment].chunks(BLOCK).zip(scores[segment].chunks(BLOCK));
        for (documents, scores) in documents {
            // Most blocks have nothing that comes near the best so far.
            let highest = scores.iter().copied().fold(0.0, f32::max);
            if best.may_take(key(highest)) {
                let scores = scores.iter().map(|score| key(*score));
                best.offer(ordinal, columns, documents, scores);
            }
        }
    }
    best
}

/// The documents issued last or first.
pub(super) fn latest(columns: &[Columns], documents: &Documents, sort: Sort, wanted: usize) -> Best {
    let mut best = Best::new(wanted);
    for ((ordinal, columns), documents) in (0_u32..).zip(columns).zip(documents) {
        for documents in documents.chunks(BLOCK) {
            let mut keys = Vec::with_capacity(documents.len());
            columns::each(&columns.day, documents, |_, day| {
                keys.push(match sort {
                    Sort::Oldest => -day.unwrap_or(i64::MAX),
                    _ => day.unwrap_or(i64::MIN),
                });
            });
            if keys.iter().max().is_some_and(|latest| best.may_take(*latest)) {
                best.offer(ordinal, columns, documents, keys.into_iter());
            }
        }
    }
    best
}

/// The best documents so far.
pub(super) struct Best {
    heap: BinaryHeap<Reverse<Ranked>>,
    wanted: usize,
}

impl Best {
    fn new(wanted: usize) -> Self {
        Self { heap: BinaryHeap::new(), wanted }
    }

    /// Whether a document with this key may be among the best.
    fn may_take(&self, key: i64) -> bool {
        let worst = self.heap.peek().filter(|_| self.heap.len() >= self.wanted);
        self.wanted > 0 && worst.is_none_or(|Reverse(worst)| key >= worst.key)
    }

    fn offer(
        &mut self,
        segment: u32,
        columns: &Columns,
        documents: &[DocId],
        keys: impl Iterator<Item = i64>,
    ) {
        let mut orders = Vec::with_capacity(documents.len());
        columns::each(&columns.order, documents, |_, order| orders.push(order.unwrap_or(0)));
        for ((document, order), key) in documents.iter().zip(orders).zip(keys) {
            let address = DocAddress::new(segment, *document);
            let ranked = Ranked { key, ..Ranked::new(address, order) };
            if self.heap.len() < self.wanted {
                self.heap.push(Reverse(ranked));
            } else if let Some(mut worst) = self.heap.peek_mut()
                && ranked > worst.0
            {
                worst.0 = ranked;
            }
        }
    }

    pub(super) fn unsorted(self) -> Vec<Ranked> {
        self.heap.into_iter().map(|Reverse(ranked)| ranked).collect()
    }

    /// The best first.
    pub(super) fn sorted(self) -> Vec<Ranked> {
        let mut best = self.unsorted();
        best.sort_unstable_by(|one, other| other.cmp(one));
        best
    }
}

fn key(score: f32) -> i64 {
    i64::from(score.max(0.0).to_bits())
}
