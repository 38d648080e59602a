//! Descendants whose parents have ended come to this process, if it asks for them.

use rustix::process::{Pid, WaitOptions, waitpgid, waitpid};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

static ADOPTS: AtomicBool = AtomicBool::new(false);

/// How long orphans have to be gone once they are killed.
const KILL_TIME: Duration = Duration::from_secs(3);

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

/// Kills every child of this process, those that have come to it included, until there is none,
/// and returns how many are left all the same.
///
/// For the end of a program that has called [`adopt_orphans`] and whose children are all agents:
/// it ends what has left the group of its run and has cleared the mark of the run from its
/// environment, which the end of the run itself cannot find. Without `adopt_orphans` it does
/// nothing and returns 0. Dropping the future stops the search; what was killed by then stays so.
///
/// # Panics
///
/// Outside a tokio runtime with its timer on, where there is something to wait for.
pub async fn end_orphans() -> usize {
    let mut pause = Duration::from_millis(1);
    let mut waited = Duration::ZERO;
    loop {
        let left = kill_children();
        #[cfg(target_os = "linux")]
        super::cgroup::tidy();
        if left == 0 || waited >= KILL_TIME {
            return left;
        }
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (2 * pause).min(Duration::from_millis(32));
    }
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

/// Kills the children of this process, reaps those that have ended, and returns how many there
/// were: the children of one that was reaped now have come to this process meanwhile, unseen.
#[cfg(target_os = "linux")]
fn kill_children() -> usize {
    use rustix::process::{Signal, kill_process};

    if !ADOPTS.load(Relaxed) {
        return 0;
    }
    // A child belongs to the thread that started it or took it in.
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let list = |folder: std::fs::DirEntry| std::fs::read_to_string(folder.path().join("children"));
    let lists: String = threads.filter_map(|thread| list(thread).ok()).collect();
    let children = lists.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
    let kill = |pid: Pid| {
        // The number of a child is nobody else's until the child is reaped, here.
        let _sent = kill_process(pid, Signal::KILL);
        let _status = waitpid(Some(pid), WaitOptions::NOHANG);
    };
    children.filter_map(Pid::from_raw).map(kill).count()
}

#[cfg(not(target_os = "linux"))]
fn kill_children() -> usize {
    0
}
