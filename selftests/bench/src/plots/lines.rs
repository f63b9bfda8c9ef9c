// SPDX-License-Identifier: GPL-2.0
//! A line for each store over a number that the rows' names are.

use super::{caption, colour, mark, top, Area, Drawn, FONT_NAME};
use crate::comparison::Comparison;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

/// Pages, which grow tenfold from mark to mark.
pub fn over_pages(area: &Area, table: &Comparison) -> Drawn {
    match ends(table) {
        Some((first, last)) => draw(area, table, "pages", (first / 1.2..last * 1.2).log_scale()),
        None => Ok(()),
    }
}

pub fn over_seconds(area: &Area, table: &Comparison) -> Drawn {
    match ends(table) {
        Some((first, last)) => draw(area, table, "seconds", first..last),
        None => Ok(()),
    }
}

fn places(table: &Comparison) -> impl Iterator<Item = f64> + '_ {
    table.rows.iter().filter_map(|row| row.name.parse().ok())
}

fn ends(table: &Comparison) -> Option<(f64, f64)> {
    places(table).next().zip(places(table).last())
}

fn draw<X>(area: &Area, table: &Comparison, of: &str, along: X) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(caption(table), (FONT_NAME, 20))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d(along, 0.0..top(table))?;
    chart
        .configure_mesh()
        .x_desc(of)
        .x_label_formatter(&|value| mark(*value))
        .y_label_formatter(&|value| mark(*value))
        .max_light_lines(1)
        .label_style((FONT_NAME, 15))
        .draw()?;
    for (index, store) in table.stores.iter().enumerate() {
        let style = colour(store, index).stroke_width(2);
        let values = table.rows.iter().map(|row| row.values[index]);
        let points: Vec<_> = places(table)
            .zip(values)
            .filter_map(|(at, value)| Some((at, value?.median)))
            .collect();
        chart
            .draw_series(LineSeries::new(points, style).point_size(4))?
            .label(store)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT_NAME, 15))
        .draw()?;
    Ok(())
}
