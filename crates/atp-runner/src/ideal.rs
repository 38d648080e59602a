//! How long the same agents would have taken with a platform that costs nothing.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

/// An attempt, as the ideal schedule sees it. Times are in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Task {
    /// Which run it belongs to.
    pub(crate) run: usize,
    /// When it really began.
    pub(crate) started: f64,
    /// How long the agent worked.
    pub(crate) agent: f64,
    /// How long it waited for the rate limit.
    pub(crate) limited: f64,
    /// How long a retry waited after the attempt before it.
    pub(crate) retry_wait: Option<f64>,
}

/// Seconds as a key of a heap.
#[derive(Debug, Clone, Copy, PartialEq)]
struct At(f64);

/// Returns the seconds in which `slots` slots finish `tasks` when each, in the order in which they
/// really began, takes the slot that is free first and no time passes between two of them.
///
/// This is list scheduling (Graham 1966). Waits for the rate limit and before retries are part of
/// the ideal, for no platform could have saved them.
pub(crate) fn seconds(mut tasks: Vec<Task>, slots: u32) -> f64 {
    // Of those that began at the same moment, the ones that took no time made room for the others.
    tasks.sort_by(|a, b| a.started.total_cmp(&b.started).then(a.agent.total_cmp(&b.agent)));
    let mut free = BinaryHeap::new();
    let mut retried = HashMap::new();
    let (mut begun, mut end) = (0.0_f64, 0.0_f64);
    let mut really_begun = 0.0;
    for task in tasks {
        // Several may wait for the limit at once, and then their waits overlap.
        let limited = task.limited.min(task.started - really_begun).max(0.0);
        really_begun = task.started;
        let vacant = if free.len() < slots as usize { None } else { free.pop() };
        let vacant = vacant.map_or(0.0, |Reverse(At(at))| at);
        begun = vacant.max(begun + limited);
        if let Some(wait) = task.retry_wait {
            let before = retried.get(&task.run).copied().unwrap_or_default();
            begun = begun.max(before + wait.max(0.0));
        }
        let ends = begun + task.agent.max(0.0);
        free.push(Reverse(At(ends)));
        retried.insert(task.run, ends);
        end = end.max(ends);
    }
    end
}

impl Eq for At {}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for At {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(agents: &[f64]) -> Vec<Task> {
        let task = |(run, &agent)| Task { run, started: run as f64, agent, ..Task::default() };
        agents.iter().enumerate().map(task).collect()
    }

    #[test]
    fn equal_tasks_come_in_waves() {
        assert_eq!(seconds(tasks(&[0.5; 200]), 10), 10.0);
        assert_eq!(seconds(tasks(&[0.5; 201]), 10), 10.5);
        assert_eq!(seconds(tasks(&[0.5; 200]), 1000), 0.5);
    }

    #[test]
    fn the_order_of_the_suite_is_kept() {
        // 1, 1 and 4 on two slots: the long one begins when the first slot is free.
        assert_eq!(seconds(tasks(&[1.0, 1.0, 4.0]), 2), 5.0);
        assert_eq!(seconds(tasks(&[4.0, 1.0, 1.0]), 2), 4.0);
    }

    #[test]
    fn a_rate_limit_is_part_of_the_ideal() {
        let mut tasks = tasks(&[0.1; 5]);
        tasks[1..].iter_mut().for_each(|task| task.limited = 1.0);
        assert_eq!(seconds(tasks, 10), 4.1);
    }

    #[test]
    fn waits_for_the_limit_that_overlap_count_once() {
        let mut tasks = tasks(&[0.1; 3]);
        tasks[1..].iter_mut().for_each(|task| task.limited = 2.0);
        assert_eq!(seconds(tasks, 10), 2.1);
    }

    #[test]
    fn a_retry_waits_in_the_ideal_too() {
        let first = Task { agent: 1.0, ..Task::default() };
        let retry = Task { started: 61.0, agent: 2.0, retry_wait: Some(60.0), ..Task::default() };
        let other = Task { run: 1, started: 0.5, agent: 5.0, ..Task::default() };
        assert_eq!(seconds(vec![retry, first, other], 2), 63.0);
    }

    #[test]
    fn nothing_takes_no_time_and_nonsense_does_not_go_back() {
        assert_eq!(seconds(Vec::new(), 4), 0.0);
        assert_eq!(seconds(tasks(&[-1.0, f64::NAN, 2.0]), 1), 2.0);
    }
}
