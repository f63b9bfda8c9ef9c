// SPDX-License-Identifier: GPL-2.0
//! Results as a person reads them: each part's tables, the ablation, the goals, what has changed since the last run.

use crate::changes;
use crate::comparison::{Comparison, Ratio, Row};
use crate::figures::Sample;
use crate::goals::Judgement;
use crate::layout::{columns, number};
use crate::part::Part;
use crate::results::{History, PartResult, Results};
use crate::views::{self, ABLATION, OURS};
use serde_json::Value;

const MISSED: &str = " *";
const NOT_MISSED: &str = "  ";

/// Of these parts.
pub fn text(results: &Results, parts: &[Part], before: &History) -> String {
    let shown = |part: &Part| Some(part_text(*part, results.parts.get(part)?));
    let mut text: String = parts.iter().filter_map(shown).collect();
    text += &ablation(results, parts);
    text += &goals(results, parts);
    for part in parts {
        if let Some(now) = results.part(*part) {
            text += &changes::text(*part, now, before);
        }
    }
    text
}

fn part_text(part: Part, result: &PartResult) -> String {
    let title = format!(
        "{part}{}: {}, {}, {} s\n",
        result.mode(),
        result.date,
        result.revision,
        result.seconds
    );
    if let Some(failure) = &result.failure {
        return format!("{title}  FAILED: {failure}\n\n");
    }
    let tables: String = views::of(part, &result.figures).iter().map(table).collect();
    format!("{title}{}{tables}\n", machine(result))
}

fn machine(result: &PartResult) -> String {
    let Some(machine) = &result.machine else {
        return String::new();
    };
    let setting = |(name, value): (&String, &Value)| match value {
        Value::String(value) => format!(", {name} {value}"),
        value => format!(", {name} {value}"),
    };
    let settings: String = machine.settings.iter().map(setting).collect();
    let (kernel, accelerator) = (&machine.kernel, &machine.accelerator);
    let (cpus, memory) = (machine.cpus, machine.memory_mib);
    format!("  {accelerator}; Linux {kernel}, {cpus} CPU, {memory} MiB{settings}\n")
}

fn table(table: &Comparison) -> String {
    let mut headings = vec![String::new()];
    headings.extend(table.stores.iter().cloned());
    for ratio in &table.ratios {
        headings.push(ratio.heading.clone());
        if ratio.goal.is_some() {
            headings.push("goal".into());
        }
    }
    let rows: Vec<_> = table.rows.iter().map(|row| cells(table, row)).collect();
    format!(
        "\n  {} ({})\n{}",
        table.name,
        table.unit,
        columns(&headings, &rows)
    )
}

fn cells(table: &Comparison, row: &Row) -> Vec<String> {
    let mut cells = vec![row.name.clone()];
    cells.extend(
        row.values
            .iter()
            .map(|value| value.map_or("-".into(), sample)),
    );
    for ratio in &table.ratios {
        cells.push(ratio_cell(ratio, row));
        if ratio.goal.is_some() {
            cells.push(
                ratio
                    .goal(row)
                    .map_or(String::new(), |goal| goal.to_string()),
            );
        }
    }
    cells
}

fn sample(sample: Sample) -> String {
    let median = number(sample.median);
    match sample.has_spread() {
        true => format!(
            "{median} ({}..{})",
            number(sample.least),
            number(sample.most)
        ),
        false => median,
    }
}

fn ratio_cell(ratio: &Ratio, row: &Row) -> String {
    let mark = if ratio.misses(row) {
        MISSED
    } else {
        NOT_MISSED
    };
    ratio
        .of(row)
        .map_or("-".into(), |value| format!("{value:.3}"))
        + mark
}

