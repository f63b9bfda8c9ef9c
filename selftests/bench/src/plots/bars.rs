// SPDX-License-Identifier: GPL-2.0
//! A group of bars for each source, one for each store; a line at the end of a bar is the spread of its rounds.

use super::{caption, colour, mark, top, Area, Drawn, FONT_NAME, WIDTH};
use crate::comparison::{Comparison, Row};
use plotters::prelude::*;

/// Of a group's width, for its bars.
const FILLED: f64 = 0.8;
/// Of a group's width, for the names of the stores, to the right of all groups.
const NAMES: f64 = 1.5;
/// Pixels around a chart, and for the numbers to its left.
const MARGIN: u32 = 10;
const NUMBERS: u32 = 80;

pub fn draw(area: &Area, table: &Comparison) -> Drawn {
    let groups = table.rows.len();
    let mut chart = ChartBuilder::on(area)
        .caption(caption(table), (FONT_NAME, 20))
        .margin(MARGIN)
        .x_label_area_size(30)
        .y_label_area_size(NUMBERS)
        .build_cartesian_2d(
            (-0.5..groups as f64 - 0.5 + NAMES).step(1.0),
            0.0..top(table),
        )?;
    // Marks stand where groups begin, names in the middle.
    let group_width = f64::from(WIDTH - 2 * MARGIN - NUMBERS) / (groups as f64 + NAMES);
    let name = |at: &f64| group_name(table, *at + 0.5);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(groups + 2)
        .x_label_formatter(&name)
        .x_label_offset((group_width / 2.0) as i32)
        .y_label_formatter(&|value| mark(*value))
        .max_light_lines(1)
        .label_style((FONT_NAME, 15))
        .draw()?;
    for (index, store) in table.stores.iter().enumerate() {
        let style = colour(store, index).filled();
        chart
            .draw_series(
                table
                    .rows
                    .iter()
                    .enumerate()
                    .filter_map(|(group, row)| bar(table, group, index, row)),
            )?
            .label(store)
            .legend(move |(x, y)| Rectangle::new([(x, y - 6), (x + 14, y + 6)], style));
        chart.draw_series(
            table
                .rows
                .iter()
                .enumerate()
                .filter_map(|(group, row)| spread(table, group, index, row)),
        )?;
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT_NAME, 15))
        .position(SeriesLabelPosition::UpperRight)
        .draw()?;
    Ok(())
}

/// Nothing where no group begins.
fn group_name(table: &Comparison, group: f64) -> String {
    let whole = group.round();
    match table.rows.get(whole as usize) {
        Some(row) if (group - whole).abs() < 0.01 => row.name.clone(),
        _ => String::new(),
    }
}

fn edges(table: &Comparison, group: usize, index: usize) -> (f64, f64) {
    let width = FILLED / table.stores.len() as f64;
    let left = group as f64 - FILLED / 2.0 + index as f64 * width;
    (left, left + width * 0.9)
}

fn bar(table: &Comparison, group: usize, index: usize, row: &Row) -> Option<Rectangle<(f64, f64)>> {
    let (left, right) = edges(table, group, index);
    let height = row.values[index]?.median;
    Some(Rectangle::new(
        [(left, 0.0), (right, height)],
        colour(&table.stores[index], index).filled(),
    ))
}

fn spread(
    table: &Comparison,
    group: usize,
    index: usize,
    row: &Row,
) -> Option<PathElement<(f64, f64)>> {
    let (left, right) = edges(table, group, index);
    let sample = row.values[index].filter(|sample| sample.has_spread())?;
    let middle = (left + right) / 2.0;
    Some(PathElement::new(
        [(middle, sample.least), (middle, sample.most)],
        BLACK,
    ))
}
