// SPDX-License-Identifier: GPL-2.0
//! The comparisons that each part's figures make, and the goals that are for them.

mod reads;
mod scale;
mod shares;

use crate::comparison::{Comparison, Ratio};
use crate::figures::{sources, Figure, Query, Sample, MADE};
use crate::goals::{self, Goal, Judgement};
use crate::part::Part;

pub const OURS: &str = "tmem";
pub const THEIRS: &str = "zram-lz4";
const THREADS: [u32; 2] = [1, 2];

/// With an ablation's stores, which are no columns of the tables.
pub const ABLATION: [&str; 5] = [
    OURS,
    "tmem dedup=off",
    "tmem codec=raw",
    "tmem codec=zstd",
    "tmem recompressed",
];

pub fn of(part: Part, figures: &[Figure]) -> Vec<Comparison> {
    let all = match part {
        Part::Corpus => corpus(figures),
        Part::Cost => cost(figures),
        Part::Swap => swap(figures),
        Part::Bytes => vec![bytes(figures), tables(figures)],
        Part::Time => time(figures),
        Part::Scale => scale::tables(figures),
        Part::Shares => shares::tables(figures),
        Part::Reads => reads::tables(figures),
    };
    all.into_iter().filter(|table| !table.is_empty()).collect()
}

/// Those of its goals that could be measured.
pub fn judgements(part: Part, figures: &[Figure]) -> Vec<Judgement> {
    let mut all: Vec<_> = of(part, figures).iter().flat_map(goals::judge).collect();
    match part {
        Part::Bytes => {
            let mean = tables(figures).mean(OURS);
            all.extend(
                mean.map(|bytes| {
                    Judgement::of("tables, bytes a page".into(), goals::TABLES, bytes)
                }),
            );
        }
        Part::Scale => all.extend(scale::judgements(figures)),
        Part::Shares => all.extend(shares::judgements(figures)),
        _ => {}
    }
    all
}

/// How many pages each source has.
fn corpus(figures: &[Figure]) -> Vec<Comparison> {
    let pages = |_: &str, source: &str| source_pages(figures, source).map(Sample::exact);
    vec![Comparison::new(
        ("corpus", "pages"),
        &["pages"],
        &sources(figures),
        pages,
    )]
}

fn source_pages(figures: &[Figure], source: &str) -> Option<f64> {
    let query = Query {
        source: Some(source),
        what: "pages",
        ..Query::default()
    };
    query.value(figures)
}

fn cost(figures: &[Figure]) -> Vec<Comparison> {
    [
        ("put", "a page that is nowhere yet", goals::PUT),
        ("again", "a page that is there already", goals::AGAIN),
        ("get", "a page that comes back", goals::GET),
    ]
    .map(|(what, meaning, goal)| cost_of(figures, what, meaning, goal))
    .into()
}

fn cost_of(figures: &[Figure], what: &str, meaning: &str, goal: Goal) -> Comparison {
    let stores = ["request", OURS, THEIRS, "zram-zstd"];
    let figure = |store: &str, source: &str| sample(figures, store, source, what);
    let unit = format!("instructions for {meaning}");
    let mut table = Comparison::new((what, &unit), &stores, &sources(figures), figure);
    for made in MADE {
        let goal = match (what, made) {
            ("put", "word") => Some(goals::PUT_WORD),
            ("put", "random") => Some(goals::PUT_RANDOM),
            _ => None,
        };
        let values = stores.iter().map(|store| figure(store, made)).collect();
        table = table.with_row(made, goal, values);
    }
    let whole = Ratio::new("tmem/zram-lz4", 1, 2, Some(goal));
    let net = Ratio {
        less: Some(0),
        heading: "less request".into(),
        ..whole.clone()
    };
    table.with_ratio(whole).with_ratio(net)
}

/// The mean of a store's instructions, of the ablation's as well.
pub fn mean_cost(figures: &[Figure], store: &str, what: &str) -> Option<f64> {
    let figure = |store: &str, source: &str| sample(figures, store, source, what);
    Comparison::new((what, ""), &[store], &sources(figures), figure).mean(store)
}

