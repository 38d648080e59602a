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
pub(super) enum Order {
    /// To tell which benchmarks there are.
    List,
    /// To do something with one of them.
    One { name: String, task: Task },
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
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
        if list {
            let alone = name.is_none() && !calibrate && iterations.or(samples).or(count).is_none();
            return if alone { Ok(Self::List) } else { Err("--list stands alone".into()) };
        }
        let task = match (calibrate, iterations, samples, count) {
            (true, None, None, None) => Task::Calibrate,
            (false, Some(iterations), Some(samples), None) => Task::Sample { iterations, samples },
            (false, None, None, Some(iterations)) => Task::Count { iterations },
            _ => {
                return Err("one of --list, --calibrate, --iters with --samples, or --count".into());
            }
        };
        let name = name.ok_or("--exact NAME is missing")?;
        Ok(Self::One { name, task })
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
