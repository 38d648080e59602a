//! A profile at rest: the merged call tree.

use crate::clock::Clock;
use crate::paths::{OVERFLOW_NAME, ROOT};
use crate::profiler::Profiler;
use crate::session::Session;
use crate::stats::ProfileStats;
use crate::tally::Totals;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The call tree of all threads, merged at one moment.
///
/// It is plain data: it can be saved, loaded and [compared](crate::compare).
///
/// # Examples
///
/// ```
/// use atp_profile::{ManualClock, Profiler};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let profiler = Profiler::with_clock(clock.clone());
/// let wait = |millis| clock.advance(Duration::from_millis(millis));
/// profiler.profile_fn("suite_run", || {
///     profiler.profile_fn("load", || wait(2));
///     wait(3);
/// });
/// let profile = profiler.snapshot();
/// assert_eq!(profile.path(1), ["suite_run", "load"]);
/// let run = &profile.find(&["suite_run"]).unwrap().stats;
/// assert_eq!((run.total_ms(), run.self_time), (5.0, Duration::from_millis(3)));
/// println!("{}", profile.format_tree());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Profile {
    /// The paths, each after its parent, siblings with the longest total first.
    pub nodes: Vec<ProfileNode>,
    /// What was recorded, and what was not.
    pub counters: ProfileCounters,
    /// The time since recording began, or since the last reset.
    #[cfg_attr(feature = "serde", serde(rename = "elapsed_ns", with = "crate::json::nanos"))]
    pub elapsed: Duration,
}

/// One path of the call tree.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ProfileNode {
    /// The index in [`Profile::nodes`] of the path above, `None` for a root.
    pub parent: Option<usize>,
    /// The figures of the calls that took this path.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub stats: ProfileStats,
}

/// How much was recorded, and everything that was dropped or repaired on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ProfileCounters {
    /// Calls that ended.
    pub calls: u64,
    /// Calls that are open.
    pub open: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Tasks dropped before their end.
    pub cancelled: u64,
    /// Calls that panicked.
    pub panicked: u64,
    /// Calls counted in `<overflow>`, because the tree had no room for their path.
    pub overflowed: u64,
    /// Calls too deep to be timed, which are part of `overflowed`.
    pub too_deep: u64,
    /// Guards that were dropped out of order, or held across an await.
    pub out_of_order: u64,
    /// Single calls that are no longer in any ring. Their figures are in the tree.
    pub overwritten: u64,
    /// Calls that could not be listed while they were open.
    pub unlisted: u64,
    /// Spans that could not be recorded because their thread was ending.
    pub lost: u64,
}

/// Figures by path and by operation, before they become time.
struct Merged {
    by_node: Vec<Totals>,
    nodes: Vec<crate::paths::Node>,
    clock: Clock,
}

impl Profile {
    /// Returns the names from the root to a node.
    ///
    /// # Panics
    ///
    /// If `index` is not the index of a node.
    #[must_use]
    pub fn path(&self, index: usize) -> Vec<&str> {
        let mut path = vec![self.nodes[index].stats.operation.as_str()];
        let mut at = index;
        // A parent stands before its children; a profile from elsewhere may say otherwise.
        while let Some(parent) = self.nodes[at].parent.filter(|&parent| parent < at) {
            path.push(&self.nodes[parent].stats.operation);
            at = parent;
        }
        path.reverse();
        path
    }

    /// Returns the node that a path of names leads to.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&ProfileNode> {
        (0..self.nodes.len()).find(|&at| self.path(at) == path).map(|at| &self.nodes[at])
    }

    /// Returns the time spent in spans, no moment of a thread counted twice: the sum of all self
    /// times.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.nodes.iter().map(|node| node.stats.self_time).sum()
    }
}