fn sample(figures: &[Figure], store: &str, source: &str, what: &str) -> Option<Sample> {
    let query = Query {
        store: Some(store),
        source: Some(source),
        what,
        ..Query::default()
    };
    query.sample(figures)
}

fn swap(figures: &[Figure]) -> Vec<Comparison> {
    [("out", "swap a page out"), ("in", "touch it again")]
        .map(|(what, meaning)| {
            let stores = [OURS, THEIRS, "zram-zstd", "zswap-lz4"];
            let figure = |store: &str, source: &str| sample(figures, store, source, what);
            let unit = format!("instructions to {meaning}");
            Comparison::new((what, &unit), &stores, &sources(figures), figure)
                .with_ratio(Ratio::new("tmem/zram-lz4", 0, 1, None))
                .with_ratio(Ratio::new("tmem/zswap-lz4", 0, 3, None))
        })
        .into()
}

fn bytes(figures: &[Figure]) -> Comparison {
    let stores = [
        OURS,
        "tmem dedup=off",
        "tmem recompressed",
        THEIRS,
        "zram-zstd",
        "zswap-lz4",
        "zswap-zstd",
    ];
    let figure = |store: &str, source: &str| bytes_a_page(figures, store, source);
    Comparison::new(
        ("bytes", "held for a page, tables included"),
        &stores,
        &sources(figures),
        figure,
    )
    .with_ratio(Ratio::new("tmem/zram-lz4", 0, 3, Some(goals::BYTES)))
    .with_ratio(Ratio::new(
        "dedup=off/zram-lz4",
        1,
        3,
        Some(goals::BYTES_WITHOUT_DEDUP),
    ))
    .with_ratio(Ratio::new(
        "recompressed/zram-zstd",
        2,
        4,
        Some(goals::BYTES_RECOMPRESSED),
    ))
}

fn bytes_a_page(figures: &[Figure], store: &str, source: &str) -> Option<Sample> {
    let arena = sample(figures, store, source, "arena")?.median;
    let tables = sample(figures, store, source, "tables")?.median;
    Some(Sample::exact(
        (arena + tables) / source_pages(figures, source)?,
    ))
}

pub fn mean_bytes(figures: &[Figure], store: &str) -> Option<f64> {
    let figure = |store: &str, source: &str| bytes_a_page(figures, store, source);
    Comparison::new(("bytes", ""), &[store], &sources(figures), figure).mean(store)
}

fn tables(figures: &[Figure]) -> Comparison {
    let figure = |store: &str, source: &str| {
        let tables = sample(figures, store, source, "tables")?.median;
        Some(Sample::exact(tables / source_pages(figures, source)?))
    };
    let stores = [OURS, THEIRS, "zswap-lz4"];
    Comparison::new(
        ("tables", "bytes a page"),
        &stores,
        &sources(figures),
        figure,
    )
}

fn time(figures: &[Figure]) -> Vec<Comparison> {
    let mut all = Vec::new();
    for threads in THREADS {
        let suffix = if threads == 1 {
            "1 thread".into()
        } else {
            format!("{threads} threads")
        };
        for (what, unit, goal) in [
            ("put", "ns a page", Some(goals::PUT_TIME)),
            ("get", "ns a page", None),
            ("put-p99", "ns for a request of 128 KiB", None),
            ("get-p99", "ns for a request of 128 KiB", None),
        ] {
            let figure = |store: &str, source: &str| time_of(figures, store, source, what, threads);
            let goal = goal.filter(|_| threads == 1);
            let name = format!("{what}, {suffix}");
            all.push(
                Comparison::new((&name, unit), &[OURS, THEIRS], &sources(figures), figure)
                    .with_ratio(Ratio::new("tmem/zram-lz4", 0, 1, goal)),
            );
        }
    }
    all.extend(["put", "get"].map(|what| gain(figures, what)));
    all
}

fn time_of(
    figures: &[Figure],
    store: &str,
    source: &str,
    what: &str,
    threads: u32,
) -> Option<Sample> {
    let query = Query {
        store: Some(store),
        source: Some(source),
        what,
        threads: Some(threads),
        ..Query::default()
    };
    query.sample(figures)
}

