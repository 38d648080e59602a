//! What a run found, in the form that was asked for, and how it ends.

use super::{Failure, options::Format};
use atp_table::{Column, Table};
use serde_json::{Map, Value, json};
use std::{ffi::OsStr, fs::OpenOptions, io::Write, process::ExitCode};

/// The number that JSON output carries. It changes when an old reader would misread it.
const SCHEMA: u64 = 1;

/// How the program ends when something regressed or a target was missed.
pub(crate) const MISSED: u8 = 2;

/// How a part of the run ended; the worst part decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Pass,
    Unreliable,
    Failed,
}

impl End {
    pub(super) fn worst(sections: &[Box<dyn Section>]) -> Self {
        sections.iter().map(|section| section.end()).max().unwrap_or(Self::Pass)
    }

    pub(super) fn exit_code(self, strict: bool) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed => MISSED,
            Self::Unreliable if strict => 3,
            Self::Unreliable | Self::Pass => 0,
        })
    }
}

/// A part of the output.
pub(super) trait Section {
    /// Where the part stands in the JSON of a run with several.
    fn key(&self) -> &'static str;
    fn text(&self) -> String;
    fn markdown(&self) -> String;
    fn json(&self) -> Value;
    /// Benchmarks in Bencher Metric Format; none by default.
    fn bmf(&self) -> Map<String, Value> {
        Map::new()
    }
    fn end(&self) -> End;
    /// Whether this part is the whole output, so that its JSON stands alone.
    fn is_alone(&self) -> bool {
        false
    }
}

/// Prints the sections, and appends them as markdown to the file of the job's summary.
pub(super) fn publish(
    sections: &[Box<dyn Section>],
    format: Format,
    summary: Option<&OsStr>,
) -> Result<(), Failure> {
    println!("{}", rendered(sections, format).trim_end());
    let Some(path) = summary.filter(|path| !path.is_empty()) else { return Ok(()) };
    let file = OpenOptions::new().append(true).create(true).open(path);
    let written =
        file.and_then(|mut file| file.write_all(rendered(sections, Format::Markdown).as_bytes()));
    written.map_err(|error| format!("{}: {error}", path.display()).into())
}

pub(super) fn rendered(sections: &[Box<dyn Section>], format: Format) -> String {
    let joined = |render: fn(&dyn Section) -> String| {
        sections.iter().map(|section| render(section.as_ref()) + "\n").collect::<String>()
    };
    match format {
        Format::Text => joined(|section| section.text()),
        Format::Markdown => joined(|section| section.markdown()),
        Format::Json => match sections {
            [section] if section.is_alone() => format!("{:#}\n", section.json()),
            _ => {
                let mut whole = Map::from_iter([("schema".to_owned(), json!(SCHEMA))]);
                let parts = sections.iter().map(|part| (part.key().to_owned(), part.json()));
                whole.extend(parts);
                format!("{:#}\n", Value::Object(whole))
            }
        },
        Format::Bmf => {
            let mut benchmarks = Map::new();
            // The first section that measured a benchmark is the one that reports it.
            for (name, measures) in sections.iter().flat_map(|section| section.bmf()) {
                benchmarks.entry(name).or_insert(measures);
            }
            format!("{:#}\n", Value::Object(benchmarks))
        }
    }
}

/// A table for the terminal and for markdown. The first column holds names, the others figures.
pub(super) struct Grid {
    names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(super) fn new(names: impl Into<Vec<&'static str>>) -> Self {
        Self { names: names.into(), rows: Vec::new() }
    }

    pub(super) fn push(&mut self, cells: impl Into<Vec<String>>) {
        self.rows.push(cells.into());
    }

    pub(super) fn text(&self) -> String {
        let columns = self.names.iter().enumerate();
        let mut table = Table::new(columns.map(|(index, name)| match index {
            0 => Column::left(*name),
            _ => Column::right(*name),
        }));
        for row in &self.rows {
            table.push(row);
        }
        table.to_string()
    }

    pub(super) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.names.iter().map(|name| (*name).to_owned()).collect());
        let sides = (0..self.names.len()).map(|index| if index == 0 { "---" } else { "---:" });
        text += &line(sides.map(str::to_owned).collect());
        for row in &self.rows {
            text += &line(row.iter().map(|cell| cell.replace('|', "\\|")).collect());
        }
        text
    }
}

/// Returns a ratio as a change in per cent, such as `+3.1 %`.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Part(&'static str, End);

    impl Section for Part {
        fn key(&self) -> &'static str {
            self.0
        }
        fn text(&self) -> String {
            format!("text of {}", self.0)
        }
        fn markdown(&self) -> String {
            format!("### {}", self.0)
        }
        fn json(&self) -> Value {
            json!(self.0)
        }
        fn bmf(&self) -> Map<String, Value> {
            Map::from_iter([("shared".to_owned(), json!(self.0))])
        }
        fn end(&self) -> End {
            self.1
        }
    }

    fn parts(ends: &[End]) -> Vec<Box<dyn Section>> {
        let names = ["a", "b", "c"];
        ends.iter().zip(names).map(|(end, name)| Box::new(Part(name, *end)) as _).collect()
    }

    #[test]
    fn the_worst_part_decides_the_exit_code() {
        let code = |ends: &[End], strict| End::worst(&parts(ends)).exit_code(strict);
        let is = |number: u8| ExitCode::from(number);
        assert_eq!(code(&[End::Pass, End::Pass], true), is(0));
        assert_eq!(code(&[End::Pass, End::Unreliable], false), is(0));
        assert_eq!(code(&[End::Pass, End::Unreliable], true), is(3));
        assert_eq!(code(&[End::Failed, End::Unreliable], true), is(2));
        assert_eq!(code(&[], true), is(0));
    }

    #[test]
    fn each_format_holds_every_part() {
        let parts = parts(&[End::Pass, End::Pass]);
        assert_eq!(rendered(&parts, Format::Text), "text of a\ntext of b\n");
        assert_eq!(rendered(&parts, Format::Markdown), "### a\n### b\n");
        let json: Value = serde_json::from_str(&rendered(&parts, Format::Json)).unwrap();
        assert_eq!(json, json!({"schema": 1, "a": "a", "b": "b"}));
        let bmf: Value = serde_json::from_str(&rendered(&parts, Format::Bmf)).unwrap();
        assert_eq!(bmf, json!({"shared": "a"}));
    }

    #[test]
    fn the_summary_is_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        for _ in 0..2 {
            publish(&parts(&[End::Pass]), Format::Text, Some(path.as_os_str())).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "### a\n### a\n");
        assert!(publish(&[], Format::Text, Some(folder.path().as_os_str())).is_err());
    }

    #[test]
    fn a_grid_prints_both_ways() {
        let mut grid = Grid::new(["name", "n"]);
        grid.push(["a|b".to_owned(), "1".to_owned()]);
        assert_eq!(grid.text(), "name  n\n-------\na|b   1\n");
        assert_eq!(grid.markdown(), "| name | n |\n| --- | ---: |\n| a\\|b | 1 |\n");
    }
}
