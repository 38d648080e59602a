//! Looks through `/proc` for the processes of one agent.

use super::tree::Member;
use memchr::memmem::Finder;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

/// Up to this many process numbers are looked up one by one before the folder is listed.
const LOOKED_UP: i32 = 256;

/// More processes than any machine starts in a second, threads included.
const STARTED_A_SECOND: u32 = 20_000;

/// What marks the processes of one agent.
pub(super) struct Marks<'a> {
    /// Their group, which a process can leave.
    pub(super) group: Pid,
    /// Text in their environment, which a process can only leave out for its children.
    pub(super) token: &'a Finder<'a>,
}

/// Returns the living processes that carry one of the marks, besides the leader of the group,
/// which was started `age` ago.
pub(super) fn find(marks: &Marks<'_>, age: Duration) -> Vec<Member> {
    candidates(marks.group.as_raw_pid(), age)
        .into_iter()
        .filter_map(Pid::from_raw)
        .filter(|&pid| pid != marks.group)
        .filter_map(|pid| member(pid, marks))
        .collect()
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

/// The numbers that processes can have which were started after `leader`.
fn candidates(leader: i32, age: Duration) -> Vec<i32> {
    // Numbers are given out in rising order and then from the beginning again, so those after the
    // leader's are enough, unless there was time to come around.
    let last = last_given_out().filter(|&last| last >= leader && age < once_around());
    match last {
        Some(last) if last - leader <= LOOKED_UP => (leader + 1..=last).collect(),
        last => {
            let after = last.map_or(0, |_| leader);
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
    let state = State::parse(&fs::read(format!("{folder}/stat")).ok()?)?;
    if !state.is_alive {
        return None;
    }
    let left_group = state.group != marks.group.as_raw_pid();
    if left_group {
        // The environment of another user's process cannot be read, nor can it be signalled.
        marks.token.find(&fs::read(format!("{folder}/environ")).ok()?)?;
    }
    Some(Member { pid, left_group })
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
        assert!(candidates(i32::MAX, Duration::ZERO).contains(&own));
        assert!(candidates(1, Duration::MAX).contains(&own));
        assert!(!candidates(own, Duration::ZERO).contains(&own));
    }
}
