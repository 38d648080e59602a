//! How many files may be open at a time.

use super::job::Job;
use crate::say;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that a run may hold while its agent is started: both ends of three pipes, and what
/// tells of the start and of the end.
const OF_A_RUN: u64 = 8;
/// What the program needs besides.
const OF_THE_REST: u64 = 64;

/// Raises the limit of open files, as far as this process may, to what `parallel` runs of the jobs
/// need. Tells if that is not enough: then agents may fail to start.
pub(super) fn make_room(jobs: &[Job], parallel: u32, runs: Option<u32>) {
    let largest = jobs.iter().filter(|job| !job.choice.kind.starts_with("builtin:")).map(|job| {
        let runs = runs.map_or(job.suite.defaults.runs_per_test, u64::from);
        runs.saturating_mul(job.suite.tests.len() as u64)
    });
    let Some(largest) = largest.max() else { return };
    let at_a_time = largest.min(u64::from(parallel));
    let needed = at_a_time * OF_A_RUN + OF_THE_REST;
    let limit = getrlimit(Resource::Nofile);
    let raised = raised(limit, needed);
    // Where it cannot be raised, the old one goes on.
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    };
    if let Some(allowed) = allowed.filter(|allowed| *allowed < needed) {
        say(format_args!(
            "atp: {at_a_time} runs at a time may need {needed} open files, and {allowed} are \
             allowed: agents may fail to start; see ulimit -n"
        ));
    }
}

/// The limit with as much as is needed, or as is allowed. None is no limit.
fn raised(limit: Rlimit, needed: u64) -> Rlimit {
    let most = limit.maximum.map_or(needed, |most| most.min(needed));
    Rlimit { current: limit.current.map(|current| current.max(most)), ..limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_and_never_lowered() {
        let raised = |current, maximum, needed| raised(Rlimit { current, maximum }, needed).current;
        assert_eq!(raised(Some(1024), Some(4096), 144), Some(1024));
        assert_eq!(raised(Some(1024), Some(4096), 2000), Some(2000));
        assert_eq!(raised(Some(1024), Some(4096), 8064), Some(4096));
        assert_eq!(raised(Some(1024), None, 8064), Some(8064));
        assert_eq!(raised(None, None, 8064), None);
    }
}
