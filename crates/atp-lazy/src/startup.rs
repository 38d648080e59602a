//! What the start of a program spends, and on what.

mod report;
mod timing;

pub use timing::{StartupTiming, StartupTimings};

use crate::record::Recorder;
use std::sync::Arc;

/// Records every first-use initialisation of the process, on whatever thread, from
/// [`start`](Self::start) to [`stop`](Self::stop).
///
/// Several may run at the same time, and each hears everything. Dropping one without stopping it
/// ends its recording.
///
/// # Examples
///
/// ```
/// use atp_lazy::{LazyModule, StartupAnalyzer};
///
/// static ROOTS: LazyModule<Vec<u8>> = LazyModule::new("tls_roots", || vec![0; 1024]);
/// static HTTP: LazyModule<usize> = LazyModule::new("http_client", || ROOTS.get().len());
///
/// let analyzer = StartupAnalyzer::start();
/// HTTP.get();
/// let timings = analyzer.stop();
///
/// let [http, roots] = timings.timings() else { panic!("two were initialised") };
/// assert_eq!((http.name.as_str(), roots.parent), ("http_client", Some(0)));
/// assert!(http.self_time <= http.cumulative);
/// println!("{}", timings.format_report());
/// ```
#[doc(alias = "ImportAnalyzer")]
#[must_use = "dropping the analyzer ends its recording"]
#[derive(Debug)]
pub struct StartupAnalyzer {
    recorder: Arc<Recorder>,
}

impl StartupAnalyzer {
    /// How many initialisations an analyzer keeps unless told otherwise.
    pub const DEFAULT_CAPACITY: usize = 10_000;

    /// Begins to record.
    pub fn start() -> Self {
        Self::start_with_capacity(Self::DEFAULT_CAPACITY)
    }

    /// Begins to record, and keeps the first `capacity` initialisations; what comes after them is
    /// counted in [`StartupTimings::dropped`].
    pub fn start_with_capacity(capacity: usize) -> Self {
        Self { recorder: Recorder::listen(capacity) }
    }

    /// Ends the recording and returns what was heard. What is still running shows as
    /// [`StartupOutcome::Unfinished`](crate::StartupOutcome::Unfinished) with its time so far.
    #[must_use]
    pub fn stop(self) -> StartupTimings {
        let (heard, total) = self.recorder.stop();
        StartupTimings::new(heard, total)
    }
}

impl Drop for StartupAnalyzer {
    fn drop(&mut self) {
        // A second stop hears nothing more.
        self.recorder.stop();
    }
}
