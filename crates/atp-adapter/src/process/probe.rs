//! A command of which only the success is of interest.

use super::launch::Launch;
use super::leader::Leader;
use crate::error::{ExitReason, Failure};
use rustix::process::{Signal, kill_process_group};
use std::time::Duration;
use tokio::time::timeout;

/// Starts the command and waits until it succeeds, at most for `time`.
pub(crate) async fn succeeds(launch: &Launch, time: Duration) -> Result<(), Failure> {
    let unreachable = |reason: String| {
        let endpoint = launch.program.clone();
        Failure::Connection { endpoint, reason }
    };
    let mut leader = Leader::new(launch.start_quietly()?);
    match timeout(time, leader.ended()).await {
        Ok(Ok(end)) if end.status.success() => Ok(()),
        Ok(Ok(end)) => Err(unreachable(format!("it {}", ExitReason::of(end.status)))),
        Ok(Err(error)) => Err(unreachable(error.to_string())),
        Err(_) => {
            // It may have ended just now, and has nothing to receive then.
            let _sent = kill_process_group(leader.pid(), Signal::KILL);
            Err(unreachable(format!("no answer within {} s", time.as_secs_f64())))
        }
    }
}
