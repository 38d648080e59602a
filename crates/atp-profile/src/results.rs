//! Single calls as a tree.

use crate::calls::AnyCall;
use crate::metadata::Metadata;
use crate::profiler::Profiler;
use crate::session::Session;
use crate::tally::Outcome;
use std::collections::HashMap;
use std::time::Duration;

/// One call, with the calls inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ProfileResult {
    /// The name given to the span.
    pub operation: String,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// When it started, counted from when recording began; for a task its first poll, or when it
    /// was built if there was no poll.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "start_ns", serialize_with = "crate::json::nanos::serialize")
    )]
    pub start: Duration,
    /// When it ended; `None` while it is open.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "end_ns", serialize_with = "crate::json::maybe_nanos::serialize")
    )]
    pub end: Option<Duration>,
    /// How long it took, or has taken so far.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ns", serialize_with = "crate::json::nanos::serialize")
    )]
    pub duration: Duration,
    /// For a task that ended, how long it was polled.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "busy_ns", serialize_with = "crate::json::maybe_nanos::serialize")
    )]
    pub busy: Option<Duration>,
    /// What was known of this call.
    pub metadata: Metadata,
    /// The calls inside, in the order they started.
    pub children: Vec<ProfileResult>,
}

/// Calls nested deeper than this stand beside their parent: whoever walks a tree of results may
/// do so by recursion.
const MAX_NESTING: usize = 48;

impl ProfileResult {
    /// Returns how long it took, in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> f64 {
        self.duration.as_secs_f64() * 1e3
    }

    fn new(call: &AnyCall, session: &Session, name: &str, now: u64) -> Self {
        let clock = session.clock();
        let since_origin = |ticks: u64| clock.duration(ticks.saturating_sub(session.origin()));
        let end = if call.is_open() { now } else { call.end };
        Self {
            operation: name.to_owned(),
            outcome: call.outcome,
            start: since_origin(call.start),
            end: (!call.is_open()).then(|| since_origin(end)),
            duration: clock.duration(end.saturating_sub(call.start)),
            busy: call.task.filter(|_| !call.is_open()).map(|task| clock.duration(task.busy)),
            metadata: call.metadata.as_deref().cloned().unwrap_or_default(),
            children: Vec::new(),
        }
    }
}

impl Profiler {
    /// Returns the single calls that are still kept, as trees, in the order they started.
    ///
    /// A call whose parent has been overwritten stands at the top.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_profile::{Metadata, Outcome, Profiler};
    ///
    /// let profiler = Profiler::new();
    /// let run = || Metadata::new().with("test_id", "test-001");
    /// let span = profiler.profile_with("test_run", run);
    /// profiler.profile_fn("agent", || ());
    /// let results = profiler.results();
    /// assert_eq!(results[0].metadata.get("test_id"), Some("test-001"));
    /// assert_eq!((results[0].outcome, results[0].children.len()), (Outcome::Open, 1));
    /// # drop(span);
    /// ```
    #[doc(alias = "get_results")]
    #[must_use]
    pub fn results(&self) -> Vec<ProfileResult> {
        self.session().map_or_else(Vec::new, |session| trees(&session))
    }
}

fn trees(session: &Session) -> Vec<ProfileResult> {
    let calls = session.calls();
    let now = session.clock().ticks();
    let index: HashMap<u64, usize> = calls.iter().enumerate().map(|(at, c)| (c.id, at)).collect();
    let parents: Vec<_> = calls.iter().map(|call| index.get(&call.parent).copied()).collect();
    let depths = depths(&parents);

    let mut results: Vec<_> = {
        let paths = session.paths();
        let result = |call| ProfileResult::new(call, session, paths.name_of(call.path), now);
        calls.iter().map(|call| Some(result(call))).collect()
    };
    // The deepest first, and of equal depth the last first: a result that moves into its parent
    // has all of its own children, and they are then in reverse order.
    let mut order: Vec<_> = (0..calls.len()).collect();
    order.sort_unstable_by_key(|&at| (depths[at], at));
    for at in order.into_iter().rev() {
        let Some(parent) = parents[at] else { continue };
        let Some(mut result) = results[at].take() else { continue };
        result.children.reverse();
        let mut below = parent;
        while depths[below] + 1 >= MAX_NESTING
            && let Some(above) = parents[below]
        {
            below = above;
        }
        if let Some(parent) = &mut results[below] {
            parent.children.push(result);
        }
    }
    let mut roots: Vec<_> = results.into_iter().flatten().collect();
    for root in &mut roots {
        root.children.reverse();
    }
    roots
}

/// Returns how deep each call is below its root.
fn depths(parents: &[Option<usize>]) -> Vec<usize> {
    let mut depths: Vec<Option<usize>> =
        parents.iter().map(|parent| parent.is_none().then_some(0)).collect();
    let mut way = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        while let (None, Some(parent)) = (depths[at], parents[at]) {
            way.push(at);
            at = parent;
        }
        let mut depth = depths[at].unwrap_or(0);
        for at in way.drain(..).rev() {
            depth += 1;
            depths[at] = Some(depth);
        }
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}
