//! The arguments of `cargo xtask bench`.

use lexopt::{Arg, Parser, ValueExt};
use std::{ffi::OsString, path::PathBuf};

pub(super) const HELP: &str = "\
usage: cargo xtask bench [OPTIONS]

Without options: builds in release, runs the standard benchmarks and prints their report and the
platform's targets. With GITHUB_BASE_REF set it also compares with the merge base.

  --save FILE           write the figures to FILE
  --compare FILE        compare with figures written before, on this machine
  --against REV         build REV too and compare the two builds, in turn, process by process
  --criterion [FILTER]  run the criterion benches and hold them against benches/bars.toml;
                        FILTER is the name of a bench or a part of a row
  --platform            hold what the atp program costs as a process against its bars
  --selftest            find out how often the gate is wrong on this machine
  --trials N            decisions for each benchmark in --selftest (default 3)
  --format FORMAT       text (default), json, markdown or bmf (Bencher Metric Format)
  --strict              exit with 3 if the figures do not allow a verdict

exit codes: 0 pass, 1 error of the tool, 2 regression or missed target, 3 unreliable (--strict)";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) mode: Mode,
    pub(super) format: Format,
    pub(super) strict: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Measure { save: Option<PathBuf>, compare: Option<PathBuf> },
    Against { revision: String },
    Criterion { filter: Option<String> },
    Platform,
    Selftest { trials: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    Markdown,
    Bmf,
}

/// The arguments as they came, before they are held against each other.
#[derive(Default)]
struct Raw {
    save: Option<PathBuf>,
    compare: Option<PathBuf>,
    revision: Option<String>,
    criterion: bool,
    filter: Option<String>,
    platform: bool,
    selftest: bool,
    trials: Option<usize>,
}

impl Options {
    /// Reads the arguments; `None` asks for the help text.
    pub(super) fn parse(args: Vec<OsString>) -> Result<Option<Self>, lexopt::Error> {
        let mut parser = Parser::from_args(args);
        let (mut raw, mut format, mut strict) = (Raw::default(), Format::Text, false);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                Arg::Long("save") => raw.save = Some(parser.value()?.into()),
                Arg::Long("compare") => raw.compare = Some(parser.value()?.into()),
                Arg::Long("against") => raw.revision = Some(parser.value()?.string()?),
                Arg::Long("criterion") => {
                    raw.criterion = true;
                    raw.filter = parser.optional_value().map(|value| value.string()).transpose()?;
                }
                Arg::Value(filter) if raw.criterion && raw.filter.is_none() => {
                    raw.filter = Some(filter.string()?);
                }
                Arg::Long("platform") => raw.platform = true,
                Arg::Long("selftest") => raw.selftest = true,
                Arg::Long("trials") => raw.trials = Some(parser.value()?.parse()?),
                Arg::Long("format") => format = Format::parse(&parser.value()?.string()?)?,
                Arg::Long("strict") => strict = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(Self { mode: raw.mode()?, format, strict }))
    }
}

impl Raw {
    fn mode(self) -> Result<Mode, lexopt::Error> {
        let files = self.save.is_some() || self.compare.is_some();
        let modes = [files, self.revision.is_some(), self.criterion, self.platform, self.selftest];
        if modes.iter().filter(|wanted| **wanted).count() > 1 {
            return Err(
                "--save and --compare, --against, --criterion, --platform and --selftest exclude \
                        each other"
                    .into(),
            );
        }
        if self.trials.is_some() && !self.selftest {
            return Err("--trials belongs to --selftest".into());
        }
        if self.trials == Some(0) {
            return Err("--trials must be at least 1".into());
        }
        Ok(if let Some(revision) = self.revision {
            Mode::Against { revision }
        } else if self.criterion {
            Mode::Criterion { filter: self.filter }
        } else if self.platform {
            Mode::Platform
        } else if self.selftest {
            Mode::Selftest { trials: self.trials.unwrap_or(3) }
        } else {
            Mode::Measure { save: self.save, compare: self.compare }
        })
    }
}

impl Format {
    fn parse(name: &str) -> Result<Self, lexopt::Error> {
        Ok(match name {
            "text" => Self::Text,
            "json" => Self::Json,
            "markdown" => Self::Markdown,
            "bmf" => Self::Bmf,
            _ => return Err(format!("{name:?} is not text, json, markdown or bmf").into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, String> {
        let args = words.iter().map(OsString::from).collect();
        let options = Options::parse(args).map_err(|error| error.to_string())?;
        options.ok_or_else(|| "help".to_owned())
    }

    fn mode(words: &[&str]) -> Mode {
        parse(words).unwrap().mode
    }

    #[test]
    fn each_mode_is_reached() {
        assert_eq!(mode(&[]), Mode::Measure { save: None, compare: None });
        assert_eq!(
            mode(&["--compare", "a", "--save=b"]),
            Mode::Measure { save: Some("b".into()), compare: Some("a".into()) }
        );
        assert_eq!(mode(&["--against", "main"]), Mode::Against { revision: "main".into() });
        assert_eq!(mode(&["--criterion"]), Mode::Criterion { filter: None });
        assert_eq!(mode(&["--criterion", "lazy"]), Mode::Criterion { filter: Some("lazy".into()) });
        assert_eq!(mode(&["--criterion=lazy"]), Mode::Criterion { filter: Some("lazy".into()) });
        assert_eq!(mode(&["--platform"]), Mode::Platform);
        assert_eq!(mode(&["--selftest"]), Mode::Selftest { trials: 3 });
        assert_eq!(mode(&["--selftest", "--trials", "9"]), Mode::Selftest { trials: 9 });
    }

    #[test]
    fn format_and_strict_go_with_any_mode() {
        let options = parse(&["--against", "x", "--strict", "--format", "bmf"]).unwrap();
        assert_eq!((options.format, options.strict), (Format::Bmf, true));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (words, part) in [
            (&["--against", "x", "--selftest"][..], "exclude each other"),
            (&["--trials", "2"][..], "belongs to --selftest"),
            (&["--selftest", "--trials", "0"][..], "at least 1"),
            (&["--format", "html"][..], "\"html\" is not text"),
            (&["lazy"][..], "unexpected argument"),
            (&["--save"][..], "missing argument"),
            (&["-h"][..], "help"),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(part), "{words:?}: {error}");
        }
    }
}
