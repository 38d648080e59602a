//! Looks through `/proc` for the processes of one agent.

use super::tree::Member;
use memchr::memmem::Finder;
use nix::unistd::getpgid;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::fs;
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
    // Most numbers are nobody's or another agent's, which one call tells.
    let group = getpgid(Some(nix::unistd::Pid::from_raw(pid.as_raw_pid()))).ok()?.as_raw();
    let left_group = group != marks.group.as_raw_pid();
    if left_group && groups().contains(&group) {
        return None;
    }
    let folder = format!("/proc/{pid}");
    if !is_living_process(&fs::read(format!("{folder}/status")).ok()?, pid) {
        return None;
    }
    if left_group {
        // The environment of another user's process cannot be read, nor can it be signalled.
        marks.token.find(&fs::read(format!("{folder}/environ")).ok()?)?;
    }
    Some(Member { pid, left_group })
}

fn groups() -> MutexGuard<'static, BTreeSet<i32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells from `/proc/PID/status` whether this is a process that has not ended. The numbers of
/// threads have such a file, too, which names another process.
fn is_living_process(status: &[u8], pid: Pid) -> bool {
    // Names are shown with escaped line ends, so none can pose as a line.
    let mut lines = status.split(|&byte| byte == b'\n');
    let mut field = |name: &[u8]| lines.find_map(|line| line.strip_prefix(name));
    let is_alive = field(b"State:\t")
        .is_some_and(|state| !state.starts_with(b"Z") && !state.starts_with(b"X"));
    is_alive && field(b"Tgid:\t").is_some_and(|group| group == pid.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_dead_nor_threads_are_processes() {
        let is_process = |status: &[u8]| is_living_process(status, Pid::from_raw(42).unwrap());
        assert!(is_process(b"Name:\tsh\nState:\tS (sleeping)\nTgid:\t42\nPid:\t42\n"));
        assert!(!is_process(b"Name:\tsh\nState:\tZ (zombie)\nTgid:\t42\nPid:\t42\n"));
        assert!(!is_process(b"Name:\tsh\nState:\tR (running)\nTgid:\t40\nPid:\t42\n"));
        assert!(!is_process(b"Name:\t\\nState:\tS\nState:\tZ (zombie)\nTgid:\t42\n"));
        assert!(!is_process(b""));
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
