// SPDX-License-Identifier: GPL-2.0
//! The figures as pictures, beside results.json.

mod bars;
mod lines;

use crate::comparison::Comparison;
use crate::layout::number;
use crate::part::Part;
use crate::results::Results;
use crate::views;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{register_font, FontStyle};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Text is drawn with it, whatever the host has.
static FONT: &[u8] = include_bytes!("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
const FONT_NAME: &str = "sans-serif";

/// A store has the same colour everywhere; people with any kind of sight tell them apart (Okabe and Ito).
const COLOURS: [(&str, RGBColor); 8] = [
    ("tmem", RGBColor(213, 94, 0)),
    ("tmem dedup=off", RGBColor(230, 159, 0)),
    ("tmem recompressed", RGBColor(240, 228, 66)),
    ("zram-lz4", RGBColor(0, 114, 178)),
    ("zram-zstd", RGBColor(86, 180, 233)),
    ("zswap-lz4", RGBColor(0, 158, 115)),
    ("zswap-zstd", RGBColor(204, 121, 167)),
    ("request", RGBColor(150, 150, 150)),
];

const WIDTH: u32 = 1200;
const PANEL_HEIGHT: u32 = 420;

type Drawn = Result<(), Box<dyn Error>>;
type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Panel = fn(&Area, &Comparison) -> Drawn;

/// A picture of each part that has figures; what a part without any has left of an earlier run goes.
pub fn draw(results: &Results, folder: &Path) -> Result<(), String> {
    register_font(FONT_NAME, FontStyle::Normal, FONT).map_err(|_| "the plots' font is damaged")?;
    for (part, panel, panels) in [
        (
            Part::Cost,
            bars::draw as Panel,
            &["put", "again", "get"][..],
        ),
        (Part::Swap, bars::draw, &["out", "in"]),
        (Part::Bytes, bars::draw, &["bytes"]),
        (Part::Time, bars::draw, &["put, 1 thread", "get, 1 thread"]),
        (Part::Scale, lines::over_pages, &["put", "get", "tables"]),
        (
            Part::Shares,
            lines::over_seconds,
            &["100:200", "100:300", "one after the other"],
        ),
        (
            Part::Reads,
            bars::draw,
            &["reads by setting", "held", "seconds"],
        ),
    ] {
        let path = folder.join(format!("{part}.png"));
        let tables = views::of(part, results.figures(part));
        let wanted: Vec<_> = tables
            .iter()
            .filter(|table| panels.contains(&table.name.as_str()))
            .collect();
        picture(&path, &wanted, panel)
            .map_err(|error| format!("cannot draw {}: {error}", path.display()))?;
    }
    Ok(())
}

fn picture(path: &Path, tables: &[&Comparison], panel: Panel) -> Drawn {
    if tables.is_empty() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    }
    let height = PANEL_HEIGHT * tables.len() as u32;
    let area = BitMapBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    for (area, table) in area.split_evenly((tables.len(), 1)).iter().zip(tables) {
        panel(area, table)?;
    }
    Ok(area.present()?)
}

/// That of the store, or one for its place among those that have no colour of their own.
fn colour(store: &str, place: usize) -> RGBColor {
    let known = COLOURS.iter().find(|(name, _)| *name == store);
    known.unwrap_or(&COLOURS[place % COLOURS.len()]).1
}

/// At an axis.
fn mark(value: f64) -> String {
    match value.fract() == 0.0 && value.abs() < 100.0 {
        true => format!("{value:.0}"),
        false => number(value),
    }
}

fn caption(table: &Comparison) -> String {
    format!("{}: {}", table.name, table.unit)
}

/// A bit more than the largest value.
fn top(table: &Comparison) -> f64 {
    let samples = table
        .rows
        .iter()
        .flat_map(|row| row.values.iter().flatten());
    samples.fold(0.0, |most: f64, sample| most.max(sample.most)) * 1.05
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn each_part_with_figures_gets_a_picture() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("swap.png"), "of an earlier run").unwrap();
        draw(&fixture::results(), folder.path()).unwrap();
        for name in [
            "cost.png",
            "bytes.png",
            "time.png",
            "scale.png",
            "shares.png",
            "reads.png",
        ] {
            let bytes = fs::read(folder.path().join(name)).unwrap();
            assert!(
                bytes.starts_with(b"\x89PNG") && bytes.len() > 5000,
                "{name}"
            );
        }
        assert!(!folder.path().join("swap.png").exists());
    }
}
