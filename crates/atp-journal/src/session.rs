//! One process's share of a run.

use crate::seconds;
use atp_protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// What one process that worked on a run says about itself when it ends.
///
/// A run that was resumed has several. A process that was killed never wrote its own, so that a
/// run's [session](crate::RunRecord::session) may have none here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Number from 0, to which the runs of this process refer.
    pub number: u32,
    /// When the process began with it.
    pub started_at: Timestamp,
    /// Seconds from there to the end of the last test.
    #[serde(deserialize_with = "seconds::read")]
    pub wall_seconds: f64,
    /// CPU seconds of the platform's own process, without those of agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_cpu_seconds: Option<f64>,
    /// Seconds that the same agent times would have taken on the same slots with a platform that
    /// costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ideal_seconds: Option<f64>,
    /// Whether a signal or a caller ended it before all tests were done.
    pub interrupted: bool,
    /// Highest resident memory of the platform's own process, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    /// Resident memory over time: seconds since the start, and bytes. At most
    /// [`Session::MAX_RSS_SAMPLES`] where [`Session::sample_rss`] wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rss_samples: Vec<(f64, u64)>,
}

impl Session {
    /// How many samples of memory are kept.
    pub const MAX_RSS_SAMPLES: usize = 1024;

    /// Creates the session of a process that has just begun.
    pub fn new(number: u32, started_at: Timestamp) -> Self {
        Self {
            number,
            started_at,
            wall_seconds: 0.0,
            platform_cpu_seconds: None,
            ideal_seconds: None,
            interrupted: false,
            peak_rss_bytes: None,
            rss_samples: Vec::new(),
        }
    }

    /// Adds what was resident so many seconds after the start, and raises the peak with it. When
    /// the samples are full, every second one goes, so that all of the time stays covered.
    pub fn sample_rss(&mut self, seconds: f64, bytes: u64) {
        self.peak_rss_bytes = self.peak_rss_bytes.max(Some(bytes));
        if self.rss_samples.len() >= Self::MAX_RSS_SAMPLES {
            let mut index = 0;
            self.rss_samples.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.rss_samples.push((seconds, bytes));
    }
}
