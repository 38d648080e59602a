//! Two processes at one limit: the test starts itself anew as the other ones.

use super::server::Server;
use super::{HANG, limiter, micros, worst_excess};
use atp_async::{OutagePolicy, RateGrant};
use std::fs::{self, File};
use std::io::{Write, stdin};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};
use std::{env, thread};
use tempfile::TempDir;
use tokio::runtime::Builder;

const RATE: f64 = 200.0;
const BURST: u32 = 4;

/// What a worker is told.
const URL: &str = "ATP_SHARED_RATE_URL";
const SHARE: &str = "ATP_SHARED_RATE_SHARE";
const LOG: &str = "ATP_SHARED_RATE_LOG";

/// Another process that takes tokens until its standard input ends, with a log of what it got.
struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    log: PathBuf,
}

impl Worker {
    fn start(server: &Server, share: &str, folder: &Path, number: u32) -> Self {
        let log = folder.join(number.to_string());
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "shared_rate::together::worker", "--ignored"]);
        command.env(URL, server.url()).env(SHARE, share).env(LOG, &log);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        Self { stdin: child.stdin.take(), child, log }
    }

    /// The moments of all lines that begin with `kind`.
    fn moments(&self, kind: &str) -> Vec<i64> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        // The last line may be under way.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole).lines();
        let lines = whole.filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
        lines.map(|moment| moment.parse().unwrap()).collect()
    }

    /// Waits until there are `more` of `kind` than there are now.
    fn wait_for(&self, kind: &str, more: usize) {
        let (before, began) = (self.moments(kind).len(), Instant::now());
        while self.moments(kind).len() < before + more {
            assert!(began.elapsed() < HANG, "{kind} never comes");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn finish(&mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.child.wait());
    }
}

#[test]
#[ignore = "the other process of the tests in this file, which start it"]
fn worker() {
    let var = |name| env::var(name).unwrap();
    let outage = match var(SHARE).as_str() {
        "closed" => OutagePolicy::Closed,
        share => OutagePolicy::LocalShare(share.parse().unwrap()),
    };
    let limiter = limiter(&var(URL), RATE, BURST, outage);
    let mut log = File::create(var(LOG)).unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&ended);
    thread::spawn(move || {
        stdin().read_line(&mut String::new()).unwrap();
        told.store(true, Relaxed);
    });
    let began = Instant::now();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        // A parent that was killed must not leave this behind.
        while !ended.load(Relaxed) && began.elapsed() < HANG {
            let (kind, at) = match limiter.acquire().await {
                Ok(RateGrant::Shared { at }) => ("shared", at),
                Ok(_) => ("local", SystemTime::now()),
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    ("error", SystemTime::now())
                }
            };
            log.write_all(format!("{kind} {}\n", micros(at)).as_bytes()).unwrap();
        }
    });
}

struct Together {
    server: Server,
    workers: [Worker; 2],
    _folder: TempDir,
}

fn together(share: &str) -> Option<Together> {
    let server = Server::start()?;
    let folder = tempfile::tempdir().unwrap();
    let workers = [1, 2].map(|number| Worker::start(&server, share, folder.path(), number));
    Some(Together { server, workers, _folder: folder })
}

impl Together {
    fn each(&self, kind: &str, more: usize) {
        self.workers.iter().for_each(|worker| worker.wait_for(kind, more));
    }

    /// Ends both. Returns all moments of `kind`.
    fn finish(&mut self, kind: &str) -> Vec<i64> {
        self.workers.iter_mut().for_each(Worker::finish);
        self.workers.iter().flat_map(|worker| worker.moments(kind)).collect()
    }
}

fn assert_within_the_rate(moments: &[i64]) {
    let excess = worst_excess(moments, (1e6 / RATE) as i64, BURST.into());
    assert!(excess <= 0, "{excess} above the rate: {moments:?}");
}

#[test]
fn two_processes_are_together_never_above_the_rate() {
    let Some(mut both) = together("closed") else { return };
    both.each("shared", 40);
    assert_within_the_rate(&both.finish("shared"));
}

#[test]
fn two_processes_fail_closed_while_the_server_is_stopped_half_way() {
    let Some(mut both) = together("closed") else { return };
    both.each("shared", 20);
    both.server.stop();
    both.each("error", 5);
    both.server.restart();
    both.each("shared", 20);
    assert_within_the_rate(&both.finish("shared"));
}

#[test]
fn two_processes_keep_to_their_shares_while_the_server_is_stopped_half_way() {
    let Some(mut both) = together("0.5") else { return };
    both.each("shared", 20);
    both.server.stop();
    both.each("local", 20);
    both.server.restart();
    both.each("shared", 20);
    assert_within_the_rate(&both.finish("shared"));
    assert_eq!(both.workers[0].moments("error"), [], "an outage is bridged");
}
