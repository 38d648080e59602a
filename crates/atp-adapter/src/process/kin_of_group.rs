//! The processes that an agent has started, as far as they are in its group.

use super::tree::Member;
use rustix::process::{Pid, Signal, test_kill_process_group};
use std::time::Instant;

/// What the processes of a run are known by: their group, which is all that this system shows.
#[derive(Debug)]
pub(super) struct Kin {
    leader: Pid,
}

impl Kin {
    pub(super) fn new(leader: Pid, _token: &str, _started: Instant) -> Self {
        Self { leader }
    }

    /// Tells only whether there is any process left in the group of a leader that has ended, and
    /// calls it by the number of the group.
    pub(super) fn members(&self, has_ended: bool) -> Vec<Member> {
        let is_left = has_ended && test_kill_process_group(self.leader).is_ok();
        is_left.then_some(Member { pid: self.leader, left_group: false }).into_iter().collect()
    }

    /// None is known that has left the group.
    pub(super) fn signal(&self, _signal: Signal, _members: &[Member]) {}
}
