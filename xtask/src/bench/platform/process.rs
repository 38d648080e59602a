//! One process, and what the system says it took.

use crate::bench::Failure;
use std::{
    process::{Command, Stdio},
    time::Instant,
};
use wait4::Wait4;

/// What a process and its descendants took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) wall_seconds: f64,
    /// User and system time, descendants that were waited for included.
    pub(super) cpu_seconds: f64,
    /// The largest resident set of any one of them.
    pub(super) peak_bytes: u64,
}

/// Runs a command without output to its end.
pub(super) fn run(command: &mut Command) -> Result<Taken, Failure> {
    let name = command.get_program().display().to_string();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    let used = child.wait4().map_err(|error| format!("{name}: {error}"))?;
    let wall_seconds = began.elapsed().as_secs_f64();
    if !used.status.success() {
        return Err(format!("{name} ended with {}", used.status).into());
    }
    let cpu_seconds = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok(Taken { wall_seconds, cpu_seconds, peak_bytes: used.rusage.maxrss })
}
