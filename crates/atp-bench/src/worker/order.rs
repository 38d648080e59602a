//! What a worker is asked to do.

use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;

/// Samples and calls that one process makes at most; more is a slip of the keyboard.
const LIMIT: u64 = 1 << 40;

/// Why a worker does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The arguments make no sense.
    #[error("{0}")]
    Arguments(String),
    /// There is no benchmark of that name.
    #[error("there is no benchmark named {0:?}: see --list")]
    Unknown(String),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Absent for the list.
    pub(super) name: Option<String>,
    pub(super) task: Task,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    List,
    Calibrate,
    Sample { iterations: u64, samples: u64 },
    Count { iterations: u64 },
}

impl Order {
    pub(super) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, WorkerError> {
        Self::read(Parser::from_args(arguments))
            .map_err(|error| WorkerError::Arguments(error.to_string()))
    }

    fn read(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let (mut name, mut list, mut calibrate) = (None, false, false);
        let (mut iterations, mut samples, mut count) = (None, None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("json") => {}
                Arg::Long("list") => list = true,
                Arg::Long("calibrate") => calibrate = true,
                Arg::Long("exact") => name = Some(parser.value()?.string()?),
                Arg::Long("iters") => iterations = Some(number(&mut parser)?),
                Arg::Long("samples") => samples = Some(number(&mut parser)?),
                Arg::Long("count") => count = Some(number(&mut parser)?),
                other => return Err(other.unexpected()),
            }
        }
        let task = match (list, calibrate, iterations, samples, count) {
            (true, false, None, None, None) => Task::List,
            (false, true, None, None, None) => Task::Calibrate,
            (false, false, Some(iterations), Some(samples), None) => {
                Task::Sample { iterations, samples }
            }
            (false, false, None, None, Some(iterations)) => Task::Count { iterations },
            _ => {
                return Err("one of --list, --calibrate, --iters with --samples, or --count".into());
            }
        };
        match (name, task) {
            (Some(_), Task::List) => Err("--list takes no --exact".into()),
            (None, task) if task != Task::List => Err("--exact NAME is missing".into()),
            (name, task) => Ok(Self { name, task }),
        }
    }
}

fn number(parser: &mut Parser) -> Result<u64, lexopt::Error> {
    let number: u64 = parser.value()?.parse()?;
    if (1..=LIMIT).contains(&number) {
        Ok(number)
    } else {
        Err(format!("{number} is not from 1 to {LIMIT}").into())
    }
}
