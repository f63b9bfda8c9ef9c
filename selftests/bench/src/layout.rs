// SPDX-License-Identifier: GPL-2.0
//! Aligned columns and numbers for people.

/// The first column to the left, the others, numbers, to the right. A heading has a line for each of its words; a slash begins one.
pub fn columns(headings: &[String], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings
        .iter()
        .map(|text| text.replace('/', " /"))
        .collect();
    let headings: Vec<Vec<&str>> = headings
        .iter()
        .map(|text| text.split_whitespace().collect())
        .collect();
    let lines = headings.iter().map(Vec::len).max().unwrap_or(0);
    let heading_line = |number: usize| {
        let word = |heading: &Vec<&str>| {
            let word = (number + heading.len()).checked_sub(lines);
            word.map_or("", |word| heading[word]).to_string()
        };
        headings.iter().map(word).collect()
    };
    let all: Vec<Vec<String>> = (0..lines)
        .map(heading_line)
        .chain(rows.iter().cloned())
        .collect();
    let widths: Vec<_> = (0..headings.len())
        .map(|column| width(&all, column))
        .collect();
    all.iter().map(|row| line(row, &widths)).collect()
}

fn width(rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    let aligned = cells.map(|(column, (cell, &width))| match column {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    format!("  {}\n", aligned.collect::<Vec<_>>().join("  ").trim_end())
}

/// Three digits at least, and groups of three.
pub fn number(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.3}"),
        small if small < 100.0 => format!("{value:.1}"),
        _ => grouped(value),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let sign = if value < 0.0 { "-" } else { "" };
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| cell.to_string()).collect()
    }

    #[test]
    fn aligns() {
        let text = columns(
            &owned(&["source", "tmem dedup=off"]),
            &[owned(&["git", "1,234"])],
        );
        assert_eq!(
            text,
            "               tmem\n  source  dedup=off\n  git         1,234\n"
        );
    }

    #[test]
    fn numbers() {
        let shown = [0.7, 48.25, 999.0, 1234.5, 1234567.0, -12345.0].map(number);
        assert_eq!(
            shown,
            ["0.700", "48.2", "999", "1,234", "1,234,567", "-12,345"]
        );
    }
}