impl Profiler {
    /// Returns the call tree as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Profile {
        let Some(session) = self.session() else { return Profile::default() };
        let merged = Merged::read(&session);
        let mut profile = Profile { nodes: merged.tree(), ..Profile::default() };
        profile.counters = counters(&session, &profile.nodes);
        profile.elapsed =
            session.clock().duration(session.clock().ticks().saturating_sub(session.origin()));
        profile
    }

    /// Returns the figures of each operation, whatever its place in the tree.
    #[doc(alias = "get_stats")]
    #[must_use]
    pub fn stats(&self) -> BTreeMap<String, ProfileStats> {
        let Some(session) = self.session() else { return BTreeMap::new() };
        let merged = Merged::read(&session);
        let mut by_name = BTreeMap::<&str, Totals>::new();
        for (node, totals) in merged.nodes.iter().zip(&merged.by_node) {
            if totals.count() > 0 {
                by_name.entry(node.name).or_default().merge(totals);
            }
        }
        let stats =
            |(name, totals)| (String::from(name), ProfileStats::new(name, &totals, &merged.clock));
        by_name.into_iter().map(stats).collect()
    }
}

impl Merged {
    fn read(session: &Session) -> Self {
        let mut by_path = BTreeMap::<u32, Totals>::new();
        session.visit_totals(|path, figures| figures.add_to(by_path.entry(path).or_default()));
        // After the figures: a path is known before the first figure of its own.
        let paths = session.paths();
        let mut by_node = vec![Totals::default(); paths.nodes().len()];
        for (path, totals) in &by_path {
            by_node[paths.node_of(*path) as usize].merge(totals);
        }
        Self { by_node, nodes: paths.nodes().to_vec(), clock: session.clock().clone() }
    }

    /// Returns the nodes with figures, and those above them, from the root down.
    fn tree(&self) -> Vec<ProfileNode> {
        let mut used: Vec<bool> = self.by_node.iter().map(|totals| totals.count() > 0).collect();
        let mut children = vec![Vec::new(); self.nodes.len()];
        for at in (1..self.nodes.len()).rev() {
            if used[at] {
                let parent = self.nodes[at].parent as usize;
                used[parent] = true;
                children[parent].push(at);
            }
        }
        let mut tree = Vec::new();
        let mut left = vec![(ROOT as usize, None)];
        while let Some((at, parent)) = left.pop() {
            let mut place = parent;
            if at != ROOT as usize {
                place = Some(tree.len());
                let stats = ProfileStats::new(self.nodes[at].name, &self.by_node[at], &self.clock);
                tree.push(ProfileNode { parent, stats });
            }
            let below = &mut children[at];
            below.sort_by_key(|&at| (Reverse(self.by_node[at].total), self.nodes[at].name));
            left.extend(below.iter().rev().map(|&at| (at, place)));
        }
        tree
    }
}

fn counters(session: &Session, nodes: &[ProfileNode]) -> ProfileCounters {
    let sum =
        |figure: fn(&ProfileStats) -> u64| nodes.iter().map(|n| figure(&n.stats)).sum::<u64>();
    let (mut open, mut listed) = (0, 0);
    for call in session.calls() {
        // A task that was never polled is counted and not timed.
        let timed = call.task.is_none_or(|task| task.first_poll.is_some());
        open += u64::from(call.is_open());
        listed += u64::from(!call.is_open() && timed);
    }
    let named_overflow = |node: &&ProfileNode| node.stats.operation == OVERFLOW_NAME;
    let counters = session.counters();
    ProfileCounters {
        calls: sum(|stats| stats.count),
        open,
        failed: sum(|stats| stats.failed),
        cancelled: sum(|stats| stats.cancelled),
        panicked: sum(|stats| stats.panicked),
        overflowed: nodes.iter().find(named_overflow).map_or(0, |node| node.stats.count),
        too_deep: counters.too_deep.load(Relaxed),
        out_of_order: counters.out_of_order.load(Relaxed),
        overwritten: sum(|stats| stats.timed + stats.recursive).saturating_sub(listed),
        unlisted: session.log().unlisted,
        lost: counters.lost.load(Relaxed),
    }
}
