// SPDX-License-Identifier: GPL-2.0
//! Figures as parts print them, made up: for the tests.

use crate::figures::{Figure, Machine};
use crate::part::Part;
use crate::results::{PartResult, Results};
use serde_json::json;

const SOURCES: [&str; 2] = ["valkey", "git"];

fn figure(value: serde_json::Value) -> Figure {
    serde_json::from_value(value).expect("a figure")
}

fn cost() -> Vec<Figure> {
    let mut all = Vec::new();
    for source in SOURCES.into_iter().chain(["word", "random"]) {
        for (store, times) in [
            ("request", 1),
            ("tmem", 6),
            ("tmem dedup=off", 5),
            ("zram-lz4", 10),
            ("zram-zstd", 30),
        ] {
            for what in ["put", "again", "get"] {
                let value = 5000 * times;
                all.push(figure(json!({"part": "cost", "store": store, "source": source, "what": what, "pages": 900, "value": value})));
            }
        }
    }
    all
}

fn bytes() -> Vec<Figure> {
    let stores = [
        ("tmem", 1500),
        ("tmem dedup=off", 1700),
        ("tmem recompressed", 1300),
        ("zram-lz4", 1800),
        ("zram-zstd", 1350),
    ];
    let mut all = Vec::new();
    for source in SOURCES {
        all.push(figure(
            json!({"part": "bytes", "source": source, "what": "pages", "value": 100}),
        ));
        for (store, arena) in stores {
            for (what, value) in [("arena", 100 * arena), ("tables", 4000)] {
                all.push(figure(json!({"part": "bytes", "store": store, "source": source, "what": what, "value": value})));
            }
        }
    }
    all
}

fn time() -> Vec<Figure> {
    let mut all = Vec::new();
    for source in SOURCES {
        for (store, put) in [("tmem", [2000, 1250]), ("zram-lz4", [2200, 1300])] {
            for (threads, middle) in [(1, put[0]), (2, put[1])] {
                for (round, value) in [(1, middle), (2, middle - 100), (3, middle + 600)] {
                    for what in ["put", "get", "put-p99"] {
                        all.push(figure(json!({"part": "time", "store": store, "source": source, "what": what, "threads": threads, "round": round, "value": value})));
                    }
                }
            }
        }
    }
    all
}

fn scale() -> Vec<Figure> {
    let mut all = Vec::new();
    for (pages, put, get) in [(10_000, 20_000, 5_000), (1_000_000, 21_000, 9_000)] {
        for store in ["tmem", "zram-lz4"] {
            for (what, value) in [
                ("put", put),
                ("get", get),
                ("most-put", 90_000),
                ("tables", 40),
            ] {
                all.push(figure(json!({"part": "scale", "store": store, "pages": pages, "what": what, "value": value})));
            }
        }
    }
    all
}

fn shares() -> Vec<Figure> {
    [("weight 100", 0, 90), ("weight 300", 0, 10), ("weight 9000", 0, 0), ("weight 100", 1, 28), ("weight 300", 1, 72)]
        .into_iter()
        .map(|(store, second, value)| {
            figure(json!({"part": "shares", "store": store, "what": "100:300", "second": second, "value": value}))
        })
        .collect()
}

fn reads() -> Vec<Figure> {
    [("tmem", 600), ("zram-lz4 idle 1", 1100), ("zram-lz4 huge", 1000), ("zswap-lz4", 800), ("zswap-lz4 page-cluster=3", 900)]
        .into_iter()
        .map(|(store, value)| {
            figure(json!({"part": "reads", "store": store, "source": "valkey", "what": "reads", "value": value}))
        })
        .collect()
}

pub fn part(part: Part) -> PartResult {
    let figures = match part {
        Part::Cost => cost(),
        Part::Bytes => bytes(),
        Part::Time => time(),
        Part::Scale => scale(),
        Part::Shares => shares(),
        Part::Reads => reads(),
        Part::Corpus | Part::Swap => Vec::new(),
    };
    PartResult {
        revision: "abcdef0".into(),
        date: "2026-01-01 00:00 UTC".into(),
        seconds: 12,
        quick: false,
        here: false,
        failure: None,
        machine: Some(Machine {
            kernel: "7.2".into(),
            accelerator: "TCG".into(),
            cpus: 1,
            memory_mib: 1024,
            settings: Default::default(),
        }),
        figures,
    }
}

pub fn results() -> Results {
    let parts = [
        Part::Cost,
        Part::Bytes,
        Part::Time,
        Part::Scale,
        Part::Shares,
        Part::Reads,
    ];
    Results {
        parts: parts.map(|each| (each, part(each))).into(),
    }
}
