// SPDX-License-Identifier: GPL-2.0
//! What a page costs and takes among ever more of them.

use super::{OURS, THEIRS};
use crate::comparison::{Comparison, Kind, Ratio, Row};
use crate::figures::{distinct, Figure, Query, Sample};
use crate::goals::{self, Judgement};

pub fn tables(figures: &[Figure]) -> Vec<Comparison> {
    [
        ("put", "instructions a page"),
        ("get", "instructions a page"),
        ("most-put", "instructions of the dearest"),
        ("most-get", "instructions of the dearest"),
        ("tables", "bytes a page"),
    ]
    .map(|(what, unit)| table(figures, what, unit))
    .into()
}

/// A row for each number of pages.
fn table(figures: &[Figure], what: &str, unit: &str) -> Comparison {
    let stores = [OURS, THEIRS];
    let rows = page_counts(figures).into_iter().map(|pages| Row {
        name: pages.to_string(),
        kind: Kind::Made(None),
        values: stores
            .map(|store| figure(figures, store, what, pages).map(Sample::exact))
            .into(),
    });
    Comparison {
        name: what.into(),
        unit: unit.into(),
        stores: stores.map(String::from).into(),
        rows: rows.collect(),
        ratios: vec![Ratio::new("tmem/zram-lz4", 0, 1, None)],
    }
}

fn page_counts(figures: &[Figure]) -> Vec<u64> {
    let mut counts = distinct(figures.iter().filter_map(|figure| figure.pages));
    counts.sort_unstable();
    counts
}

fn figure(figures: &[Figure], store: &str, what: &str, pages: u64) -> Option<f64> {
    let query = Query {
        store: Some(store),
        what,
        pages: Some(pages),
        ..Query::default()
    };
    query.value(figures)
}

pub fn judgements(figures: &[Figure]) -> Vec<Judgement> {
    let counts = page_counts(figures);
    let (Some(&few), Some(&many)) = (counts.first(), counts.last()) else {
        return Vec::new();
    };
    let ours = |what: &str, pages| figure(figures, OURS, what, pages);
    let grown = |what| {
        let growth = ours(what, many)? / ours(what, few)?;
        Some(Judgement::of(
            format!("{what} at {many} pages, beside {few}"),
            goals::GROWTH,
            growth,
        ))
    };
    let at_most = |what: &str, unit: &str, goal| {
        Some(Judgement::of(
            format!("{what} at {many} pages, {unit}"),
            goal,
            ours(what, many)?,
        ))
    };
    let all = [
        grown("put"),
        grown("get"),
        at_most("most-put", "instructions", goals::DEAREST),
        at_most("most-get", "instructions", goals::DEAREST),
        at_most("tables", "bytes a page", goals::TABLES),
    ];
    all.into_iter().flatten().collect()
}
