//! A control group for the processes of one run, where the system lets this process make one.
//!
//! A process stays in its group whatever it does to its session, its environment and its parents,
//! and the kernel ends a whole group at once. A group is made below the one that this process is
//! in, so that all limits of that one go on to hold.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What the names of all such groups begin with.
const PREFIX: &str = "atp-run-";

/// Groups of which the last process is about to end, so that they could not be removed yet.
static ENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A control group (version 2), killed and removed on drop.
#[derive(Debug)]
pub(super) struct Cgroup {
    folder: PathBuf,
    /// Locked while this process lives, which tells others that the group is in use.
    _lock: File,
}

impl Cgroup {
    /// Makes a group whose name ends with `token`. `None` where groups are not mounted or this
    /// process may not make any.
    pub(super) fn make(token: &str) -> Option<Self> {
        static PARENT: OnceLock<Option<PathBuf>> = OnceLock::new();
        let parent = PARENT.get_or_init(|| {
            let own = own_folder()?;
            end_abandoned(&own);
            Some(own)
        });
        tidy();
        let folder = parent.as_ref()?.join(format!("{PREFIX}{token}"));
        fs::create_dir(&folder).ok()?;
        match lock(&folder) {
            Some(lock) => Some(Self { folder, _lock: lock }),
            None => {
                remove(&folder);
                None
            }
        }
    }

    /// Moves a process here; what it starts from now on is here as well.
    pub(super) fn enter(&self, pid: Pid) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), pid.as_raw_pid().to_string())
    }

    /// Returns the living processes of the group and of groups that were made below it.
    pub(super) fn processes(&self) -> Vec<Pid> {
        let mut found = Vec::new();
        list(&self.folder, &mut found);
        found
    }

    /// Sends a signal to a process if it is still in the group, and tells whether it is.
    pub(super) fn signal(&self, pid: Pid, signal: Signal) -> bool {
        // The descriptor keeps to the process that the number meant when it was opened.
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
        let is_held = self.processes().contains(&pid);
        if is_held {
            // One that has ended meanwhile has nothing to receive.
            let _sent = pidfd_send_signal(&process, signal);
        }
        is_held
    }

    /// Kills all processes of the group at once, those that are starting others as well.
    pub(super) fn kill(&self) {
        kill(&self.folder);
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if !remove(&self.folder) {
            kill(&self.folder);
            ending().push(std::mem::take(&mut self.folder));
        }
    }
}

/// Removes the groups that were waiting for their last process to end.
pub(super) fn tidy() {
    ending().retain(|folder| !remove(folder));
}

fn ending() -> MutexGuard<'static, Vec<PathBuf>> {
    ENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills what a process that is no more has left behind, and removes its groups.
fn end_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let folder = entry.path();
        // The lock is kept meanwhile, so that nobody begins to use the group.
        if is_ours && let Some(_lock) = lock(&folder) {
            kill(&folder);
            ending().push(folder);
        }
    }
}

/// Locks a folder; the system lets go when this process ends, however that happens.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok().map(|()| file)
}

fn kill(folder: &Path) {
    // A kernel before 5.14 cannot do it; then the processes are killed one by one.
    let _killed = fs::write(folder.join("cgroup.kill"), "1");
}

/// Tells whether the group is gone. It cannot go while a process lives in it.
fn remove(folder: &Path) -> bool {
    for below in below(folder) {
        remove(&below);
    }
    match fs::remove_dir(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn list(folder: &Path, found: &mut Vec<Pid>) {
    let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    found.extend(text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)));
    for below in below(folder) {
        list(&below, found);
    }
}

/// The groups that were made below this one, by an agent that may.
fn below(folder: &Path) -> Vec<PathBuf> {
    // A folder is linked from its parent, from itself and from each of its folders.
    if fs::metadata(folder).is_ok_and(|folder| folder.nlink() <= 2) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

/// The folder of the group that this process is in.
fn own_folder() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    own_folder_in(&groups, &mounts)
}

/// Finds the folder from the lines of the two files of `/proc`: `0::GROUP`, and
/// `ID PARENT DEVICE ROOT MOUNTED_AT OPTIONS … - cgroup2 …`.
fn own_folder_in(groups: &str, mounts: &str) -> Option<PathBuf> {
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        if !kind.starts_with("cgroup2 ") {
            return None;
        }
        let mut fields = mount.split(' ').skip(3);
        let (root, mounted_at) = (fields.next()?, fields.next()?);
        let below_root = Path::new(group).strip_prefix(root).ok()?;
        Some(Path::new(mounted_at).join(below_root))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    #[test]
    fn the_own_group_is_looked_up_below_where_groups_are_mounted() {
        let mounts = "22 1 0:20 / /proc rw - proc proc rw\n\
                      36 35 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        let folder = |groups| own_folder_in(groups, mounts);
        assert_eq!(folder("0::/a/b\n").unwrap(), Path::new("/sys/fs/cgroup/a/b"));
        assert_eq!(folder("4:memory:/m\n0::/\n").unwrap(), Path::new("/sys/fs/cgroup"));
        assert_eq!(folder("4:memory:/m\n"), None);
        assert_eq!(own_folder_in("0::/a", "22 1 0:20 / /proc rw - proc proc rw"), None);
    }

    /// A child in a session of its own, without what could mark it.
    fn stranger() -> Child {
        Command::new("setsid")
            .args(["sleep", "60"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .spawn()
            .unwrap()
    }

    #[test]
    fn what_enters_a_group_stays_in_it_and_is_killed_with_it() {
        let Some(group) = Cgroup::make("test-stays") else { return };
        let (mut child, folder) = (stranger(), group.folder.clone());
        let pid = Pid::from_child(&child);
        group.enter(pid).unwrap();
        assert_eq!(group.processes(), [pid]);
        drop(group);
        assert!(!child.wait().unwrap().success());
        tidy();
        assert!(!folder.exists());
    }

    #[test]
    fn what_a_killed_process_left_behind_is_ended_and_what_lives_is_not() {
        let Some(living) = Cgroup::make("test-lives") else { return };
        let abandoned = living.folder.with_file_name(format!("{PREFIX}test-abandoned"));
        fs::create_dir_all(abandoned.join("below")).unwrap();
        let [mut left, mut kept] = [stranger(), stranger()];
        fs::write(abandoned.join("below/cgroup.procs"), left.id().to_string()).unwrap();
        living.enter(Pid::from_child(&kept)).unwrap();

        end_abandoned(living.folder.parent().unwrap());
        assert!(!left.wait().unwrap().success());
        tidy();
        assert!(!abandoned.exists());
        assert_eq!(kept.try_wait().unwrap(), None);
        drop(living);
        assert!(!kept.wait().unwrap().success());
    }

    #[test]
    fn a_mount_that_shows_a_part_shows_the_group_below_that_part() {
        let mounts = "36 35 0:30 /pod /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        assert_eq!(own_folder_in("0::/pod/x", mounts).unwrap(), Path::new("/sys/fs/cgroup/x"));
        assert_eq!(own_folder_in("0::/other", mounts), None);
    }
}
