// SPDX-License-Identifier: GPL-2.0
//! Misses over the size of the pool: a panel for each trace, a line for each policy.

use crate::cells::{Cell, BEST, OURS};
use crate::events::Trace;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{register_font, FontStyle};
use std::error::Error;
use std::path::Path;

static FONT: &[u8] = include_bytes!("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
const FONT_NAME: &str = "sans-serif";
const COLUMNS: usize = 2;
const PANEL: (u32, u32) = (760, 420);
/// Room for the names of the lines, in parts of the pool's size.
const NAMES: f64 = 1.6;

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

pub fn draw(replayed: &[(Trace, Vec<Cell>)], path: &Path) -> Result<(), String> {
    register_font(FONT_NAME, FontStyle::Normal, FONT).map_err(|_| "the plot's font is damaged")?;
    panels(replayed, path).map_err(|error| format!("cannot draw {}: {error}", path.display()))
}

fn panels(replayed: &[(Trace, Vec<Cell>)], path: &Path) -> Drawn {
    let rows = replayed.len().div_ceil(COLUMNS);
    let size = (PANEL.0 * COLUMNS as u32, PANEL.1 * rows as u32);
    let area = BitMapBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE)?;
    let areas = area.split_evenly((rows, COLUMNS));
    for (area, (trace, cells)) in areas.iter().zip(replayed) {
        panel(area, trace, cells)?;
    }
    Ok(area.present()?)
}

fn panel(area: &Area, trace: &Trace, cells: &[Cell]) -> Drawn {
    let most = cells
        .iter()
        .flat_map(|cell| cell.misses.iter().map(|(_, misses)| *misses))
        .max();
    let top = 1.05 * 100.0 * most.unwrap_or(0) as f64 / trace.gets.max(1) as f64;
    let sizes = cells.iter().map(|cell| 1.0 / cell.part as f64);
    let (least, largest) = (sizes.clone().fold(1.0, f64::min), sizes.fold(0.0, f64::max));
    let mut chart = ChartBuilder::on(area)
        .caption(
            format!("{}: misses, % of gets", trace.name),
            (FONT_NAME, 20),
        )
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (least / 1.1..largest * NAMES).log_scale().base(2.0),
            0.0..top.max(1.0),
        )?;
    chart
        .configure_mesh()
        .x_desc("pool, of all pages that are swapped out at once")
        .x_label_formatter(&|size| format!("1/{:.0}", 1.0 / size))
        .x_labels(3)
        .max_light_lines(1)
        .label_style((FONT_NAME, 15))
        .draw()?;
    let names = cells.first().map_or(&[][..], |cell| &cell.misses);
    for (index, (name, _)) in names.iter().enumerate() {
        let point = |cell: &Cell| {
            let misses = 100.0 * cell.misses[index].1 as f64 / trace.gets.max(1) as f64;
            (1.0 / cell.part as f64, misses)
        };
        let style = style(name, index);
        chart
            .draw_series(LineSeries::new(cells.iter().map(point), style).point_size(3))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .label_font((FONT_NAME, 13))
        .draw()?;
    Ok(())
}

/// What they are compared with stands out.
fn style(name: &str, index: usize) -> ShapeStyle {
    match name {
        BEST => BLACK.stroke_width(4),
        OURS => RGBColor(0, 114, 178).stroke_width(4),
        _ => Palette99::pick(index).stroke_width(1),
    }
}
