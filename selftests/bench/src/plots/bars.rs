// SPDX-License-Identifier: GPL-2.0
//! A group of bars for each source, one for each store; a line at the end of a bar is the spread of its rounds.

use super::{caption, colour, top, Area, Drawn, FONT_NAME};
use crate::comparison::{Comparison, Row};
use plotters::prelude::*;

/// Of a group's width, for its bars.
const FILLED: f64 = 0.8;

pub fn draw(area: &Area, table: &Comparison) -> Drawn {
    let groups = table.rows.len();
    let mut chart = ChartBuilder::on(area)
        .caption(caption(table), (FONT_NAME, 20))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(80)
        .build_cartesian_2d((-0.5..groups as f64 - 0.5).step(1.0), 0.0..top(table))?;
    let name = |at: &f64| group_name(table, *at);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(groups)
        .x_label_formatter(&name)
        .y_label_formatter(&|value| crate::layout::number(*value))
        .label_style((FONT_NAME, 15))
        .draw()?;
    for (index, store) in table.stores.iter().enumerate() {
        let style = colour(index).filled();
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

/// Labels stand at whole numbers.
fn group_name(table: &Comparison, at: f64) -> String {
    let near = at.round();
    match table.rows.get(near.max(0.0) as usize) {
        Some(row) if (at - near).abs() < 0.01 && near >= 0.0 => row.name.clone(),
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
        colour(index).filled(),
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
