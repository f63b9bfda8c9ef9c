// SPDX-License-Identifier: GPL-2.0
//! Pages that jobs read again from the disk below a small store.

use super::{sample, OURS, THEIRS};
use crate::comparison::{Comparison, Ratio};
use crate::figures::{distinct, sources, Figure, Sample};
use crate::goals;

const ZSWAP: &str = "zswap-lz4";

/// Beside the best that each of the others can be set to; then all of them, what they held, and how long it took.
pub fn tables(figures: &[Figure]) -> Vec<Comparison> {
    let heads = [OURS, THEIRS, ZSWAP];
    let best = |store: &str, source: &str| match store {
        OURS => sample(figures, store, source, "reads"),
        family => best_of(figures, family, source),
    };
    let compared = Comparison::new(
        ("reads", "pages read from the disk, each at its best"),
        &heads,
        &sources(figures),
        best,
    )
    .with_ratio(Ratio::new("tmem/zram-lz4", 0, 1, Some(goals::READS)))
    .with_ratio(Ratio::new("tmem/zswap-lz4", 0, 2, Some(goals::READS)));
    let each = [
        ("reads", "reads by setting", "pages read from the disk"),
        ("held", "held", "bytes in memory, mean"),
        ("seconds", "seconds", "from beginning to end"),
    ]
    .map(|(what, name, unit)| by_setting(figures, what, (name, unit)));
    [compared].into_iter().chain(each).collect()
}

/// A store's name begins with its family's; its settings follow.
fn best_of(figures: &[Figure], family: &str, source: &str) -> Option<Sample> {
    let reads = names(figures)
        .into_iter()
        .filter(|name| name.split(' ').next() == Some(family))
        .filter_map(|name| sample(figures, &name, source, "reads"));
    reads.min_by(|one, other| one.median.total_cmp(&other.median))
}

fn by_setting(figures: &[Figure], what: &str, title: (&str, &str)) -> Comparison {
    let names = names(figures);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let figure = |store: &str, source: &str| sample(figures, store, source, what);
    Comparison::new(title, &names, &sources(figures), figure)
}

fn names(figures: &[Figure]) -> Vec<String> {
    distinct(figures.iter().filter_map(|figure| figure.store.clone()))
}
