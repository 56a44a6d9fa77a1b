//! What was measured, beside what was promised.

use std::collections::BTreeMap;

use crate::measure::Score;
use crate::peers::Ratio;

/// From so many records on, latency is held to its target.
const MANY: u64 = 1_000_000;

/// What one run measured.
pub(crate) struct Measured<'a> {
    pub(crate) records: u64,
    pub(crate) is_grown: bool,
    pub(crate) scores: &'a BTreeMap<String, Score>,
    pub(crate) with_facets: &'a BTreeMap<String, Score>,
    pub(crate) bytes_each: f64,
    /// Documents a CPU second; `None` where the index was there already.
    pub(crate) built: Option<f64>,
    /// Queries that take long, with facets; `None` where they were not asked.
    pub(crate) hard: Option<&'a Score>,
    /// Our median time as a part of the better peer's, by category.
    pub(crate) ratios: BTreeMap<String, Ratio>,
}

pub(crate) fn print(measured: &Measured<'_>) {
    println!("\n{:<50} {:>10} {:>12}", "target", "measured", "");
    // Of grown records more answer a query than its list of relevant ones says.
    if !measured.is_grown
        && let Some(all) = measured.scores.get("~ all")
    {
        at_least("MRR >= .96", all.mrr(), 0.96);
        at_least("recall@10 >= .98", all.recall(), 0.98);
    }
    at_most("bytes a document, no stored text <= 800", measured.bytes_each, 800.0);
    if let Some(built) = measured.built {
        at_least("documents a CPU second >= 4000", built, 4000.0);
    }
    if measured.records >= MANY {
        let worst = [measured.scores, measured.with_facets]
            .into_iter()
            .flat_map(BTreeMap::values)
            .map(|score| score.within(0.99))
            .fold(0.0, f64::max);
        at_most("worst p99 of a category, ms <= 60", worst, 60.0);
        let scores = measured.scores.values().chain(measured.with_facets.values());
        let cpu = scores.map(Score::worst_cpu).fold(0.0, f64::max);
        at_most("processor time of the slowest query, ms <= 60", cpu, 60.0);
    }
    if let Some(hard) = measured.hard {
        at_most("p99 of queries made to be hard, ms <= 60", hard.within(0.99), 60.0);
        at_most("processor time of the slowest of them, ms <= 60", hard.worst_cpu(), 60.0);
    }
    for (category, ratio) in &measured.ratios {
        let most = if category == "code_full" { 1.0 } else { 0.5 };
        match ratio.answered {
            Some(answered) => {
                at_most(&format!("p50 of {category}, of the better peer's <= {most}"), answered, most);
            }
            None => println!(
                "p50 of {category}: no peer answers any, and ours took {:.1} times as long",
                ratio.all
            ),
        }
    }
}

fn at_least(name: &str, value: f64, target: f64) {
    line(name, value, value >= target);
}

fn at_most(name: &str, value: f64, target: f64) {
    line(name, value, value <= target);
}

fn line(name: &str, value: f64, is_met: bool) {
    println!("{name:<50} {value:>10.2} {:>12}", if is_met { "met" } else { "MISSED" });
}
