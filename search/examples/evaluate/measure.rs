//! How good answers are and how long they take.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

/// A query with the records that answer it.
#[derive(Debug, Deserialize)]
pub(crate) struct Question {
    pub(crate) category: String,
    pub(crate) query: String,
    pub(crate) relevant: HashSet<u64>,
}

pub(crate) fn questions(path: &Path) -> Result<Vec<Question>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a list of queries", path.display()))
}

/// Queries that take long: words that all records have, and none; long ones, mistyped ones, phrases and exclusions of
/// common words. Which records answer them is not known.
pub(crate) fn hard_questions() -> Vec<Question> {
    let lines = include_str!("hard.txt").lines();
    let question = |line: &str| Question {
        category: "hard".to_owned(),
        query: line.to_owned(),
        relevant: HashSet::new(),
    };
    lines.map(question).collect()
}

/// What one query got: the originals of the first ten hits, the times it took, and the processor time on average, zero
/// where that was not measured.
pub(crate) struct Answer {
    pub(crate) hits: Vec<u64>,
    pub(crate) times: Vec<Duration>,
    pub(crate) cpu: Duration,
}

/// Sums over queries.
#[derive(Default)]
pub(crate) struct Score {
    count: f64,
    reciprocal_ranks: f64,
    recalls: f64,
    pub(crate) times: Vec<Duration>,
    worst_cpu: Duration,
}

impl Score {
    pub(crate) fn add(&mut self, question: &Question, answer: &Answer) {
        self.count += 1.0;
        self.reciprocal_ranks += reciprocal_rank(question, &answer.hits);
        self.recalls += recall(question, &answer.hits);
        self.worst_cpu = self.worst_cpu.max(answer.cpu);
        self.times.extend(&answer.times);
        self.times.sort_unstable();
    }

    pub(crate) fn mrr(&self) -> f64 {
        self.reciprocal_ranks / self.count.max(1.0)
    }

    pub(crate) fn recall(&self) -> f64 {
        self.recalls / self.count.max(1.0)
    }

    /// The most processor time that a query took on average, in milliseconds: what else the machine does does not show in it.
    pub(crate) fn worst_cpu(&self) -> f64 {
        self.worst_cpu.as_secs_f64() * 1000.0
    }

    /// The time that this share of the searches took at most, in milliseconds.
    pub(crate) fn within(&self, share: f64) -> f64 {
        let place = (self.times.len() as f64 * share).ceil() as usize;
        self.times.get(place.saturating_sub(1)).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

pub(crate) fn reciprocal_rank(question: &Question, hits: &[u64]) -> f64 {
    let rank = hits.iter().position(|hit| question.relevant.contains(hit));
    rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
}

pub(crate) fn recall(question: &Question, hits: &[u64]) -> f64 {
    let found = hits.iter().take(10).filter(|hit| question.relevant.contains(*hit)).count();
    // Of grown records several copies answer for one original.
    (found as f64 / question.relevant.len().clamp(1, 10) as f64).min(1.0)
}

/// Scores by category, and over all under `all`.
pub(crate) fn score(questions: &[Question], answers: &[Answer]) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for (question, answer) in questions.iter().zip(answers) {
        for name in [question.category.as_str(), "~ all"] {
            scores.entry(name.to_owned()).or_default().add(question, answer);
        }
    }
    scores
}

pub(crate) fn print(name: &str, scores: &BTreeMap<String, Score>) {
    println!("\n{name:<16} {:>5} {:>6} {:>9} {:>9} {:>9}", "MRR", "R@10", "p50 ms", "p99 ms", "max ms");
    for (category, score) in scores {
        println!(
            "  {category:<14} {:>5.3} {:>6.3} {:>9.3} {:>9.3} {:>9.3}",
            score.mrr(),
            score.recall(),
            score.within(0.5),
            score.within(0.99),
            score.within(1.0),
        );
    }
}
