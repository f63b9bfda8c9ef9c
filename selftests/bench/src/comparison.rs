// SPDX-License-Identifier: GPL-2.0
//! Figures of several stores, source by source, and what one is beside another: what tables, goals and plots are made from.

use crate::figures::Sample;
use crate::goals::Goal;

/// None of the sources may be worse than that much of a goal for their mean.
pub const LEEWAY: f64 = 1.05;

#[derive(Clone, Debug)]
pub enum Kind {
    /// A program's pages.
    Source,
    /// Of all sources, each with equal weight.
    Mean,
    /// Pages that no program had: they have a goal of their own, or none.
    Made(Option<Goal>),
}

#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub kind: Kind,
    /// One for each store; what was not measured is absent.
    pub values: Vec<Option<Sample>>,
}

/// A column beside another one.
#[derive(Clone, Debug)]
pub struct Ratio {
    pub heading: String,
    pub of: usize,
    pub to: usize,
    /// A column that is taken off both first.
    pub less: Option<usize>,
    pub goal: Option<Goal>,
}

#[derive(Clone, Debug)]
pub struct Comparison {
    pub name: String,
    pub unit: String,
    pub stores: Vec<String>,
    pub rows: Vec<Row>,
    pub ratios: Vec<Ratio>,
}

impl Comparison {
    /// Asks for each store's figure of each source, and adds the means.
    pub fn new(
        (name, unit): (&str, &str),
        stores: &[&str],
        sources: &[String],
        figure: impl Fn(&str, &str) -> Option<Sample>,
    ) -> Self {
        let row = |source: &String| Row {
            name: source.clone(),
            kind: Kind::Source,
            values: stores.iter().map(|store| figure(store, source)).collect(),
        };
        let mut rows: Vec<_> = sources.iter().map(row).collect();
        let mean = (0..stores.len()).map(|store| mean(&rows, store)).collect();
        rows.push(Row {
            name: "mean".into(),
            kind: Kind::Mean,
            values: mean,
        });
        Self {
            name: name.into(),
            unit: unit.into(),
            stores: stores.iter().map(|store| store.to_string()).collect(),
            rows,
            ratios: Vec::new(),
        }
    }

    pub fn with_row(mut self, name: &str, goal: Option<Goal>, values: Vec<Option<Sample>>) -> Self {
        self.rows.push(Row {
            name: name.into(),
            kind: Kind::Made(goal),
            values,
        });
        self
    }

    pub fn with_ratio(mut self, ratio: Ratio) -> Self {
        self.ratios.push(ratio);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.values.iter().all(Option::is_none))
    }

    /// The mean of a store's figures.
    pub fn mean(&self, store: &str) -> Option<f64> {
        let column = self.stores.iter().position(|each| each == store)?;
        let row = self
            .rows
            .iter()
            .find(|row| matches!(row.kind, Kind::Mean))?;
        Some(row.values[column]?.median)
    }
}

/// Of what not all sources have, there is no mean that could be compared.
fn mean(rows: &[Row], store: usize) -> Option<Sample> {
    let values: Option<Vec<_>> = rows.iter().map(|row| row.values[store]).collect();
    let values = values.filter(|values| !values.is_empty())?;
    let sum: f64 = values.iter().map(|sample| sample.median).sum();
    Some(Sample::exact(sum / values.len() as f64))
}

impl Ratio {
    pub fn new(heading: &str, of: usize, to: usize, goal: Option<Goal>) -> Self {
        Self {
            heading: heading.into(),
            of,
            to,
            less: None,
            goal,
        }
    }

    pub fn of(&self, row: &Row) -> Option<f64> {
        let column = |index: usize| Some(row.values[index]?.median);
        let less = self.less.map_or(Some(0.0), column)?;
        let to = column(self.to)? - less;
        (to > 0.0).then_some((column(self.of)? - less) / to)
    }

    /// What the row's ratio has to be.
    pub fn goal(&self, row: &Row) -> Option<Goal> {
        match &row.kind {
            Kind::Mean => self.goal,
            Kind::Source => self.goal.map(|goal| goal.loosened(LEEWAY)),
            Kind::Made(goal) => *goal,
        }
    }

    pub fn misses(&self, row: &Row) -> bool {
        match (self.of(row), self.goal(row)) {
            (Some(ratio), Some(goal)) => !goal.is_met_by(ratio),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(goal: f64) -> Comparison {
        let figure = |store: &str, source: &str| match (store, source) {
            ("request", _) => Some(Sample::exact(100.0)),
            ("ours", "a") => Some(Sample::exact(200.0)),
            ("ours", _) => Some(Sample::exact(400.0)),
            ("theirs", _) => Some(Sample::exact(500.0)),
            _ => None,
        };
        let sources = ["a".to_string(), "b".to_string()];
        let stores = ["request", "ours", "theirs", "absent"];
        let ratio = Ratio::new("x", 1, 2, Some(Goal::AtMost(goal)));
        let net = Ratio {
            less: Some(0),
            ..ratio.clone()
        };
        Comparison::new(("put", "ns"), &stores, &sources, figure)
            .with_ratio(ratio)
            .with_ratio(net)
    }

    #[test]
    fn ratios_of_the_whole_and_of_what_is_left() {
        let table = example(0.6);
        let ratios = |row: usize| {
            table
                .ratios
                .iter()
                .map(|ratio| ratio.of(&table.rows[row]))
                .collect::<Vec<_>>()
        };
        assert_eq!(ratios(0), [Some(0.4), Some(0.25)]);
        assert_eq!(ratios(2), [Some(0.6), Some(0.5)]);
    }

    #[test]
    fn means_weigh_sources_equally_and_need_all_of_them() {
        let table = example(0.6);
        assert_eq!(table.mean("ours"), Some(300.0));
        assert_eq!(table.mean("absent"), None);
    }

    #[test]
    fn a_source_may_be_a_little_worse_than_the_mean() {
        let missed = |goal: f64| {
            let table = example(goal);
            table
                .rows
                .iter()
                .map(|row| table.ratios[0].misses(row))
                .collect::<Vec<_>>()
        };
        assert_eq!(missed(0.6), [false, true, false]);
        assert_eq!(missed(0.77), [false, false, false]);
        assert_eq!(missed(0.59), [false, true, true]);
    }

    #[test]
    fn nothing_is_said_of_what_was_not_measured() {
        let table = example(0.1).with_ratio(Ratio::new("x", 3, 2, Some(Goal::AtMost(0.1))));
        assert!(table
            .rows
            .iter()
            .all(|row| table.ratios[2].of(row).is_none() && !table.ratios[2].misses(row)));
    }
}