/// Each of codec, dedup and recompression otherwise than it is by default: means over the sources, and those beside the default.
fn ablation(results: &Results, parts: &[Part]) -> String {
    if !parts.contains(&Part::Cost) && !parts.contains(&Part::Bytes) {
        return String::new();
    }
    let (cost, bytes) = (results.figures(Part::Cost), results.figures(Part::Bytes));
    let figure = |store: &str, what: &str| match what {
        "bytes" => views::mean_bytes(bytes, store),
        what => views::mean_cost(cost, store, what),
    };
    let row = |store: &str| {
        let beside = |what: &str| {
            let (value, whole) = (figure(store, what)?, figure(OURS, what)?);
            Some(format!("{} ({:.2})", number(value), value / whole))
        };
        let values =
            ["put", "again", "get", "bytes"].map(|what| beside(what).unwrap_or("-".into()));
        [store.to_string()].into_iter().chain(values).collect()
    };
    let rows: Vec<Vec<String>> = ABLATION.iter().map(|store| row(store)).collect();
    let headings = ["", "put", "again", "get", "bytes"].map(String::from);
    format!("ablation: instructions of a request, and bytes held for a page; means of the sources, and those beside tmem's\n{}\n", columns(&headings, &rows))
}

fn goals(results: &Results, parts: &[Part]) -> String {
    let judged: Vec<_> = parts
        .iter()
        .flat_map(|part| views::judgements(*part, results.figures(*part)))
        .collect();
    if judged.is_empty() {
        return String::new();
    }
    let missed = judged.iter().filter(|judgement| judgement.missed).count();
    let headings = ["", "goal", "is", "worst"].map(String::from);
    let rows: Vec<_> = judged.iter().map(judgement).collect();
    format!(
        "goals: {missed} of {} missed (*); no source may be worse than 1.05 times the goal of the mean\n{}\n",
        judged.len(),
        columns(&headings, &rows)
    )
}

fn judgement(judgement: &Judgement) -> Vec<String> {
    let mark = if judgement.missed { MISSED } else { NOT_MISSED };
    let worst = judgement.worst.as_ref();
    let worst = worst.map_or(String::new(), |(source, value)| {
        format!("{source} {}", number(*value))
    });
    vec![
        judgement.name.clone(),
        judgement.goal.to_string(),
        number(judgement.value) + mark,
        worst,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn shown(results: &Results) -> String {
        text(results, &Part::ALL, &History::default())
    }

    /// However wide the columns are.
    fn without_gaps(text: &str) -> String {
        let lines = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn has_figures_ratios_goals_and_marks() {
        let text = without_gaps(&shown(&fixture::results()));
        for wanted in [
            "cost: 2026-01-01 00:00 UTC, abcdef0, 12 s\n",
            "valkey 5,000 30,000 50,000 150,000 0.600 <= 0.735 0.556 <= 0.735\n",
            "random 5,000 30,000 50,000 150,000 0.600 * <= 0.45",
            " 2,000 (1,900..2,600) ",
            "again: less request <= 0.30 0.556 * git 0.556\n",
            "tmem dedup=off 25,000 (0.83) ",
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
    }

    #[test]
    fn a_part_that_failed_is_said_and_has_no_figures() {
        let mut results = fixture::results();
        let cost = results.parts.get_mut(&Part::Cost).unwrap();
        cost.failure = Some("the guest's exit status: 126".into());
        let text = without_gaps(&shown(&results));
        assert!(text.contains("FAILED: the guest's exit status: 126"));
        assert!(
            !text.contains("again (instructions") && !text.contains("again:"),
            "{text}"
        );
        assert!(text.contains("tmem dedup=off - - - 1,740 (1.13)"), "{text}");
    }

    #[test]
    fn what_is_missing_is_no_zero() {
        let mut results = fixture::results();
        let cost = results.parts.get_mut(&Part::Cost).unwrap();
        cost.figures
            .retain(|figure| figure.store.as_deref() != Some("zram-zstd"));
        let line = shown(&results)
            .lines()
            .find(|line| line.trim_start().starts_with("valkey"))
            .unwrap_or("")
            .to_string();
        assert_eq!(line.split_whitespace().nth(4), Some("-"), "{line}");
    }
}
