//! The process that was started, and its end.

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitOptions, waitid, waitpid};
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::time::Duration;
#[cfg(target_os = "linux")]
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use wait4::Wait4;

/// The process that leads an agent's group.
///
/// It is reaped as late as possible: until then its number, which is that of its group, belongs
/// to nobody else.
#[derive(Debug)]
pub(super) struct Leader {
    child: Child,
    pid: Pid,
    waiter: Waiter,
    end: Option<End>,
    /// Somebody else has reaped it, so how it ended is not known.
    is_lost: bool,
}

/// How the leader ended, and what it took.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) status: ExitStatus,
    pub(super) cpu: Option<Duration>,
    pub(super) peak_rss_bytes: Option<u64>,
}

/// What tells that the leader has ended, without reaping it.
#[derive(Debug)]
enum Waiter {
    None,
    #[cfg(target_os = "linux")]
    Descriptor(AsyncFd<OwnedFd>),
    Thread(JoinHandle<()>),
}

impl Leader {
    pub(super) fn new(child: Child) -> Self {
        let pid = Pid::from_child(&child);
        Self { child, pid, waiter: Waiter::None, end: None, is_lost: false }
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// Tells whether the process is known to have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some() || self.is_lost
    }

    /// Waits until the process has ended and reaps it. Nothing is lost if this is dropped.
    pub(super) async fn ended(&mut self) -> io::Result<End> {
        if !self.has_ended() {
            if matches!(self.waiter, Waiter::None) {
                self.waiter = Waiter::new(self.pid);
            }
            self.waiter.wait().await;
            self.try_reap();
        }
        self.end.ok_or_else(|| io::Error::other("it cannot be waited for"))
    }

    /// Tells whether the process has ended, and reaps it then.
    pub(super) fn try_reap(&mut self) -> bool {
        if self.has_ended() {
            return true;
        }
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        match waitid(WaitId::Pid(self.pid), options) {
            Ok(Some(_)) => self.reap(),
            Err(Errno::CHILD) => self.is_lost = true,
            Ok(None) | Err(_) => {}
        }
        self.has_ended()
    }

    /// Reaps the process, which has ended.
    fn reap(&mut self) {
        let used = loop {
            match self.child.wait4() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                used => break used,
            }
        };
        match used {
            Ok(used) => {
                self.end = Some(End {
                    status: used.status,
                    cpu: Some(used.rusage.utime + used.rusage.stime),
                    peak_rss_bytes: Some(used.rusage.maxrss).filter(|&peak| is_its_own(peak)),
                });
            }
            Err(_) => self.is_lost = true,
        }
        // Closes the descriptor, so that its number is free as soon as the process is.
        self.waiter = Waiter::None;
    }
}

/// Reaps a process that was killed, as soon as it has ended.
impl Drop for Leader {
    fn drop(&mut self) {
        if self.try_reap() {
            return;
        }
        let pid = self.pid;
        let reap = move || waitpid(Some(pid), WaitOptions::NOHANG);
        if let Ok(runtime) = Handle::try_current() {
            let mut waiter = Waiter::new(pid);
            drop(runtime.spawn(async move {
                waiter.wait().await;
                // Reaped by somebody else is as good.
                let _status = reap();
            }));
            return;
        }
        // Without a runtime there is nobody to wait for it, but this thread for a moment.
        for _ in 0..100 {
            if !matches!(reap(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Waiter {
    fn new(pid: Pid) -> Self {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{PidfdFlags, pidfd_open};
            use tokio::io::Interest;

            #[expect(
                deprecated,
                reason = "what replaces it is unsafe, and a descriptor that is owned is sound here"
            )]
            let watch = |process| AsyncFd::with_interest(process, Interest::READABLE);
            let process = pidfd_open(pid, PidfdFlags::empty()).ok();
            let watched = process.and_then(|process| watch(process).ok());
            if let Some(descriptor) = watched {
                return Self::Descriptor(descriptor);
            }
        }
        // For systems without such descriptors; the thread is one of the runtime's pool.
        Self::Thread(tokio::task::spawn_blocking(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
        }))
    }

    /// Waits for the end. Fails only with the runtime, and then the process is waited for there.
    async fn wait(&mut self) {
        match self {
            Self::None => {}
            #[cfg(target_os = "linux")]
            Self::Descriptor(descriptor) => drop(descriptor.readable().await),
            Self::Thread(thread) => drop(thread.await),
        }
    }
}

/// Tells whether a peak is above what the child may have had from this process, whose memory is
/// also the child's until it executes its program.
fn is_its_own(peak_bytes: u64) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let own = kilobytes.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    // Each CPU keeps some pages of both figures to itself, so a little above may be ours.
    own.is_some_and(|own| peak_bytes / 1024 > own + own / 8)
}
