// SPDX-License-Identifier: GPL-2.0
//! A line for each store over the number of pages, which grows tenfold from mark to mark.

use super::{caption, colour, mark, top, Area, Drawn, FONT_NAME};
use crate::comparison::Comparison;
use plotters::prelude::*;

pub fn draw(area: &Area, table: &Comparison) -> Drawn {
    let pages: Vec<f64> = table
        .rows
        .iter()
        .filter_map(|row| row.name.parse().ok())
        .collect();
    let (Some(&first), Some(&last)) = (pages.first(), pages.last()) else {
        return Ok(());
    };
    let mut chart = ChartBuilder::on(area)
        .caption(caption(table), (FONT_NAME, 20))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d((first / 1.2..last * 1.2).log_scale(), 0.0..top(table))?;
    chart
        .configure_mesh()
        .x_desc("pages")
        .x_label_formatter(&|value| mark(*value))
        .y_label_formatter(&|value| mark(*value))
        .max_light_lines(1)
        .label_style((FONT_NAME, 15))
        .draw()?;
    for (index, store) in table.stores.iter().enumerate() {
        let style = colour(store).stroke_width(2);
        let values = table.rows.iter().map(|row| row.values[index]);
        let points: Vec<_> = pages
            .iter()
            .zip(values)
            .filter_map(|(at, value)| Some((*at, value?.median)))
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
