// SPDX-License-Identifier: GPL-2.0
//! Misses as a person reads them, and as a program does.

use crate::cells::{Cell, BEST, OURS};
use crate::events::Trace;
use crate::layout::{columns, number};
use serde_json::{json, Value};
use tmem_core::policy::cache::ONLINE;

/// A policy is as good as the best if it misses no more than that many times as much.
const LEEWAY: f64 = 1.02;

pub fn text(replayed: &[(Trace, Vec<Cell>)]) -> String {
    let tables = replayed.iter().map(|(trace, cells)| table(trace, cells));
    tables.chain([summary(replayed)]).collect()
}

/// In the order of the tables.
fn policies() -> impl Iterator<Item = &'static str> {
    let online = ONLINE.iter().map(|(name, _)| *name);
    online.chain([OURS, BEST])
}

fn table(trace: &Trace, cells: &[Cell]) -> String {
    let mut headings = vec![String::new()];
    for cell in cells {
        headings.push(format!("1/{} {} pages", cell.part, cell.frames));
        headings.push("beside best".into());
    }
    let row = |policy: &str| {
        let values = cells.iter().flat_map(|cell| {
            let misses = cell.of_policy(policy) as f64;
            [number_of(misses), format!("{:.3}", cell.ratio(policy))]
        });
        [policy.to_string()].into_iter().chain(values).collect()
    };
    let rows: Vec<Vec<String>> = policies().map(row).collect();
    format!(
        "{}: {}\n  misses, and how many times as many as the best policy that does not know the future\n{}\n",
        trace.name,
        trace.summary(),
        columns(&headings, &rows)
    )
}

fn number_of(count: f64) -> String {
    if count < 100.0 {
        format!("{count}")
    } else {
        number(count)
    }
}

/// Who is never much worse than the best.
fn summary(replayed: &[(Trace, Vec<Cell>)]) -> String {
    let cells: Vec<&Cell> = replayed.iter().flat_map(|(_, cells)| cells).collect();
    let headings = ["", "mean", "worst", "good cells"].map(String::from);
    let row = |policy: &str| {
        let ratios: Vec<f64> = cells.iter().map(|cell| cell.ratio(policy)).collect();
        let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
        let worst = ratios.iter().copied().fold(0.0, f64::max);
        let good = ratios.iter().filter(|ratio| **ratio <= LEEWAY).count();
        vec![
            policy.to_string(),
            format!("{mean:.3}"),
            format!("{worst:.3}"),
            format!("{good} of {}", ratios.len()),
        ]
    };
    let rows: Vec<Vec<String>> = policies().map(row).collect();
    format!(
        "all traces and sizes: misses beside those of the best policy; good: no more than {LEEWAY} times as many\n{}",
        columns(&headings, &rows)
    )
}

pub fn json(replayed: &[(Trace, Vec<Cell>)]) -> Value {
    let trace = |(trace, cells): &(Trace, Vec<Cell>)| {
        json!({
            "trace": trace.name,
            "puts": trace.puts,
            "puts_named_by_content": trace.by_content,
            "gets": trace.gets,
            "records_lost": trace.lost,
            "footprint_pages": trace.footprint,
            "cells": cells.iter().map(cell).collect::<Vec<_>>(),
        })
    };
    replayed.iter().map(trace).collect()
}

fn cell(cell: &Cell) -> Value {
    let misses = cell
        .misses
        .iter()
        .map(|(name, misses)| (name.to_string(), json!(misses)));
    json!({
        "part_of_footprint": 1.0 / cell.part as f64,
        "frames": cell.frames,
        "misses": Value::Object(misses.collect()),
    })
}
