//! `atp bench`: what the platform's parts cost on this machine.

use crate::Format;
use atp_bench::{run_async_benchmarks, run_standard_benchmarks};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Runs both suites. Text is printed as soon as a suite is done, JSON is one array of the two.
pub(crate) fn run(format: Format, mut out: impl Write) -> io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let standard = run_standard_benchmarks();
    if format == Format::Text {
        writeln!(out, "{}", standard.format_report())?;
    }
    let concurrent = runtime.block_on(run_async_benchmarks());
    match format {
        Format::Text => writeln!(out, "{}", concurrent.format_report())?,
        Format::Json => writeln!(out, "[{},\n{}]", standard.to_json(), concurrent.to_json())?,
    }
    Ok(ExitCode::SUCCESS)
}
