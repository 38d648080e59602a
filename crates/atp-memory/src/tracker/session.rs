//! What a tracker gathers between a start and a stop.

use crate::allocator::census::{self, uncounted};
use crate::allocator::level::Peak;
use crate::allocator::sampler;
use crate::config::MemoryConfig;
use crate::error::TrackingError;
use crate::growth::History;
use crate::process;
use crate::report::{MemoryReport, Sampling, Source};
use crate::sites::Stacks;
use crate::snapshot::{HeapSnapshot, MemorySnapshot};
use crate::timeline::Timeline;
use crate::window::PeakWindow;
use std::borrow::Cow;
use std::mem;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Session {
    started: Instant,
    config: MemoryConfig,
    /// Open since the last snapshot; `None` without the allocator.
    window: Option<PeakWindow>,
    /// The highest peak of the windows before.
    peak: Peak,
    timeline: Timeline,
    sampler: Option<Sampler>,
    history: History,
}

/// The sampler's session; dropping it ends it.
#[derive(Debug)]
struct Sampler {
    session: u64,
    interval_bytes: u64,
    /// What threads without a slot had allocated when it started.
    unsampled_before: u64,
}

impl Session {
    pub(super) fn start(config: MemoryConfig) -> Result<Self, TrackingError> {
        let installed = census::is_installed();
        let interval =
            config.sample_interval_bytes.filter(|_| installed && cfg!(feature = "sites"));
        let sampler = interval.map(|interval| Sampler::start(interval, config.seed)).transpose()?;
        let mut session = Self {
            started: Instant::now(),
            config,
            window: installed.then(PeakWindow::open),
            peak: Peak::default(),
            timeline: Timeline::new(config.max_snapshots),
            sampler,
            history: History::default(),
        };
        drop(session.snapshot(Cow::Borrowed("start")));
        Ok(session)
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes a snapshot, keeps a copy of it and returns it.
    pub(super) fn snapshot(&mut self, label: Cow<'static, str>) -> MemorySnapshot {
        let counts = self.window.is_some().then(census::process);
        let since_last = self.window.as_mut().map(PeakWindow::renew).unwrap_or_default();
        self.peak = self.peak.max(since_last);
        let (rss_bytes, peak_rss_bytes) =
            uncounted(|| (process::rss_bytes(), process::peak_rss_bytes()));
        let snapshot = MemorySnapshot {
            label,
            at: self.elapsed(),
            heap: counts.map(|counts| HeapSnapshot::new(counts, self.peak)),
            rss_bytes,
            // The system updates the peak now and then, and may be behind what was just seen.
            peak_rss_bytes: peak_rss_bytes.map(|peak| peak.max(rss_bytes.unwrap_or(0))),
        };
        uncounted(|| {
            self.timeline.push(snapshot.clone(), since_last);
            if self.sampler.is_some() {
                self.history.note(snapshot.at, self.config.warm_up_snapshots);
            }
        });
        snapshot
    }

    /// Takes the last snapshot and says what happened.
    pub(super) fn finish(mut self) -> MemoryReport {
        let end = self.snapshot(Cow::Borrowed("end"));
        // The sums stay as they are from here on, while their names are looked up.
        let sampling = self.sampler.take().map(|sampler| sampler.finish());
        let report = MemoryReport {
            schema_version: MemoryReport::SCHEMA_VERSION,
            source: if self.window.is_some() { Source::Allocator } else { Source::RssOnly },
            duration: end.at,
            snapshots: self.timeline.snapshots(),
            dropped_snapshots: self.timeline.dropped(),
            changes: self.timeline.changes(),
            growth: sampling.as_ref().map(|(_, stacks)| self.history.growth(stacks)),
            sampling: sampling.map(|(sampling, _)| sampling),
        };
        drop(end);
        report
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let kept =
            (mem::replace(&mut self.timeline, Timeline::new(0)), mem::take(&mut self.history));
        uncounted(|| drop(kept));
    }
}

impl Sampler {
    fn start(interval_bytes: u64, seed: u64) -> Result<Self, TrackingError> {
        let unsampled_before = census::shared_bytes();
        match sampler::start(interval_bytes, seed) {
            Ok(session) => Ok(Self { session, interval_bytes, unsampled_before }),
            Err(interval_bytes) => Err(TrackingError::SamplerBusy { interval_bytes }),
        }
    }

    fn finish(self) -> (Sampling, Stacks) {
        let (stacks, tally) = sampler::stop(self.session, || (Stacks::current(), sampler::tally()));
        let unsampled_bytes = census::shared_bytes().saturating_sub(self.unsampled_before);
        let sampling = Sampling::new(self.interval_bytes, tally, unsampled_bytes, stacks.clone());
        (sampling, stacks)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        // Has no effect on a session that has ended.
        sampler::stop(self.session, || ());
    }
}
