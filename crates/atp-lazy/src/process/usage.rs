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

    let used = loop {
        match child.wait4() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            ended => break ended?,
        }
    };
    let cpu = Some(used.rusage.utime + used.rusage.stime);
    let peak_rss_bytes = Some(used.rusage.maxrss).filter(|&peak| is_its_own(peak));
    Ok((used.status, Usage { cpu, peak_rss_bytes }))
}

/// Tells whether a child's peak is above what it may have inherited: until it executes its
/// program it lives in our memory, or in a copy, and the kernel counts that peak as its own.
/// Both figures are sums of counters that each CPU keeps some pages of to itself, so a peak that
/// is only a little above ours may be ours.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
fn is_its_own(peak: u64) -> bool {
    own_peak_bytes().is_some_and(|own| peak > own + own / 8)
}

/// Returns the highest resident set of this process since it executed its own program.
#[cfg(target_os = "linux")]
fn own_peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Returns the highest resident set of this process.
#[cfg(any(target_os = "macos", target_os = "freebsd"))]
fn own_peak_bytes() -> Option<u64> {
    use nix::sys::resource::{UsageWho, getrusage};

    let peak = u64::try_from(getrusage(UsageWho::RUSAGE_SELF).ok()?.max_rss()).ok()?;
    // macOS counts in bytes, FreeBSD in units of 1,024 of them.
    Some(if cfg!(target_os = "macos") { peak } else { peak * 1024 })
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
pub(super) fn wait(mut child: Child) -> io::Result<(ExitStatus, Usage)> {
    Ok((child.wait()?, Usage::default()))
}
