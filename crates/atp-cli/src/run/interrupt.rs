//! The signals that end a run.

use std::{future::poll_fn, io, task::Poll};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Receives SIGINT and SIGTERM, and SIGHUP and SIGQUIT unless they are to be ignored, as below
/// `nohup`: whatever a terminal sends ends the agents as well.
#[derive(Debug)]
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    /// Begins to listen. From here on none of these signals ends the process by itself.
    pub(super) fn listen() -> io::Result<Self> {
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        let ignored = ignored();
        let others = [SignalKind::hangup(), SignalKind::quit()].into_iter();
        kinds.extend(others.filter(|kind| (ignored >> (kind.as_raw_value() - 1)) & 1 == 0));
        kinds.into_iter().map(signal).collect::<io::Result<_>>().map(Self)
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) {
        poll_fn(|context| {
            let came = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// The signals that this process was told to ignore, the first in the lowest bit. Where that cannot
/// be known all are left alone: to outlive a terminal by mistake is the lesser evil.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(u64::MAX)
}
