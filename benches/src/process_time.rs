//! Process CPU time as a criterion measurement.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use std::time::Duration;

/// Measures CPU time of the whole process (`CLOCK_PROCESS_CPUTIME_ID`): what background threads
/// do for the measured one is part of the bill.
#[derive(Debug, Default, Clone, Copy)]
pub struct ProcessTime;

impl ProcessTime {
    /// Returns the CPU time that all threads of this process have used since it started.
    ///
    /// # Panics
    ///
    /// If the platform has no such clock.
    pub fn now() -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        #[expect(unsafe_code, reason = "the clock of a process is only reachable through libc")]
        // SAFETY: `time` is a valid, writable timespec, and the clock id is a constant that
        // Linux and macOS both know.
        let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
        assert_eq!(status, 0, "the process CPU clock cannot be read");
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

impl Measurement for ProcessTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::now()
    }

    fn end(&self, start: Duration) -> Duration {
        Self::now().saturating_sub(start)
    }

    fn add(&self, left: &Duration, right: &Duration) -> Duration {
        *left + *right
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        static NANOSECONDS: WallTime = WallTime;
        NANOSECONDS.formatter()
    }
}
