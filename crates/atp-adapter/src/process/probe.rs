//! A command of which only the success is of interest.

use super::launch::Launch;
use super::leader::Leader;
use crate::error::{ExitReason, Failure};
use rustix::process::{Signal, kill_process_group};
use std::time::Duration;
use tokio::time::timeout;

/// A command that is killed if nobody waits for it any more.
struct Command(Leader);

/// Starts the command and waits until it succeeds, at most for `time`.
pub(crate) async fn succeeds(launch: &Launch, time: Duration) -> Result<(), Failure> {
    let unreachable = |reason: String| {
        let endpoint = launch.program.clone();
        Failure::Connection { endpoint, reason }
    };
    let mut command = Command(Leader::new(launch.start_quietly()?));
    match timeout(time, command.0.ended()).await {
        Ok(Ok(end)) if end.status.success() => Ok(()),
        Ok(Ok(end)) => Err(unreachable(format!("it {}", ExitReason::of(end.status)))),
        Ok(Err(error)) => Err(unreachable(error.to_string())),
        Err(_) => Err(unreachable(format!("no answer within {} s", time.as_secs_f64()))),
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        if !self.0.try_reap() {
            // It may have ended just now, and has nothing to receive then.
            let _sent = kill_process_group(self.0.pid(), Signal::KILL);
        }
    }
}