/// How many times faster two threads are than one.
fn gain(figures: &[Figure], what: &str) -> Comparison {
    let figure = |store: &str, source: &str| {
        let [one, two] = THREADS.map(|threads| time_of(figures, store, source, what, threads));
        Some(Sample::exact(one?.median / two?.median))
    };
    let name = format!("gain of {what}");
    Comparison::new(
        (&name, "two threads, times as fast as one"),
        &[OURS, THEIRS],
        &sources(figures),
        figure,
    )
    .with_ratio(Ratio::new("tmem/zram-lz4", 0, 1, Some(goals::THREADS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn judged(part: Part) -> Vec<(String, bool)> {
        let found = judgements(part, &fixture::part(part).figures);
        found
            .into_iter()
            .map(|each| (each.name, each.missed))
            .collect()
    }

    #[test]
    fn every_goal_of_cost_is_judged() {
        let names: Vec<_> = judged(Part::Cost)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let wanted = [
            "put: tmem/zram-lz4",
            "put: tmem/zram-lz4, word",
            "put: tmem/zram-lz4, random",
            "put: less request",
            "put: less request, word",
            "put: less request, random",
            "again: tmem/zram-lz4",
            "again: less request",
            "get: tmem/zram-lz4",
            "get: less request",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn bytes_are_the_arena_and_the_tables_of_a_page() {
        let figures = fixture::part(Part::Bytes).figures;
        assert_eq!(mean_bytes(&figures, OURS), Some(1540.0));
        let names: Vec<_> = judged(Part::Bytes)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let wanted = [
            "bytes: tmem/zram-lz4",
            "bytes: dedup=off/zram-lz4",
            "bytes: recompressed/zram-zstd",
            "tables, bytes a page",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn rounds_make_medians_and_threads_gains() {
        let tables = of(Part::Time, &fixture::part(Part::Time).figures);
        let put = &tables[0];
        let sample = put.rows[0].values[0];
        assert_eq!(
            sample,
            Some(Sample {
                median: 2000.0,
                least: 1900.0,
                most: 2600.0
            })
        );
        let gain = tables.iter().find(|table| table.name == "gain of put");
        assert_eq!(gain.and_then(|gain| gain.mean(OURS)), Some(1.6));
    }

    #[test]
    fn growth_is_judged_between_the_fewest_and_the_most_pages() {
        let wanted = [
            ("put at 1000000 pages, beside 10000", false),
            ("get at 1000000 pages, beside 10000", true),
            ("most-put at 1000000 pages, instructions", false),
            ("tables at 1000000 pages, bytes a page", false),
        ];
        assert_eq!(
            judged(Part::Scale),
            wanted.map(|(name, missed)| (name.to_string(), missed))
        );
    }

    #[test]
    fn shares_are_judged_by_the_weights_of_those_who_stayed() {
        assert_eq!(
            judged(Part::Shares),
            [(
                "100:300, points from the weights at the end".to_string(),
                false
            )]
        );
        let tables = of(Part::Shares, &fixture::part(Part::Shares).figures);
        assert_eq!(
            tables[0].stores,
            ["weight 100", "weight 300", "weight 9000"]
        );
    }

    #[test]
    fn reads_are_beside_the_best_settings_of_others() {
        let tables = of(Part::Reads, &fixture::part(Part::Reads).figures);
        let best = &tables[0].rows[0].values;
        assert_eq!(
            best.iter()
                .map(|each| each.map(|each| each.median))
                .collect::<Vec<_>>(),
            [Some(600.0), Some(1000.0), Some(800.0)]
        );
        assert_eq!(
            judged(Part::Reads),
            [
                ("reads: tmem/zram-lz4".to_string(), false),
                ("reads: tmem/zswap-lz4".to_string(), true)
            ]
        );
    }

    #[test]
    fn without_figures_there_are_neither_tables_nor_goals() {
        for part in Part::ALL {
            assert!(
                of(part, &[]).is_empty() && judgements(part, &[]).is_empty(),
                "{part}"
            );
        }
    }
}
