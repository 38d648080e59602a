//! CPU time as a criterion measurement.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use std::time::Duration;

/// A measurement that reads one of the system's CPU clocks.
macro_rules! cpu_time {
    ($(#[$doc:meta])* $name:ident, $clock:ident) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, Copy)]
        pub struct $name;

        impl $name {
            /// Returns what the clock says.
            ///
            /// # Panics
            ///
            /// On a system that has no such clock.
            pub fn now() -> Duration {
                let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
                #[expect(unsafe_code, reason = "CPU clocks are only reachable through libc")]
                // SAFETY: `time` is a valid, writable timespec, and the clock id is a constant
                // that Linux and macOS both know.
                let status = unsafe { libc::clock_gettime(libc::$clock, &raw mut time) };
                assert_eq!(status, 0, "a CPU clock cannot be read");
                Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
            }
        }

        impl Measurement for $name {
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
    };
}

cpu_time! {
    /// Measures CPU time of the thread that runs the bench.
    ///
    /// Reading that clock costs about half a microsecond, so a sample must hold many iterations,
    /// which criterion arranges by itself.
    ThreadTime, CLOCK_THREAD_CPUTIME_ID
}

cpu_time! {
    /// Measures CPU time of the whole process: what background threads do for the measured one is
    /// part of the bill.
    ProcessTime, CLOCK_PROCESS_CPUTIME_ID
}
