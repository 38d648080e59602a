//! The profiler as its users see it.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod api;
mod attribute;
mod calls;
mod compare;
mod concurrent;
mod exports;
mod limits;
mod misuse;
mod neighbours;
mod outcomes;
mod self_time;
mod stress;
mod tasks;
mod threads;
mod tracing;

use atp_profile::{ManualClock, Profile, Profiler, ProfilerConfig, set_profiler};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The process's profiler, for one test at a time.
static GLOBAL: Mutex<()> = Mutex::new(());

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A profiler on manual time.
fn manual() -> (Profiler, ManualClock) {
    let clock = ManualClock::new();
    (Profiler::with_clock(clock.clone()), clock)
}

/// Runs a test with a fresh profiler on manual time in the place of the process's.
fn with_global<T>(test: impl FnOnce(&Profiler, &ManualClock) -> T) -> T {
    let clock = ManualClock::new();
    let config = ProfilerConfig::new().with_clock(clock.clone()).with_ring_capacity(1 << 14);
    with_global_config(config, |profiler| test(profiler, &clock))
}

/// Runs a test with a fresh profiler in the place of the process's.
fn with_global_config<T>(config: ProfilerConfig, test: impl FnOnce(&Profiler) -> T) -> T {
    let _alone = GLOBAL.lock().unwrap_or_else(PoisonError::into_inner);
    let profiler = Profiler::with_config(config).unwrap();
    drop(set_profiler(profiler.clone()));
    let result = test(&profiler);
    drop(set_profiler(Profiler::disabled()));
    result
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The counts of a profile by path, such as `a;b`.
fn counts(profile: &Profile) -> BTreeMap<String, u64> {
    let path = |at| profile.path(at).join(";");
    profile.nodes.iter().enumerate().map(|(at, node)| (path(at), node.stats.count)).collect()
}
