//! An agent's process with all that it started, and the ending of them.

use super::kin::Kin;
use super::launch::Launch;
use super::leader::{End, Leader};
use super::orphans;
use super::probe::succeeds;
use super::pump::Pump;
use super::token::new_token;
use crate::adapter::RunLimits;
use crate::error::Failure;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The variable that marks the processes of a run. A run inside of a run has the marks of both.
const MARK: &str = "ATP_RUN_TREE";

/// How long killed processes have to be gone.
const KILL_TIME: Duration = Duration::from_secs(3);

/// How long the command may take that ends what is outside of the tree.
const END_COMMAND_TIME: Duration = Duration::from_secs(10);

/// The processes of one run. Dropped before they are settled, they are killed.
#[derive(Debug)]
pub(super) struct Tree {
    leader: Leader,
    launch: Launch,
    kin: Kin,
    is_settled: bool,
}

/// A living process of the tree besides the leader.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) pid: Pid,
    pub(super) left_group: bool,
}

/// What was done about the processes that were left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// Those besides the leader that were found and are gone.
    pub(super) ended: u32,
    /// Those that are not gone, the leader included.
    pub(super) remaining: u32,
}

impl Tree {
    pub(super) async fn start(launch: Launch) -> Result<Self, Failure> {
        let token = new_token();
        let mut mark = std::env::var_os(MARK).unwrap_or_default();
        mark.push(":");
        mark.push(&token);
        let started = std::time::Instant::now();
        let leader = Leader::new(launch.start((MARK, mark)).await?);
        let kin = Kin::new(leader.pid(), &token, started);
        Ok(Self { leader, launch, kin, is_settled: false })
    }

    pub(super) fn leader(&mut self) -> &mut Leader {
        &mut self.leader
    }

    pub(super) fn end(&self) -> Option<End> {
        self.leader.end()
    }

    pub(super) fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Ends what is left of the tree: all processes are asked to, and killed when their time of
    /// grace is over. What they still write goes through the pump. A run that failed also ends
    /// what is outside of the tree.
    pub(super) async fn settle(
        &mut self,
        pump: &mut Pump<'_>,
        limits: &RunLimits,
        has_failed: bool,
    ) -> Settled {
        let mut seen = BTreeSet::new();
        let mut left = self.look(&mut seen);
        if !self.is_over(&left) && !limits.grace.is_zero() {
            self.signal(Signal::TERM, &left);
            // One that is stopped ends, or says goodbye, only when it goes on.
            self.signal(Signal::CONT, &left);
            left = self.wait(pump, limits.grace, &mut seen, None).await;
        }
        if has_failed && let Some(command) = self.launch.end_command() {
            // Late or failed: the processes of the tree are killed all the same.
            let _ended = succeeds(&command, END_COMMAND_TIME).await.is_ok();
        }
        if !self.is_over(&left) {
            left = self.wait(pump, KILL_TIME, &mut seen, Some(Signal::KILL)).await;
        }
        self.drain(pump, limits.drain).await;
        self.is_settled = self.is_over(&left);
        if self.leader.has_ended() {
            orphans::reap(self.leader.pid(), seen.iter().copied().filter_map(Pid::from_raw));
        }
        let ended = seen.len().saturating_sub(left.len()) as u32;
        let remaining = left.len() as u32 + u32::from(!self.leader.has_ended());
        Settled { ended, remaining }
    }

    /// Waits until all processes have ended or `time` is over, sending `signal` to those that are
    /// left each time it looks. Returns those that are left.
    async fn wait(
        &mut self,
        pump: &mut Pump<'_>,
        time: Duration,
        seen: &mut BTreeSet<i32>,
        signal: Option<Signal>,
    ) -> Vec<Member> {
        let until = Instant::now().checked_add(time);
        let mut pause = Duration::from_millis(1);
        loop {
            let left = self.look(seen);
            let is_late = until.is_some_and(|until| Instant::now() >= until);
            if self.is_over(&left) || is_late {
                return left;
            }
            if let Some(signal) = signal {
                self.signal(signal, &left);
            }
            self.listen(pump, pause).await;
            pause = (2 * pause).min(Duration::from_millis(32));
        }
    }

    /// Listens until `time` is over or the leader ends.
    async fn listen(&mut self, pump: &mut Pump<'_>, time: Duration) {
        let mut over = pin!(sleep(time));
        loop {
            tokio::select! {
                biased;
                () = &mut over => return,
                _ended = self.leader.ended(), if !self.leader.has_ended() => return,
                // What fails now has failed before, or is about to be ended anyway.
                _moved = pump.step(), if pump.is_open() => {}
            }
        }
    }

    /// Reads what ended processes left in the pipes.
    async fn drain(&mut self, pump: &mut Pump<'_>, time: Duration) {
        let mut over = pin!(sleep_until(Instant::now() + time.min(KILL_TIME)));
        pump.close_stdin();
        while pump.is_open() {
            tokio::select! {
                biased;
                () = &mut over => return,
                _moved = pump.step() => {}
            }
        }
    }

    fn is_over(&self, left: &[Member]) -> bool {
        left.is_empty() && self.leader.has_ended()
    }

    /// Returns the processes that are left, and notes that they were seen.
    fn look(&mut self, seen: &mut BTreeSet<i32>) -> Vec<Member> {
        self.leader.try_reap();
        let left = self.kin.members(self.leader.has_ended());
        seen.extend(left.iter().map(|member| member.pid.as_raw_pid()));
        left
    }

    fn signal(&self, signal: Signal, members: &[Member]) {
        let group = self.leader.pid();
        // Once the leader is reaped, only living members keep the number of the group theirs.
        let has_group = !self.leader.has_ended()
            || (members.iter().any(|member| !member.left_group)
                && test_kill_process_group(group).is_ok());
        if has_group {
            // A group that has ended meanwhile has nothing to receive.
            let _sent = kill_process_group(group, signal);
        }
        self.kin.signal(signal, members);
    }

    /// Kills what there is, without waiting for anything.
    fn kill(&mut self) {
        // Twice more for what was started in between; the leader reaps itself.
        for _ in 0..3 {
            let left = self.kin.members(self.leader.has_ended());
            if left.is_empty() && self.leader.has_ended() {
                break;
            }
            self.signal(Signal::KILL, &left);
        }
        let command = self.launch.end_command();
        drop(command.and_then(|command| command.start_quietly().ok()).map(Leader::new));
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if !self.is_settled {
            self.kill();
        }
    }
}
