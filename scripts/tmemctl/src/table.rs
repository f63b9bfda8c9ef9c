// SPDX-License-Identifier: GPL-2.0
//! Aligned columns: the first to the left, the others, numbers, to the right.

pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(|column| width(rows, column)).collect();
    rows.iter().map(|row| line(row, &widths) + "\n").collect()
}

fn width(rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
    cells.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns() {
        let rows = [["disk", "size"], ["tmem10", "1 B"]].map(|row| row.map(String::from).to_vec());
        assert_eq!(render(&rows), "disk    size\ntmem10   1 B\n");
    }
}
