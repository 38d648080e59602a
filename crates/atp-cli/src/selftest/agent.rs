//! The agent that the self-test starts: this program once more.

use atp_protocol::{Request, Response, Status};
use std::{
    io::{self, Read, Write},
    process::ExitCode,
    thread,
    time::Duration,
};

/// The hidden subcommand that this is.
pub(crate) const NAME: &str = "sleeping-agent";

/// Reads a request, sleeps, and answers that the task is completed.
pub(crate) fn run(seconds: f64, mut out: impl Write) -> io::Result<ExitCode> {
    let mut request = Vec::new();
    io::stdin().lock().read_to_end(&mut request)?;
    let request = Request::parse(&request).map_err(io::Error::other)?;
    thread::sleep(Duration::try_from_secs_f64(seconds).map_err(io::Error::other)?);
    serde_json::to_writer(&mut out, &Response::new(request.task_id, Status::Completed))?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
