//! The processes that an agent has started, found by all that Linux knows of them.

use super::cgroup::Cgroup;
use super::scan::{self, Marks};
use super::tree::Member;
use memchr::memmem::Finder;
use rustix::process::{Pid, Signal};
use std::collections::HashSet;
use std::time::Instant;

/// What the processes of a run are known by: their group, the mark in their environment and,
/// where the system lets this process make one, their control group.
#[derive(Debug)]
pub(super) struct Kin {
    leader: Pid,
    token: Finder<'static>,
    started: Instant,
    cgroup: Option<Cgroup>,
}

impl Kin {
    /// Takes in the leader of a run, which was started at `started` with `token` in its mark, and
    /// what that has started by now.
    pub(super) fn new(leader: Pid, token: &str, started: Instant) -> Self {
        scan::enter(leader);
        let cgroup = Cgroup::make(token);
        let token = Finder::new(token.as_bytes()).into_owned();
        let kin = Self { leader, token, started, cgroup };
        kin.enter_cgroup();
        kin
    }

    fn enter_cgroup(&self) {
        let Some(cgroup) = &self.cgroup else { return };
        let mut inside = HashSet::new();
        let mut outside = vec![self.leader];
        while !outside.is_empty() {
            for &pid in &outside {
                // One that has ended need not come, and one that may not is known by its mark.
                let _entered = cgroup.enter(pid);
            }
            inside.extend(outside);
            let marked = self.marked().into_iter().map(|member| member.pid);
            outside = marked.filter(|pid| !inside.contains(pid)).collect();
        }
    }

    /// Returns the living processes besides the leader. Those that are marked count wherever they
    /// are: an agent may ask a service of the system to move one to another control group.
    pub(super) fn members(&self, _has_ended: bool) -> Vec<Member> {
        let mut members = self.marked();
        let marked: HashSet<Pid> = members.iter().map(|member| member.pid).collect();
        let held = self.cgroup.as_ref().map(Cgroup::processes).unwrap_or_default();
        let unmarked = held.into_iter().filter(|pid| *pid != self.leader && !marked.contains(pid));
        members.extend(unmarked.map(|pid| Member { pid, left_group: true }));
        members
    }

    /// Sends a signal to those that have left the group of the leader and are still of its kin.
    pub(super) fn signal(&self, signal: Signal, members: &[Member]) {
        let cgroup = self.cgroup.as_ref();
        if signal == Signal::KILL {
            cgroup.inspect(|cgroup| cgroup.kill());
        }
        for &Member { pid, .. } in members.iter().filter(|member| member.left_group) {
            if !cgroup.is_some_and(|cgroup| cgroup.signal(pid, signal)) {
                scan::signal(pid, signal, &self.marks());
            }
        }
    }

    fn marked(&self) -> Vec<Member> {
        scan::find(&self.marks(), self.started.elapsed())
    }

    fn marks(&self) -> Marks<'_> {
        Marks { group: self.leader, token: &self.token }
    }
}

impl Drop for Kin {
    fn drop(&mut self) {
        scan::leave(self.leader);
    }
}
