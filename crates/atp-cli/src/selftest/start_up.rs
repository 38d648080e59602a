//! How long the program takes to start.

use super::{
    Failure,
    target::{Limit, Target},
};
use std::{
    env,
    process::{Command, Stdio},
    time::Instant,
};

/// Starts of which the median counts.
const STARTS: usize = 21;
const LIMIT_SECONDS: f64 = 2.0;

/// Measures the time from starting this program with `--version` to its end.
pub(super) fn measure() -> Result<Target, Failure> {
    let program = env::current_exe()?;
    let mut seconds = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let mut command = Command::new(&program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status()?;
        seconds.push(start.elapsed().as_secs_f64());
        if !status.success() {
            return Err(format!("{} --version ended with {status}", program.display()).into());
        }
    }
    let median = atp_stats::median(&seconds)?;
    Ok(Target::new("CLI start-up", "< 2 s", Limit::SecondsBelow(LIMIT_SECONDS), median))
}
