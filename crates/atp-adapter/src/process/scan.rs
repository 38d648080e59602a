//! Looks through `/proc` for the processes of one agent.

use super::tree::Member;
use memchr::memmem::Finder;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Up to this many process numbers are looked up one by one before the folder is listed.
const LOOKED_UP: i32 = 256;

/// More processes than any machine starts in a second, threads included.
const STARTED_A_SECOND: u32 = 20_000;

/// The groups of all agents that run now. Whatever is in one of them ends with that agent, so that
/// an agent need not look closer at it.
static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// What marks the processes of one agent.
pub(super) struct Marks<'a> {
    /// Their group, which a process can leave.
    pub(super) group: Pid,
    /// Text in their environment, which a process can only leave out for its children.
    pub(super) token: &'a Finder<'a>,
}

/// Notes that an agent leads this group from now on.
pub(super) fn enter(group: Pid) {
    groups().insert(group.as_raw_pid());
}

/// Notes that the group is no agent's any more.
pub(super) fn leave(group: Pid) {
    groups().remove(&group.as_raw_pid());
}

/// Looks again at what was started during a look, at most this many times: a process that starts
/// another and ends at once may slip through one look, but not a whole line of them for ever.
const LOOKS: u32 = 4;

/// Returns the living processes that carry one of the marks, besides the leader of the group,
/// which was started `age` ago.
pub(super) fn find(marks: &Marks<'_>, age: Duration) -> Vec<Member> {
    let leader = marks.group;
    let mut after = leader.as_raw_pid();
    for _ in 0..LOOKS {
        // Numbers are given out in rising order and then from the beginning again, so those after
        // the leader's are enough, unless there was time to come around.
        let last = last_given_out().filter(|&last| last >= after && age < once_around());
        let candidates = candidates(after, last).into_iter().filter_map(Pid::from_raw);
        let others = candidates.filter(|&pid| pid != leader);
        let found: Vec<_> = others.filter_map(|pid| member(pid, marks)).collect();
        match last {
            Some(last) if found.is_empty() && last > after => after = last,
            _ => return found,
        }
    }
    Vec::new()
}

/// Sends a signal to a process if it still carries one of the marks.
pub(super) fn signal(pid: Pid, signal: Signal, marks: &Marks<'_>) {
    // The descriptor keeps to the process that the number meant when it was opened, so what is
    // checked after that is what the signal goes to.
    if let Ok(process) = pidfd_open(pid, PidfdFlags::empty())
        && member(pid, marks).is_some()
    {
        // One that has ended meanwhile has nothing to receive.
        let _sent = pidfd_send_signal(&process, signal);
    }
}

/// The numbers that processes can have which were started after `after`: those up to `last`, or,
/// if that is not known, all that there are.
fn candidates(after: i32, last: Option<i32>) -> Vec<i32> {
    match last {
        Some(last) if last - after <= LOOKED_UP => (after + 1..=last).collect(),
        last => {
            let after = last.map_or(0, |_| after);
            let names = fs::read_dir("/proc").into_iter().flatten().flatten();
            let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
            pids.filter(|&pid: &i32| pid > after).collect()
        }
    }
}

/// The process number that was given out last.
fn last_given_out() -> Option<i32> {
    fs::read_to_string("/proc/loadavg").ok()?.split_ascii_whitespace().last()?.parse().ok()
}

/// The time in which all process numbers cannot have been given out.
fn once_around() -> Duration {
    static NUMBERS: OnceLock<u32> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| {
        let text = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    });
    Duration::from_secs(u64::from(numbers / STARTED_A_SECOND))
}

fn member(pid: Pid, marks: &Marks<'_>) -> Option<Member> {
    let folder = format!("/proc/{pid}");
    // One read gives all that is looked at: the name before it is at most 64 bytes long.
    let mut stat = [0; 256];
    let length = File::open(format!("{folder}/stat")).ok()?.read(&mut stat).ok()?;
    let state = State::parse(stat.get(..length)?)?;
    if !state.is_alive {
        return None;
    }
    let left_group = state.group != marks.group.as_raw_pid();
    if left_group {
        if groups().contains(&state.group) {
            return None;
        }
        // The environment of another user's process cannot be read, nor can it be signalled.
        marks.token.find(&fs::read(format!("{folder}/environ")).ok()?)?;
    }
    Some(Member { pid, left_group })
}

fn groups() -> MutexGuard<'static, BTreeSet<i32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, PartialEq)]
struct State {
    is_alive: bool,
    group: i32,
}

impl State {
    /// Reads `PID (NAME) STATE PPID PGRP …`, where the name may hold anything.
    fn parse(stat: &[u8]) -> Option<Self> {
        let name_end = memchr::memrchr(b')', stat)?;
        let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
        let mut fields = rest.split_ascii_whitespace();
        let is_alive = !matches!(fields.next()?, "Z" | "X" | "x");
        Some(Self { is_alive, group: fields.nth(1)?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pose_as_fields() {
        let stat = b"42 (a) Z 1 99 (b)) S 7 40 40 0 -1";
        assert_eq!(State::parse(stat), Some(State { is_alive: true, group: 40 }));
        assert_eq!(State::parse(b"42 (sh) Z 7 40 40"), Some(State { is_alive: false, group: 40 }));
        assert_eq!(State::parse(b"42"), None);
    }

    #[test]
    fn all_processes_are_candidates_when_numbers_may_have_come_around() {
        let own = std::process::id() as i32;
        assert!(candidates(i32::MAX, None).contains(&own));
        assert!(candidates(0, Some(i32::MAX)).contains(&own));
        assert!(!candidates(own, Some(i32::MAX)).contains(&own));
        assert_eq!(candidates(7, Some(9)), [8, 9]);
        assert!(candidates(9, Some(9)).is_empty());
    }
}
