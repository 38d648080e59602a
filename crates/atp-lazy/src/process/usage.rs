//! Waiting for a child, and what it used.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::Duration;

/// What the operating system says that a child used, as far as it does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) cpu: Option<Duration>,
    pub(super) peak_rss_bytes: Option<u64>,
}

/// Waits for the end of `child`, of which the kernel then tells what it and the children that it
/// waited for used.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub(super) fn wait(mut child: Child) -> io::Result<(ExitStatus, Usage)> {
    use wait4::Wait4;

    let inherited = own_peak_bytes();
    loop {
        match child.wait4() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(ended) => {
                let used = ended.rusage;
                let peak = used.maxrss;
                return Ok((
                    ended.status,
                    Usage {
                        cpu: Some(used.utime + used.stime),
                        peak_rss_bytes: inherited.is_some_and(|own| peak > own).then_some(peak),
                    },
                ));
            }
        }
    }
}

/// Returns the highest resident set that this process has had so far. Read after the spawn,
/// it is at least what the child began with.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
fn own_peak_bytes() -> Option<u64> {
    use nix::sys::resource::{UsageWho, getrusage};

    let kibibytes_or_bytes =
        u64::try_from(getrusage(UsageWho::RUSAGE_SELF).ok()?.max_rss()).ok()?;
    // Apple counts in bytes, the others in units of 1,024 of them.
    Some(if cfg!(target_vendor = "apple") { kibibytes_or_bytes } else { kibibytes_or_bytes * 1024 })
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub(super) fn wait(mut child: Child) -> io::Result<(ExitStatus, Usage)> {
    Ok((child.wait()?, Usage::default()))
}
