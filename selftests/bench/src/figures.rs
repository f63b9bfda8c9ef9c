// SPDX-License-Identifier: GPL-2.0
//! What a part prints: one JSON object a line, first the machine, then figures.

use crate::part::Part;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Pages that no program had: all of one word, and random ones.
pub const MADE: [&str; 2] = ["word", "random"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub kernel: String,
    pub accelerator: String,
    pub cpus: u32,
    pub memory_mib: u64,
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// A flat record; the keys that do not apply are absent. Part and `what` imply the unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub part: Part,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<u32>,
    pub value: f64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Line {
    Machine { machine: Machine },
    Figure(Figure),
}

pub fn parse(line: &str) -> Result<Line, String> {
    serde_json::from_str(line).map_err(|_| format!("no figure: {line}"))
}

/// The median of some rounds, and how far they are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Sample {
    pub fn exact(value: f64) -> Self {
        Self {
            median: value,
            least: value,
            most: value,
        }
    }

    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => (values[middle - 1] + values[middle]) / 2.0,
            _ => values[middle],
        };
        Some(Self {
            median,
            least,
            most,
        })
    }

    pub fn has_spread(&self) -> bool {
        self.least < self.most
    }
}

/// Which figures are meant; what is absent may be anything.
#[derive(Clone, Copy, Default)]
pub struct Query<'a> {
    pub store: Option<&'a str>,
    pub source: Option<&'a str>,
    pub what: &'a str,
    pub threads: Option<u32>,
    pub pages: Option<u64>,
    pub second: Option<u32>,
}

impl Query<'_> {
    fn wants(&self, figure: &Figure) -> bool {
        (self.store.is_none() || figure.store.as_deref() == self.store)
            && (self.source.is_none() || figure.source.as_deref() == self.source)
            && figure.what == self.what
            && (self.threads.is_none() || figure.threads == self.threads)
            && (self.pages.is_none() || figure.pages == self.pages)
            && (self.second.is_none() || figure.second == self.second)
    }

    /// Over its rounds.
    pub fn sample(&self, figures: &[Figure]) -> Option<Sample> {
        let found = figures.iter().filter(|figure| self.wants(figure));
        Sample::of(found.map(|figure| figure.value).collect())
    }

    pub fn value(&self, figures: &[Figure]) -> Option<f64> {
        Some(self.sample(figures)?.median)
    }
}

/// The programs that pages come from, in the order in which they were measured.
pub fn sources(figures: &[Figure]) -> Vec<String> {
    let all = figures.iter().filter_map(|figure| figure.source.clone());
    distinct(all.filter(|source| !MADE.contains(&source.as_str())))
}

pub fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut known, each| {
        if !known.contains(&each) {
            known.push(each);
        }
        known
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_part_prints() {
        let machine = r#"{"machine":{"kernel":"7.2","accelerator":"tcg","cpus":1,"memory_mib":1024,"settings":{"a":1}}}"#;
        assert!(matches!(parse(machine), Ok(Line::Machine { machine }) if machine.cpus == 1));
        let figure =
            r#"{"part":"cost","store":"tmem","source":"valkey","what":"put","value":12345}"#;
        let Ok(Line::Figure(figure)) = parse(figure) else {
            panic!("a figure");
        };
        assert_eq!(
            (figure.part, figure.value, figure.round),
            (Part::Cost, 12345.0, None)
        );
    }

    #[test]
    fn refuses_anything_else() {
        for line in ["", "text", "{}", r#"{"part":"cost","what":"put"}"#] {
            assert!(parse(line).is_err(), "{line}");
        }
        let misspelt = r#"{"part":"cost","stor":"tmem","what":"put","value":1}"#;
        assert!(parse(misspelt).is_err());
    }

    #[test]
    fn median_and_spread() {
        assert_eq!(Sample::of(vec![]), None);
        let odd = Sample {
            median: 2.0,
            least: 1.0,
            most: 9.0,
        };
        assert_eq!(Sample::of(vec![9.0, 1.0, 2.0]), Some(odd));
        assert_eq!(
            Sample::of(vec![4.0, 1.0]).map(|sample| sample.median),
            Some(2.5)
        );
    }
}
