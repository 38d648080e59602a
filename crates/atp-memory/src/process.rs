//! What the operating system says the process holds.

/// Returns the resident set size in bytes: one read of `/proc/self/statm` on Linux, never a walk
/// over the mappings. The kernel keeps this number per processor and may be a few hundred pages
/// behind.
pub(crate) fn rss_bytes() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

/// Returns the highest resident set size since the process started, where the system keeps it:
/// `VmHWM` of `/proc/self/status`. (What `getrusage` returns would survive an `exec`.)
#[cfg(target_os = "linux")]
pub(crate) fn peak_rss_bytes() -> Option<u64> {
    use std::fs::File;
    use std::io::Read;

    // The line is within the first few hundred bytes, and a read of procfs is not cut short.
    let mut buffer = [0; 4096];
    let length = File::open("/proc/self/status").ok()?.read(&mut buffer).ok()?;
    parse_peak(&String::from_utf8_lossy(&buffer[..length]))
}

/// Not known on this platform.
#[cfg(not(target_os = "linux"))]
pub(crate) fn peak_rss_bytes() -> Option<u64> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn parse_peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_found_among_other_lines() {
        let status = "Name:\ta\nVmPeak:\t   10 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(parse_peak(status), Some(1234 * 1024));
    }

    #[test]
    fn what_is_not_there_is_not_zero() {
        assert_eq!(parse_peak("Name:\tkthread\n"), None);
        assert_eq!(parse_peak("VmHWM:\t99999999999999999999 kB\n"), None);
        assert_eq!(parse_peak("VmHWM:\t18446744073709551615 kB\n"), None);
        assert_eq!(parse_peak("VmHWM:\t12 pages\n"), None);
    }
}
