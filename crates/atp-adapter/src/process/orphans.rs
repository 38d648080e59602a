//! Descendants whose parents have ended come to this process, if it asks for them.

use rustix::process::{Pid, WaitOptions, waitpgid, waitpid};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static ADOPTS: AtomicBool = AtomicBool::new(false);

/// Makes this process the one that orphaned descendants come to (a subreaper), so that they stay
/// in sight and leave no zombie behind. For the `main` of a program: it holds for all that the
/// process starts. Only Linux knows this; elsewhere it does nothing.
///
/// # Errors
///
/// What the system said.
pub fn adopt_orphans() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        ADOPTS.store(true, Relaxed);
    }
    Ok(())
}

/// Reaps what came to this process from an agent whose leader is reaped, and has ended.
pub(super) fn reap(group: Pid, others: impl IntoIterator<Item = Pid>) {
    if !ADOPTS.load(Relaxed) {
        return;
    }
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    for pid in others {
        // Not a child of this process, or not ended: then there is nothing to reap.
        let _status = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}
