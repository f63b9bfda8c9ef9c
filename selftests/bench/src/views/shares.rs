// SPDX-License-Identifier: GPL-2.0
//! What each cgroup holds of all, second by second, while all want more.

use crate::comparison::{Comparison, Kind, Row};
use crate::figures::{distinct, Figure, Query, Sample};
use crate::goals::{self, Judgement};

/// A table for each story, a row for each second.
pub fn tables(figures: &[Figure]) -> Vec<Comparison> {
    let stories = distinct(figures.iter().map(|figure| figure.what.as_str()));
    stories
        .into_iter()
        .map(|what| table(figures, what))
        .collect()
}

fn table(figures: &[Figure], what: &str) -> Comparison {
    let of_it = || figures.iter().filter(|figure| figure.what == what);
    let stores = distinct(of_it().filter_map(|figure| figure.store.clone()));
    let seconds = distinct(of_it().filter_map(|figure| figure.second));
    let rows = seconds.into_iter().map(|second| Row {
        name: second.to_string(),
        kind: Kind::Made(None),
        values: stores
            .iter()
            .map(|store| held(figures, what, store, second))
            .collect(),
    });
    Comparison {
        name: what.into(),
        unit: "percent held of what all hold, by second".into(),
        rows: rows.collect(),
        stores,
        ratios: Vec::new(),
    }
}

fn held(figures: &[Figure], what: &str, store: &str, second: u32) -> Option<Sample> {
    let query = Query {
        store: Some(store),
        what,
        second: Some(second),
        ..Query::default()
    };
    query.sample(figures)
}

/// How far the last row is from what the weights say, at worst.
pub fn judgements(figures: &[Figure]) -> Vec<Judgement> {
    let judged = tables(figures).into_iter().filter_map(|table| {
        let last = table.rows.last()?;
        let there: Vec<_> = table
            .stores
            .iter()
            .zip(&last.values)
            .filter_map(|(store, value)| Some((weight(store)?, value.as_ref()?.median)))
            .collect();
        let all: f64 = there.iter().map(|(weight, _)| weight).sum();
        let apart = there
            .iter()
            .map(|(weight, held)| (held - 100.0 * weight / all).abs());
        let name = format!("{}, points from the weights at the end", table.name);
        Some(Judgement::of(
            name,
            goals::SHARES,
            apart.fold(0.0, f64::max),
        ))
    });
    judged.collect()
}

/// A cgroup's name says it.
fn weight(store: &str) -> Option<f64> {
    store.strip_prefix("weight ")?.parse().ok()
}
