//! What this process takes of the machine.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long the process is looked at before anything is said about it.
const WINDOW: Duration = Duration::from_secs(2);

/// The share of its threads that the process may use before it is what everything waits for.
const BUSY: f64 = 0.9;

/// How late the runner may look at its clock, on average over a window.
const LATE: Duration = Duration::from_millis(100);

/// Returns the CPU time of this process, user and system, without that of its children.
pub(crate) fn cpu() -> Option<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    u64::try_from(micros).ok().map(Duration::from_micros)
}

/// Returns the memory of this process that is resident now.
pub(crate) fn resident_bytes() -> Option<u64> {
    memory_stats::memory_stats().map(|memory| memory.physical_mem as u64)
}

/// Finds out whether the runner itself is what everything waits for.
#[derive(Debug)]
pub(crate) struct Saturation {
    /// How many threads the runtime can really use.
    threads: f64,
    began: Instant,
    cpu: Option<Duration>,
    late: Duration,
    looks: u32,
    is_told: bool,
}

impl Saturation {
    /// Begins a window. Inside a runtime.
    pub(crate) fn new() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let threads = Handle::current().metrics().num_workers().clamp(1, cores) as f64;
        let (began, cpu, late) = (Instant::now(), cpu(), Duration::ZERO);
        Self { threads, began, cpu, late, looks: 0, is_told: false }
    }

    /// Notes that the runner looked at its clock `late`, and returns what there is to warn of:
    /// once in all.
    pub(crate) fn look(&mut self, late: Duration) -> Option<String> {
        self.late += late;
        self.looks += 1;
        let elapsed = self.began.elapsed();
        if self.is_told || elapsed < WINDOW {
            return None;
        }
        let now = cpu();
        let used = now.zip(self.cpu).map(|(now, before)| now.saturating_sub(before).as_secs_f64());
        let share = used.map(|used| used / (elapsed.as_secs_f64() * self.threads));
        let late = self.late / self.looks;
        (self.began, self.cpu, self.late, self.looks) = (Instant::now(), now, Duration::ZERO, 0);
        let warning = saturated(share, self.threads, late);
        self.is_told = warning.is_some();
        warning
    }
}

fn saturated(share: Option<f64>, threads: f64, late: Duration) -> Option<String> {
    let advice = "it is the runner that the agents wait for: times are longer than the agents'";
    match share {
        Some(share) if share >= BUSY => {
            let percent = share * 100.0;
            Some(format!("this process uses {percent:.0} % of its {threads} threads; {advice}"))
        }
        _ if late >= LATE => {
            Some(format!("this process gets its turn {} ms late; {advice}", late.as_millis()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_and_memory_are_there() {
        let before = cpu().unwrap();
        let mut sum = 0_u64;
        while cpu().unwrap() == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(resident_bytes().unwrap() > 100_000);
    }

    #[test]
    fn busy_and_late_are_warned_of() {
        let (soon, late) = (Duration::from_millis(1), Duration::from_millis(150));
        assert!(
            saturated(Some(0.95), 2.0, soon)
                .unwrap()
                .starts_with("this process uses 95 % of its 2")
        );
        assert!(saturated(Some(0.1), 2.0, late).unwrap().contains("150 ms late"));
        assert_eq!(saturated(Some(0.5), 2.0, soon), None);
        assert_eq!(saturated(None, 2.0, soon), None);
    }
}
