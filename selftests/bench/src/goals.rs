// SPDX-License-Identifier: GPL-2.0
//! What the store is to reach, and whether it does.

use crate::comparison::{Comparison, Kind, Ratio};
use crate::layout::number;
use std::fmt;

/// Beside zram with lz4, for a page that a program had.
pub const PUT: Goal = Goal::AtMost(0.70);
pub const AGAIN: Goal = Goal::AtMost(0.30);
pub const GET: Goal = Goal::AtMost(1.0);
/// Beside zram with lz4, for a page that does not compress, and for one of one word.
pub const PUT_RANDOM: Goal = Goal::AtMost(0.45);
pub const PUT_WORD: Goal = Goal::AtMost(1.0);
/// Nanoseconds beside zram's.
pub const PUT_TIME: Goal = Goal::AtMost(0.95);
/// How much faster two threads are than one, beside how much faster zram gets.
pub const THREADS: Goal = Goal::AtLeast(0.95);
/// Bytes beside zram's with lz4.
pub const BYTES: Goal = Goal::AtMost(0.90);
pub const BYTES_WITHOUT_DEDUP: Goal = Goal::AtMost(1.0);
/// Bytes beside zram's with zstd.
pub const BYTES_RECOMPRESSED: Goal = Goal::AtMost(1.0);
/// Bytes a page.
pub const TABLES: Goal = Goal::AtMost(48.0);
/// Of a page among the most, beside one among the fewest.
pub const GROWTH: Goal = Goal::AtMost(1.1);
/// Points that what a cgroup holds may be away from its share.
pub const SHARES: Goal = Goal::AtMost(5.0);
/// Pages read from the disk, beside zram's and zswap's.
pub const READS: Goal = Goal::AtMost(0.70);
/// Instructions of any single put or get.
pub const DEAREST: Goal = Goal::AtMost(1e6);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    pub fn loosened(self, factor: f64) -> Self {
        match self {
            Self::AtMost(limit) => Self::AtMost(limit * factor),
            Self::AtLeast(limit) => Self::AtLeast(limit / factor),
        }
    }

    /// What a value is beside the limit: the more, the worse.
    fn badness(self, value: f64) -> f64 {
        match self {
            Self::AtMost(limit) => value / limit,
            Self::AtLeast(limit) => limit / value,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let (sign, limit) = match self {
            Self::AtMost(limit) => ("<=", limit),
            Self::AtLeast(limit) => (">=", limit),
        };
        match limit {
            limit if *limit >= 100.0 => write!(to, "{sign} {}", number(*limit)),
            limit if *limit >= 10.0 => write!(to, "{sign} {limit:.0}"),
            limit => {
                let limit = format!("{limit:.3}");
                write!(to, "{sign} {}", limit.strip_suffix('0').unwrap_or(&limit))
            }
        }
    }
}

/// A goal beside what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub name: String,
    pub goal: Goal,
    pub value: f64,
    /// The source that is worst, where it is a mean.
    pub worst: Option<(String, f64)>,
    pub missed: bool,
}

impl Judgement {
    pub fn of(name: String, goal: Goal, value: f64) -> Self {
        Self {
            name,
            goal,
            value,
            worst: None,
            missed: !goal.is_met_by(value),
        }
    }
}

/// Each ratio's goals in a comparison, as far as it was measured.
pub fn judge(table: &Comparison) -> Vec<Judgement> {
    table
        .ratios
        .iter()
        .flat_map(|ratio| judge_ratio(table, ratio))
        .collect()
}

fn judge_ratio(table: &Comparison, ratio: &Ratio) -> Vec<Judgement> {
    let name = format!("{}: {}", table.name, ratio.heading);
    let judged = table.rows.iter().filter_map(|row| match &row.kind {
        Kind::Source => None,
        Kind::Mean => Some(judge_mean(table, ratio, &name, ratio.of(row)?, ratio.goal?)),
        Kind::Made(goal) => {
            let name = format!("{name}, {}", row.name);
            Some(Judgement::of(name, (*goal)?, ratio.of(row)?))
        }
    });
    judged.collect()
}

fn judge_mean(table: &Comparison, ratio: &Ratio, name: &str, mean: f64, goal: Goal) -> Judgement {
    let sources = table
        .rows
        .iter()
        .filter(|row| matches!(row.kind, Kind::Source));
    let values = sources.filter_map(|row| Some((row.name.clone(), ratio.of(row)?)));
    let mut judgement = Judgement::of(name.into(), goal, mean);
    judgement.worst =
        values.max_by(|one, other| goal.badness(one.1).total_cmp(&goal.badness(other.1)));
    judgement.missed |= table
        .rows
        .iter()
        .any(|row| matches!(row.kind, Kind::Source) && ratio.misses(row));
    judgement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Sample;

    fn table(goal: Goal) -> Comparison {
        let figure = |store: &str, source: &str| match (store, source) {
            ("ours", "a") => Some(Sample::exact(60.0)),
            ("ours", _) => Some(Sample::exact(80.0)),
            _ => Some(Sample::exact(100.0)),
        };
        let sources = ["a".to_string(), "b".to_string()];
        Comparison::new(("put", "ns"), &["ours", "theirs"], &sources, figure)
            .with_row(
                "random",
                Some(Goal::AtMost(0.5)),
                vec![Some(Sample::exact(51.0)), Some(Sample::exact(100.0))],
            )
            .with_ratio(Ratio::new("x", 0, 1, Some(goal)))
    }

    #[test]
    fn the_mean_and_the_worst_source_count() {
        let judged = |goal| judge(&table(goal))[0].clone();
        assert!(!judged(Goal::AtMost(0.77)).missed);
        assert!(
            judged(Goal::AtMost(0.75)).missed,
            "a source is worse than 1.05 times that"
        );
        assert!(judged(Goal::AtMost(0.69)).missed);
        assert_eq!(judged(Goal::AtMost(0.69)).worst, Some(("b".into(), 0.8)));
        assert_eq!(judged(Goal::AtLeast(0.65)).worst, Some(("a".into(), 0.6)));
        assert!(judged(Goal::AtLeast(0.65)).missed);
        assert!(!judged(Goal::AtLeast(0.62)).missed);
    }

    #[test]
    fn made_pages_have_goals_of_their_own() {
        let judged = judge(&table(Goal::AtMost(0.9)));
        assert_eq!(
            (judged.len(), judged[1].value, judged[1].missed),
            (2, 0.51, true)
        );
    }
}
