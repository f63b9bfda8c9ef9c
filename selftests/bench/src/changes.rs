// SPDX-License-Identifier: GPL-2.0
//! What has changed since figures that were measured before in the same way.

use crate::comparison::{Comparison, Kind, Row};
use crate::layout::{columns, number};
use crate::part::Part;
use crate::results::{History, PartResult};
use crate::views;

/// Two guests that count instructions differ by that much.
const NOISE: f64 = 0.005;

pub fn text(part: Part, now: &PartResult, before: &History) -> String {
    let Some(then) = before.before(part, now) else {
        return format!("{part}{}: nothing to compare with\n", now.mode());
    };
    let title = format!("{part}: changes since {}, {}", then.date, then.revision);
    let (rows, equal) = compare(
        &views::of(part, &now.figures),
        &views::of(part, &then.figures),
    );
    let headings = ["", "before", "now", "change"].map(String::from);
    match rows.len() {
        0 => format!("{title}: none of {equal} figures by more than 0.5%\n"),
        _ => format!(
            "{title} (and {equal} figures that differ by less than 0.5%)\n{}",
            columns(&headings, &rows)
        ),
    }
}

/// A row for each figure that has changed, and the number of the others. Means of other sources are not compared.
fn compare(now: &[Comparison], then: &[Comparison]) -> (Vec<Vec<String>>, usize) {
    let mut rows = Vec::new();
    let mut equal = 0;
    for (new, old) in now
        .iter()
        .filter_map(|new| Some((new, counterpart(new, then)?)))
    {
        for (new_row, old_row) in new.rows.iter().zip(&old.rows) {
            if matches!(new_row.kind, Kind::Source) {
                continue;
            }
            for (index, store) in new.stores.iter().enumerate() {
                match change(new_row, old_row, index) {
                    Some((before, now)) if (now / before - 1.0).abs() > NOISE => {
                        let name =
                            format!("{} ({}), {}, {store}", new.name, new.unit, new_row.name);
                        let change = format!("{:+.1}%", (now / before - 1.0) * 100.0);
                        rows.push(vec![name, number(before), number(now), change]);
                    }
                    Some(_) => equal += 1,
                    None => {}
                }
            }
        }
    }
    (rows, equal)
}

fn change(new: &Row, old: &Row, index: usize) -> Option<(f64, f64)> {
    Some((old.values[index]?.median, new.values[index]?.median))
}

/// The same table with the same rows.
fn counterpart<'a>(table: &Comparison, among: &'a [Comparison]) -> Option<&'a Comparison> {
    among.iter().find(|other| {
        let same_rows = table
            .rows
            .iter()
            .map(|row| &row.name)
            .eq(other.rows.iter().map(|row| &row.name));
        (&table.name, &table.unit, &table.stores) == (&other.name, &other.unit, &other.stores)
            && same_rows
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn history() -> History {
        History::from(fixture::results())
    }

    #[test]
    fn equal_figures_are_counted() {
        let text = text(Part::Cost, &fixture::part(Part::Cost), &history());
        assert_eq!(text, "cost: changes since 2026-01-01 00:00 UTC, abcdef0: none of 36 figures by more than 0.5%\n");
    }

    #[test]
    fn changed_ones_are_shown() {
        let mut now = fixture::part(Part::Cost);
        for figure in &mut now.figures {
            if figure.store.as_deref() == Some("tmem") && figure.what == "get" {
                figure.value *= 1.1;
            }
        }
        let text = text(Part::Cost, &now, &history());
        assert!(
            text.contains("mean, tmem    30,000  33,000  +10.0%"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 5, "{text}");
    }

    #[test]
    fn other_ways_to_measure_are_not_compared() {
        let mut now = fixture::part(Part::Cost);
        now.quick = true;
        assert_eq!(
            text(Part::Cost, &now, &history()),
            "cost --quick: nothing to compare with\n"
        );
    }
}
