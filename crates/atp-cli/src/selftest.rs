//! `atp selftest`: what the platform promises, measured on this machine.

pub(crate) mod agent;
mod events;
mod parallel;
mod stage;
mod start_up;
mod target;

use crate::{Format, MISSED, say};
use stage::Stage;
use std::{
    io::{self, Write},
    process::ExitCode,
};
use target::Targets;

/// What keeps a target from being measured.
type Failure = Box<dyn std::error::Error>;

/// Measures the targets, prints them, and answers with 0, or [`MISSED`] if one is missed or could
/// not be measured.
pub(crate) fn run(format: Format, mut out: impl Write) -> io::Result<ExitCode> {
    let targets = match measure() {
        Ok(targets) => targets,
        Err(error) => {
            say(format_args!("atp: the self-test cannot measure: {error}"));
            return Ok(ExitCode::from(MISSED));
        }
    };
    match format {
        Format::Text => write!(out, "{targets}")?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &targets)?;
            writeln!(out)?;
        }
    }
    Ok(ExitCode::from(if targets.all_met() { 0 } else { MISSED }))
}

fn measure() -> Result<Targets, Failure> {
    let stage = Stage::new()?;
    let mut targets = parallel::spawned(&stage)?;
    targets.push(start_up::measure()?);
    targets.push(parallel::in_process(&stage)?);
    for count in [10_000, 100_000] {
        targets.push(events::measure(&stage, count)?);
    }
    Ok(Targets::new(targets))
}
