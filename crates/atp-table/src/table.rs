//! Columns of text, aligned.

use std::fmt;
use unicode_width::UnicodeWidthStr;

/// The name of a column and the side its cells stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: String,
    side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Rows of text under named columns, printed with two spaces between columns.
///
/// A row with fewer cells than columns ends early, and cells beyond the last column are left
/// out. A line break or tab inside a cell or a name prints as a space, so each is always one line.
///
/// # Examples
///
/// ```
/// use atp_table::{Column, Table, nanos};
///
/// let mut table = Table::new([Column::left("step"), Column::right("mean")]);
/// table.push(["load", &nanos(1_500.0)]);
/// table.push(["score", &nanos(2_000_000.0)]);
/// let text = table.to_string();
/// assert!(text.starts_with("step      mean\n") && text.contains("2.00 ms"), "{text}");
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Column {
    /// Creates a column whose cells stand on the left, for names and text.
    pub fn left(name: impl Into<String>) -> Self {
        Self { name: one_line(&name.into()), side: Side::Left }
    }

    /// Creates a column whose cells stand on the right, for numbers.
    pub fn right(name: impl Into<String>) -> Self {
        Self { name: one_line(&name.into()), side: Side::Right }
    }
}

impl Table {
    /// Creates a table without rows.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row at the bottom.
    pub fn push<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells = cells.into_iter().take(self.columns.len());
        self.rows.push(cells.map(|cell| one_line(cell.as_ref())).collect());
    }

    /// Returns how many characters of a terminal the widest line takes.
    #[must_use]
    pub fn width(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.columns.iter().map(|column| column.name.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }

    fn line<'a>(&self, widths: &[usize], cells: impl Iterator<Item = &'a str>) -> String {
        let mut line = String::new();
        for (index, cell) in cells.enumerate() {
            let gap = if index == 0 { "" } else { "  " };
            let padding = " ".repeat(widths[index] - cell.width());
            line.push_str(gap);
            match self.columns[index].side {
                Side::Left => line.extend([cell, &padding]),
                Side::Right => line.extend([padding.as_str(), cell]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        writeln!(
            f,
            "{}",
            self.line(&widths, self.columns.iter().map(|column| column.name.as_str()))
        )?;
        writeln!(f, "{}", "-".repeat(self.width()))?;
        for row in &self.rows {
            writeln!(f, "{}", self.line(&widths, row.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}

fn one_line(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_and_line_breaks_keep_the_columns() {
        let mut table = Table::new([Column::left("na\tme"), Column::right("n")]);
        table.push(["測試", "1"]);
        table.push(["a\nb", "22"]);
        assert_eq!(table.to_string(), "na me   n\n---------\n測試    1\na b    22\n");
    }

    #[test]
    fn short_and_long_rows_are_taken_as_they_are() {
        let mut table = Table::new([Column::left("a"), Column::left("b")]);
        table.push(["only"]);
        table.push(["x", "y", "left out"]);
        assert_eq!(table.to_string(), "a     b\n-------\nonly\nx     y\n");
    }

    #[test]
    fn a_table_without_columns_is_two_empty_lines() {
        assert_eq!(Table::new([]).to_string(), "\n\n");
    }
}
